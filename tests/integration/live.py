"""The whole daemon, wired as ``run`` wires it, and its HTTP side as a client sees it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from monitor import app
from monitor.settings import load_settings
from monitor.simulator import Simulator, resolve_estate
from tests.integration.harness import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from typing import Any

    from multidict import CIMultiDictProxy

    from monitor.simulator import Estate

Labels = tuple[tuple[str, str], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of HTTP, its body as it came over the wire."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Asks one server, and unpacks nothing on its own."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def ask(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """``headers`` are written with underscores; without ``Accept_Encoding`` nothing is said of it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, f"{self.url}{path}", headers=named) as response:
            return Answer(response.status, response.headers, await response.read())

    async def series(self, name: str, **labels: str) -> dict[Labels, float]:
        """The series of one metric on the page that have these labels, by their sorted labels."""
        return series((await self.ask("/metrics")).text, name, **labels)

    async def value(self, name: str, **labels: str) -> float | None:
        """The value of the one series that has these labels, None without one."""
        found = await self.series(name, **labels)
        assert len(found) < 2, found
        return next(iter(found.values()), None)

    async def ready(self, *, within: float = 20.0) -> None:
        """Wait for the end of the first topology pass."""

        async def is_ready() -> bool:
            return (await self.ask("/readyz")).status == 200

        await eventually(is_ready, within=within)


def series(page: str, name: str, **labels: str) -> dict[Labels, float]:
    """The series of one metric on a page in the text format, by their sorted labels."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }


async def eventually(look: Callable[[], Awaitable[T | None]], *, within: float = 10.0) -> T:
    """Look again and again until what is seen is true, and return it; TimeoutError when it does not come."""
    deadline = time.monotonic() + within
    while not (seen := await look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {seen!r} after {within:g} s")
        await asyncio.sleep(0.1)
    return seen


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Client]:
    """A client for the server at this URL."""
    async with ClientSession(auto_decompress=False, skip_auto_headers=("Accept", "Accept-Encoding")) as session:
        yield Client(session, url)


@dataclass(frozen=True, slots=True)
class Live:
    """A running daemon and the simulated Azure that it watches."""

    azure: Simulator
    http: Client


@asynccontextmanager
async def live(
    estate: str | Estate = "hub-spoke",
    *,
    token: str = TOKEN,
    play: bool = False,
    arrange: Callable[[Simulator], None] | None = None,
    **sections: Mapping[str, Any],
) -> AsyncIterator[Live]:
    """A daemon with these sections of settings against a simulator; nothing is waited for."""
    chosen = resolve_estate(estate) if isinstance(estate, str) else estate
    async with AsyncExitStack() as stack:
        azure = await stack.enter_async_context(Simulator(chosen, token=token, play=play))
        if arrange is not None:
            arrange(azure)
        collectors = {"topology": {"interval": "1s"}, "traffic": {"interval": "2s"}}
        settings = load_settings(
            None,
            {},
            arguments={
                "collectors": collectors,
                "http": {"listen": "127.0.0.1:0"},
                **sections,
                "azure": {
                    "resource_manager_url": azure.url,
                    "credential": "static",
                    "static_token": TOKEN,
                    **sections.get("azure", {}),
                },
            },
        )
        server = await stack.enter_async_context(app.daemon(settings))
        yield Live(azure, await stack.enter_async_context(client(server.url)))
