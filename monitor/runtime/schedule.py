"""When the passes run: an interval each, a jittered start, no overlap, every run that did not happen counted."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from monitor.runtime.telemetry import Telemetry

BEAT_INTERVAL = 1.0
BEAT_LATE_AFTER = 15.0
"""Seconds without a beat after which the scheduler counts as stuck."""

LONGEST_START_JITTER = 2.0
LONGEST_JITTER = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A collector's pass, every so many seconds."""

    collector: str
    interval: float
    run: Callable[[], Awaitable[None]]


class Schedule:
    """Runs jobs on APScheduler's asyncio scheduler until closed.

    The first run comes within two seconds; later ones are jittered by up to a tenth of the interval, so that
    replicas and collectors do not march in step.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._beat_at: float | None = None
        self._intervals: dict[str, float] = {}
        self._due_at: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._broke, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin to run jobs; needs a running event loop."""
        self._scheduler.add_job(self._beat, IntervalTrigger(seconds=BEAT_INTERVAL), id="beat")
        self._scheduler.start()
        self._beat_at = time.monotonic()

    def add(self, job: Job) -> None:
        """Run a job soon, and then on its interval."""

        async def due() -> None:
            self._count_missed(job.collector)
            with suppress(asyncio.CancelledError):  # by close; the scheduler would call it an error of the pass
                await job.run()

        self._intervals[job.collector] = job.interval
        jitter = min(LONGEST_JITTER, job.interval / 10)
        first = datetime.now(UTC) + timedelta(seconds=random.uniform(0, min(LONGEST_START_JITTER, jitter)))  # noqa: S311
        self._scheduler.add_job(
            due,
            IntervalTrigger(seconds=job.interval, jitter=jitter),
            id=job.collector,
            next_run_time=first,
        )

    async def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def beats(self) -> bool:
        """Whether the scheduler has run its heartbeat lately."""
        return self._beat_at is not None and time.monotonic() - self._beat_at < BEAT_LATE_AFTER

    def _count_missed(self, collector: str) -> None:
        """Count the runs that coalescing merged into this one, after the process had no chance to run them."""
        now = time.monotonic()
        before = self._due_at.get(collector, now)
        self._due_at[collector] = now
        for _ in range(1, round((now - before) / self._intervals[collector])):
            self._telemetry.run_skipped(collector)

    def _skipped(self, event: JobExecutionEvent) -> None:
        if event.job_id in self._intervals:
            self._count_missed(event.job_id)
            self._telemetry.run_skipped(event.job_id)
            log.warning("a run was due while the one before still ran; it is skipped", collector=event.job_id)

    def _broke(self, event: JobExecutionEvent) -> None:
        if event.job_id in self._intervals:
            self._telemetry.run_broke(event.job_id)
        log.error("a pass failed unexpectedly", job=event.job_id, exc_info=event.exception)

    def close(self) -> None:
        """Stop at once: running passes are cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
