"""Plays an estate's timeline: by the wall clock on its own, or in jumps when a test says so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.simulator.events import TimedEvent

# An injected clock can jump without anyone being told, so it is looked at this often.
_GLANCE = 0.02


class Timeline:
    """Events in the order of their time, and how far they have been played."""

    def __init__(
        self,
        events: Sequence[TimedEvent],
        *,
        now: Callable[[], float] | None,
        happen: Callable[[TimedEvent], None],
    ) -> None:
        """`happen` is called once for each event when its time has come."""
        self._events = sorted(events, key=lambda timed: timed.at)
        self._now = now or time.monotonic
        self._real_clock = now is None
        self._happen = happen
        self._started_at = self._now()
        self._ahead = 0.0
        self._next = 0
        self._moved = asyncio.Event()

    def restart(self) -> None:
        """Second 0 is now."""
        self._started_at = self._now()

    @property
    def elapsed(self) -> float:
        """Seconds since the start, jumps included."""
        return self._now() - self._started_at + self._ahead

    @property
    def finished(self) -> bool:
        """Whether every event has happened."""
        return self._next >= len(self._events)

    def advance(self, seconds: float) -> None:
        """Jump forward and let everything in between happen."""
        self._ahead += seconds
        self._moved.set()
        self.catch_up()

    def catch_up(self) -> None:
        """Let every event happen whose time has come."""
        while not self.finished and self._events[self._next].at <= self.elapsed:
            timed = self._events[self._next]
            self._next += 1
            self._happen(timed)

    async def play(self) -> None:
        """Let the events happen as their time comes, until the last."""
        self.catch_up()
        while not self.finished:
            wait = max(self._events[self._next].at - self.elapsed, 0.0)
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), wait if self._real_clock else min(wait, _GLANCE))
            self.catch_up()
