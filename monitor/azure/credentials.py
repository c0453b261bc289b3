"""The credential kinds that the settings name, as azure-identity's asynchronous credentials."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Self

from azure.core.credentials import AccessToken
from azure.identity import aio as identity

from monitor.azure.failures import AzureError
from monitor.model import Failure, Reason

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from monitor.azure.clouds import Cloud

_STATIC_TOKEN_LIFETIME = 365 * 24 * 3600


class StaticTokenCredential:
    """Hands out one fixed token: for the simulator and other endpoints on this machine only."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the token, said to live for a year."""
        return AccessToken(self._token, int(time.time()) + _STATIC_TOKEN_LIFETIME)

    async def close(self) -> None:
        """Hold nothing, close nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def make_credential(
    kind: str, *, cloud: Cloud, tenant_id: str | None = None, static_token: str | None = None
) -> AsyncTokenCredential:
    """Build the credential of the settings' ``azure.credential``.

    A user-assigned managed identity is named by the environment variable ``AZURE_CLIENT_ID``, as
    DefaultAzureCredential does.

    Raises:
        AzureError: reason ``unauthenticated`` when the kind lacks what it needs (an environment variable).

    """
    options: dict[str, Any] = {"authority": cloud.authority}
    tenant: dict[str, Any] = {"tenant_id": tenant_id} if tenant_id else {}
    try:
        match kind:
            case "static":
                return StaticTokenCredential(static_token or "")
            case "workload_identity":
                return identity.WorkloadIdentityCredential(**options, **tenant)
            case "managed_identity":
                return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))
            case "environment":
                return identity.EnvironmentCredential(**options)
            case "cli":
                return identity.AzureCliCredential(**tenant)
            case _:
                return identity.DefaultAzureCredential(
                    **options, **({"workload_identity_tenant_id": tenant_id} if tenant_id else {})
                )
    except ValueError as error:  # azure-identity's word for a missing environment variable
        raise AzureError(
            Failure(Reason.UNAUTHENTICATED, f"azure.credential: {kind} cannot be used here: {error}")
        ) from error
