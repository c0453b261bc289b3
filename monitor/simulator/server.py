"""The simulator: an estate behind a real HTTP server that the azure-mgmt clients take for Azure.

async with Simulator(resolve_estate("incident")) as simulator:
    ...  # NetworkManagementClient(credential, subscription, base_url=simulator.url)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from aiohttp import web

from monitor.simulator import armid
from monitor.simulator.arm import Arm
from monitor.simulator.estate import Estate, EstateError, References
from monitor.simulator.estate_check import check_estate
from monitor.simulator.exchange import Exchange
from monitor.simulator.faults import Faults
from monitor.simulator.graph import Graph
from monitor.simulator.happenings import Happenings
from monitor.simulator.insights import Insights
from monitor.simulator.model.build import build_cloud
from monitor.simulator.paging import Pager
from monitor.simulator.payloads import Payloads
from monitor.simulator.reads import Reads
from monitor.simulator.requestlog import RequestLog
from monitor.simulator.throttle import QueryQuota, ReadBuckets
from monitor.simulator.timeline import Timeline
from monitor.simulator.traffic import Traffic
from monitor.simulator.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from monitor.simulator.events import Event, TimedEvent
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.requestlog import RecordedRequest

_log = logging.getLogger(__name__)


class Simulator:
    """Serves one estate on a port of its own until it is stopped."""

    def __init__(
        self,
        estate: Estate,
        *,
        token: str | None = None,
        now: Callable[[], float] | None = None,
        utc_now: Callable[[], datetime] | None = None,
        on_event: Callable[[TimedEvent, str], object] | None = None,
        play: bool = True,
        enforce_rate_limits: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Check the estate and build it; nothing listens yet.

        `token`: accept only this bearer token, otherwise any. `now`: the timeline's clock (monotonic seconds).
        `utc_now`: Azure Monitor's clock. `on_event`: called with each event and a sentence about it. `play`: let
        the timeline run by itself; without it only `advance` and `play_to` move it. `enforce_rate_limits`: answer
        429 when ARM's token bucket is empty instead of only showing it in the headers.
        """
        problems = check_estate(estate)
        if problems:
            raise EstateError(problems)
        self.estate = estate
        self.faults = Faults()
        self._on_event = on_event
        self._play = play
        self._host, self._port = host, port
        self._utc_now = utc_now or (lambda: datetime.now(UTC))
        self._log = RequestLog()
        self._timeline = Timeline(estate.timeline, now=now, happen=self._happen)
        references = References(estate)
        self.cloud = build_cloud(estate, references, utc=lambda: self._utc_now().timestamp())
        self._happenings = Happenings(estate, references, self.cloud)
        arm = _build_arm(
            estate,
            references,
            self.cloud,
            token=token,
            enforce_rate_limits=enforce_rate_limits,
            now=now or time.monotonic,
            utc_now=self._utc_now,
        )
        self._runner: web.AppRunner | None = None
        self._player: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._exchange = Exchange(
            arm, faults=self.faults, log=self._log, stopping=self._stopping, elapsed=lambda: self.elapsed
        )

    async def __aenter__(self) -> Self:
        """Start listening."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()

    async def start(self, host: str | None = None, port: int | None = None) -> str:
        """Listen, start the timeline and return the URL."""
        if self._runner is not None:
            message = "the simulator is running"
            raise RuntimeError(message)
        application = web.Application(client_max_size=64 * 1024 * 1024)
        # Any path at all, newlines included: what it means is decided in `routes`.
        application.router.add_route("*", r"/{path:[\s\S]*}", self._exchange.serve)
        # A client that gives up ends its hanging request, so that it does not pile up here.
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            handler_cancellation=True,
            shutdown_timeout=0.2,
        )
        self._stopping.clear()
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host or self._host, self._port if port is None else port).start()
        except OSError:
            await self.stop()
            raise
        self._timeline.restart()
        if self._play:
            self._player = asyncio.create_task(self._timeline.play(), name="simulator timeline")
        return self.url

    async def stop(self) -> None:
        """Stop within a second, also while requests hang."""
        self._stopping.set()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()
        if self._player is not None:
            player, self._player = self._player, None
            player.cancel()
            # What `on_event` raised is raised here: nobody else waits for the player.
            with contextlib.suppress(asyncio.CancelledError):
                await player

    @property
    def url(self) -> str:
        """Where it listens, for `base_url` and `resource_manager_url`."""
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def address(self) -> tuple[str, int]:
        """The host and port it listens on."""
        if self._runner is None or not self._runner.addresses:
            message = "the simulator is not running"
            raise RuntimeError(message)
        host, port, *_ = self._runner.addresses[0]
        return str(host), int(port)

    @property
    def elapsed(self) -> float:
        """The timeline's second."""
        return self._timeline.elapsed

    @property
    def timeline_finished(self) -> bool:
        """Whether every event of the timeline has happened."""
        return self._timeline.finished

    async def advance(self, seconds: float) -> None:
        """Jump along the timeline; every event on the way happens before this returns."""
        self._timeline.advance(seconds)
        await asyncio.sleep(0)

    async def play_to(self, second: float) -> None:
        """Jump to a second of the timeline, if it lies ahead."""
        await self.advance(max(second - self.elapsed, 0.0))

    def apply(self, event: Event) -> str:
        """Let an event happen now; returns what came of it in plain words. Raises EstateError where it cannot."""
        return self._happenings.apply(event)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, oldest first."""
        return self._log.entries()

    async def received(self, count: int, *, within: float = 5.0) -> None:
        """Wait until that many requests are in the log; TimeoutError when they do not come."""
        async with asyncio.timeout(within):
            await self._log.reached(count)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._log.clear()

    def _happen(self, timed: TimedEvent) -> None:
        try:
            told = self._happenings.apply(timed.event)
        except EstateError as error:
            # A timeline can make itself impossible, for instance after a test's own `apply`; the rest goes on.
            told = f"could not happen: {error}"
            _log.warning("timeline event at %ss could not happen: %s", timed.at, error)
        if self._on_event is not None:
            self._on_event(timed, f"{timed.at:g}s: {told}")


def _build_arm(
    estate: Estate,
    references: References,
    cloud: Cloud,
    *,
    token: str | None,
    enforce_rate_limits: bool,
    now: Callable[[], float],
    utc_now: Callable[[], datetime],
) -> Arm:
    named = {subnet.route_table for network in estate.networks for subnet in network.subnets}
    route_table_ids = {name: references.route_table(name) for name in named if name is not None}
    payloads = Payloads(cloud, route_table_ids)
    return Arm(
        tenant=estate.tenant,
        token=token,
        enforce_rate_limits=enforce_rate_limits,
        cloud=cloud,
        buckets=ReadBuckets(now),
        reads=Reads(cloud, payloads, Pager.of(estate.page_size)),
        writes=Writes(cloud, payloads, {armid.key(full): name for name, full in route_table_ids.items()}),
        insights=Insights(
            profile=estate.metrics, traffic=Traffic(seed=estate.seed, links=cloud.links), utc_now=utc_now
        ),
        graph=Graph(cloud, tenant=estate.tenant, quota=QueryQuota(now), utc_now=utc_now),
    )
