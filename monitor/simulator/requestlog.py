"""What was asked: the log that tests and `simulate` read."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.simulator.routes import Api

# A simulator that runs for days must not fill the memory.
KEPT = 50_000


@dataclass(slots=True, kw_only=True)
class RecordedRequest:
    """One request. `status` is None while it is unanswered, and stays so when it hung or was reset.

    `time` is on the timeline's clock; `headers` are without the Authorization header.
    """

    method: str
    path: str
    query: Mapping[str, str]
    api: Api
    subscription: str | None
    had_token: bool
    time: float
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    status: int | None = None


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[RecordedRequest] = deque(maxlen=KEPT)
        self._arrival = asyncio.Event()

    def add(self, entry: RecordedRequest) -> None:
        """Note a request that has just arrived."""
        self._entries.append(entry)
        self._arrival.set()

    def entries(self) -> list[RecordedRequest]:
        """The requests so far."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        self._entries.clear()

    async def reached(self, count: int) -> None:
        """Wait until this many are in the log."""
        while len(self._entries) < count:
            self._arrival.clear()
            await self._arrival.wait()
