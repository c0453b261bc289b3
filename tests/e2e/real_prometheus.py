"""A real Prometheus on a port of its own, and what it says about its targets and their series."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import ClientSession, ClientTimeout

from tests import components
from tests.integration.live import eventually, series

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path
    from typing import Any
    from urllib.parse import SplitResult

    from tests.integration.live import Labels

_LISTENS = re.compile(r'"address":"(127\.0\.0\.1:[1-9]\d*)"')


class Prometheus:
    """A running server, asked over its HTTP API."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def _get(self, path: str, **params: str) -> Any:
        async with self._session.get(f"{self.url}/api/v1/{path}", params=params) as answer:
            told = await answer.json()
        assert told["status"] == "success", told
        return told["data"]

    async def query(self, expression: str) -> dict[Labels, float]:
        """An instant query's series by their sorted labels, the name of the metric among them as ``__name__``."""
        found = (await self._get("query", query=expression))["result"]
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in found}

    async def value(self, expression: str) -> float | None:
        """The value of the one series that a query gives, None without one."""
        found = await self.query(expression)
        assert len(found) < 2, found
        return next(iter(found.values()), None)

    async def becomes(self, expression: str, value: float | None, *, within: float = 15.0) -> None:
        """Wait until a query gives this value; None is: no series."""

        async def is_so() -> bool:
            return await self.value(expression) == value

        await eventually(is_so, within=within)

    async def types(self) -> dict[str, set[tuple[str, str]]]:
        """Type and help of every metric, as each of the targets tells them."""
        told = await self._get("metadata")
        return {name: {(one["type"], one["help"]) for one in rows} for name, rows in told.items()}

    async def targets(self) -> list[dict[str, Any]]:
        """The active targets, each with its health and last error."""
        active: list[dict[str, Any]] = (await self._get("targets", state="active"))["activeTargets"]
        return active

    async def refused_samples(self) -> dict[str, float]:
        """Prometheus's own counters of scrapes and samples that it did not take, by their name."""
        async with self._session.get(f"{self.url}/metrics") as answer:
            page = await answer.text()
        names = (
            "scrapes_exceeded_body_size_limit_total",
            "scrapes_exceeded_sample_limit_total",
            "scrapes_sample_duplicate_timestamp_total",
            "scrapes_sample_out_of_bounds_total",
            "scrapes_sample_out_of_order_total",
        )
        counted = {name: series(page, f"prometheus_target_{name}") for name in names}
        assert all(counted.values()), counted
        return {name: sum(found.values()) for name, found in counted.items()}


@asynccontextmanager
async def prometheus(folder: Path, jobs: Mapping[str, SplitResult]) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes these URLs every second, each as a job of its own; ``folder`` is for its data."""
    program = components.prometheus()
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [
            {
                "job_name": job,
                "scheme": url.scheme,
                "metrics_path": url.path,
                "static_configs": [{"targets": [url.netloc]}],
            }
            for job, url in jobs.items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    log = folder / "prometheus.log"
    async with AsyncExitStack() as stack:
        with log.open("wb") as to_log:
            process = await asyncio.create_subprocess_exec(
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--web.listen-address=127.0.0.1:0",
                "--log.format=json",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=to_log,
                stderr=to_log,
            )
        stack.push_async_callback(_stop, process)

        async def address() -> str | None:
            assert process.returncode is None, log.read_text()
            found = _LISTENS.search(log.read_text())
            return found[1] if found else None

        url = f"http://{await eventually(address)}"
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=10)))

        async def is_ready() -> bool:
            async with session.get(f"{url}/-/ready") as answer:
                return answer.status == 200

        await eventually(is_ready)
        yield Prometheus(session, url)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
