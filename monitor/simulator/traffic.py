"""How much flows over each link, minute by minute: seeded, with days and nights, the same from both ends."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.simulator.model.links import LinkHistory

_MINUTE = 60
_DAY = 86_400
_MASK = 0xFFFF_FFFF


class Traffic:
    """Bytes and round trips of one seed."""

    def __init__(self, *, seed: int, links: LinkHistory) -> None:
        """`links` says when there was a link at all."""
        self._seed = seed
        self._links = links
        self._characters: dict[tuple[str, str], tuple[int, float]] = {}

    def received(self, network: str, minute: int) -> float:
        """The bytes that came in over all links of a network in the minute that starts at this Unix time."""
        return sum(self._flow(remote, network, minute) for remote in self._links.remotes(network))

    def sent(self, network: str, minute: int) -> float:
        """The bytes that went out."""
        return sum(self._flow(network, remote, minute) for remote in self._links.remotes(network))

    def roundtrip_ms(self, network: str, minute: int) -> float:
        """The average round trip between a network's machines and what they reach."""
        base = 0.6 + self._noise(f"{network} ping", 0) * 1.2
        return round(base * (0.9 + 0.2 * self._noise(network, minute)), 3)

    def failed_percent(self, network: str, minute: int) -> float:
        """The share of probes that failed: none, but for a rare blip."""
        return 0.5 if self._noise(f"{network} probes", minute) > 0.995 else 0.0  # noqa: PLR2004

    def _flow(self, source: str, target: str, minute: int) -> float:
        carried = self._links.carried(source, target, minute, minute + _MINUTE)
        if not carried:
            return 0.0
        mark, mean = self._character(source, target)
        daily = 1 + 0.6 * math.sin(2 * math.pi * ((minute % _DAY) / _DAY - 0.3))
        jitter = 0.85 + 0.3 * _mixed(mark, minute)
        return float(int(mean * daily * jitter * carried))

    def _character(self, source: str, target: str) -> tuple[int, float]:
        # Between 0.2 and 20 MB a minute at the mean; office hours carry about four times what nights do.
        found = self._characters.get((source, target))
        if found is None:
            mark = self._mark(f"{source}>{target}")
            found = self._characters[source, target] = (mark, 200_000 * 100 ** _mixed(mark, 0))
        return found

    def _mark(self, name: str) -> int:
        return zlib.crc32(name.encode(), self._seed & _MASK)

    def _noise(self, name: str, minute: int) -> float:
        return _mixed(self._mark(name), minute)


def _mixed(mark: int, minute: int) -> float:
    """A number from 0 to 1; a cryptographic hash would cost more than the rest of the answer."""
    mixed = mark ^ (minute // _MINUTE * 0x9E3779B1 & _MASK)
    mixed = (mixed ^ mixed >> 16) * 0x45D9F3B & _MASK
    mixed = (mixed ^ mixed >> 16) * 0x45D9F3B & _MASK
    return (mixed ^ mixed >> 16) / _MASK
