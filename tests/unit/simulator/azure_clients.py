"""The real azure-mgmt clients, pointed at a simulator over plain HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.monitor.aio import MonitorManagementClient
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.resource.subscriptions.aio import SubscriptionClient
from azure.mgmt.resourcegraph.aio import ResourceGraphClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.core.pipeline import PipelineRequest

    from monitor.simulator import Simulator


class StaticToken:
    """A credential that never asks anyone."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("a-token", 4_102_444_800)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""


class BearerOverPlainHttp(SansIOHTTPPolicy[Any, Any]):
    """The SDK's own policy refuses plain HTTP, also to loopback."""

    def __init__(self, token: str | None = "a-token") -> None:
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if self._token is not None:
            request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def _options(simulator: Simulator, token: str | None, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "base_url": simulator.url,
        "authentication_policy": BearerOverPlainHttp(token),
        "retry_total": 0,
        "polling_interval": 0,
        **extra,
    }


@asynccontextmanager
async def network_client(
    simulator: Simulator, subscription: str, *, token: str | None = "a-token", **extra: Any
) -> AsyncIterator[NetworkManagementClient]:
    """A network client that does not retry."""
    async with NetworkManagementClient(StaticToken(), subscription, **_options(simulator, token, extra)) as client:
        yield client


@asynccontextmanager
async def monitor_client(simulator: Simulator, subscription: str) -> AsyncIterator[MonitorManagementClient]:
    """An Azure Monitor client that does not retry."""
    async with MonitorManagementClient(
        StaticToken(), subscription, **_options(simulator, "a-token", {})
    ) as client:
        yield client


@asynccontextmanager
async def subscription_client(
    simulator: Simulator, *, token: str | None = "a-token"
) -> AsyncIterator[SubscriptionClient]:
    """A subscription client that does not retry."""
    async with SubscriptionClient(StaticToken(), **_options(simulator, token, {})) as client:
        yield client


@asynccontextmanager
async def graph_client(simulator: Simulator) -> AsyncIterator[ResourceGraphClient]:
    """A Resource Graph client that does not retry."""
    async with ResourceGraphClient(StaticToken(), **_options(simulator, "a-token", {})) as client:
        yield client
