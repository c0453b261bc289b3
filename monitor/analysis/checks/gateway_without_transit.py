from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import NetworkFault
from monitor.model import NextHopType, PeeringState, ascii_lower
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.analysis.routing import Routing
    from monitor.model import Peering, VirtualNetwork

GATEWAY_SUBNET = "gatewaysubnet"
"""The one name, but for its case, that Azure puts gateways into."""


class GatewayWithoutTransit(StrEnum):
    """Whether a peered network offers its gateway."""

    NOT_USED = "not_used"
    NO_GATEWAY = "no_gateway"


def route_gateway_without_transit(routing: Routing) -> Iterator[NetworkFault]:
    """A route leads to a virtual network gateway, and the network has none.

    The next hop of a route of a subnet is VirtualNetworkGateway. That is the network's own gateway, for which it
    needs a GatewaySubnet, or that of a peered network, for which one of its sides needs useRemoteGateways. It has
    neither. The reason says whether a peered network offers its gateway (allowGatewayTransit), or none does. All
    such routes of a network give one finding.

    A side that uses remote gateways over a peering that carries nothing, or against the other side's will, is a
    fault of the link and told there; so is a side that was lost. Where a flag, a peering or a subnet could not be
    read, nothing is said.

    Why it matters: what the route applies to, mostly on-premises networks, cannot be reached.

    To repair: turn useRemoteGateways on, on the side toward the network that offers its gateway. Where none does,
    give the network a gateway or a peering with one that has it, or remove the route.
    """
    for vnet, uses in routing.uses_by_network():
        found = []
        for use in uses:
            names = [
                route.name
                for route in use.table.routes
                if route.next_hop_type is NextHopType.VIRTUAL_NETWORK_GATEWAY
            ]
            if names:
                found.append((use, names))
        if not found or not _has_none(vnet, routing):
            continue
        offers = sorted(_offers(vnet, routing), key=lambda side: side.id)
        detail = (
            f"Network {printable(vnet.id.name)} routes traffic to a virtual network gateway, but has no "
            f"GatewaySubnet, and none of its peerings has useRemoteGateways on: {wording.routes(found)}. "
            f"{_way_out(offers)}"
        )
        only = offers[0] if len(offers) == 1 else None
        yield NetworkFault(
            vnet.id,
            GatewayWithoutTransit.NOT_USED if offers else GatewayWithoutTransit.NO_GATEWAY,
            detail,
            repair.set_flag("useRemoteGateways", only) if only else (),
            resource=found[0][0].table.id,
            side=only,
        )


def _has_none(vnet: VirtualNetwork, routing: Routing) -> bool:
    return (
        vnet.peerings_complete
        and vnet.subnets_complete
        and all(ascii_lower(subnet.name) != GATEWAY_SUBNET for subnet in vnet.subnets)
        and all(side.use_remote_gateways is False for side in vnet.peerings)
        and all(side.allow_gateway_transit is False for side in routing.lost(vnet))
    )


def _offers(vnet: VirtualNetwork, routing: Routing) -> Iterator[Peering]:
    """The network's joined sides whose other side allows gateway transit."""
    lending = {side.vnet for side in routing.toward(vnet.id) if side.allow_gateway_transit}
    for side in vnet.peerings:
        if side.state is PeeringState.CONNECTED and side.remote_vnet in lending:
            yield side


def _way_out(offers: list[Peering]) -> str:
    match offers:
        case []:
            return "No peered network is seen to offer its gateway: give this one a gateway, or remove the routes."
        case [side]:
            return f"{wording.remote(side)} offers its gateway: use it on {wording.side(side)}."
        case _:
            names = wording.listing([side.name for side in offers])
            return f"Several networks offer theirs: turn useRemoteGateways on, on one of the peerings {names}."
