"""What the checks on routes look at: which subnet uses which table, and what is around its network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.analysis.addresses import Block, BlockIndex, address, block, blocks, leave_nothing
from monitor.model import PeeringState, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model import ArmId, Peering, Route, RouteTable, VirtualNetwork

WIDEST = {4: 8, 6: 7}
"""By IP version, the shortest prefix that means networks of one's own: that of 10.0.0.0/8 and that of fc00::/7."""


@dataclass(frozen=True, slots=True)
class Use:
    """The subnets of a network that use one route table, by name, sorted."""

    vnet: VirtualNetwork
    table: RouteTable
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the addresses are that a network may reach directly.

    ``near`` are its own prefixes and those of every network that it has or had a peering with, whatever that
    peering's state: one that carries nothing is a fault of the link and told there. ``whole`` is False where
    there may be more of them than could be read.
    """

    near: BlockIndex[None]
    whole: bool


class Routing:
    """The networks and route tables of one moment, indexed.

    ``all_read`` is False while a subscription has never been read: what it has of a peering is not known then.
    """

    def __init__(
        self, vnets: Iterable[VirtualNetwork], tables: Iterable[RouteTable], *, all_read: bool = True
    ) -> None:
        self.all_read = all_read
        self._vnets = {vnet.id: vnet for vnet in vnets}
        self._tables = {table.id: table for table in tables}
        self._overrides: dict[ArmId, BlockIndex[None]] = {}
        self._toward: dict[ArmId, list[Peering]] | None = None
        self._owners: BlockIndex[VirtualNetwork] | None = None
        self.uses = tuple(self._find_uses())

    def _find_uses(self) -> Iterator[Use]:
        for _, vnet in sorted(self._vnets.items()):
            by_table: dict[ArmId, list[str]] = {}
            for subnet in vnet.subnets:
                if subnet.route_table is not None and subnet.route_table in self._tables:
                    by_table.setdefault(subnet.route_table, []).append(subnet.name)
            for table, names in sorted(by_table.items()):
                yield Use(vnet, self._tables[table], tuple(sorted(names)))

    def uses_by_network(self) -> Iterator[tuple[VirtualNetwork, list[Use]]]:
        """Each network that has route tables in use, with them."""
        found: dict[ArmId, list[Use]] = {}
        for use in self.uses:
            found.setdefault(use.vnet.id, []).append(use)
        for used in found.values():
            yield used[0].vnet, used

    def toward(self, vnet: ArmId) -> Sequence[Peering]:
        """The sides of other networks that point at this one."""
        if self._toward is None:
            self._toward = {}
            for other in self._vnets.values():
                for peering in other.peerings:
                    self._toward.setdefault(peering.remote_vnet, []).append(peering)
        return self._toward.get(vnet, ())

    def lost(self, vnet: VirtualNetwork) -> list[Peering]:
        """The sides of other networks that point at this one, which has none back: what is left of a peering."""
        own = {peering.remote_vnet for peering in vnet.peerings}
        return [peering for peering in self.toward(vnet.id) if peering.vnet not in own]

    def surroundings(self, vnet: VirtualNetwork) -> Surroundings:
        """Collect what a network may reach directly."""
        spaces = [vnet.address_space, *(subnet.prefixes for subnet in vnet.subnets)]
        spaces += [self._vnets[peering.vnet].address_space for peering in self.lost(vnet)]
        whole = bool(vnet.address_space) and vnet.peerings_complete and vnet.subnets_complete
        for peering in vnet.peerings:
            remote = self._vnets.get(peering.remote_vnet)
            known = (
                *(peering.remote_address_space or ()),
                *(peering.remote_vnet_address_space or ()),
                *(remote.address_space if remote else ()),
            )
            spaces.append(known)
            whole = whole and bool(known)
        return Surroundings(BlockIndex((one, None) for space in spaces for one in blocks(space)), whole)

    def owners(self, one: Block) -> list[VirtualNetwork]:
        """The networks whose address space contains this, sorted."""
        if self._owners is None:
            self._owners = BlockIndex(
                (space, vnet) for vnet in self._vnets.values() for space in blocks(vnet.address_space)
            )
        found = {vnet.id: vnet for _, vnet in self._owners.containing(one)}
        return [found[key] for key in sorted(found)]

    def closed(self) -> dict[ArmId, BlockIndex[Peering]]:
        """By network, the sides joined to it that do not accept what it forwards, by their own prefixes."""
        found: dict[ArmId, list[tuple[Block, Peering]]] = {}
        for vnet in self._vnets.values():
            for side in vnet.peerings:
                if side.allow_forwarded_traffic is False and _carries(side):
                    pairs = found.setdefault(side.remote_vnet, [])
                    pairs += [(one, side) for one in _own_part(vnet, side)]
        return {hub: BlockIndex(pairs) for hub, pairs in found.items()}

    def overrides(self, use: Use, route: Block, part: Block, direct: BlockIndex[None]) -> bool:
        """Whether other routes of the same subnets take all of ``part`` away from the route with this prefix.

        The longest prefix wins. Of equal ones the route table's own wins, so that a route of Azure's, such as one
        for a peered network, has to be longer.
        """
        mine = self._overrides.get(use.table.id)
        if mine is None:
            mine = BlockIndex((one, None) for one in blocks(route.prefix for route in use.table.routes))
            self._overrides[use.table.id] = mine
        inner: list[Block] = []
        for index in (mine, direct):
            if any(outer.length > route.length for outer, _ in index.containing(part)):
                return True
            inner += [one for one, _ in index.within(part)]
        return leave_nothing(part, (one for one in inner if one.length > route.length))


def direct_routes(vnet: VirtualNetwork) -> BlockIndex[None]:
    """Azure's own routes: to the network itself and to those that it has a peering with."""
    spaces = [vnet.address_space, *(peering.remote_address_space or () for peering in vnet.peerings)]
    return BlockIndex((one, None) for space in spaces for one in blocks(space))


def joined(vnet: VirtualNetwork) -> BlockIndex[Peering]:
    """The network's own sides that carry traffic, by the prefixes that are peered."""
    return BlockIndex(
        (one, side)
        for side in vnet.peerings
        if _carries(side)
        for one in blocks(side.remote_address_space or ())
        if one.version in _versions(side)
    )


def appliance(route: Route) -> Block | None:
    """The address of the virtual appliance that a route leads to; None where Azure did not name one."""
    return address(route.next_hop_ip) if route.next_hop_ip else None


def destination(route: Route) -> Block | None:
    """The prefix of a route that is meant for networks of one's own; None for a default route and its like.

    A route for 0.0.0.0/0, or for half of it, is there for the Internet. It does carry what else has no route, but
    nobody declared by it that a certain network should be reached.
    """
    prefix = block(route.prefix)
    return prefix if prefix is not None and prefix.length >= WIDEST[prefix.version] else None


def _carries(side: Peering) -> bool:
    return side.state is PeeringState.CONNECTED and side.allow_virtual_network_access is True


def _versions(side: Peering) -> tuple[int, ...]:
    return (6,) if side.only_ipv6 else (4, 6)


def _own_part(vnet: VirtualNetwork, side: Peering) -> Iterator[Block]:
    """What of its own network a side makes reachable."""
    if side.peer_complete_vnets is False:
        names = set(map(ascii_lower, side.local_subnet_names))
        spaces = [subnet.prefixes for subnet in vnet.subnets if ascii_lower(subnet.name) in names]
    else:
        spaces = [vnet.address_space]
    for space in spaces:
        yield from (one for one in blocks(space) if one.version in _versions(side))
