"""Credentials, endpoints and waiting, as far as they need no Azure."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from azure.identity import aio as identity

from monitor.azure.arm import Endpoint, retry_after
from monitor.azure.clouds import CLOUDS
from monitor.azure.credentials import StaticTokenCredential, make_credential
from monitor.azure.failures import AzureError
from monitor.model import Reason


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("default", identity.DefaultAzureCredential),
        ("managed_identity", identity.ManagedIdentityCredential),
        ("environment", identity.EnvironmentCredential),
        ("cli", identity.AzureCliCredential),
        ("static", StaticTokenCredential),
    ],
)
async def test_every_kind_is_azure_identitys_own(kind: str, expected: type) -> None:
    credential = make_credential(kind, cloud=CLOUDS["public"], tenant_id="contoso.com", static_token="t")
    async with credential:
        assert type(credential) is expected


async def test_workload_identity_takes_its_place_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "a-client")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")
    async with make_credential("workload_identity", cloud=CLOUDS["usgovernment"], tenant_id="t") as credential:
        assert type(credential) is identity.WorkloadIdentityCredential


def test_a_kind_that_lacks_its_environment_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AzureError) as caught:
        make_credential("workload_identity", cloud=CLOUDS["public"])
    assert caught.value.failure.reason is Reason.UNAUTHENTICATED
    assert "azure.credential: workload_identity" in caught.value.failure.detail


@pytest.mark.parametrize(
    ("header", "seconds"),
    [({}, None), ({"Retry-After": "7"}, 7.0), ({"Retry-After": " "}, None), ({"Retry-After": "soon"}, None)],
)
def test_retry_after_in_seconds(header: dict[str, str], seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    wait = retry_after({"Retry-After": formatdate(time.time() + 60, usegmt=True)})
    assert wait is not None
    assert 55 < wait <= 60
    assert retry_after({"Retry-After": formatdate(0, usegmt=True)}) == 0


@pytest.mark.parametrize("name", CLOUDS)
def test_every_cloud_has_its_own_authority_and_portal_over_https(name: str) -> None:
    others = [cloud for other, cloud in CLOUDS.items() if other != name]
    assert CLOUDS[name].portal_url.startswith("https://")
    assert CLOUDS[name].authority not in {cloud.authority for cloud in others}
    assert CLOUDS[name].portal_url not in {cloud.portal_url for cloud in others}


@pytest.mark.parametrize(
    ("url", "owned"),
    [
        ("https://management.azure.com/subscriptions?x=1", True),
        ("https://MANAGEMENT.azure.com:443/", True),
        ("http://management.azure.com/", False),
        ("https://management.azure.com:8443/", False),
        ("https://management.azure.com.evil.example/", False),
        ("https://user@management.azure.com/", False),
    ],
)
def test_an_endpoint_owns_only_its_scheme_host_and_port(url: str, owned: bool) -> None:  # noqa: FBT001
    assert Endpoint("https://management.azure.com", ()).owns(url) is owned
