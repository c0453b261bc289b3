"""The daemon at work: its topology pass, and being scraped over loopback while idle and while passes run."""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.bench import report
from tests.bench.daemon import memory

if TYPE_CHECKING:
    from tests.bench.daemon import RemoteDaemon

PASSES = 9
SCRAPES = 200
LONGEST = 5.0
"""Seconds after which a series of scrapes ends, however many there were; a slow machine must not take minutes."""

FEWEST = 20
PATIENCE = 20.0
GREED = 1e9
"""Seconds and bytes after which a ``check`` is stopped: it should need a tenth of either."""

PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def measure_passes(daemon: RemoteDaemon) -> None:
    """Print what a pass takes: the first, which nobody waits for again, and the median of those after it."""
    started = daemon.tell("url")
    first = daemon.tell("pass")
    later = [daemon.tell("pass") for _ in range(PASSES)]
    median = {key: statistics.median(one[key] for one in later) for key in first}
    worst = max(later, key=lambda one: one["stall"])
    report.heading(f"Topology pass: HTTP, decoding, analysis, rendering; the first, then medians of {PASSES}")
    report.row("", "first", "later")
    for key, what in (
        ("wall", "wall time"),
        ("cpu", "CPU time of the process"),
        ("read", "of the wall time: reading (HTTP, decoding)"),
        ("stall", "the event loop's longest stall"),
        ("collection", "the longest garbage collection"),
    ):
        report.row(what, report.milliseconds(first[key]), report.milliseconds(median[key]))
    share = statistics.median(one["stall"] / one["wall"] for one in later)
    report.row("longest stall, of the pass", f"{first['stall'] / first['wall']:.0%}", f"{share:.0%}")
    report.row("worst stall of all later passes", "", report.milliseconds(worst["stall"]))
    report.row("resident memory before", report.size(started["rss"]), report.size(first["rss"]))
    report.row("resident memory after", report.size(first["rss"]), report.size(later[-1]["rss"]))
    report.row("peak resident memory", report.size(first["peak"]), report.size(later[-1]["peak"]))


def measure_scrapes(daemon: RemoteDaemon) -> None:
    """Print how long GET /metrics takes over one connection that is kept open."""
    url = daemon.tell("url")["url"]
    report.heading(f"Scrape: GET /metrics over loopback, up to {SCRAPES} requests each")
    report.row("", "median", "p95", "longest", "body", "requests")
    for state in ("idle", "busy"):
        daemon.tell(state)
        for coding in ("gzip", "identity"):
            seconds, body = _scrape(url, coding)
            report.row(
                f"{'gzip' if coding == 'gzip' else 'plain'}, {'idle' if state == 'idle' else 'passes running'}",
                report.milliseconds(statistics.median(seconds)),
                report.milliseconds(statistics.quantiles(seconds, n=20)[-1]),
                report.milliseconds(max(seconds)),
                report.size(body),
                f"{len(seconds)}",
            )
    daemon.tell("idle")


def _scrape(url: str, coding: str) -> tuple[list[float], int]:
    """Seconds of each request, and the size of the last body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    seconds: list[float] = []
    size = 0
    began = time.monotonic()
    try:
        while len(seconds) < SCRAPES and (len(seconds) < FEWEST or time.monotonic() - began < LONGEST):
            started = time.perf_counter()
            connection.request("GET", "/metrics", headers={"Accept": PROMETHEUS, "Accept-Encoding": coding})
            response = connection.getresponse()
            size = len(response.read())
            seconds.append(time.perf_counter() - started)
            assert response.status == 200
            assert response.getheader("Content-Encoding", "identity") == coding
    finally:
        connection.close()
    return seconds, size


def measure_check(azure: str) -> None:
    """Print what the whole command costs, its start included."""
    command = [sys.executable, "-m", "monitor", "check", "--format", "json"]
    settings = {
        "PEERING_MONITOR_AZURE__RESOURCE_MANAGER_URL": azure,
        "PEERING_MONITOR_AZURE__CREDENTIAL": "static",
        "PEERING_MONITOR_AZURE__STATIC_TOKEN": "bench",
    }
    peak = 0
    began = time.monotonic()
    with subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and time.monotonic() - began < PATIENCE and peak < GREED:
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                peak = memory(process.pid)["peak"]
            time.sleep(0.005)
        seconds = time.monotonic() - began
        ended = process.returncode is not None
        process.kill()
    assert not ended or process.returncode in {0, 1}  # the hub of so large an estate is beyond Azure's limit
    report.heading("Check: the command peering-monitor check --format json, from its start to its end")
    report.row("wall time", report.milliseconds(seconds) if ended else f"stopped at {seconds:.0f} s")
    report.row("peak resident memory", report.size(peak))
