"""One door to Azure Resource Manager: reads through the SDK's own pipeline, retried by our rules."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import quote, urljoin, urlsplit

from azure.core.pipeline import PipelineRequest, policies
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from azure.mgmt.core.tools import get_arm_endpoints
from azure.mgmt.monitor.aio import MonitorManagementClient
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.resource.subscriptions.aio import SubscriptionClient
from azure.mgmt.resourcegraph.aio import ResourceGraphClient

from monitor import __version__
from monitor.azure import failures
from monitor.azure.failures import AzureError
from monitor.model import Failure, Reason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.rest import AsyncHttpResponse

    from monitor.azure.clouds import Cloud

RATE_LIMIT_PREFIX = "x-ms-ratelimit-remaining-"
RATE_LIMIT_KINDS = ("subscription-reads", "subscription-global-reads", "tenant-reads")
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",  # else the transport offers br where it can, which the SDK cannot unpack
}
QUOTA_KIND = "resource-graph-queries"
"""The budget of queries to Resource Graph, of which its own headers tell."""

_QUOTA_REMAINING = "x-ms-user-quota-remaining"
_QUOTA_RESETS_AFTER = "x-ms-user-quota-resets-after"
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)(\.\d+)?")

QUERY_PATH = "/providers/Microsoft.ResourceGraph/resources"
"""The one path to which a POST may go: Resource Graph takes its queries so, and they change nothing."""

_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class Service(Enum):
    """Which SDK client's pipeline a request goes through."""

    NETWORK = "network"
    MONITOR = "monitor"
    SUBSCRIPTIONS = "subscriptions"
    RESOURCE_GRAPH = "resource_graph"


class RequestObserver(Protocol):
    """Who wants to know about every request: the monitor's telemetry about itself."""

    def request_done(self, *, api: str, code: str, seconds: float) -> None:
        """One attempt ended: ``code`` is the HTTP status or, without an answer, the reason."""

    def rate_limit(self, *, subscription_id: str, kind: str, remaining: int) -> None:
        """Azure said how much of a budget is left."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How failed requests are tried again: full-jitter exponential back-off, Azure's Retry-After before our own.

    A wait above ``longest_wait`` is not slept: the read fails as throttled, and nothing more is asked of that
    subscription until the time is over.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_backoff: float = 8.0
    longest_wait: float = 30.0

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number (from 0) failed without a Retry-After."""
        ceiling = min(self.longest_backoff, self.first_wait * 2**attempt)
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreading load is no cryptography


class WriteRefusedError(RuntimeError):
    """Some code tried to change something in Azure: a defect of the monitor, never a condition of Azure."""


