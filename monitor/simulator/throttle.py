"""ARM's token buckets, one a subscription and one for the tenant, as the rate-limit headers show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CAPACITY = 250
REFILL_PER_SECOND = 25


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
