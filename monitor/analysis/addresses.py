"""IP prefixes as numbers, and an index of many of them that is asked what contains one and what lies in one."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

BITS = {4: 32, 6: 128}
"""The length of an address, by IP version."""

REMEMBERED = 65_536
"""Texts whose meaning is kept: the same prefixes come with every pass."""


class Block(NamedTuple):
    """A prefix: the IP version, the first and the last address as numbers, between them the prefix length.

    In the order of these fields a block comes right before the blocks that lie in it.
    """

    version: int
    first: int
    length: int
    last: int

    def contains(self, other: Block) -> bool:
        """Whether every address of the other block is in this one."""
        return self.version == other.version and self.first <= other.first and other.last <= self.last

    def first_address(self) -> str:
        """The first address as text, in its shortest form."""
        return str(IPv6Address(self.first) if self.version == 6 else IPv4Address(self.first))  # noqa: PLR2004

    def common(self, other: Block) -> Block | None:
        """The addresses in both: of two blocks one lies in the other, or they have nothing in common."""
        if self.contains(other):
            return other
        return self if other.contains(self) else None


@lru_cache(maxsize=REMEMBERED)
def block(text: str) -> Block | None:
    """Read a prefix; None for what is none, such as a service tag."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    first = int(network.network_address)
    return Block(network.version, first, network.prefixlen, first + network.num_addresses - 1)


@lru_cache(maxsize=REMEMBERED)
def address(text: str) -> Block | None:
    """Read one address, as a block of just that; None for what is none."""
    try:
        parsed = ip_address(text.strip())
    except ValueError:
        return None
    return Block(parsed.version, int(parsed), BITS[parsed.version], int(parsed))


def blocks(texts: Iterable[str]) -> Iterator[Block]:
    """Read prefixes, passing over what is none."""
    for text in texts:
        read = block(text)
        if read is not None:
            yield read


class BlockIndex(Generic[T]):
    """Blocks with something attached to each; several can be attached to one."""

    def __init__(self, pairs: Iterable[tuple[Block, T]] = ()) -> None:
        self._attached: dict[Block, list[T]] = {}
        for one, attached in pairs:
            self._attached.setdefault(one, []).append(attached)
        self._sorted = sorted(self._attached)
        self._lengths = {
            version: sorted({one.length for one in self._sorted if one.version == version}, reverse=True)
            for version in BITS
        }

    def containing(self, inner: Block) -> Iterator[tuple[Block, T]]:
        """The blocks that contain this one, itself included, the longest prefix first."""
        for length in self._lengths[inner.version]:
            if length <= inner.length:
                size = 1 << (BITS[inner.version] - length)
                first = inner.first // size * size
                outer = Block(inner.version, first, length, first + size - 1)
                for attached in self._attached.get(outer, ()):
                    yield outer, attached

    def within(self, outer: Block) -> Iterator[tuple[Block, T]]:
        """The blocks that lie in this one, itself included, in order."""
        for position in range(bisect_left(self._sorted, outer), len(self._sorted)):
            inner = self._sorted[position]
            if inner.version != outer.version or inner.first > outer.last:
                return
            for attached in self._attached[inner]:
                yield inner, attached

    def meeting(self, other: Block) -> Iterator[tuple[Block, T]]:
        """The blocks that have an address in common with this one, and what they have in common."""
        for _, attached in self.containing(other):
            yield other, attached
        for inner, attached in self.within(other):
            if inner != other:
                yield inner, attached


def leave_nothing(whole: Block, parts: Iterable[Block]) -> bool:
    """Whether these blocks together contain every address of ``whole``."""
    reached = whole.first
    for part in sorted(parts):
        if part.version != whole.version or part.last < reached:
            continue
        if part.first > reached:
            return False
        reached = part.last + 1
        if reached > whole.last:
            return True
    return False
