"""When passes run, on the real scheduler with short intervals, and what collectors' wrapper tells of them."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest
import structlog

from monitor.runtime.schedule import BEAT_LATE_AFTER, Job, Schedule
from monitor.runtime.telemetry import Telemetry
from monitor.simulator import Api, Delay, Fault, Status, events
from tests.integration.harness import monitored
from tests.integration.live import eventually, live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from monitor.simulator import Simulator
    from tests.integration.harness import Monitored

TOPOLOGY = "topology"
TRAFFIC = "traffic"
FOREVER = 60.0


class Scheduled:
    """A schedule, and what the telemetry counted of it."""

    def __init__(self) -> None:
        self.telemetry = Telemetry([TOPOLOGY, TRAFFIC])
        self.schedule = Schedule(self.telemetry)

    def runs(self, outcome: str, collector: str = TOPOLOGY) -> float | None:
        labels = {"collector": collector, "outcome": outcome}
        return self.telemetry.registry.get_sample_value("peering_monitor_collector_runs_total", labels)


@asynccontextmanager
async def scheduled(*jobs: Job) -> AsyncIterator[Scheduled]:
    """A running schedule with these jobs."""
    one = Scheduled()
    one.schedule.start()
    for job in jobs:
        one.schedule.add(job)
    try:
        yield one
    finally:
        one.schedule.close()
        await asyncio.sleep(0)


class Pass:
    """A pass that remembers its runs; each takes ``seconds``, and the first ``broken`` of them fail."""

    def __init__(self, seconds: float = 0.0, *, broken: int = 0) -> None:
        self.began: list[float] = []
        self.ended = 0
        self.cancelled = 0
        self.at_once = 0
        self._running = 0
        self._seconds = seconds
        self._broken = broken

    async def __call__(self) -> None:
        self.began.append(time.monotonic())
        self._running += 1
        self.at_once = max(self.at_once, self._running)
        try:
            if len(self.began) <= self._broken:
                raise RuntimeError("out of order")
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._running -= 1
        self.ended += 1

    async def has_begun(self, times: int) -> None:
        async def enough() -> bool:
            return len(self.began) >= times

        await eventually(enough)


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """Python's own clock put forward, for as long as nothing is awaited."""
    now = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now() + seconds)
        yield


class TestSchedule:
    async def test_a_pass_runs_on_its_interval(self) -> None:
        one = Pass()
        async with scheduled(Job(TOPOLOGY, 0.1, one)) as running:
            await one.has_begun(8)
            assert running.runs("skipped") == 0
        apart = [after - before for before, after in zip(one.began, one.began[1:], strict=False)]
        assert sum(apart) / len(apart) == pytest.approx(0.1, rel=0.5)

    async def test_the_first_run_does_not_wait_for_the_interval(self) -> None:
        one = Pass()
        started = time.monotonic()
        async with scheduled(Job(TOPOLOGY, 5.0, one)):
            await one.has_begun(1)
        assert one.began[0] - started < 2

    async def test_a_slow_pass_never_runs_twice_at_once_and_what_was_due_is_counted_as_skipped(self) -> None:
        slow, quick = Pass(0.5), Pass()
        async with scheduled(Job(TOPOLOGY, 0.1, slow), Job(TRAFFIC, 0.1, quick)) as running:
            await slow.has_begun(3)
            skipped = running.runs("skipped")
            assert running.runs("skipped", TRAFFIC) == 0
            assert running.runs("failure") == 0
        assert slow.at_once == 1
        assert skipped is not None
        assert 6 <= skipped <= 12  # twice four or five
        assert len(quick.began) >= 6, "one slow collector held up another"

    async def test_one_run_that_was_skipped_is_told_once_in_the_log(self) -> None:
        slow = Pass(0.25)
        with structlog.testing.capture_logs() as logged:
            async with scheduled(Job(TOPOLOGY, 0.2, slow)) as running:
                await slow.has_begun(2)
                skipped = running.runs("skipped")
        said = [entry for entry in logged if "skipped" in entry["event"]]
        assert len(said) == skipped == 1
        assert (said[0]["collector"], said[0]["log_level"]) == (TOPOLOGY, "warning")

    async def test_a_pass_that_breaks_counts_as_a_failure_and_stops_no_later_one(self) -> None:
        one = Pass(broken=2)
        with structlog.testing.capture_logs() as logged:
            async with scheduled(Job(TOPOLOGY, 0.1, one)) as running:
                await one.has_begun(5)
                assert running.runs("failure") == 2
                success = running.telemetry.registry.get_sample_value(
                    "peering_monitor_collector_success", {"collector": TOPOLOGY}
                )
        assert success == 0
        assert one.ended >= 2
        told = [entry for entry in logged if entry["event"] == "a pass failed unexpectedly"]
        assert [str(entry["exc_info"]) for entry in told] == ["out of order"] * 2

    async def test_close_cancels_a_running_pass_and_starts_no_other(self) -> None:
        one = Pass(FOREVER)
        with structlog.testing.capture_logs() as logged:
            async with scheduled(Job(TOPOLOGY, 0.1, one)) as running:
                await one.has_begun(1)
                running.schedule.close()
                closed = time.monotonic()

                async def was_cancelled() -> bool:
                    return one.cancelled == 1

                await eventually(was_cancelled)
                assert time.monotonic() - closed < 1
                begun = len(one.began)
                await asyncio.sleep(0.3)
                assert len(one.began) == begun
                assert running.runs("failure") == 0, "a stop is not a failure of the collector"
        assert not [entry for entry in logged if entry["log_level"] == "error"]

    async def test_a_close_is_quiet_in_every_log(self, caplog: pytest.LogCaptureFixture) -> None:
        one = Pass(FOREVER)
        async with scheduled(Job(TOPOLOGY, 5.0, one)):
            await one.has_begun(1)
        await asyncio.sleep(0.05)
        assert one.cancelled == 1
        assert not [record.getMessage() for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]

    async def test_close_may_come_first_and_twice(self) -> None:
        Scheduled().schedule.close()
        async with scheduled() as running:
            running.schedule.close()


