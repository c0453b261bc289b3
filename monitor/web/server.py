"""The HTTP server. Every answer is made from the store's latest snapshot; none waits for Azure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, Self

from aiohttp import web

from monitor.metrics.exposition import accepts_gzip, choose_format, compose
from monitor.metrics.live import render_live
from monitor.web.page import STYLE, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from monitor.metrics.exposition import Rendered
    from monitor.model import Snapshot

SHUTDOWN_SECONDS = 3.0
"""How long a stopping server waits for answers under way."""

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Published(Protocol):
    """What is served of one moment."""

    @property
    def snapshot(self) -> Snapshot:
        """The facts."""
        ...

    @property
    def rendered(self) -> Rendered:
        """The metrics page made of them."""
        ...


class Store(Protocol):
    """Where the latest of them is."""

    @property
    def latest(self) -> Published | None:
        """None until the first topology pass has ended."""
        ...


class Server:
    """Serves metrics, probes and the page; use it as an asynchronous context manager.

    ``port`` 0 takes a free one; ``url`` tells which. ``beats`` says whether the scheduler is alive.

    Raises:
        OSError: on entering, when the address cannot be listened on.

    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        store: Store,
        registry: CollectorRegistry,
        beats: Callable[[], bool],
        page: Page,
    ) -> None:
        self._host = host
        self._port = port
        self._store = store
        self._registry = registry
        self._beats = beats
        self._page = page
        app = web.Application()
        app.router.add_get("/", self._front)
        app.router.add_get("/assets/style.css", self._style)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/healthz", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the server listens, as a browser on this machine reaches it."""
        host, port = self._runner.addresses[0][:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{host}:{port}"

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        form = choose_format(request.headers.get("Accept"))
        gzip = accepts_gzip(request.headers.get("Accept-Encoding"))
        latest = self._store.latest
        live = render_live(self._registry, form)
        headers = {"Content-Type": form.content_type, "Vary": "Accept, Accept-Encoding"}
        if gzip:
            headers["Content-Encoding"] = "gzip"
        parts = compose(latest.rendered if latest else None, live, gzip=gzip)
        if gzip:
            return web.Response(body=b"".join(parts), headers=headers)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        if request.method != "HEAD":
            for part in parts:
                await response.write(part)
        await response.write_eof()
        return response

    async def _livez(self, _: web.Request) -> web.Response:
        if self._beats():
            return _plain("ok\n")
        return _plain("the scheduler has stopped beating\n", status=503)

    async def _readyz(self, _: web.Request) -> web.Response:
        if self._store.latest is not None:
            return _plain("ok\n")
        return _plain("the first topology pass has not ended yet\n", status=503)

    async def _front(self, _: web.Request) -> web.Response:
        latest = self._store.latest
        html = await asyncio.to_thread(self._page.render, latest.snapshot if latest else None)
        return web.Response(text=html, content_type="text/html", charset="utf-8")

    async def _style(self, _: web.Request) -> web.Response:
        return web.Response(text=STYLE, content_type="text/css", charset="utf-8")


def _plain(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/plain", charset="utf-8")


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_SECURITY_HEADERS)
    response.headers["Server"] = "peering-monitor"
    response.headers.setdefault("Cache-Control", "no-store")
