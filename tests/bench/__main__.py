"""``python -m tests.bench [--size SUBSCRIPTIONSxSPOKES]``: exit code 1 when an expected ratio is missed."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from monitor import log
from monitor.analysis.engine import AnalysisOptions
from monitor.collectors.subscriptions import Selection
from monitor.collectors.traffic import AGGREGATIONS, TrafficPlan
from monitor.runtime.passes import COLLECTORS, Passes, Plan
from monitor.runtime.store import Store
from monitor.runtime.telemetry import Telemetry
from tests.bench import decoding, living, rendering, report
from tests.bench.azure import listing, listing_in_one_page, open_arm, simulated_azure
from tests.bench.daemon import DAY, RemoteDaemon

SIZE = "1x999"
LARGE = 2_000
"""Networks above which the SDK's models and a metrics request for each network would take minutes: left out."""


async def read(url: str, store: Store) -> None:
    """Publish what the daemon knows after a topology pass and, unless that would take minutes, a traffic pass."""
    telemetry = Telemetry(COLLECTORS)
    traffic = TrafficPlan(tuple(AGGREGATIONS), grain=300, concurrency=8, max_age=DAY)
    async with open_arm(url, telemetry) as arm:
        passes = Passes(arm, Plan(Selection(), AnalysisOptions(), DAY, traffic), store=store, telemetry=telemetry)
        await passes.topology()
        if store.latest is not None and len(store.latest.snapshot.virtual_networks) <= LARGE:
            await passes.traffic()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure what the monitor costs.")
    parser.add_argument("--size", default=SIZE, help=f"SUBSCRIPTIONSxSPOKES of the estate (default: {SIZE})")
    estate = f"hub-spoke:{parser.parse_args().size}"
    log.configure(level="error", format="console")
    began = time.monotonic()
    report.say(report.machine())
    expectations: list[report.Expectation] = []
    with simulated_azure(estate) as url:
        store = Store()
        asyncio.run(read(url, store))
        assert store.latest is not None
        snapshot = store.latest.snapshot
        report.say(
            f"{estate}: {len(snapshot.subscriptions)} subscriptions, {len(snapshot.virtual_networks):,} virtual "
            f"networks, {len(snapshot.sides):,} peering sides, {len(snapshot.metric_points):,} metric points"
        )
        if len(snapshot.virtual_networks) <= LARGE:
            taken = decoding.measure(asyncio.run(listing(url)), title="as Azure pages it")
            expectations += decoding.expectations(taken)
            decoding.measure(asyncio.run(listing_in_one_page(estate)), title="in one page")
        expectations += rendering.expectations(rendering.measure(snapshot))
        with RemoteDaemon.watching(url) as daemon:
            living.measure_passes(daemon)
            living.measure_scrapes(daemon)
        living.measure_check(url)
    code = report.verdict(expectations)
    report.say(f"\nTook {time.monotonic() - began:.0f} s.")
    return code


if __name__ == "__main__":
    sys.exit(main())
