"""From networks, each with its own side of every peering, to links with both sides."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import zip_longest
from typing import TYPE_CHECKING

from monitor.model import HalfPresent, HalfUnseen, Link, LinkKey, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model import ArmId, Half, HalfMissing, Peering, VirtualNetwork

    Selection = tuple[frozenset[str], frozenset[str]] | None
    """The subnets that a peering joins, on the low and on the high network; None where it joins all."""


def pair(
    vnets: Iterable[VirtualNetwork],
    absence: Callable[[ArmId, ArmId], HalfMissing | HalfUnseen],
) -> tuple[Link, ...]:
    """Join both sides of every peering, sorted by link.

    ``absence(network, other)`` says why a network shows no peering to the other. Two networks can have several
    peerings (of subnets): those that select the same subnets belong together, the rest is taken in the order of
    ids, and each becomes a link of its own under the same key.
    """
    halves: dict[str, list[HalfPresent]] = {}
    for half in _sides(vnets):
        halves.setdefault(_ends(half), []).append(half)
    links = [link for joined in halves.values() for link in _links(joined, absence)]
    links.sort(key=_order)
    return tuple(links)


def _sides(vnets: Iterable[VirtualNetwork]) -> Iterator[HalfPresent]:
    for vnet in {vnet.id.key: vnet for vnet in vnets}.values():
        for peering in {peering.id.key: peering for peering in vnet.peerings}.values():
            yield HalfPresent(peering, vnet)


def _ends(half: HalfPresent) -> str:
    """The two networks of a peering in one string: cheaper than a tuple, above all for the garbage collector."""
    local, remote = half.vnet.id.key, half.peering.remote_vnet.key
    return f"{local}\n{remote}" if local <= remote else f"{remote}\n{local}"


def _links(
    halves: Sequence[HalfPresent],
    absence: Callable[[ArmId, ArmId], HalfMissing | HalfUnseen],
) -> Iterator[Link]:
    """All links between two networks."""
    halves = sorted(halves, key=_by_id)
    lows = [half for half in halves if half.vnet.id.key <= half.peering.remote_vnet.key]
    highs = [half for half in halves if half.vnet.id.key > half.peering.remote_vnet.key]
    low_id = lows[0].vnet_id if lows else highs[0].peering.remote_vnet
    high_id = highs[0].vnet_id if highs else lows[0].peering.remote_vnet
    key = LinkKey.between(low_id, high_id)
    if low_id == high_id:
        # Azure refuses a peering of a network with itself. Should one be read, it has no other side to miss.
        for half in lows:
            yield Link(key, half, HalfUnseen(high_id))
        return
    missing: dict[ArmId, HalfMissing | HalfUnseen] = {}
    for low, high in _matched(lows, highs):
        if low is None and low_id not in missing:
            missing[low_id] = absence(low_id, high_id)
        if high is None and high_id not in missing:
            missing[high_id] = absence(high_id, low_id)
        yield Link(key, low or missing[low_id], high or missing[high_id])


def _matched(
    lows: Sequence[HalfPresent], highs: Sequence[HalfPresent]
) -> Iterator[tuple[HalfPresent | None, HalfPresent | None]]:
    if len(lows) <= 1 and len(highs) <= 1:
        yield from zip_longest(lows, highs)
        return
    by_selection: defaultdict[Selection, deque[HalfPresent]] = defaultdict(deque)
    for high in highs:
        by_selection[_selection(high.peering, low=False)].append(high)
    left: list[HalfPresent] = []
    for low in lows:
        mirrored = by_selection[_selection(low.peering, low=True)]
        if mirrored:
            yield low, mirrored.popleft()
        else:
            left.append(low)
    rest = sorted((high for queue in by_selection.values() for high in queue), key=_by_id)
    yield from zip_longest(left, rest)


def _selection(peering: Peering, *, low: bool) -> Selection:
    if peering.peer_complete_vnets is not False:
        return None
    local = frozenset(map(ascii_lower, peering.local_subnet_names))
    remote = frozenset(map(ascii_lower, peering.remote_subnet_names))
    return (local, remote) if low else (remote, local)


def _by_id(half: HalfPresent) -> str:
    return half.peering.id.key


def _order(link: Link) -> tuple[str, str, str]:
    return link.key.id, _peering_key(link.low), _peering_key(link.high)


def _peering_key(half: Half) -> str:
    return half.peering.id.key if isinstance(half, HalfPresent) else ""