class TestBeat:
    async def test_it_beats_only_once_started(self) -> None:
        one = Scheduled()
        assert not one.schedule.beats()
        one.schedule.start()
        assert one.schedule.beats()
        one.schedule.close()

    async def test_it_goes_on_beating_while_a_pass_hangs(self) -> None:
        hanging = Pass(FOREVER)
        async with scheduled(Job(TOPOLOGY, 0.1, hanging)) as running:
            await hanging.has_begun(1)
            await asyncio.sleep(1.2)

            async def has_beaten_since_the_start() -> bool:
                with later(BEAT_LATE_AFTER - 0.8):
                    return running.schedule.beats()

            assert await eventually(has_beaten_since_the_start)

    async def test_it_stops_with_the_scheduler(self) -> None:
        async with scheduled() as running:
            running.schedule.close()
            with later(BEAT_LATE_AFTER + 1):
                assert not running.schedule.beats()


class TestDaemon:
    async def test_traffic_begins_only_after_the_first_topology_pass(self) -> None:
        async with live(
            "incident",
            arrange=lambda azure: slow_networks(azure, 0.6),
            collectors={"topology": {"interval": "1s"}},
        ) as daemon:

            async def asked_for_metrics() -> bool:
                return any(request.api == Api.METRIC_DEFINITIONS for request in daemon.azure.requests)

            await eventually(asked_for_metrics)
            log = daemon.azure.requests
            topology = [request.time for request in log if request.api == Api.NETWORKS]
            others = [request.time for request in log if request.api in {Api.METRICS, Api.METRIC_DEFINITIONS}]
            assert min(others) - min(topology) >= 0.6

    async def test_no_traffic_is_read_where_it_is_off(self) -> None:
        async with live(collectors={"topology": {"interval": "1s"}, "traffic": {"enabled": False}}) as daemon:

            async def second_pass() -> bool:
                runs = await daemon.http.series("peering_monitor_collector_runs_total", outcome="success")
                return runs.get((("collector", TOPOLOGY), ("outcome", "success")), 0) >= 2

            await eventually(second_pass)
            assert not {Api.METRICS, Api.METRIC_DEFINITIONS} & {request.api for request in daemon.azure.requests}
            assert await daemon.http.value("peering_monitor_collector_success", collector=TRAFFIC) is None


