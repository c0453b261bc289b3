from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_network
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import ArmId, OnNetwork, PeeringState, VirtualNetwork
from tests.unit.analysis.builders import found_in, network, peering, vnet_id, vnet_of

if TYPE_CHECKING:
    from monitor.model import Finding

CHECK = "vnet/address-overlap"


def spoke(name: str, *space: str, hubs: tuple[str, ...] = ("vnet-hub",), **facts: Any) -> VirtualNetwork:
    """A network that is peered with the hubs; ``facts`` are of its sides."""
    sides = [peering(name, hub, **facts) for hub in hubs]
    return network(name, *sides, address_space=space)


def hub(
    *spokes: str, name: str = "vnet-hub", space: tuple[str, ...] = ("10.0.0.0/16",), **facts: Any
) -> VirtualNetwork:
    return network(name, *(peering(name, spoke, **facts) for spoke in spokes), address_space=space)


def pairs(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Both networks' names and the reason of each finding."""
    told = []
    for finding in findings:
        assert isinstance(finding.subject, OnNetwork)
        assert finding.check == CHECK
        told.append((vnet_of(finding).name, ArmId(finding.subject.about).name, finding.reason))
    return told


def test_finding_names_both_networks_the_prefixes_and_the_neighbour() -> None:
    (finding,) = found_in(
        hub("vnet-a", "vnet-b"),
        spoke("vnet-b", "10.5.0.0/16", "10.2.0.0/16"),
        spoke("vnet-a", "10.1.0.0/16", "10.2.3.0/24"),
    )
    assert finding.subject == OnNetwork(vnet_id("vnet-a"), vnet_id("vnet-b").key)
    assert (finding.check, finding.severity, finding.reason) == (CHECK, "warning", "shared_neighbour")
    assert finding.detail == (
        "vnet-a and vnet-b are both peered with vnet-hub and share 10.2.3.0/24: from there, each of these "
        "addresses is reached in one of the two networks only."
    )
    assert finding.repair == ()
    assert finding.portal_url.endswith("/virtualNetworks/vnet-a")


def test_finding_of_networks_that_are_peered_with_each_other() -> None:
    (finding,) = found_in(
        spoke("vnet-a", "fd00:1::/48", hubs=("vnet-b",)), network("vnet-b", address_space=("FD00:1::/64",))
    )
    assert pairs((finding,)) == [("vnet-a", "vnet-b", "peered")]
    assert finding.detail == (
        "vnet-a and vnet-b are peered with each other and share fd00:1::/64: neither reaches these addresses in "
        "the other network."
    )


def test_finding_is_one_for_a_pair_however_it_is_joined() -> None:
    """Through three neighbours and a peering of their own."""
    hubs = ("vnet-h1", "vnet-h2", "vnet-h3")
    one = spoke("vnet-a", "10.1.0.0/16", hubs=(*hubs, "vnet-b"))
    other = spoke("vnet-b", "10.1.0.0/16", hubs=(*hubs, "vnet-a"))
    (finding,) = found_in(one, other)
    assert finding.reason == "peered"
    assert "(and both with vnet-h1, vnet-h2, vnet-h3) and share 10.1.0.0/16:" in finding.detail


def test_finding_of_a_hub_and_its_spoke_and_of_two_spokes_are_told_apart() -> None:
    found = found_in(
        hub("vnet-a", "vnet-b"), spoke("vnet-a", "10.0.7.0/24"), spoke("vnet-b", "10.0.7.0/25", "10.9.0.0/16")
    )
    assert pairs(found) == [
        ("vnet-a", "vnet-b", "shared_neighbour"),
        ("vnet-a", "vnet-hub", "peered"),
        ("vnet-b", "vnet-hub", "peered"),
    ]


def test_finding_lists_the_first_of_many_prefixes_and_counts_the_rest() -> None:
    many = tuple(f"10.1.{number}.0/24" for number in range(200))
    (finding,) = found_in(spoke("vnet-a", *many), spoke("vnet-b", *many))
    assert "10.1.0.0/24, 10.1.1.0/24, " in finding.detail
    assert " and 192 more:" in finding.detail


def test_finding_where_only_the_neighbour_tells_of_the_peerings() -> None:
    """Both spokes exist and have no peering back; the finding says why one of them will be refused."""
    found = found_in(
        hub("vnet-a", "vnet-b", state=PeeringState.INITIATED),
        network("vnet-a", address_space=("10.1.0.0/16",)),
        network("vnet-b", address_space=("10.1.0.0/16",)),
    )
    assert pairs(found) == [("vnet-a", "vnet-b", "shared_neighbour")]


def test_finding_of_a_disconnected_peering_whose_other_network_is_there() -> None:
    """It will be created anew, and Azure will refuse that."""
    lost = spoke("vnet-a", "10.1.0.0/16", state=PeeringState.DISCONNECTED)
    kept = spoke("vnet-b", "10.1.0.0/16")
    assert pairs(found_in(hub(), lost, kept)) == [("vnet-a", "vnet-b", "shared_neighbour")]
    assert found_in(lost, kept) == (), "an orphan may point at a network that is gone"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("10.1.0.0/24", "10.1.0.255/32", "10.1.0.255/32"),
        ("10.1.0.0/24", "10.1.0.0/32", "10.1.0.0/32"),
        ("10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8"),
        ("fd00::/64", "fd00::ffff:ffff:ffff:ffff/128", "fd00::ffff:ffff:ffff:ffff/128"),
        (" 10.1.0.0/24", "10.1.0.7/24", "10.1.0.0/24"),
    ],
)
def test_finding_names_the_smaller_of_two_prefixes(one: str, other: str, shared: str) -> None:
    (finding,) = found_in(spoke("vnet-a", one), spoke("vnet-b", other))
    assert f"share {shared}:" in finding.detail


