"""The metrics about the monitor itself that live between snapshots: requests to Azure and runs of collectors."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from monitor import __version__
from monitor.model import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterable

OUTCOMES = ("success", "partial", "failure", "skipped")
THROTTLED_CODES = frozenset({"429", "529", "throttled"})
_REQUEST_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Telemetry:
    """Counts and times what the monitor does; implements the Azure layer's ``RequestObserver``."""

    def __init__(self, collectors: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        build = Gauge(
            "peering_monitor_build_info",
            "The running version; always 1.",
            ["version", "python_version"],
            registry=self.registry,
        )
        build.labels(__version__, platform.python_version()).set(1)
        self._success = self._gauge(
            "collector_success", "Whether the collector's last run could read everything (1) or not (0)."
        )
        self._duration = self._gauge("collector_duration_seconds", "How long the collector's last run took.")
        self._last_success = self._gauge(
            "collector_last_success_timestamp_seconds",
            "When a run of the collector last read something; a partial run counts.",
        )
        self._runs = Counter(
            "peering_monitor_collector_runs",
            "Runs of the collector by how they ended; a skipped one was due while another still ran.",
            ["collector", "outcome"],
            registry=self.registry,
        )
        for collector in collectors:
            for outcome in OUTCOMES:
                self._runs.labels(collector, outcome)
        self._requests = Counter(
            "peering_monitor_azure_requests",
            "Requests to Azure, retries included, by kind and by HTTP status or the reason that there was none.",
            ["api", "code"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "peering_monitor_azure_request_duration_seconds",
            "How long requests to Azure took, from sending to the last byte of the answer.",
            ["api"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self._throttled = Counter(
            "peering_monitor_azure_throttled",
            "Requests that Azure refused because there were too many.",
            ["api"],
            registry=self.registry,
        )
        self._rate_limits: dict[tuple[str, str], int] = {}

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"peering_monitor_{name}", text, ["collector"], registry=self.registry)

    def run_ended(self, collector: str, *, outcome: str, seconds: float, now: float) -> None:
        """A collector's run ended as ``success``, ``partial`` or ``failure`` after so many seconds."""
        self._runs.labels(collector, outcome).inc()
        self._success.labels(collector).set(outcome == "success")
        self._duration.labels(collector).set(seconds)
        if outcome != "failure":
            self._last_success.labels(collector).set(now)

    def run_broke(self, collector: str) -> None:
        """What a run read could not be published: it counts as failed, whatever was said of the reading."""
        self._runs.labels(collector, "failure").inc()
        self._success.labels(collector).set(0)

    def run_skipped(self, collector: str) -> None:
        """A run was due and did not happen."""
        self._runs.labels(collector, "skipped").inc()

    def request_done(self, *, api: str, code: str, seconds: float) -> None:
        """Count one attempt at a request."""
        self._requests.labels(api, code).inc()
        self._request_seconds.labels(api).observe(seconds)
        throttled = self._throttled.labels(api)
        if code in THROTTLED_CODES:
            throttled.inc()

    def rate_limit(self, *, subscription_id: str, kind: str, remaining: int) -> None:
        """Remember what Azure last said is left."""
        self._rate_limits[subscription_id, kind] = remaining

    def rate_limits(self) -> tuple[RateLimit, ...]:
        """What Azure last said is left of each budget."""
        return tuple(RateLimit(*key, remaining) for key, remaining in sorted(self._rate_limits.items()))
