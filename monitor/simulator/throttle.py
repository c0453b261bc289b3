"""ARM's token buckets, one a subscription and one for the tenant, and Resource Graph's quota, as headers show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CAPACITY = 250
REFILL_PER_SECOND = 25


QUERIES = 15
QUERY_WINDOW = 5.0


class QueryQuota:
    """Counts queries to Resource Graph: so many in a window that starts with the first of them."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is a monotonic clock in seconds."""
        self._now = now
        self._since = float("-inf")
        self._used = 0

    def take(self) -> tuple[int | None, float]:
        """Take one query; returns how many remain, None without any, and the seconds until all are back."""
        now = self._now()
        if now - self._since >= QUERY_WINDOW:
            self._since, self._used = now, 0
        resets_after = self._since + QUERY_WINDOW - now
        if self._used >= QUERIES:
            return None, resets_after
        self._used += 1
        return QUERIES - self._used, resets_after


class ReadBuckets:
    """Counts reads down from 250 and back up by 25 a second."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is a monotonic clock in seconds."""
        self._now = now
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, bucket: str) -> int | None:
        """Take one token; returns how many remain, or None when the bucket was empty."""
        now = self._now()
        level, since = self._levels.get(bucket, (float(CAPACITY), now))
        level = min(float(CAPACITY), level + (now - since) * REFILL_PER_SECOND)
        if level < 1:
            self._levels[bucket] = (level, now)
            return None
        self._levels[bucket] = (level - 1, now)
        return int(level - 1)