def test_finding_tells_networks_of_the_same_name_apart() -> None:
    twin = vnet_id("vnet-a", group="rg-dr")
    (finding,) = found_in(
        spoke("vnet-a", "10.1.0.0/16"),
        network(twin, peering(twin, "vnet-hub"), address_space=("10.1.0.0/16",)),
    )
    assert "vnet-a (resource group rg-dr) and vnet-a (resource group rg-net) are both" in finding.detail


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.1.0.0/16", "10.2.0.0/16"),
        ("10.1.0.0/17", "10.1.128.0/17"),
        ("10.0.0.0/8", "fd00::/8"),
        ("0.0.0.0/0", "::/0"),
        ("fd00:1::/48", "fd00:2::/48"),
        ("none", "none"),
    ],
)
def test_clean_when_nothing_is_shared(one: str, other: str) -> None:
    assert found_in(hub("vnet-a", "vnet-b", space=()), spoke("vnet-a", one), spoke("vnet-b", other)) == ()


def test_clean_without_a_neighbour_in_common() -> None:
    """Islands may all use the same addresses, also two hops apart."""
    assert (
        found_in(
            network("vnet-lonely", address_space=("10.1.0.0/16",)),
            spoke("vnet-a", "10.1.0.0/16", hubs=("vnet-h1",)),
            hub("vnet-a", "vnet-h2", name="vnet-h1"),
            spoke("vnet-b", "10.1.0.0/16", hubs=("vnet-h2",)),
            hub("vnet-b", name="vnet-h2", space=("10.9.0.0/16",)),
        )
        == ()
    )


def test_clean_when_a_network_names_a_prefix_twice_or_one_within_another() -> None:
    assert found_in(spoke("vnet-a", "10.1.0.0/16", "10.1.0.0/16", "10.1.2.0/24"), hub("vnet-a")) == ()


def selecting(name: str, *prefixes: str) -> tuple[VirtualNetwork, Any]:
    """A network of 10.1.0.0/16 that peers subnets with the hub, and the hub's side, which tells their prefixes."""
    side = peering("vnet-hub", name, peer_complete_vnets=False, remote_address_space=prefixes)
    own = peering(name, "vnet-hub", peer_complete_vnets=False, remote_address_space=("10.0.1.0/24",))
    return network(name, own, address_space=("10.1.0.0/16",)), side


