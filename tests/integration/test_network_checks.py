"""The checks of networks over HTTP: a tenant with exactly that fault, its repair, and the same unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.model import ArmId, OnNetwork
from monitor.simulator import (
    Api,
    Estate,
    Fault,
    Mutate,
    PeeringLink,
    PeeringSide,
    Subnet,
    Subscription,
    VirtualNetwork,
    events,
    resolve_estate,
)
from tests.integration.harness import monitored

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.simulator import Simulator
    from monitor.simulator.faults import Document
    from tests.integration.harness import Monitored

HUBS, ONE, TWO = (f"{number}1111111-1111-4111-8111-111111111111" for number in (1, 2, 3))
OVERLAP = ("vnet/address-overlap", "shared_neighbour")


def tenant(*spokes: VirtualNetwork, **subnets: tuple[str, ...]) -> Estate:
    """A hub with these spokes, each network in its own subscription; ``subnets`` are those that are peered."""
    hub = VirtualNetwork(
        name="vnet-hub",
        subscription="sub-hub",
        resource_group="rg",
        location="westeurope",
        address_space=("10.0.0.0/16", "fd00::/48"),
        subnets=(Subnet(name="shared", prefix="10.0.1.0/24"),),
    )
    return Estate(
        subscriptions=(
            Subscription(id=HUBS, name="sub-hub"),
            Subscription(id=ONE, name="sub-one"),
            Subscription(id=TWO, name="sub-two"),
        ),
        networks=(hub, *spokes),
        peerings=tuple(joined(spoke.name, subnets.get(spoke.name[-1], ())) for spoke in spokes),
    )


def joined(spoke: str, subnets: tuple[str, ...]) -> PeeringLink:
    ours: dict[str, Any] = {"local_subnets": ("shared",), "remote_subnets": subnets} if subnets else {}
    theirs: dict[str, Any] = {"local_subnets": subnets, "remote_subnets": ("shared",)} if subnets else {}
    return PeeringLink(
        sides=(
            PeeringSide(vnet="vnet-hub", name=f"hub-to-{spoke}", **ours),
            PeeringSide(vnet=spoke, name=f"{spoke}-to-hub", **theirs),
        )
    )


def spoke(name: str, subscription: str, *space: str, **extra: Any) -> VirtualNetwork:
    return VirtualNetwork(
        name=name,
        subscription=subscription,
        resource_group="rg",
        location="westeurope",
        address_space=space,
        **extra,
    )


def overlapping() -> Estate:
    return tenant(
        spoke("vnet-a", "sub-one", "10.1.0.0/16", "fd00:1::/48"),
        spoke("vnet-b", "sub-two", "10.2.0.0/16", "fd00:1::/48"),
    )


def hidden(subscription: str) -> Callable[[Simulator], None]:
    """A subscription that was never readable."""

    def arrange(azure: Simulator) -> None:
        azure.apply(forbidden(subscription))

    return arrange


def forbidden(subscription: str) -> events.SubscriptionAnswers:
    return events.SubscriptionAnswers(subscription=subscription, answer="forbidden")


def about(tenant: Monitored) -> tuple[str, str]:
    """Both networks of the one finding."""
    (finding,) = tenant.snapshot.findings
    assert isinstance(finding.subject, OnNetwork)
    return finding.subject.vnet.name, ArmId(finding.subject.about).name


async def test_two_spokes_of_a_hub_that_overlap_are_one_finding_until_one_has_other_addresses() -> None:
    async with monitored(overlapping()) as azure:
        await azure.topology()
        assert azure.findings() == [OVERLAP]
        assert about(azure) == ("vnet-a", "vnet-b")
        assert "both peered with vnet-hub and share fd00:1::/48:" in azure.snapshot.findings[0].detail
        assert set(azure.series("azure_vnet_finding").values()) == {1.0}
        azure.azure.apply(events.ResizeVnet(vnet="vnet-b", address_space=("10.2.0.0/16", "fd00:2::/48")))
        azure.azure.apply(events.SyncPeering(vnet="vnet-hub", peering="hub-to-vnet-b"))
        await azure.topology()
        assert azure.findings() == []
        assert azure.series("azure_vnet_finding") == {}
        assert azure.series("peering_monitor_check_findings", check="vnet/address-overlap") == {
            (("check", "vnet/address-overlap"), ("severity", "warning")): 0.0
        }


@pytest.mark.parametrize("unread", ["sub-one", "sub-two"])
async def test_an_overlap_with_a_network_that_cannot_be_read_is_not_said(unread: str) -> None:
    async with monitored(overlapping(), arrange=hidden(unread)) as azure:
        await azure.topology()
        assert azure.findings() == []


async def test_an_overlap_behind_a_hub_that_cannot_be_read_is_said_and_a_later_failure_takes_nothing_back() -> (
    None
):
    async with monitored(overlapping(), arrange=hidden("sub-hub")) as azure:
        await azure.topology()
        assert azure.findings() == [OVERLAP]
        azure.azure.apply(forbidden("sub-two"))
        await azure.topology()
        assert azure.findings() == [OVERLAP]


async def test_of_a_peering_of_subnets_only_the_selected_prefixes_count() -> None:
    """Both spokes have the same address space, and peer different subnets of it; then one peers another subnet."""
    subnets = (Subnet(name="web", prefix="10.1.1.0/24"), Subnet(name="sql", prefix="10.1.2.0/24"))
    spokes = [
        spoke(name, group, "10.1.0.0/16", subnets=subnets)
        for name, group in (("vnet-a", "sub-one"), ("vnet-b", "sub-two"))
    ]
    async with monitored(tenant(*spokes, a=("web",), b=("sql",))) as azure:
        await azure.topology()
        assert azure.findings() == []
    async with monitored(tenant(*spokes, a=("web",), b=("sql", "web"))) as azure:
        await azure.topology()
        assert azure.findings() == [OVERLAP]
        assert "share 10.1.1.0/24:" in azure.snapshot.findings[0].detail
    unread = tenant(*spokes, a=("web",), b=("sql", "web"))
    async with monitored(unread, arrange=hidden("sub-hub")) as azure:
        await azure.topology()
        assert azure.findings() == []


async def test_the_spoke_of_a_virtual_wan_hub_is_no_overlap() -> None:
    """Nobody can read that hub's network; the demo's tenant has one."""
    async with monitored("incident") as azure:
        await azure.topology()
        assert azure.findings() == []


async def test_a_hub_near_its_limit_is_a_finding_until_a_peering_is_gone() -> None:
    async with monitored("hub-spoke:1x400") as azure:
        snapshot = await azure.topology()
        assert azure.findings() == [("vnet/peering-limit", "near")]
        assert snapshot.findings[0].detail.startswith("vnet-hub-001 has 400 of the 500 peerings")
        assert set(azure.series("azure_vnet_peering_limit").values()) == {500.0}
        for vnet, peering in (
            ("vnet-spoke-001-0001", "spoke-001-0001-to-hub"),
            ("vnet-hub-001", "hub-to-spoke-001-0001"),
        ):
            azure.azure.apply(events.DeletePeering(vnet=vnet, peering=peering))
        await azure.topology()
        assert azure.findings() == []


async def test_a_hub_whose_peerings_could_not_all_be_read_may_be_far_from_its_limit() -> None:
    """One that cannot be read may be the one that raises the limit."""

    def one_broken(document: Document) -> None:
        for vnet in document["value"]:
            if vnet["name"] == "vnet-hub-001":
                vnet["properties"]["virtualNetworkPeerings"][0]["properties"] = "broken"

    estate = resolve_estate("hub-spoke:1x401")
    async with monitored(estate) as azure:
        azure.azure.faults.add(Fault(Mutate(one_broken), api=Api.NETWORKS))
        await azure.topology()
        assert "vnet/peering-limit" not in {check for check, _ in azure.findings()}
        assert azure.coverage()["topology", estate.subscriptions[0].id] == "bad_response"
