"""The daemon in a process of its own, with a stopwatch inside: ``python -m tests.bench.daemon URL``.

It is wired as the application wires it, but its passes run when the parent says so, a word a line on standard
input, and each word is answered with a line of JSON: ``url``, ``pass``, ``busy`` (passes without end), ``idle``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from monitor import log
from monitor.analysis.engine import AnalysisOptions
from monitor.collectors.subscriptions import Selection
from monitor.runtime.garbage import keep_what_is_loaded
from monitor.runtime.passes import COLLECTORS, Passes, Plan
from monitor.runtime.store import Store
from monitor.runtime.telemetry import Telemetry
from monitor.web.page import Page
from monitor.web.server import Server
from tests.bench.azure import open_arm

if TYPE_CHECKING:
    from collections.abc import Iterator

TICK = 0.001
DAY = 24 * 3600.0


class Stopwatch:
    """How long the event loop, or the garbage collector, held everything up at the most since the last reset."""

    def __init__(self) -> None:
        self.stall = 0.0
        self.collection = 0.0
        self._collecting_since = 0.0

    def reset(self) -> None:
        self.stall = self.collection = 0.0

    async def tick(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            self.stall = max(self.stall, time.perf_counter() - before - TICK)

    def collected(self, phase: Literal["start", "stop"], _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self.collection = max(self.collection, time.perf_counter() - self._collecting_since)


def memory(process: int | str = "self") -> dict[str, int]:
    """Bytes now and at the most; ``getrusage`` would count what the parent had before the program began."""
    facts = {
        name: int(value.split()[0]) * 1024
        for name, _, value in (
            line.partition(":") for line in Path(f"/proc/{process}/status").read_text().splitlines()
        )
        if name in {"VmRSS", "VmHWM"}
    }
    return {"rss": facts["VmRSS"], "peak": facts["VmHWM"]}


class Daemon:
    """What the parent's words do."""

    def __init__(self, passes: Passes, telemetry: Telemetry, url: str) -> None:
        self._passes = passes
        self._telemetry = telemetry
        self._url = url
        self._busy: asyncio.Task[None] | None = None
        self.stopwatch = Stopwatch()

    async def obey(self, word: str) -> dict[str, Any]:
        match word:
            case "url":
                return {"url": self._url, **memory()}
            case "pass":
                return await self._pass()
            case "busy":
                self._busy = asyncio.create_task(self._pass_without_end())
            case "idle" if self._busy is not None:
                self._busy.cancel()
                await asyncio.wait([self._busy])
                self._busy = None
        return {}

    async def _pass_without_end(self) -> None:
        while True:
            await self._passes.topology()

    async def _pass(self) -> dict[str, Any]:
        self.stopwatch.reset()
        started, cpu = time.perf_counter(), time.process_time()
        await self._passes.topology()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        read = sum(
            self._telemetry.registry.get_sample_value(
                "peering_monitor_collector_duration_seconds", {"collector": collector}
            )
            or 0.0
            for collector in ("subscriptions", "topology")
        )
        await asyncio.sleep(3 * TICK)  # so that a stall right at the end is seen
        return {
            "wall": wall,
            "cpu": cpu,
            "read": read,
            "stall": self.stopwatch.stall,
            "collection": self.stopwatch.collection,
            **memory(),
        }


async def main(azure: str) -> None:
    log.configure(level="error", format="console")
    store, telemetry = Store(), Telemetry(COLLECTORS)
    plan = Plan(Selection(), AnalysisOptions(), DAY, None)
    server = Server(
        host="127.0.0.1", port=0, store=store, registry=telemetry.registry, beats=lambda: True, page=Page()
    )
    async with open_arm(azure, telemetry) as arm, server:
        daemon = Daemon(Passes(arm, plan, store=store, telemetry=telemetry), telemetry, server.url)
        keep_what_is_loaded()
        gc.callbacks.append(daemon.stopwatch.collected)
        ticking = asyncio.create_task(daemon.stopwatch.tick())
        words = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
        while word := (await words.readline()).decode().strip():
            sys.stdout.write(json.dumps(await daemon.obey(word)) + "\n")
            sys.stdout.flush()
        ticking.cancel()


class RemoteDaemon:
    """The parent's end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the daemon ended when told: {word}")
        told: dict[str, Any] = json.loads(answer)
        return told

    @classmethod
    @contextmanager
    def watching(cls, azure: str) -> Iterator[Self]:
        command = [sys.executable, "-m", "tests.bench.daemon", azure]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield cls(process)
            finally:
                process.terminate()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
