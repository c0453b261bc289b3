"""What can go wrong on the wire, matched to requests and counted.

    sim.faults.add(Fault(Status(429, headers={"Retry-After": "1"}), api=Api.NETWORKS, times=2))

A request takes every fault that matches it, in the order they were added. Faults that come before the answer
(`Status`, `Body`, `Hang`, `Reset`) end it; those that change a document (`Mutate` and its kin) add up; those
that damage the transfer (`Truncate`, `ResetMidBody`) are applied last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from monitor.simulator.routes import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from monitor.simulator.arm import ArmRequest

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with this status instead; without a body, with an ARM error of a fitting code."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Answer 200 with these bytes instead: HTML, malformed JSON, nothing at all."""

    data: bytes
    content_type: str = "application/json; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer; the connection stays open until the client or the simulator gives up."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection before any byte of an answer."""


@dataclass(frozen=True, slots=True)
class ResetMidBody:
    """Send this part of the body, then reset the connection."""

    keep: float = 0.5


@dataclass(frozen=True, slots=True)
class Truncate:
    """Send this part of the body, then close: short of the Content-Length, or without the last chunk."""

    keep: float = 0.5
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class TruncateJson:
    """A complete 200 whose JSON ends in the middle."""

    keep: float = 0.5


@dataclass(frozen=True, slots=True)
class Mutate:
    """Change the JSON document of a successful answer: in place, or by returning another."""

    change: Callable[[Document], Document | None]


Effect = Status | Body | Hang | Delay | Reset | ResetMidBody | Truncate | TruncateJson | Mutate


@dataclass(slots=True, eq=False)
class Fault:
    """An effect and the requests that it hits.

    `path` is a glob, or a compiled pattern that is searched for; both ignore case. Without `path`, `api` and
    `method` every request matches. The first `skip` matches pass unharmed, then `times` are hit (all without).
    """

    effect: Effect
    path: str | re.Pattern[str] | None = field(default=None, kw_only=True)
    api: Api | str | None = field(default=None, kw_only=True)
    method: str | None = field(default=None, kw_only=True)
    times: int | None = field(default=None, kw_only=True)
    skip: int = field(default=0, kw_only=True)
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)
    _pattern: re.Pattern[str] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the path once and refuse an operation that does not exist."""
        if isinstance(self.path, str):
            self._pattern = re.compile(translate(self.path), re.IGNORECASE)
        elif self.path is not None:
            self._pattern = re.compile(self.path.pattern, self.path.flags | re.IGNORECASE)
        if self.api is not None:
            self.api = Api(self.api)

    def strikes(self, request: ArmRequest) -> bool:
        """Whether this request is hit; counts it when it is."""
        if self.api is not None and request.target.api is not self.api:
            return False
        if self.method is not None and request.method != self.method.upper():
            return False
        if self._pattern is not None and self._pattern.search(request.path) is None:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        """Start without any."""
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault into force; returns it, for `remove` and for its `hits`."""
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force; one that is not in force is passed over."""
        if fault in self._faults:
            self._faults.remove(fault)

    def clear(self) -> None:
        """Take all faults out of force."""
        self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults in force."""
        return iter(tuple(self._faults))

    def __len__(self) -> int:
        """How many faults are in force."""
        return len(self._faults)

    def effects_on(self, request: ArmRequest) -> list[Effect]:
        """The effects that hit this request, in the order they were added."""
        return [fault.effect for fault in tuple(self._faults) if fault.strikes(request)]
