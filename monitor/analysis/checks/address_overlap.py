from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple

from monitor.analysis import wording
from monitor.analysis.fault import NetworkFault
from monitor.model import PeeringState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model import ArmId, Peering, VirtualNetwork

_KEPT_SPACES = 65_536
_IPV6 = 6


class AddressOverlap(StrEnum):
    """How the two networks are joined; the closer one where both hold."""

    PEERED = "peered"
    SHARED_NEIGHBOUR = "shared_neighbour"


class Block(NamedTuple):
    """A prefix. As tuples they sort so that each comes after all that contain it, and before all beyond it."""

    version: int
    first: int
    larger_first: int
    last: int
    text: str


Pair = tuple[str, str]
"""The keys of two networks, the one that sorts first before the other."""


@dataclass(slots=True)
class Overlap:
    """What two networks share: with each other as peers, and before the neighbours that they have in common."""

    shared: set[Block] = field(default_factory=set)
    neighbours: set[str] = field(default_factory=set)
    peered: bool = False


@dataclass(slots=True)
class Offers:
    """Which part of its address space each network brings into its peerings, as far as that is known.

    ``parts`` is by the network at the other end and then by the network itself; ``whole`` are the pairs that are
    peered as a whole, ``selected`` those of which at least one side selects subnets.
    """

    parts: defaultdict[str, dict[str, set[Block]]] = field(default_factory=lambda: defaultdict(dict))
    whole: set[Pair] = field(default_factory=set)
    selected: set[Pair] = field(default_factory=set)

    def add(self, owner: str, neighbour: str, blocks: Iterable[Block]) -> None:
        """``owner`` brings these into its peering with ``neighbour``."""
        self.parts[neighbour].setdefault(owner, set()).update(blocks)


def vnet_address_overlap(vnets: Sequence[VirtualNetwork]) -> Iterator[NetworkFault]:
    """Two networks that are peered with each other, or with the same third network, share address space.

    Compared are the address spaces that the networks have now, synced or not. Of a peering of subnets only the
    selected prefixes count, as the network at its other end tells them; where that network cannot be read, they
    are not known and nothing is said. A peering that is Connected counts whether or not the network at its other
    end can be read; one in another state, Disconnected too, counts only where that network was read, because it is
    there to be peered again, and Azure then looks for overlaps. Only networks that were read are compared. There
    is one finding a pair, on the network whose id sorts first, however many neighbours the two share.

    Why it matters: an address is reached in one network only. From the neighbour that both are peered with, the
    same destination leads to one of the two and never to the other, and Azure refuses to create or to sync a
    peering that brings in prefixes that are already there.

    To repair: give one of the two networks other addresses, or leave the shared prefixes out of one of the
    peerings by peering subnets only. There is no command for it: what uses the addresses has to move first.
    """
    read = {vnet.id.key: vnet for vnet in vnets}
    overlaps = _overlaps(read)
    if not overlaps:
        return
    names = _names(vnets)
    for (one, other), overlap in sorted(overlaps.items()):
        reason = AddressOverlap.PEERED if overlap.peered else AddressOverlap.SHARED_NEIGHBOUR
        detail = _detail(read[one].id, read[other].id, overlap, names)
        yield NetworkFault(read[one].id, reason, detail, about=other)


def _overlaps(read: Mapping[str, VirtualNetwork]) -> dict[Pair, Overlap]:
    offers = _offers(read)
    overlaps: defaultdict[Pair, Overlap] = defaultdict(Overlap)
    direct: defaultdict[str, set[str]] = defaultdict(set)
    for pair in offers.whole:
        # Compared once, within the larger of the two neighbourhoods: a hub's prefixes are not gone through anew
        # for every spoke.
        hub, spoke = sorted(pair, key=lambda end: (-len(offers.parts[end]), end))
        direct[hub].add(spoke)
    for neighbour, parts in offers.parts.items():
        peers = direct[neighbour]
        itself = {neighbour: _blocks(read[neighbour].address_space)} if peers else {}
        for pair, block in _shared({**parts, **itself}):
            if neighbour not in pair:
                overlaps[pair].shared.add(block)
                overlaps[pair].neighbours.add(neighbour)
            elif not peers.isdisjoint(pair):
                overlaps[pair].shared.add(block)
                overlaps[pair].peered = True
    for one, other in offers.selected:
        parts = {one: offers.parts[other].get(one, set()), other: offers.parts[one].get(other, set())}
        for pair, block in _shared(parts):
            overlaps[pair].shared.add(block)
            overlaps[pair].peered = True
    return overlaps


