"""The real SDK clients against the simulator over HTTP: every way in which a listing can go well or wrong."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from azure.core.rest import HttpRequest

from monitor.azure.arm import Retry, Service, WriteRefusedError
from monitor.azure.failures import AzureError
from monitor.azure.networks import get_virtual_network, list_subscriptions, list_virtual_networks
from monitor.model import ArmId, Reason
from monitor.simulator import (
    Api,
    Body,
    Fault,
    Hang,
    Mutate,
    Reset,
    ResetMidBody,
    Simulator,
    Status,
    Truncate,
    TruncateJson,
    distortions,
    resolve_estate,
)
from tests.integration.harness import monitored

if TYPE_CHECKING:
    from monitor.simulator.faults import Document, Effect

HUB = "8e7d4a10-52c6-4b0e-9d5f-1c3b7a2e6f01"
CORP = "27c9f5b3-0d84-4e6a-8b17-5a9e3d2c4f02"


async def test_a_listing_is_read_over_all_its_pages() -> None:
    async with monitored("hub-spoke:1x250") as tenant:
        (subscription,) = (await list_subscriptions(tenant.arm)).items
        listing = await list_virtual_networks(tenant.arm, subscription.id)
    assert len(listing.items) == 251
    assert sum(len(vnet.peerings) for vnet in listing.items) == 500
    assert listing.problems == ()
    assert tenant.asked(Api.NETWORKS) > 1


async def test_an_empty_page_with_a_next_link_is_not_the_end() -> None:
    async with monitored() as tenant:
        path = f"/subscriptions/{CORP}/providers/Microsoft.Network/virtualNetworks"
        onward = f"{tenant.azure.url}{path}?api-version=2026-03-01"
        tenant.azure.faults.add(Fault(distortions.empty_page(onward), api=Api.NETWORKS, times=1))
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert {vnet.id.name for vnet in listing.items} == {"vnet-app", "vnet-data", "vnet-dev"}


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        pytest.param(Status(401), Reason.UNAUTHENTICATED, id="401"),
        pytest.param(Status(403), Reason.FORBIDDEN, id="403"),
        pytest.param(Status(404), Reason.NOT_FOUND, id="404"),
        pytest.param(Status(429), Reason.THROTTLED, id="429"),
        pytest.param(Status(529), Reason.THROTTLED, id="529"),
        pytest.param(Status(500), Reason.SERVER_ERROR, id="500"),
        pytest.param(Status(503, body=b"<html>"), Reason.SERVER_ERROR, id="503-html"),
        pytest.param(Status(408), Reason.TIMEOUT, id="408"),
        pytest.param(Status(418), Reason.BAD_RESPONSE, id="418"),
        pytest.param(Status(204, body=b""), Reason.BAD_RESPONSE, id="204"),
        pytest.param(distortions.redirect("https://example.invalid/"), Reason.BAD_RESPONSE, id="redirect"),
        pytest.param(Reset(), Reason.NETWORK, id="reset"),
        pytest.param(ResetMidBody(), Reason.NETWORK, id="reset-mid-body"),
        pytest.param(Truncate(), Reason.NETWORK, id="cut-short-of-content-length"),
        pytest.param(Truncate(chunked=True), Reason.NETWORK, id="cut-short-of-last-chunk"),
        pytest.param(TruncateJson(), Reason.BAD_RESPONSE, id="truncated-json"),
        pytest.param(distortions.malformed_json(), Reason.BAD_RESPONSE, id="malformed-json"),
        pytest.param(distortions.html_page(), Reason.BAD_RESPONSE, id="html"),
        pytest.param(distortions.empty_body(), Reason.BAD_RESPONSE, id="empty-body"),
        pytest.param(Body(b"[]"), Reason.BAD_RESPONSE, id="not-an-object"),
        pytest.param(Body(b'{"value": null}'), Reason.BAD_RESPONSE, id="no-list"),
        pytest.param(Body(b'{"value": [], "nextLink": 7}'), Reason.BAD_RESPONSE, id="next-link-is-a-number"),
        pytest.param(Body(b'{"value": [], "nextLink": "\xff"}'), Reason.BAD_RESPONSE, id="not-utf-8"),
    ],
)
async def test_every_failure_becomes_a_reason_and_a_sentence(effect: Effect, reason: Reason) -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(effect, api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
    assert caught.value.failure.reason is reason
    assert caught.value.failure.detail.isprintable()
    assert len(caught.value.failure.detail) > 8


async def test_an_answer_that_never_comes_is_a_timeout() -> None:
    async with monitored(request_timeout=0.1, retry=Retry(attempts=1)) as tenant:
        tenant.azure.faults.add(Fault(Hang(), api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
    assert caught.value.failure.reason is Reason.TIMEOUT


async def test_nobody_listening_is_a_network_failure() -> None:
    async with monitored() as tenant:
        await tenant.azure.stop()
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
    assert caught.value.failure.reason is Reason.NETWORK


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Status(500), id="500"),
        pytest.param(Status(503), id="503"),
        pytest.param(Reset(), id="reset"),
        pytest.param(Truncate(), id="cut-short"),
        pytest.param(distortions.throttled(0), id="429"),
    ],
)
async def test_a_passing_failure_is_tried_again(effect: Effect) -> None:
    async with monitored() as tenant:
        fault = tenant.azure.faults.add(Fault(effect, api=Api.NETWORKS, times=2))
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert fault.hits == 2
    assert len(listing.items) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_is_not_tried_again(status: int) -> None:
    async with monitored() as tenant:
        fault = tenant.azure.faults.add(Fault(Status(status), api=Api.NETWORKS))
        with pytest.raises(AzureError):
            await list_virtual_networks(tenant.arm, CORP)
    assert fault.hits == 1


async def test_retry_after_is_honoured_by_every_request_of_that_subscription() -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.throttled(1), api=Api.NETWORKS, times=1, path=f"*{CORP}*"))
        started = time.monotonic()
        other = asyncio.create_task(list_virtual_networks(tenant.arm, HUB))
        listing = await list_virtual_networks(tenant.arm, CORP)
        waited = time.monotonic() - started
        assert other.done()
    assert len(listing.items) == 3
    assert waited >= 1


async def test_a_long_retry_after_fails_at_once_and_keeps_that_subscription_silent() -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.throttled(3600), path=f"*{CORP}*", times=1))
        for _ in range(2):
            with pytest.raises(AzureError) as caught:
                await list_virtual_networks(tenant.arm, CORP)
            assert caught.value.failure.reason is Reason.THROTTLED
        assert tenant.asked(Api.NETWORKS) == 1
        assert (await list_virtual_networks(tenant.arm, HUB)).items


async def test_a_foreign_next_link_is_refused_and_gets_no_token() -> None:
    async with Simulator(resolve_estate("hub-spoke"), play=False) as stranger, monitored() as tenant:
        link = f"{stranger.url}/subscriptions/{CORP}/providers/Microsoft.Network/virtualNetworks?api-version=x"
        tenant.azure.faults.add(Fault(distortions.foreign_next_link(link), api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
        assert stranger.requests == []
    assert caught.value.failure.reason is Reason.BAD_RESPONSE
    assert "refused to follow" in caught.value.failure.detail


@pytest.mark.parametrize(
    "link",
    [
        "https://{host}/x",
        "http://{host}@evil.invalid/x",
        "http://user:pass@{host}/x",
        "//evil.invalid/x",
        "http://{host}.evil.invalid/x",
        "ftp://{host}/x",
        "http://127.0.0.1:notaport/x",
    ],
)
async def test_a_next_link_must_be_on_the_endpoints_own_scheme_host_and_port(link: str) -> None:
    async with monitored() as tenant:
        foreign = link.format(host=tenant.azure.url.removeprefix("http://"))
        tenant.azure.faults.add(Fault(distortions.foreign_next_link(foreign), api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
    assert "refused to follow" in caught.value.failure.detail


async def test_a_next_link_that_leads_back_ends_the_listing_as_a_failure() -> None:
    async with monitored("hub-spoke:1x250") as tenant:
        (subscription,) = (await list_subscriptions(tenant.arm)).items
        tenant.azure.faults.add(Fault(distortions.next_link_loop(), api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, subscription.id)
    assert caught.value.failure.reason is Reason.BAD_RESPONSE
    assert tenant.asked(Api.NETWORKS) < 10


async def test_a_relative_next_link_is_followed_on_the_endpoint() -> None:
    async with monitored() as tenant:
        onward = f"/subscriptions/{CORP}/providers/Microsoft.Network/virtualNetworks?api-version=2026-03-01"
        tenant.azure.faults.add(Fault(distortions.empty_page(onward), api=Api.NETWORKS, times=1))
        assert len((await list_virtual_networks(tenant.arm, CORP)).items) == 3


async def test_a_next_link_is_passed_on_to_the_letter() -> None:
    async with monitored() as tenant:
        token = "a%2Bb%3D%3D+c%20%7Bd%7D"
        path = f"/subscriptions/{CORP}/providers/Microsoft.Network/virtualNetworks?api-version=1"
        onward = f"{tenant.azure.url}{path}&$skipToken={token}"
        tenant.azure.faults.add(Fault(distortions.empty_page(onward), api=Api.NETWORKS, times=1))
        tenant.azure.faults.add(Fault(Body(b'{"value":[]}'), api=Api.NETWORKS, skip=1))
        await list_virtual_networks(tenant.arm, CORP)
        assert tenant.azure.requests[-1].query["$skipToken"] == "a+b== c {d}"


async def test_one_malformed_network_costs_itself_only_and_is_reported() -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(
            Fault(
                distortions.edit_item("vnet-data", lambda item: item.update(location=["nowhere"])),
                api=Api.NETWORKS,
            )
        )
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert {vnet.id.name for vnet in listing.items} == {"vnet-app", "vnet-dev"}
    assert len(listing.problems) == 1
    assert "vnet-data" in listing.problems[0]


@pytest.mark.parametrize("item", [None, 7, "text", [], {}, {"id": None}, {"id": "/subscriptions/x"}])
async def test_an_item_that_is_no_network_is_reported(item: object) -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.replace_item(0, item), api=Api.NETWORKS))
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert len(listing.items) == 2
    assert len(listing.problems) == 1


async def test_a_network_that_is_not_utf_8_costs_itself_only() -> None:
    async with monitored() as tenant:
        networks = (await list_virtual_networks(tenant.arm, CORP)).items
        good = b'{"id": "%s"}' % networks[0].id.text.encode()
        bad = b'{"id": "%s", "location": "\xff"}' % networks[1].id.text.encode()
        tenant.azure.faults.add(Fault(Body(b'{"value": [%s, %s]}' % (bad, good)), api=Api.NETWORKS))
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert [vnet.id for vnet in listing.items] == [networks[0].id]
    assert len(listing.problems) == 1


async def test_a_malformed_peering_costs_itself_only_and_its_network_says_so() -> None:
    def spoil(item: Document) -> None:
        item["properties"]["virtualNetworkPeerings"][0]["properties"]["remoteVirtualNetwork"] = None

    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.edit_item("vnet-hub", spoil), api=Api.NETWORKS))
        listing = await list_virtual_networks(tenant.arm, HUB)
    (hub,) = listing.items
    assert len(hub.peerings) == 2
    assert hub.peerings_complete is False
    assert "remoteVirtualNetwork" in listing.problems[0]


async def test_absent_and_null_properties_are_unknown_and_nothing_else() -> None:
    def strip(item: Document) -> None:
        for peering in item["properties"]["virtualNetworkPeerings"]:
            remote = peering["properties"]["remoteVirtualNetwork"]
            nulled = {key: None for key in peering["properties"] if key.startswith("allow")}
            peering["properties"] = {"remoteVirtualNetwork": remote, **nulled}
            del peering["id"]

    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.edit_item("vnet-hub", strip), api=Api.NETWORKS))
        (hub,) = (await list_virtual_networks(tenant.arm, HUB)).items
    peering = hub.peerings[0]
    assert peering.id.text == f"{hub.id}/virtualNetworkPeerings/{peering.name}"
    assert (peering.state.value, peering.sync_level.value) == ("Unknown", "Unknown")
    assert peering.allow_forwarded_traffic is None
    assert peering.use_remote_gateways is None
    assert peering.remote_address_space is None
    assert hub.peerings_complete


async def test_values_that_this_version_does_not_know_are_kept_as_azure_wrote_them() -> None:
    def change(item: Document) -> None:
        item["properties"].update(peeringState="Suspended", peeringSyncLevel="Drifting", provisioningState="Odd")

    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.edit_item("app-to-hub", change), api=Api.NETWORKS))
        listing = await list_virtual_networks(tenant.arm, CORP)
    (peering,) = (one for vnet in listing.items for one in vnet.peerings if one.name == "app-to-hub")
    assert (peering.state.value, peering.state_text) == ("Unknown", "Suspended")
    assert (peering.sync_level.value, peering.sync_level_text) == ("Unknown", "Drifting")
    assert peering.provisioning_state == "Odd"


async def test_names_come_through_whatever_they_hold() -> None:
    name = 'quote" back\\slash new\nline Привет 中 🛰'

    def rename(document: Document) -> None:
        for vnet in document["value"]:
            vnet["id"] = vnet["id"].replace("vnet-app", name)

    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(Mutate(rename), api=Api.NETWORKS))
        listing = await list_virtual_networks(tenant.arm, CORP)
    assert name in {vnet.id.name for vnet in listing.items}


async def test_one_network_can_be_asked_directly() -> None:
    async with monitored() as tenant:
        listed = {vnet.id.name: vnet for vnet in (await list_virtual_networks(tenant.arm, CORP)).items}
        asked = await get_virtual_network(tenant.arm, listed["vnet-app"].id, subscription_id=CORP)
        assert asked == listed["vnet-app"]
        gone = ArmId(listed["vnet-app"].id.text + "-that-never-was")
        with pytest.raises(AzureError) as caught:
            await get_virtual_network(tenant.arm, gone, subscription_id=CORP)
    assert caught.value.status == 404
    assert caught.value.code == "ResourceNotFound"


async def test_nothing_but_get_can_leave() -> None:
    """But for the one query of Resource Graph, of which the tests of management groups tell."""
    async with monitored() as tenant:
        for service in Service:
            for method in ("PUT", "POST", "PATCH", "DELETE"):
                request = HttpRequest(method, f"{tenant.azure.url}/subscriptions/{CORP}/providers/X/register")
                with pytest.raises(WriteRefusedError):
                    await tenant.arm._send[service](request, stream=True, enforce_https=False)
        assert tenant.azure.requests == []


async def test_no_detail_holds_the_token() -> None:
    async with monitored() as tenant:
        echo = b'{"error": {"code": "X", "message": "you sent Bearer abc.def-ghi and eyJhbGciOi.eyJzdWIi.c2ln"}}'
        tenant.azure.faults.add(Fault(Status(400, body=echo), api=Api.NETWORKS))
        with pytest.raises(AzureError) as caught:
            await list_virtual_networks(tenant.arm, CORP)
    assert "abc.def" not in caught.value.failure.detail
    assert "eyJ" not in caught.value.failure.detail


async def test_requests_are_counted_timed_and_their_rate_limits_kept() -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.throttled(0), api=Api.NETWORKS, times=1))
        await list_virtual_networks(tenant.arm, CORP)
        counted = tenant.series("peering_monitor_azure_requests_total", api="virtual_networks")
        assert {dict(labels)["code"]: value for labels, value in counted.items()} == {"429": 1, "200": 1}
        assert sum(tenant.series("peering_monitor_azure_throttled_total", api="virtual_networks").values()) == 1
        assert sum(tenant.series("peering_monitor_azure_request_duration_seconds_count").values()) == 2
        (limit,) = tenant.telemetry.rate_limits()
    assert (limit.subscription_id, limit.kind) == (CORP, "subscription-reads")
    assert 0 < limit.remaining <= 250


async def test_answers_may_be_gzipped_and_nothing_else() -> None:
    async with monitored() as tenant:
        await list_virtual_networks(tenant.arm, CORP)
        assert tenant.azure.requests[-1].headers["Accept-Encoding"] == "gzip"


async def test_no_more_requests_are_in_flight_than_allowed() -> None:
    """Sixteen slots by default; twenty hanging subscriptions leave four requests unsent."""
    async with monitored("hub-spoke:20x1") as tenant:
        tenant.azure.faults.add(Fault(Hang(), api=Api.NETWORKS))
        pass_ = asyncio.create_task(tenant.topology())
        for _ in range(200):
            await asyncio.sleep(0.01)
            if tenant.asked(Api.NETWORKS) >= 16:
                break
        await asyncio.sleep(0.05)
        assert tenant.asked(Api.NETWORKS) == 16
        pass_.cancel()
        await asyncio.gather(pass_, return_exceptions=True)
