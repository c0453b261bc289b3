"""Every fault as the real SDK meets it: on the wire, not in a mock."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from monitor.simulator import (
    Api,
    Body,
    Delay,
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
    events,
)
from tests.unit.simulator.azure_clients import network_client
from tests.unit.simulator.estates import SUBSCRIPTION, network, small_estate

_LISTING = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/virtualNetworks"


async def _names(simulator: Simulator, **options: Any) -> list[str | None]:
    async with network_client(simulator, SUBSCRIPTION, **options) as client:
        return [vnet.name async for vnet in client.virtual_networks.list_all()]


async def _plain(simulator: Simulator, path: str = _LISTING) -> tuple[int, bytes, Any]:
    # Without the SDK: what is on the wire, not what the SDK makes of it.
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as session,
        session.get(f"{simulator.url}{path}?api-version=2026-03-01", allow_redirects=False) as response,
    ):
        return response.status, await response.read(), response.headers


@pytest.mark.parametrize("code", [401, 403, 429, 500, 503, 529])
async def test_a_status_is_answered_as_often_as_wanted_and_no_more(code: int) -> None:
    async with Simulator(small_estate()) as simulator:
        fault = simulator.faults.add(Fault(Status(code), api=Api.NETWORKS, times=1))
        with pytest.raises(HttpResponseError) as failed:
            await _names(simulator)
        after = await _names(simulator)

    assert failed.value.status_code == code
    assert (fault.hits, after) == (1, ["vnet-a", "vnet-b"])
    assert [request.status for request in simulator.requests] == [code, 200]


async def test_a_429_carries_retry_after_and_the_sdk_comes_back() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(distortions.throttled(0), times=2))
        names = await _names(simulator, retry_total=3, retry_backoff_factor=0)

    assert names == ["vnet-a", "vnet-b"]
    assert [request.status for request in simulator.requests] == [429, 429, 200]


async def test_a_redirect_leads_to_another_host() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(distortions.redirect("http://elsewhere.invalid/")))
        status, _, headers = await _plain(simulator)

    assert (status, headers["Location"]) == (302, "http://elsewhere.invalid/")


async def test_a_hanging_request_ends_with_the_clients_patience() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(Hang()))
        with pytest.raises(ServiceResponseError):
            await _names(simulator, read_timeout=0.1)

    assert [request.status for request in simulator.requests] == [None]


@pytest.mark.parametrize("cause", ["fault", "delay", "subscription"])
async def test_the_simulator_stops_at_once_while_requests_hang(cause: str) -> None:
    simulator = Simulator(small_estate())
    await simulator.start()
    if cause == "subscription":
        simulator.apply(events.SubscriptionAnswers(subscription="sub-one", answer="timeout"))
    else:
        simulator.faults.add(Fault(Hang() if cause == "fault" else Delay(60)))
    hanging = [asyncio.create_task(_names(simulator)) for _ in range(3)]
    await simulator.received(3)
    begun = time.monotonic()
    await simulator.stop()
    took = time.monotonic() - begun
    ended = await asyncio.gather(*hanging, return_exceptions=True)

    assert took < 1
    assert all(isinstance(item, ServiceRequestError | ServiceResponseError | list) for item in ended)


async def test_a_delayed_answer_arrives_all_the_same() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(Delay(0.05)))
        begun = time.monotonic()
        names = await _names(simulator)

    assert names == ["vnet-a", "vnet-b"]
    assert time.monotonic() - begun >= 0.05


async def test_a_connection_is_reset_before_any_answer() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(Reset()))
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            await _names(simulator)


@pytest.mark.parametrize("damage", [ResetMidBody(0.5), Truncate(0.5), Truncate(0.5, chunked=True)])
async def test_a_body_that_breaks_off_is_an_error_not_a_short_answer(damage: Any) -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(damage))
        with pytest.raises((ServiceResponseError, IncompleteReadError, HttpResponseError)):
            await _names(simulator)


async def test_a_truncated_body_is_shorter_than_its_length_says() -> None:
    async with Simulator(small_estate()) as simulator:
        _, whole, _ = await _plain(simulator)
        simulator.faults.add(Fault(Truncate(0.5)))
        reader, writer = await asyncio.open_connection(*simulator.address)
        writer.write(
            f"GET {_LISTING}?api-version=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n".encode()
        )
        received = await reader.read()
        writer.close()

    head, _, body = received.partition(b"\r\n\r\n")
    announced = re.search(rb"Content-Length: (\d+)", head)
    assert announced is not None
    assert int(announced[1]) == len(whole)
    assert len(body) == len(whole) // 2


@pytest.mark.parametrize(
    "effect",
    [TruncateJson(0.5), distortions.malformed_json(), distortions.html_page()],
    ids=["cut", "malformed", "html"],
)
async def test_a_complete_200_can_be_no_json(effect: Any) -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(effect))
        status, body, _ = await _plain(simulator)
        with pytest.raises((HttpResponseError, ValueError)):
            await _names(simulator)

    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


async def test_a_body_can_be_empty_or_anything_else() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(distortions.empty_body(), times=1))
        simulator.faults.add(Fault(Body(b"\x00\x01", content_type="application/octet-stream", status=206), skip=1))
        empty = await _plain(simulator)
        other = await _plain(simulator)

    assert empty[:2] == (200, b"")
    assert (*other[:2], other[2]["Content-Type"]) == (206, b"\x00\x01", "application/octet-stream")


async def test_one_item_of_a_listing_is_malformed_among_good_ones() -> None:
    networks = tuple(network(f"vnet-{number}", f"10.{number}.0.0/16") for number in range(3))
    async with Simulator(small_estate(networks=networks, peerings=())) as simulator:
        simulator.faults.add(Fault(distortions.replace_item(1, {"id": 7, "properties": "none"}), api="networks"))
        items = json.loads((await _plain(simulator))[1])["value"]

    assert [item.get("name") for item in items] == ["vnet-0", None, "vnet-2"]


async def test_one_resource_is_edited_wherever_it_appears() -> None:
    def paused(item: dict[str, Any]) -> None:
        item["properties"]["peeringState"] = "Paused"

    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.faults.add(Fault(distortions.edit_item("a-to-b", paused)))
        alone = await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")
        listed = [vnet async for vnet in client.virtual_networks.list_all()]

    assert alone.peering_state == "Paused"
    assert [side.peering_state for vnet in listed for side in vnet.virtual_network_peerings or []] == [
        "Paused",
        "Connected",
    ]


async def test_a_next_link_can_lead_to_a_foreign_host_that_then_sees_the_token() -> None:
    """The SDK sends its token wherever nextLink points: what the monitor must not do."""
    async with Simulator(small_estate()) as azure, Simulator(small_estate()) as elsewhere:
        link = f"{elsewhere.url}{_LISTING}?api-version=2026-03-01"
        azure.faults.add(Fault(distortions.foreign_next_link(link)))
        await _names(azure)

    assert [request.had_token for request in elsewhere.requests] == [True]


async def test_a_next_link_can_lead_back_for_ever() -> None:
    async with (
        Simulator(small_estate(page_size=1)) as simulator,
        network_client(simulator, SUBSCRIPTION) as client,
    ):
        simulator.faults.add(Fault(distortions.next_link_loop()))
        seen: list[str | None] = []
        async for vnet in client.virtual_networks.list_all():
            seen.append(vnet.name)
            if len(seen) == 5:
                break

    assert seen == ["vnet-a", "vnet-b", "vnet-b", "vnet-b", "vnet-b"]


async def test_a_page_can_be_empty_and_have_a_next_link() -> None:
    async with Simulator(small_estate()) as simulator:
        link = f"{simulator.url}{_LISTING}?api-version=2026-03-01"
        simulator.faults.add(Fault(distortions.empty_page(link), times=1))
        names = await _names(simulator)

    assert names == ["vnet-a", "vnet-b"]
    assert len(simulator.requests) == 2


@pytest.mark.parametrize(("to", "start"), [("upper", "/SUBSCRIPTIONS/"), ("swap", "/SUBSCRIPTIONS/")])
async def test_every_id_of_an_answer_can_change_its_case(to: Any, start: str) -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.faults.add(Fault(distortions.id_case(to)))
        one, _two = [vnet async for vnet in client.virtual_networks.list_all()]

    (side,) = one.virtual_network_peerings or []
    assert side.remote_virtual_network is not None
    assert all(str(value).startswith(start) for value in (one.id, side.id, side.remote_virtual_network.id))
    assert one.name == "vnet-a"


async def test_networks_can_be_left_out_of_a_listing() -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.faults.add(Fault(distortions.leave_out("VNET-A"), api=Api.NETWORKS))
        names = await _names(simulator)

    assert names == ["vnet-b"]


async def test_a_fault_hits_only_the_path_method_and_operation_it_names() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.faults.add(Fault(Status(500), path="*/virtualnetworks/vnet-b"))
        simulator.faults.add(Fault(Status(503), path=re.compile("VNET-A$")))
        simulator.faults.add(Fault(Status(502), method="delete"))
        listed = await _names(simulator)
        failed = []
        for name in ("vnet-a", "vnet-b"):
            with pytest.raises(HttpResponseError) as error:
                await client.virtual_networks.get("rg-net", name)
            failed.append(error.value.status_code)

    assert listed == ["vnet-a", "vnet-b"]
    assert failed == [503, 500]


async def test_faults_add_up_and_can_be_taken_away() -> None:
    async with Simulator(small_estate()) as simulator:
        one = simulator.faults.add(Fault(distortions.leave_out("vnet-a")))
        simulator.faults.add(Fault(Mutate(lambda document: {**document, "seen": True})))
        both = json.loads((await _plain(simulator))[1])
        simulator.faults.remove(one)
        rest = json.loads((await _plain(simulator))[1])
        simulator.faults.clear()
        none = json.loads((await _plain(simulator))[1])

    assert (len(both["value"]), both["seen"]) == (1, True)
    assert (len(rest["value"]), rest["seen"]) == (2, True)
    assert "seen" not in none
    assert len(simulator.faults) == 0


async def test_the_log_tells_what_was_asked_but_not_the_token() -> None:
    async with Simulator(small_estate()) as simulator:
        await _names(simulator)
        (asked,) = simulator.requests
        simulator.clear_requests()

    assert (asked.method, asked.path, asked.api, asked.status) == ("GET", _LISTING, Api.NETWORKS, 200)
    assert asked.query["api-version"]
    assert asked.subscription == SUBSCRIPTION
    assert asked.had_token
    assert "Authorization" not in asked.headers
    assert simulator.requests == []
