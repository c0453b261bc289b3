"""What holds for every estate with routes, however odd: against brute force, reordered, shouted, half read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.engine import AnalysisOptions, analyse
from monitor.analysis.registry import ROUTE_CHECKS
from monitor.analysis.routing import Routing
from monitor.model import (
    Absence,
    ArmId,
    Finding,
    HalfMissing,
    HalfUnseen,
    NextHopType,
    Peering,
    PeeringState,
    Route,
    RouteTable,
    Severity,
    Subnet,
    VirtualNetwork,
)
from tests.unit.analysis.routes import found, hub, network, network_of, side, spoke, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The longest prefix wins

HERE, DATA = ip_network("10.1.0.0/28"), ip_network("10.2.0.0/28")
PARTS = [
    ip_network("10.0.0.0/8"),
    ip_network("10.2.0.0/27"),
    *(one for length in range(28, 33) for one in DATA.subnets(new_prefix=length)),
]
KINDS = st.sampled_from([NextHopType.VIRTUAL_APPLIANCE, NextHopType.NONE, NextHopType.VNET_LOCAL])


@given(
    st.dictionaries(st.sampled_from(PARTS), KINDS, max_size=8),
    st.none() | st.lists(st.sampled_from(PARTS[1:]), min_size=1, max_size=3),
)
@settings(max_examples=300)
def test_a_receiver_is_found_exactly_if_an_address_of_it_goes_through_the_appliance(
    routes: dict[IPv4Network, NextHopType], direct: list[IPv4Network] | None
) -> None:
    """Each of the receiver's 16 addresses is looked up as Azure does, by the longest prefix."""
    peered = {} if direct is None else {"remote_address_space": tuple(map(str, direct))}
    more = () if direct is None else (side("app", "dev", **peered),)
    app = network("app", side("app", "hub"), *more, uses="rt-app", address_space=(str(HERE),))
    data = spoke("data", allow_forwarded_traffic=False, vnet={"address_space": (str(DATA),)})
    entries = [
        Route(str(prefix), str(prefix), kind, "10.0.1.4" if kind is NextHopType.VIRTUAL_APPLIANCE else None)
        for prefix, kind in routes.items()
    ]
    azures = [(prefix, 0, NextHopType.UNKNOWN) for prefix in direct or ()]
    candidates = [*((prefix, 1, kind) for prefix, kind in routes.items()), *azures]

    def goes_through(each: Any) -> bool:
        fitting = [one for one in candidates if each in one[0]]
        best = max(fitting, key=lambda one: (one[0].prefixlen, one[1]), default=None)
        return best is not None and best[2] is NextHopType.VIRTUAL_APPLIANCE

    names = [network_of(one) for one in found([app, hub(), data], table("rt-app", *entries))]
    assert names == (["data"] if any(map(goes_through, DATA)) else [])


# Random estates

NAMES = ("hub", "app", "data")
FLAG = st.sampled_from([True, True, False, None])
STATE = st.sampled_from([*[PeeringState.CONNECTED] * 4, *PeeringState])
SIDE = st.fixed_dictionaries(
    {},
    optional={
        "state": STATE,
        "allow_virtual_network_access": FLAG,
        "allow_forwarded_traffic": FLAG,
        "allow_gateway_transit": FLAG,
        "use_remote_gateways": FLAG,
    },
)
ROUTE = st.builds(
    Route,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "10.2.0.0/17", "Tag", "fd00::/16"]),
    st.sampled_from([*[NextHopType.VIRTUAL_APPLIANCE] * 5, *NextHopType]),
    st.sampled_from(["10.0.1.4", "10.2.1.4", "10.9.9.9", "fd00::4", None]),
)
ROUTES = st.lists(ROUTE, max_size=4).map(tuple)


def in_subscription(text: str, name: str) -> str:
    """Every network is in a subscription of its own, named after it."""
    return text.replace("/subscriptions/11111111-1111-1111-1111-111111111111/", f"/subscriptions/{name}/")


def moved(one: Peering, here: str, there: str) -> Peering:
    local, remote = (
        ArmId(in_subscription(vnet.text, name)) for vnet, name in ((one.vnet, here), (one.remote_vnet, there))
    )
    return replace(one, id=ArmId(in_subscription(one.id.text, here)), vnet=local, remote_vnet=remote)


