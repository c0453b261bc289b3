from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import wording
from monitor.analysis.fault import NetworkFault
from monitor.analysis.routing import appliance
from monitor.model import NextHopType
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.analysis.addresses import Block
    from monitor.analysis.routing import Routing, Use
    from monitor.model import VirtualNetwork

ByAppliance = dict["Block", list[tuple["Use", list[str]]]]
"""The routes, by name, that lead to an appliance, by its address; each table that has some with its own."""


class NextHopUnreachable(StrEnum):
    """Where the next hop is."""

    NOT_PEERED = "not_peered"
    NOWHERE = "nowhere"


def route_next_hop_unreachable(routing: Routing) -> Iterator[NetworkFault]:
    """A route leads to a virtual appliance that is in no network within reach.

    The next hop of a route of a subnet is an address that lies neither in the subnet's own network nor in any that
    this one has a peering with. The reason says whether the address is in another network that was read, with
    which there is no peering, or in none. Azure does not look for a way to a next hop over a third network or a
    gateway. All routes of a network that lead to the same address give one finding.

    A peering that exists and carries nothing (Disconnected, Initiated, access off, out of sync, or with one side
    left) is a fault of the link and told there, not a second time here. What a peering of an unseen network covers
    is taken from the peering itself. An address in no known network is not reported while a subscription has
    never been read: the network and what is left of a peering with it may be there.

    Why it matters: Azure drops all traffic that such a route applies to; mostly that is everything to the Internet
    and to the other networks.

    To repair: correct the next hop of the routes, or peer the network with the one that has the appliance. Which
    of the two is meant, and how the peering should be, only its owner knows, so there is no command to paste.
    """
    for vnet, uses in routing.uses_by_network():
        wanted = _by_appliance(uses)
        if not wanted:
            continue
        around = routing.surroundings(vnet)
        for hop in sorted(wanted):
            if around.whole and next(around.near.containing(hop), None) is None:
                owners = routing.owners(hop)
                if owners or routing.all_read:
                    yield _fault(vnet, hop, wanted[hop], owners)


def _by_appliance(uses: Sequence[Use]) -> ByAppliance:
    found: ByAppliance = {}
    for use in uses:
        names: dict[Block, list[str]] = {}
        for route in use.table.routes:
            hop = appliance(route) if route.next_hop_type is NextHopType.VIRTUAL_APPLIANCE else None
            if hop is not None:
                names.setdefault(hop, []).append(route.name)
        for hop, routes in names.items():
            found.setdefault(hop, []).append((use, routes))
    return found


def _fault(
    vnet: VirtualNetwork,
    hop: Block,
    found: Sequence[tuple[Use, list[str]]],
    owners: Sequence[VirtualNetwork],
) -> NetworkFault:
    text = hop.first_address()
    name = printable(vnet.id.name)
    if owners:
        where = f"lies in {wording.listing([owner.id.name for owner in owners])}, with which it has no peering"
        way_out = "Peer the two networks, or correct the next hop"
    else:
        where = "lies neither in it nor in any network that it has a peering with"
        way_out = "Correct the next hop, or peer the network that has the appliance"
    return NetworkFault(
        vnet.id,
        NextHopUnreachable.NOT_PEERED if owners else NextHopUnreachable.NOWHERE,
        f"Network {name} sends traffic to a virtual appliance that it cannot reach: {text} {where}. "
        f"It is the next hop of {wording.routes(found)}. {way_out}.",
        about=text,
        resource=found[0][0].table.id,
    )
