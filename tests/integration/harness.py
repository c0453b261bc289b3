"""The monitor's reading parts, wired to the simulator over HTTP as the application does it, with short waits."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from monitor.analysis.engine import AnalysisOptions
from monitor.azure.arm import Arm, Retry
from monitor.azure.clouds import CLOUDS
from monitor.azure.credentials import StaticTokenCredential
from monitor.collectors.subscriptions import Selection
from monitor.collectors.traffic import AGGREGATIONS, TrafficPlan
from monitor.metrics.exposition import Format, compose
from monitor.metrics.live import render_live
from monitor.runtime.passes import COLLECTORS, Passes, Plan
from monitor.runtime.store import Store
from monitor.runtime.telemetry import Telemetry
from monitor.simulator import Simulator, resolve_estate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from monitor.model import Ignore, Snapshot
    from monitor.simulator import Estate

TOKEN = "a-token-for-tests"
DAY = 24 * 3600.0
QUICK = Retry(attempts=3, first_wait=0.01, longest_backoff=0.02, longest_wait=5.0)


class Clock:
    """Unix seconds that a test moves by hand."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Monitored:
    """A simulated tenant and the monitor's passes over it."""

    azure: Simulator
    arm: Arm
    passes: Passes
    store: Store
    telemetry: Telemetry
    clock: Clock

    async def topology(self) -> Snapshot:
        await self.passes.topology()
        return self.snapshot

    async def traffic(self) -> Snapshot:
        await self.passes.traffic()
        return self.snapshot

    @property
    def snapshot(self) -> Snapshot:
        assert self.store.latest is not None
        return self.store.latest.snapshot

    def series(self, name: str, **labels: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The series of one metric that have these labels, by their sorted labels."""
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.page())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    def page(self) -> str:
        latest = self.store.latest
        live = render_live(self.telemetry.registry, Format.TEXT)
        return b"".join(compose(latest.rendered if latest else None, live, gzip=False)).decode()

    def facts(self) -> str:
        """The page's part about Azure: everything but the monitor's own series."""
        return "\n".join(line for line in self.page().splitlines() if line.startswith("azure_vnet"))

    def coverage(self) -> dict[tuple[str, str], str]:
        """Reason by (collector, subscription id)."""
        return {(row.collector, row.subscription_id): row.reason.value for row in self.snapshot.coverage}

    def findings(self) -> list[tuple[str, str]]:
        """Every finding as (check, reason)."""
        return [(one.check, one.reason) for one in self.snapshot.findings]

    def asked(self, api: str) -> int:
        """How many requests of this kind the simulator got."""
        return sum(request.api == api for request in self.azure.requests)


def make_arm(url: str, telemetry: Telemetry, *, request_timeout: float = 5.0, retry: Retry = QUICK) -> Arm:
    return Arm(
        credential=StaticTokenCredential(TOKEN),
        cloud=CLOUDS["public"],
        resource_manager_url=url,
        request_timeout=request_timeout,
        observer=telemetry,
        retry=retry,
    )


@asynccontextmanager
async def monitored(
    estate: str | Estate = "hub-spoke",
    *,
    include: Iterable[str] = ("*",),
    exclude: Iterable[str] = (),
    management_groups: Iterable[str] = (),
    metrics: Iterable[str] = tuple(AGGREGATIONS),
    grain: int = 300,
    max_age: float = DAY,
    request_timeout: float = 5.0,
    retry: Retry = QUICK,
    clock: Clock | None = None,
    token: str = TOKEN,
    arrange: Callable[[Simulator], None] | None = None,
    ignores: Iterable[Ignore] = (),
) -> AsyncIterator[Monitored]:
    """A simulator whose timeline stands still, and the monitor's passes, not yet run."""
    chosen = resolve_estate(estate) if isinstance(estate, str) else estate
    clock = clock or Clock()
    telemetry = Telemetry(COLLECTORS)
    store = Store()
    plan = Plan(
        selection=Selection(tuple(include), tuple(exclude), tuple(management_groups)),
        analysis=AnalysisOptions(ignores=tuple(ignores)),
        max_age=max_age,
        traffic=TrafficPlan(tuple(metrics), grain, 8, max_age),
    )
    async with AsyncExitStack() as stack:
        azure = await stack.enter_async_context(Simulator(chosen, token=token, play=False))
        if arrange is not None:
            arrange(azure)
        arm = await stack.enter_async_context(
            make_arm(azure.url, telemetry, request_timeout=request_timeout, retry=retry)
        )
        passes = Passes(arm, plan, store=store, telemetry=telemetry, clock=clock)
        yield Monitored(azure, arm, passes, store, telemetry, clock)