@st.composite
def estates(draw: Any) -> tuple[list[VirtualNetwork], list[RouteTable]]:
    """Up to three networks around a hub, whose sides may be missing; each uses a table of its own subscription."""
    sides: dict[str, list[Peering]] = {name: [] for name in NAMES}
    for one, other in itertools.combinations(NAMES, 2):
        for here, there in ((one, other), (other, one)):
            if draw(st.sampled_from([True, True, True, False])):
                sides[here].append(moved(side(here, there, **draw(SIDE)), here, there))
    networks, tables = [], []
    for name in NAMES:
        vnet = network(name, *sides[name])
        rt = ArmId(in_subscription(table(f"rt-{name}").id.text, name))
        subnets = (Subnet("web", (), rt), *([Subnet("GatewaySubnet")] if draw(st.booleans()) else ()))
        networks.append(replace(vnet, id=ArmId(in_subscription(vnet.id.text, name)), subnets=subnets))
        tables.append(RouteTable(rt, draw(ROUTES)))
    return networks, tables


def analysed(
    networks: Iterable[VirtualNetwork], tables: Iterable[RouteTable], *, unread: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """What is found where some subscriptions cannot be read; of the others all is confirmed."""
    seen = {vnet.id: vnet for vnet in networks if vnet.id.subscription_id.lower() not in unread}

    def absence(vnet: ArmId, _other: ArmId) -> HalfMissing | HalfUnseen:
        if vnet.subscription_id.lower() in unread:
            return HalfUnseen(vnet)
        return HalfMissing(vnet, Absence.PEERING, seen[vnet])

    return analyse(
        seen.values(),
        absence,
        options=AnalysisOptions(),
        now=0.0,
        route_tables=[one for one in tables if one.id.subscription_id.lower() not in unread],
        all_read=not unread,
    ).findings


def told(findings: Iterable[Finding]) -> list[tuple[Any, ...]]:
    return [(one.check, one.severity, one.subject.key, one.reason, one.detail, one.repair) for one in findings]


@given(estates(), st.sets(st.sampled_from(NAMES), min_size=1))
@settings(max_examples=500)
def test_what_cannot_be_read_adds_no_critical_finding_about_routes(estate: Any, unread: set[str]) -> None:
    def critical(findings: Iterable[Finding]) -> set[tuple[Any, ...]]:
        return {
            (one.check, one.subject.key)
            for one in findings
            if one.severity is Severity.CRITICAL and one.check.startswith("route/")
        }

    assert critical(analysed(*estate, unread=frozenset(unread))) <= critical(analysed(*estate))


@given(estates(), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_order_of_everything_does_not_matter(estate: Any, random: Any) -> None:
    networks, tables = estate

    def shuffled(things: Iterable[Any]) -> tuple[Any, ...]:
        mixed = list(things)
        random.shuffle(mixed)
        return tuple(mixed)

    other = [
        replace(one, peerings=shuffled(one.peerings), subnets=shuffled(one.subnets)) for one in shuffled(networks)
    ]
    assert told(analysed(other, shuffled(tables))) == told(analysed(networks, tables))


def with_ids(vnet: VirtualNetwork, change: Callable[[ArmId], ArmId]) -> VirtualNetwork:
    return replace(
        vnet,
        id=change(vnet.id),
        peerings=tuple(
            replace(one, id=change(one.id), vnet=change(one.vnet), remote_vnet=change(one.remote_vnet))
            for one in vnet.peerings
        ),
        subnets=tuple(
            replace(one, route_table=change(one.route_table) if one.route_table else None) for one in vnet.subnets
        ),
    )


@given(estates(), st.sets(st.sampled_from(NAMES)))
@settings(max_examples=200)
def test_the_case_of_ids_does_not_matter(estate: Any, loud: set[str]) -> None:
    networks, tables = estate

    def change(one: ArmId) -> ArmId:
        return ArmId(one.text.upper() if loud else one.text.swapcase())

    other = [with_ids(one, change) if one.id.name in loud else one for one in networks]
    assert [(one.check, one.subject.key, one.reason) for one in analysed(other, tables)] == [
        (one.check, one.subject.key, one.reason) for one in analysed(networks, tables)
    ]


@given(estates())
@settings(max_examples=300)
def test_a_check_on_routes_tells_things_apart_and_in_its_own_words(estate: Any) -> None:
    networks, tables = estate
    for check in ROUTE_CHECKS:
        faults = list(check.function(Routing(networks, tables)))
        subjects = [(fault.vnet, fault.about) for fault in faults]
        assert len(subjects) == len(set(subjects)), check.name
        for fault in faults:
            assert isinstance(fault.reason, check.reasons)
            assert fault.detail.isprintable()
            assert fault.detail[0].isupper()
            assert fault.detail.endswith(".")
            assert fault.vnet.name in fault.detail
            assert fault.vnet in {vnet.id for vnet in networks}
