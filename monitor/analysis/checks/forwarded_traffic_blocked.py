from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import NetworkFault
from monitor.analysis.routing import appliance, destination, direct_routes, joined
from monitor.model import NextHopType, ascii_lower
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.analysis.addresses import Block, BlockIndex
    from monitor.analysis.routing import Routing, Use
    from monitor.model import ArmId, Peering, Route

SHOWN = 3
"""Sending networks that a finding names as examples."""


class ForwardedTrafficBlocked(StrEnum):
    """What the receiving side does."""

    NOT_ACCEPTED = "not_accepted"


class _Senders:
    """For each closed side, the routes that send something over it: of a few networks, which is enough to tell."""

    def __init__(self) -> None:
        self._found: dict[ArmId, tuple[Peering, dict[ArmId, dict[ArmId, tuple[Use, list[str]]]]]] = {}

    def enough(self, side: Peering, use: Use) -> bool:
        found = self._found.get(side.id)
        return found is not None and use.vnet.id not in found[1] and len(found[1]) > SHOWN

    def add(self, side: Peering, use: Use, route: Route) -> None:
        _, networks = self._found.setdefault(side.id, (side, {}))
        tables = networks.setdefault(use.vnet.id, {})
        names = tables.setdefault(use.table.id, (use, []))[1]
        if route.name not in names:
            names.append(route.name)

    def __iter__(self) -> Iterator[tuple[Peering, list[list[tuple[Use, list[str]]]]]]:
        for _, (side, networks) in sorted(self._found.items()):
            yield side, [list(tables.values()) for tables in networks.values()]


def route_forwarded_traffic_blocked(routing: Routing) -> Iterator[NetworkFault]:
    """Routes lead through an appliance to a network that does not accept what the appliance forwards.

    This is how spokes reach each other through the firewall of a hub: a subnet of one spoke has a route for
    another's prefix, the next hop is in the hub, and the hub forwards to the other spoke. That one's side of the
    peering with the hub must have allowForwardedTraffic on, because what arrives does not come from the hub. It is
    off. The finding is on the receiving network, whose side is to be changed, however many networks send to it;
    the detail names some of them.

    The longest prefix wins, as in Azure: what a more specific route of the same table takes elsewhere (also to
    None), and what a peering reaches directly by a more specific prefix, does not count. Nor do default routes,
    and others that are wider than 10.0.0.0/8 or fc00::/7: they are there for the Internet, and spokes that are
    kept apart on purpose have them too. An appliance in the sender's own network is not one that forwards. Only
    joined sides that allow access are looked at; what else is wrong with a link is told there. This finding stands
    for link/forwarded-traffic-asymmetric on the same peering.

    Why it matters: traffic that somebody deliberately routed is dropped on its last step, although every peering
    says Connected and the firewall lets it through.

    To repair: turn allowForwardedTraffic on, on the receiving side. If the network is closed on purpose, say so in
    checks.ignore, or take the routes out.
    """
    closed = routing.closed()
    senders = _Senders()
    for vnet, uses in routing.uses_by_network() if closed else ():
        near = joined(vnet)
        direct = direct_routes(vnet)
        for use in uses:
            for route, prefix, receivers in _forwarded(use, near, closed):
                for part, side in receivers.meeting(prefix):
                    if side.vnet == vnet.id or senders.enough(side, use):
                        continue
                    if not routing.overrides(use, prefix, part, direct):
                        senders.add(side, use, route)
    for side, networks in senders:
        yield _fault(side, networks)


def _forwarded(
    use: Use, near: BlockIndex[Peering], closed: Mapping[ArmId, BlockIndex[Peering]]
) -> Iterator[tuple[Route, Block, BlockIndex[Peering]]]:
    """The routes through an appliance in a peered network, with that network's closed receivers."""
    by_hop: dict[str | None, BlockIndex[Peering] | None] = {}
    for route in use.table.routes:
        if route.next_hop_type is not NextHopType.VIRTUAL_APPLIANCE:
            continue
        if route.next_hop_ip not in by_hop:
            hop = appliance(route)
            side = next((side for _, side in near.containing(hop)), None) if hop is not None else None
            by_hop[route.next_hop_ip] = closed.get(side.remote_vnet) if side is not None else None
        receivers, prefix = by_hop[route.next_hop_ip], destination(route)
        if receivers is not None and prefix is not None:
            yield route, prefix, receivers


def _fault(side: Peering, networks: list[list[tuple[Use, list[str]]]]) -> NetworkFault:
    routes = wording.routes([found for tables in networks[:SHOWN] for found in tables])
    more = "; and those of other networks" if len(networks) > SHOWN else ""
    detail = (
        f"{wording.subject(side)} has allowForwardedTraffic off, so {wording.local(side)} does not accept what an "
        f"appliance in {wording.remote(side)} forwards to it. It is sent there by {routes}{more}."
    )
    return NetworkFault(
        side.vnet,
        ForwardedTrafficBlocked.NOT_ACCEPTED,
        detail,
        repair.set_flag("allowForwardedTraffic", side),
        about=ascii_lower(printable(side.name)),
        resource=side.id,
        side=side,
    )
