"""The passes over Azure: what runs, in which order, and the snapshot that is published after each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from monitor.analysis.engine import AnalysisOptions, analyse
from monitor.analysis.estate import Estate
from monitor.collectors import subscriptions, topology, traffic
from monitor.collectors.subscriptions import Directory, Selection
from monitor.collectors.traffic import Traffic, TrafficPlan
from monitor.metrics.exposition import Rendered
from monitor.model import Coverage, Reason, Snapshot
from monitor.runtime.changes import log_changes
from monitor.runtime.store import Published

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from monitor.azure.arm import Arm
    from monitor.runtime.store import Store
    from monitor.runtime.telemetry import Telemetry

COLLECTORS = (subscriptions.COLLECTOR, topology.COLLECTOR, traffic.COLLECTOR)
"""Every collector's name, as it stands in the metrics."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read and how to judge it; ``traffic`` is None where none is wanted, ``max_age`` in seconds."""

    selection: Selection
    analysis: AnalysisOptions
    max_age: float
    traffic: TrafficPlan | None


@dataclass(slots=True)
class _Known:
    """The last good facts of each collector; every value is immutable and replaced as a whole."""

    directory: Directory = field(default_factory=Directory)
    estate: Estate = field(default_factory=Estate)
    traffic: Traffic = field(default_factory=Traffic)


class Passes:
    """Runs the collectors over one tenant and publishes a snapshot after each pass.

    ``clock`` gives Unix seconds. ``first_topology_ended`` is set once the first pass is published, good or bad.
    """

    def __init__(
        self,
        arm: Arm,
        plan: Plan,
        *,
        store: Store,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._arm = arm
        self._plan = plan
        self._store = store
        self._telemetry = telemetry
        self._clock = clock
        self._known = _Known()
        self._publishing = asyncio.Lock()
        self.first_topology_ended = asyncio.Event()

    async def topology(self) -> None:
        """Discover the subscriptions, read their networks, publish."""
        await self._run(subscriptions.COLLECTOR, self._discover)
        await self._run(topology.COLLECTOR, self._read_topology)
        await self._publish()
        self.first_topology_ended.set()

    async def traffic(self) -> None:
        """Read the metrics of the networks that the last topology pass found, publish."""
        await self._run(traffic.COLLECTOR, self._read_traffic)
        await self._publish()

    async def _run(self, collector: str, read: Callable[[], Awaitable[Iterable[Coverage]]]) -> None:
        """Give a collector its outcome, duration and last success: the same for every one of them."""
        started = time.monotonic()
        try:
            outcome = outcome_of(await read())
        except Exception:  # the one broad catch: a defect of ours costs this run, not the daemon or the facts
            log.exception("collector failed unexpectedly; the last good facts are kept", collector=collector)
            outcome = "failure"
        seconds = time.monotonic() - started
        self._telemetry.run_ended(collector, outcome=outcome, seconds=seconds, now=self._clock())
        log.debug("collector ended", collector=collector, outcome=outcome, seconds=round(seconds, 3))

    async def _discover(self) -> Iterable[Coverage]:
        known = self._known
        known.directory = await subscriptions.discover(
            self._arm, known.directory, self._plan.selection, now=self._clock()
        )
        return known.directory.coverage()

    async def _read_topology(self) -> Iterable[Coverage]:
        known = self._known
        known.estate = await topology.collect_topology(
            self._arm,
            known.estate,
            readable=known.directory.readable(),
            unlisted=known.directory.unlisted(),
            clock=self._clock,
            max_age=self._plan.max_age,
        )
        return self._topology_coverage()

    async def _read_traffic(self) -> Iterable[Coverage]:
        if self._plan.traffic is None:
            return ()
        known = self._known
        known.traffic = await traffic.collect_traffic(
            self._arm,
            known.traffic,
            plan=self._plan.traffic,
            networks={
                one: [network.vnet for network in facts.vnets.values()]
                for one, facts in known.estate.subscriptions.items()
            },
            unlisted=known.directory.unlisted(),
            clock=self._clock,
        )
        # Without a network there is nothing to ask about, and whether that is well is for the topology to say.
        return known.traffic.coverage.values() or self._topology_coverage()

    def _topology_coverage(self) -> list[Coverage]:
        return [facts.coverage(one) for one, facts in sorted(self._known.estate.subscriptions.items())]

    async def _publish(self) -> None:
        """Make a snapshot of what is known now, render it and serve it; both away from the event loop."""
        async with self._publishing:
            estate, known = self._known.estate, self._known
            coverage = (
                *known.directory.coverage(),
                *self._topology_coverage(),
                *(row for _, row in sorted(known.traffic.coverage.items())),
            )
            subscriptions_known = tuple(one.subscription for one in known.directory.watched.values())
            points = tuple(point for _, point in sorted(known.traffic.points.items()))
            support = known.traffic.support()
            rate_limits = self._telemetry.rate_limits()
            built_at = self._clock()

            def build() -> Published:
                networks = tuple(sorted(estate.networks(), key=lambda network: network.id))
                analysis = analyse(networks, estate.absence, options=self._plan.analysis, now=built_at)
                snapshot = Snapshot(
                    built_at=built_at,
                    virtual_networks=networks,
                    sides=analysis.sides,
                    links=analysis.links,
                    findings=analysis.findings,
                    checks=analysis.checks,
                    subscriptions=subscriptions_known,
                    coverage=coverage,
                    metric_points=points,
                    metric_support=support,
                    rate_limits=rate_limits,
                    ignored=analysis.ignored,
                    expired_ignores=analysis.expired_ignores,
                )
                return Published(snapshot, Rendered.of(snapshot))

            published = await asyncio.to_thread(build)
            log_changes(self._store.latest.snapshot if self._store.latest else None, published.snapshot)
            self._store.publish(published)


def outcome_of(rows: Iterable[Coverage]) -> str:
    """``success`` if everything was read, ``partial`` if something was, else ``failure``: so is nothing at all."""
    reasons = [row.reason for row in rows]
    if reasons and all(reason is Reason.OK for reason in reasons):
        return "success"
    return "partial" if any(reason is Reason.OK for reason in reasons) else "failure"