def _offers(read: Mapping[str, VirtualNetwork]) -> Offers:
    offers = Offers()
    for vnet in read.values():
        here = vnet.id.key
        for peering in vnet.peerings:
            there = peering.remote_vnet.key
            remote = read.get(there)
            if here == there or (remote is None and peering.state is not PeeringState.CONNECTED):
                continue
            pair = _pair(here, there)
            if peering.peer_complete_vnets is False:
                if remote is not None:
                    offers.add(there, here, _of_family(peering, peering.remote_address_space or ()))
                    offers.selected.add(pair)
                continue
            offers.add(here, there, _of_family(peering, vnet.address_space))
            if remote is not None:
                offers.add(there, here, _of_family(peering, remote.address_space))
                offers.whole.add(pair)
    return offers


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _of_family(peering: Peering, prefixes: tuple[str, ...]) -> Iterable[Block]:
    blocks = _blocks(prefixes)
    return [block for block in blocks if block.version == _IPV6] if peering.only_ipv6 else blocks


@lru_cache(maxsize=_KEPT_SPACES)
def _blocks(prefixes: tuple[str, ...]) -> tuple[Block, ...]:
    """The prefixes that can be read as such; the others cannot be compared."""
    blocks = []
    for text in prefixes:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            continue
        first, last = int(network.network_address), int(network.broadcast_address)
        blocks.append(Block(network.version, first, -last, last, str(network)))
    return tuple(blocks)


def _shared(parts: Mapping[str, Iterable[Block]]) -> Iterator[tuple[Pair, Block]]:
    """Every prefix that two of the networks share, with the two: one pass over all of them in order.

    Prefixes contain one another or have nothing in common. So the ones that contain the present one are those
    that have not ended yet, the largest first.
    """
    if len(parts) == 1:
        return
    entries = sorted((block, owner) for owner, blocks in parts.items() for block in _outermost(blocks))
    around: list[tuple[Block, str]] = []
    for block, owner in entries:
        while around and (around[-1][0].version != block.version or around[-1][0].last < block.first):
            around.pop()
        for _, other in around:
            yield _pair(owner, other), block
        around.append((block, owner))


def _outermost(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks without those that lie within another, so that a network never shares with itself."""
    outer: Block | None = None
    for block in sorted(blocks):
        if outer is None or block.version != outer.version or block.last > outer.last:
            outer = block
            yield block


def _names(vnets: Iterable[VirtualNetwork]) -> dict[str, ArmId]:
    """Every network that was read or is pointed at, by key; its own spelling before that of others."""
    names: dict[str, ArmId] = {}
    for peering in sorted((one for vnet in vnets for one in vnet.peerings), key=lambda one: one.remote_vnet.text):
        names.setdefault(peering.remote_vnet.key, peering.remote_vnet)
    return names | {vnet.id.key: vnet.id for vnet in vnets}


def _detail(one: ArmId, other: ArmId, overlap: Overlap, names: Mapping[str, ArmId]) -> str:
    pair = f"{wording.network(one, other)} and {wording.network(other, one)}"
    shared = wording.listing([block.text for block in overlap.shared])
    neighbours = [_neighbour(names[key], one, other) for key in overlap.neighbours]
    if not overlap.peered:
        through = wording.listing(neighbours)
        return (
            f"{pair} are both peered with {through} and share {shared}: from there, each of these addresses is "
            "reached in one of the two networks only."
        )
    also = f" (and both with {wording.listing(neighbours)})" if neighbours else ""
    return (
        f"{pair} are peered with each other{also} and share {shared}: neither reaches these addresses in the "
        "other network."
    )


def _neighbour(vnet: ArmId, one: ArmId, other: ArmId) -> str:
    name = wording.network(vnet, one)
    return name if name != vnet.name else wording.network(vnet, other)
