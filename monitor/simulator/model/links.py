"""When each link carried traffic: metrics describe the past, also of links that have gone since."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class LinkHistory:
    """The moments at which links began and ceased to carry traffic, for each pair of network keys."""

    def __init__(self, utc: Callable[[], float]) -> None:
        """Until `open_for_business` is called, links count as having been there for ever."""
        self._utc = utc
        self._started = False
        self._changes: dict[tuple[str, str], list[tuple[float, bool]]] = {}
        self._remotes: dict[str, dict[str, None]] = {}

    def open_for_business(self) -> None:
        """The estate stands: changes from here on have a time."""
        self._started = True

    def set_carrying(self, one: str, two: str, *, carrying: bool) -> None:
        """Note that the link between two networks now carries traffic, or no longer does."""
        changes = self._changes.setdefault(_pair(one, two), [])
        self._remotes.setdefault(one, {})[two] = None
        self._remotes.setdefault(two, {})[one] = None
        if not self._started:
            changes[:] = [(float("-inf"), carrying)]
        elif carrying != (bool(changes) and changes[-1][1]):
            changes.append((self._utc(), carrying))

    def remotes(self, network: str) -> Iterator[str]:
        """Every network that this one was ever linked to."""
        return iter(self._remotes.get(network, ()))

    def carried(self, one: str, two: str, start: float, end: float) -> float:
        """Which part of the time from start to end the link carried traffic: 0 to 1."""
        changes = self._changes.get(_pair(one, two), [])
        if len(changes) == 1 and changes[0][0] <= start:
            return 1.0 if changes[0][1] else 0.0
        position = bisect_right(changes, start, key=lambda change: change[0])
        carrying = changes[position - 1][1] if position else False
        total, since = 0.0, start
        for moment, becomes in changes[position:]:
            if moment >= end:
                break
            total += (moment - since) if carrying else 0.0
            since, carrying = moment, becomes
        total += (end - since) if carrying else 0.0
        return total / (end - start)


def _pair(one: str, two: str) -> tuple[str, str]:
    return (one, two) if one < two else (two, one)