class _ReadOnlyPolicy(policies.SansIOHTTPPolicy[HttpRequest, Any]):
    """The last gate before the network: the monitor only ever reads, so nothing but GET leaves.

    The one exception is a POST to ``query_path``, by the client that is given one.
    """

    def __init__(self, query_path: str | None = None) -> None:
        super().__init__()
        self._query_path = query_path

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        method, path = request.http_request.method, urlsplit(request.http_request.url).path
        if method == "GET" or (method == "POST" and path == self._query_path):
            return
        raise WriteRefusedError(f"refused to send a {method} request to Azure")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Resource Manager is and how a token for it is asked."""

    url: str
    scopes: tuple[str, ...]

    @property
    def is_plain_http(self) -> bool:
        """Whether it is a loopback endpoint without TLS, such as the simulator's."""
        return urlsplit(self.url).scheme == "http"

    def owns(self, url: str) -> bool:
        """Whether a URL stays on this endpoint's own scheme, host and port: only there may the token go."""
        return _origin(url) == _origin(self.url)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with status 200."""

    body: bytes
    headers: Mapping[str, str]


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # such as a port that is no number
        return None
    if parts.username is not None or parts.password is not None:
        return None
    return parts.scheme.lower(), parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


class Arm:
    """The clients of one Azure tenant; use it as an asynchronous context manager.

    One set of clients serves every subscription. ``max_concurrency`` bounds the requests in flight;
    ``request_timeout`` is seconds for one attempt, token and body included.
    """

    def __init__(
        self,
        *,
        credential: AsyncTokenCredential,
        cloud: Cloud,
        resource_manager_url: str | None = None,
        max_concurrency: int = 16,
        request_timeout: float = 30.0,
        observer: RequestObserver,
        retry: Retry | None = None,
    ) -> None:
        endpoints = get_arm_endpoints(cloud.setting)
        self.endpoint = Endpoint(
            (resource_manager_url or str(endpoints["resource_manager"])).rstrip("/"),
            tuple(endpoints["credential_scopes"]),
        )
        self._credential = credential
        self._cloud = cloud
        self._observer = observer
        self._timeout = request_timeout
        self._retry = retry or Retry()
        self._slots = asyncio.Semaphore(max_concurrency)
        self._not_before: dict[tuple[Service, str], float] = {}
        self._send: dict[Service, Callable[..., Awaitable[AsyncHttpResponse]]] = {}
        self._transport: AioHttpTransport | None = None
        self._clients: list[Any] = []

    async def __aenter__(self) -> Self:
        # A proxy from the environment is for the way out of the network, never for this machine.
        self._transport = AioHttpTransport(use_env_settings=not self.endpoint.is_plain_http)
        await self._transport.open()
        options = {
            "cloud_setting": self._cloud.setting,
            "base_url": self.endpoint.url,
            "transport": self._transport,
        }
        reading = {**options, "policies": self._policies()}
        querying = {**options, "policies": self._policies(QUERY_PATH)}
        network = NetworkManagementClient(self._credential, _NO_SUBSCRIPTION, **reading)
        monitor = MonitorManagementClient(self._credential, _NO_SUBSCRIPTION, **reading)
        subscriptions = SubscriptionClient(self._credential, **reading)
        graph = ResourceGraphClient(self._credential, **querying)
        self._clients = [network, monitor, subscriptions, graph]
        self._send = {
            Service.NETWORK: network.send_request,
            # The same door as the others'; this generation of the package has not made it public yet.
            Service.MONITOR: monitor._send_request,  # noqa: SLF001
            Service.SUBSCRIPTIONS: subscriptions.send_request,
            Service.RESOURCE_GRAPH: graph._send_request,  # noqa: SLF001 - likewise
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.close()
        if self._transport is not None:
            await self._transport.close()
        await self._credential.close()

    def _policies(self, query_path: str | None = None) -> list[Any]:
        """Give the SDK's pipeline, less four parts.

        Left out are the retries (ours wait for the whole answer, body included), the redirects (Resource Manager
        has none, and following one would carry the token away), the parser, and the automatic registration of
        resource providers, which is a write.
        """
        return [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy(base_user_agent=f"azure-peering-monitor/{__version__}"),
            policies.ProxyPolicy(),
            AsyncARMChallengeAuthenticationPolicy(self._credential, *self.endpoint.scopes),
            policies.DistributedTracingPolicy(),
            _ReadOnlyPolicy(query_path),
        ]

    async def get(
        self,
        url: str,
        *,
        api: str,
        service: Service = Service.NETWORK,
        params: Mapping[str, str] | None = None,
        subscription_id: str = "",
    ) -> bytes:
        """Return the body of a GET that was answered with 200.

        ``url`` is a path below the endpoint or an absolute URL on it. ``api`` names the kind of request in the
        metrics. ``subscription_id`` (lower case) is whose budget the request is charged to.

        Raises:
            AzureError: whatever went wrong, after the retries.

        """
        absolute = urljoin(self.endpoint.url + "/", url)
        if not self.endpoint.owns(absolute):
            raise failures.bad_response(
                f"refused to follow a link away from {self.endpoint.url}: {_without_query(absolute)}"
            )
        request = HttpRequest("GET", _brace_safe(absolute), params=dict(params or {}), headers=_HEADERS)
        return (await self._read(request, api=api, budget=(service, subscription_id))).body

    async def query(self, document: bytes, *, api: str, params: Mapping[str, str]) -> Answer:
        """Return the answer to a query of Resource Graph, a read that Azure wants as a POST of JSON.

        Raises:
            AzureError: whatever went wrong, after the retries.

        """
        request = HttpRequest(
            "POST",
            self.endpoint.url + QUERY_PATH,
            params=dict(params),
            content=document,
            headers={**_HEADERS, "Content-Type": "application/json"},
        )
        return await self._read(request, api=api, budget=(Service.RESOURCE_GRAPH, ""))

    async def _read(self, request: HttpRequest, *, api: str, budget: tuple[Service, str]) -> Answer:
        """Send a request, again if need be, until it is answered with 200."""
        started = time.monotonic()
        attempt = 0
        while True:
            await self._wait_for_turn(budget)
            try:
                return await self._attempt(request, api=api, budget=budget)
            except AzureError as error:
                attempt += 1
                late = time.monotonic() - started > 2 * self._timeout
                if not error.retry or attempt >= self._retry.attempts or late:
                    raise
                if self._not_before.get(budget, 0.0) <= time.monotonic():
                    await asyncio.sleep(self._retry.backoff(attempt - 1))

    async def _wait_for_turn(self, budget: tuple[Service, str]) -> None:
        wait = self._not_before.get(budget, 0.0) - time.monotonic()
        if wait > self._retry.longest_wait:
            raise AzureError(
                Failure(Reason.THROTTLED, f"Azure asked to wait; nothing is sent for another {wait:.0f} s")
            )
        if wait > 0:
            await asyncio.sleep(wait)

    async def _attempt(self, request: HttpRequest, *, api: str, budget: tuple[Service, str]) -> Answer:
        async with self._slots:
            started = time.monotonic()
            code = "cancelled"
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._send[budget[0]](
                        request, stream=True, enforce_https=not self.endpoint.is_plain_http
                    )
                    try:
                        body: bytes = await response.read()
                    finally:
                        await response.close()
                code = str(response.status_code)
            except WriteRefusedError:
                raise
            except Exception as error:  # every kind is told apart, the unknown ones raised again, in one place
                failed = failures.from_exception(error)
                code = failed.failure.reason.value
                raise failed from error
            finally:
                self._observer.request_done(api=api, code=code, seconds=time.monotonic() - started)
        self._tell_rate_limits(response.headers, budget[1])
        well = response.status_code == 200  # noqa: PLR2004 - the one success of a read of Resource Manager
        wait = None if well else retry_after(response.headers)
        if wait is None:
            wait = quota_wait(response.headers)
        if wait is not None:
            self._not_before[budget] = time.monotonic() + wait
        if well:
            return Answer(body, response.headers)
        raise failures.from_response(response.status_code, body)

    def _tell_rate_limits(self, headers: Mapping[str, str], subscription_id: str) -> None:
        for kind in RATE_LIMIT_KINDS:
            remaining = headers.get(RATE_LIMIT_PREFIX + kind, "")
            if remaining.isdecimal():
                self._observer.rate_limit(
                    subscription_id="" if kind == "tenant-reads" else subscription_id,
                    kind=kind,
                    remaining=int(remaining),
                )
        queries = headers.get(_QUOTA_REMAINING, "")
        if queries.isdecimal():
            self._observer.rate_limit(subscription_id="", kind=QUOTA_KIND, remaining=int(queries))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer's Retry-After asks to wait, given as seconds or as a date; None without one."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def quota_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds until Resource Graph answers queries again, where an answer says that none is left; else None."""
    clock = _CLOCK.fullmatch(headers.get(_QUOTA_RESETS_AFTER, "").strip())
    if clock is None or headers.get(_QUOTA_REMAINING, "").strip() != "0":
        return None
    hours, minutes, seconds = (int(part) for part in clock.groups()[:3])
    return float(hours * 3600 + minutes * 60 + seconds) + float(clock[4] or 0)


def path_of(resource_id: str) -> str:
    """Encode a resource id for the path of a URL, so that no name can add a query, a fragment or a segment."""
    return quote(resource_id, safe="/")


def _brace_safe(url: str) -> str:
    # The SDK treats {name} in a URL as a placeholder of its own.
    return url.replace("{", "%7B").replace("}", "%7D")


def _without_query(url: str) -> str:
    return url.partition("?")[0]