def test_finding_of_selected_subnets_counts_what_is_selected() -> None:
    one, to_one = selecting("vnet-a", "10.1.1.0/24")
    other, to_other = selecting("vnet-b", "10.1.1.128/25")
    (finding,) = found_in(one, other, network("vnet-hub", to_one, to_other, address_space=("10.1.0.0/16",)))
    assert pairs((finding,)) == [("vnet-a", "vnet-b", "shared_neighbour")]
    assert "share 10.1.1.128/25:" in finding.detail


def test_clean_when_subnets_are_selected_that_do_not_overlap() -> None:
    """Neither with each other nor with the hub, although the whole address spaces do."""
    one, to_one = selecting("vnet-a", "10.1.1.0/24")
    other, to_other = selecting("vnet-b", "10.1.2.0/24")
    assert found_in(one, other, network("vnet-hub", to_one, to_other, address_space=("10.1.0.0/16",))) == ()


def test_finding_of_subnets_that_are_selected_on_both_sides_of_one_peering() -> None:
    one, to_one = selecting("vnet-a", "10.0.1.0/25")
    found = found_in(one, network("vnet-hub", to_one, address_space=("10.0.0.0/16",)))
    assert pairs(found) == [("vnet-a", "vnet-hub", "peered")]


def test_clean_when_only_ipv6_is_peered() -> None:
    space = ("10.1.0.0/16", "fd00:1::/48")
    alone: dict[str, Any] = {"peer_complete_vnets": False, "only_ipv6": True, "remote_address_space": space}
    one = network("vnet-a", peering("vnet-a", "vnet-hub"), address_space=("10.1.0.0/16",))
    other = network("vnet-b", address_space=space)
    hub_sides = [peering("vnet-hub", "vnet-a"), peering("vnet-hub", "vnet-b", **alone)]
    assert found_in(one, other, network("vnet-hub", *hub_sides)) == ()


def test_unseen_selected_subnets_are_no_overlap() -> None:
    """Which subnets are selected is told by the hub, and that cannot be read."""
    assert found_in(*(selecting(name, "10.1.1.0/24")[0] for name in ("vnet-a", "vnet-b"))) == ()


def test_unseen_networks_are_never_part_of_a_pair() -> None:
    """The hub tells what it knows of two networks that were not read; a Virtual WAN hub's own network likewise."""
    told: dict[str, Any] = {
        "remote_address_space": ("10.0.0.0/16",),
        "remote_vnet_address_space": ("10.0.0.0/16",),
    }
    assert found_in(hub("vnet-a", "vnet-b", **told)) == ()
    assert found_in(spoke("vnet-branch", "10.100.0.0/16", hubs=("HV_hub",), **told)) == ()


def test_unseen_neighbour_is_still_a_neighbour() -> None:
    """Two spokes of a Virtual WAN hub: its network is never read, and they overlap all the same."""
    found = found_in(*(spoke(name, "10.1.0.0/16", hubs=("HV_hub",)) for name in ("vnet-a", "vnet-b")))
    assert pairs(found) == [("vnet-a", "vnet-b", "shared_neighbour")]


PREFIX = st.builds(
    lambda wide, bits, number: f"{ip_network((number >> (wide - bits) << (wide - bits), bits))}",
    st.just(32),
    st.integers(8, 12),
    st.integers(10 << 24, (11 << 24) - 1),
) | st.sampled_from(["fd00::/8", "fd00:1::/32", "fd00:1:2::/48", "fd01::/16"])
NAMES = [f"vnet-{letter}" for letter in "abcdef"]
SPACES = st.lists(PREFIX, max_size=4).map(tuple)
STATE = st.sampled_from(PeeringState)
SIDES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([*NAMES, "vnet-unread"]), STATE, st.booleans(), SPACES),
    max_size=12,
)


@st.composite
def estates(draw: st.DrawFn) -> tuple[VirtualNetwork, ...]:
    """Up to six networks with one side at most to each other."""
    sides = {(here, there): rest for here, there, *rest in draw(SIDES)}
    return tuple(
        network(
            name,
            *(
                peering(here, there, state=state, peer_complete_vnets=whole, remote_address_space=selected)
                for (here, there), (state, whole, selected) in sides.items()
                if here == name
            ),
            address_space=draw(SPACES),
        )
        for name in NAMES
    )