def slow_networks(azure: Simulator, seconds: float) -> None:
    """The first listing of each of the four subscriptions takes this long."""
    azure.faults.add(Fault(Delay(seconds), api=Api.NETWORKS, times=4))


class TestWrapper:
    def own(self, tenant: Monitored, name: str, collector: str = TOPOLOGY) -> float | None:
        found = tenant.series(f"peering_monitor_collector_{name}", collector=collector)
        assert len(found) < 2
        return next(iter(found.values()), None)

    def outcomes(self, tenant: Monitored, collector: str = TOPOLOGY) -> dict[str, float]:
        found = tenant.series("peering_monitor_collector_runs_total", collector=collector)
        return {dict(labels)["outcome"]: value for labels, value in found.items()}

    async def test_before_the_first_run_there_is_no_success_to_speak_of(self) -> None:
        async with monitored() as tenant:
            for name in ("success", "duration_seconds", "last_success_timestamp_seconds"):
                assert self.own(tenant, name) is None
            assert self.outcomes(tenant) == {"success": 0, "partial": 0, "failure": 0, "skipped": 0}

    async def test_a_run_tells_how_long_it_took(self) -> None:
        async with monitored() as tenant:
            slow_networks(tenant.azure, 0.3)
            await tenant.topology()
            slow = self.own(tenant, "duration_seconds")
            await tenant.topology()
            quick = self.own(tenant, "duration_seconds")
            discovery = self.own(tenant, "duration_seconds", "subscriptions")
        assert slow is not None
        assert quick is not None
        assert discovery is not None
        assert 0.3 <= slow < 3
        assert 0 < quick < slow
        assert discovery < slow

    @pytest.mark.parametrize("collector", ["subscriptions", TOPOLOGY, TRAFFIC])
    async def test_a_success_advances_the_last_success(self, collector: str) -> None:
        async with monitored("incident") as tenant:
            for runs in (1, 2):
                tenant.clock.advance(30)
                await tenant.topology()
                await tenant.traffic()
                assert self.own(tenant, "success", collector) == 1
                assert self.own(tenant, "last_success_timestamp_seconds", collector) == tenant.clock.now
                outcomes = self.outcomes(tenant, collector)
                assert outcomes == {"success": runs, "partial": 0, "failure": 0, "skipped": 0}

    async def test_a_partial_run_is_no_success_and_advances_the_last_success(self) -> None:
        async with monitored() as tenant:
            await tenant.topology()
            tenant.azure.apply(
                events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden")
            )
            tenant.clock.advance(30)
            await tenant.topology()
            assert self.own(tenant, "success") == 0
            assert self.own(tenant, "last_success_timestamp_seconds") == tenant.clock.now
            assert self.outcomes(tenant) == {"success": 1, "partial": 1, "failure": 0, "skipped": 0}
            assert self.own(tenant, "success", "subscriptions") == 1

    async def test_a_failed_run_leaves_the_last_success_where_it_was(self) -> None:
        async with monitored() as tenant:
            await tenant.topology()
            last = tenant.clock.now
            tenant.azure.faults.add(Fault(Status(403), api=Api.NETWORKS))
            tenant.clock.advance(30)
            await tenant.topology()
            assert self.own(tenant, "success") == 0
            assert self.own(tenant, "last_success_timestamp_seconds") == last
            assert self.outcomes(tenant) == {"success": 1, "partial": 0, "failure": 1, "skipped": 0}
            tenant.azure.faults.clear()
            tenant.clock.advance(30)
            await tenant.topology()
            assert self.own(tenant, "success") == 1
            assert self.own(tenant, "last_success_timestamp_seconds") == tenant.clock.now

    async def test_a_failure_of_one_collector_is_none_of_another(self) -> None:
        async with monitored("incident") as tenant:
            tenant.azure.faults.add(Fault(Status(403), api=Api.METRIC_DEFINITIONS))
            tenant.azure.faults.add(Fault(Status(403), api=Api.METRICS))
            await tenant.topology()
            await tenant.traffic()
            assert self.own(tenant, "success", TRAFFIC) == 0
            assert self.own(tenant, "last_success_timestamp_seconds", TRAFFIC) is None
            assert self.own(tenant, "success", TOPOLOGY) == 1
