"""Networks with routes as tests need them: spokes around a hub with a firewall, and what a test says differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monitor.analysis.engine import AnalysisOptions, analyse
from monitor.model import (
    ArmId,
    HalfUnseen,
    NextHopType,
    OnNetwork,
    Peering,
    PeeringState,
    Route,
    RouteTable,
    Subnet,
    VirtualNetwork,
)
from tests.unit.analysis.builders import SUBSCRIPTION, peering, vnet_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import Finding

FIREWALL = "10.0.1.4"
FIREWALL6 = "fd00::104"
SPACE = {
    "hub": ("10.0.0.0/16", "fd00::/64"),
    "app": ("10.1.0.0/16", "fd00:0:0:1::/64"),
    "data": ("10.2.0.0/16", "fd00:0:0:2::/64"),
    "dev": ("10.3.0.0/16", "fd00:0:0:3::/64"),
}


def table_id(name: str) -> ArmId:
    return ArmId(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/{name}"
    )


def via(prefix: str, ip: str | None = FIREWALL, *, name: str | None = None) -> Route:
    """A route through a virtual appliance."""
    return Route(name or f"to-{prefix}", prefix, NextHopType.VIRTUAL_APPLIANCE, ip)


def to(kind: NextHopType, prefix: str = "192.168.0.0/16") -> Route:
    return Route(f"to-{kind}", prefix, kind)


def table(name: str, *routes: Route) -> RouteTable:
    return RouteTable(table_id(name), routes)


def subnet(name: str, *, uses: str | None = None, prefixes: tuple[str, ...] = ()) -> Subnet:
    return Subnet(name, prefixes, table_id(uses) if uses else None)


def side(here: str, there: str, **facts: Any) -> Peering:
    """A joined side that accepts forwarded traffic, but for the facts given."""
    usual: dict[str, Any] = {
        "allow_forwarded_traffic": True,
        "remote_address_space": SPACE[there],
        "remote_vnet_address_space": SPACE[there],
    }
    return peering(here, there, **(usual | facts))


def network(name: str, *peerings: Peering, uses: str | None = None, **facts: Any) -> VirtualNetwork:
    """A network; ``uses`` names the route table of its one subnet, web."""
    usual = {"address_space": SPACE.get(name, ()), "subnets": (subnet("web", uses=uses),)}
    return VirtualNetwork(vnet_id(name), peerings=peerings, **(usual | facts))


def hub(*spokes: str, **facts: Any) -> VirtualNetwork:
    """The hub with a side to each spoke, whose flags ``facts`` can change."""
    names = spokes or ("app", "data", "dev")
    subnets = (subnet("GatewaySubnet"), subnet("AzureFirewallSubnet"))
    return network("hub", *(side("hub", one, **facts) for one in names), subnets=subnets)


def spoke(name: str, *, vnet: dict[str, Any] | None = None, **facts: Any) -> VirtualNetwork:
    """A spoke that uses the table ``rt-NAME``, with its side of the peering with the hub."""
    return network(name, side(name, "hub", **facts), uses=f"rt-{name}", **(vnet or {}))


def every_finding(
    networks: Iterable[VirtualNetwork], *tables: RouteTable, all_read: bool = True, **options: Any
) -> tuple[Finding, ...]:
    return analyse(
        networks,
        lambda vnet, _other: HalfUnseen(vnet),
        options=AnalysisOptions(**options),
        now=0.0,
        route_tables=tables,
        all_read=all_read,
    ).findings


def found(networks: Iterable[VirtualNetwork], *tables: RouteTable, **options: Any) -> list[Finding]:
    """What the checks on routes find."""
    return [one for one in every_finding(networks, *tables, **options) if one.check.startswith("route/")]


def only(networks: Iterable[VirtualNetwork], *tables: RouteTable, **options: Any) -> Finding:
    (finding,) = found(networks, *tables, **options)
    return finding


def network_of(finding: Finding) -> str:
    assert isinstance(finding.subject, OnNetwork)
    return finding.subject.vnet.name


def about(finding: Finding) -> str:
    assert isinstance(finding.subject, OnNetwork)
    return finding.subject.about


def without_peerings(vnet: VirtualNetwork) -> VirtualNetwork:
    return replace(vnet, peerings=())


BROKEN: list[dict[str, Any]] = [
    {"state": PeeringState.DISCONNECTED},
    {"state": PeeringState.INITIATED},
    {"state": PeeringState.UNKNOWN},
    {"allow_virtual_network_access": False},
]
"""What keeps a peering from carrying traffic: faults of the link, found there."""