def expected(vnets: tuple[VirtualNetwork, ...]) -> dict[tuple[str, str], bool]:
    """The pairs and whether they are peered, by comparing everything with everything."""
    read = {vnet.id: vnet for vnet in vnets}
    sides = [
        side
        for vnet in vnets
        for side in vnet.peerings
        if side.vnet != side.remote_vnet and (side.remote_vnet in read or side.state is PeeringState.CONNECTED)
    ]

    def offered(owner: ArmId, end: ArmId) -> set[str]:
        """What ``owner`` brings into its peering with ``end``."""
        prefixes: set[str] = set()
        for side in sides:
            if {side.vnet, side.remote_vnet} != {owner, end}:
                continue
            if side.peer_complete_vnets:
                prefixes |= {*read[owner].address_space}
            elif side.vnet == end:
                prefixes |= {*(side.remote_address_space or ())}
        return prefixes

    def overlap(one: set[str], other: set[str]) -> bool:
        return any(
            a.version == b.version and (a.subnet_of(b) or b.subnet_of(a))  # type: ignore[arg-type]  # one version
            for a in map(ip_network, one)
            for b in map(ip_network, other)
        )

    ends = {side.remote_vnet for side in sides} | {*read}
    pairs = {}
    for one, other in combinations(sorted(read), 2):
        peered = overlap(offered(one, other), offered(other, one))
        shared = any(overlap(offered(one, end), offered(other, end)) for end in ends - {one, other})
        if peered or shared:
            pairs[one.name, other.name] = peered
    return pairs


@given(estates())
@settings(max_examples=400, deadline=None)
def test_the_sweep_finds_what_comparing_everything_finds(vnets: tuple[VirtualNetwork, ...]) -> None:
    found = {(one, other): reason == "peered" for one, other, reason in pairs(found_in(*vnets))}
    assert found == expected(vnets)


def loud(vnet: VirtualNetwork) -> VirtualNetwork:
    def upper(identity: ArmId) -> ArmId:
        return ArmId(identity.text.upper())

    sides = tuple(
        replace(side, id=upper(side.id), vnet=upper(side.vnet), remote_vnet=upper(side.remote_vnet))
        for side in vnet.peerings
    )
    return replace(vnet, id=upper(vnet.id), peerings=sides)


@given(estates(), st.sets(st.sampled_from(NAMES)), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_order_and_case_of_ids_change_nothing(
    vnets: tuple[VirtualNetwork, ...], shouted: set[str], random: Any
) -> None:
    other = [
        replace(one, peerings=tuple(random.sample(one.peerings, len(one.peerings))))
        for one in (loud(vnet) if vnet.id.name in shouted else vnet for vnet in vnets)
    ]
    random.shuffle(other)

    def told(of: Any) -> list[tuple[str, ...]]:
        return [(f.check, *f.subject.key, f.reason, f.detail.lower()) for f in found_in(*of)]

    assert told(other) == told(vnets)


@given(estates(), st.sets(st.sampled_from(NAMES)))
@settings(max_examples=200, deadline=None)
def test_what_can_no_longer_be_read_adds_no_finding(vnets: tuple[VirtualNetwork, ...], lost: set[str]) -> None:
    left = found_in(*(vnet for vnet in vnets if vnet.id.name not in lost))
    before = {finding.subject for finding in found_in(*vnets)}
    assert {finding.subject for finding in left} <= before


def test_thousands_of_prefixes_take_time_in_proportion() -> None:
    """2,000 spokes with 10 prefixes each, and a hub with 1,000: comparing all with all would be 200 million."""
    names = [f"vnet-{number:04}" for number in range(2000)]
    spokes = [
        spoke(name, *(f"10.{n // 10}.{n % 10 * 20 + k}.0/26" for k in range(10))) for n, name in enumerate(names)
    ]
    centre = hub(*names, space=tuple(f"172.16.{n // 256}.{n % 256}/32" for n in range(1000)))
    start = time.process_time()
    found = found_in(centre, *spokes)
    seconds = time.process_time() - start
    assert [finding.check for finding in found] == ["vnet/peering-limit"]
    assert seconds < 5
