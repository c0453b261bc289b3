"""Azure Monitor's metrics over HTTP: newest complete grain, what is not offered, and never a zero made up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from monitor.simulator import Api, Fault, Mutate, Reset, Status, distortions, events
from tests.integration.harness import Clock, monitored

if TYPE_CHECKING:
    from collections.abc import Callable

CORP = "27c9f5b3-0d84-4e6a-8b17-5a9e3d2c4f02"
CORP_NETWORKS = 3
BYTES = ("BytesInPeering", "BytesOutPeering")
PING = ("PingMeshAverageRoundtripMs", "PingMeshProbesFailedPercent")
SUPPORTED = "peering_monitor_azure_metric_supported"


def now() -> Clock:
    """The simulator's Azure Monitor goes by the real clock, so these tests start from it."""
    return Clock(time.time())


async def test_bytes_come_as_total_of_the_newest_complete_grain() -> None:
    async with monitored("incident", clock=now(), metrics=BYTES) as tenant:
        await tenant.topology()
        await tenant.traffic()
        totals = tenant.series("azure_vnet_peered_bytes", vnet="vnet-hub")
        rates = tenant.series("azure_vnet_peered_bytes_per_second", vnet="vnet-hub")
        ends = tenant.series("azure_vnet_metric_timestamp_seconds", vnet="vnet-hub")
        query = next(request.query for request in tenant.azure.requests if request.api == Api.METRICS)
    assert {dict(labels)["direction"] for labels in totals} == {"in", "out"}
    assert {labels: value / 300 for labels, value in totals.items()} == pytest.approx(rates)
    assert all(
        end % 300 == 0 and end <= tenant.clock.now and tenant.clock.now - end < 1800 for end in ends.values()
    )
    assert query["aggregation"] == "Total"
    assert query["interval"] == "PT5M"
    assert query["timespan"].count("Z") == 2


async def test_ping_mesh_comes_in_seconds_and_as_a_ratio_at_the_grain_that_azure_offers() -> None:
    async with monitored("incident", clock=now(), metrics=PING) as tenant:
        await tenant.topology()
        await tenant.traffic()
        (roundtrip,) = tenant.series("azure_vnet_ping_mesh_roundtrip_seconds", vnet="vnet-hub").values()
        (failed,) = tenant.series("azure_vnet_ping_mesh_probes_failed_ratio", vnet="vnet-hub").values()
        query = next(request.query for request in tenant.azure.requests if request.api == Api.METRICS)
    assert 0 < roundtrip < 1
    assert 0 <= failed <= 1
    assert (query["aggregation"], query["interval"]) == ("Average", "PT1M")


async def test_a_metric_that_azure_does_not_offer_is_said_once_and_the_others_go_on() -> None:
    with structlog.testing.capture_logs() as logged:
        async with monitored("hub-spoke", clock=now()) as tenant:
            await tenant.topology()
            for _ in range(3):
                tenant.clock.advance(300)
                await tenant.traffic()
            assert set(tenant.series(SUPPORTED, metric="BytesInPeering").values()) == {0.0}
            assert set(tenant.series(SUPPORTED, metric="PingMeshAverageRoundtripMs").values()) == {1.0}
            assert not tenant.series("azure_vnet_peered_bytes")
            assert tenant.series("azure_vnet_ping_mesh_roundtrip_seconds")
            assert tenant.asked(Api.METRIC_DEFINITIONS) == 4
            assert all("Bytes" not in request.query.get("metricnames", "") for request in tenant.azure.requests)
            assert {row for key, row in tenant.coverage().items() if key[0] == "traffic"} == {"ok"}
    said = [entry for entry in logged if "does not offer" in entry["event"]]
    assert len(said) == 4  # once for each subscription


async def test_what_is_offered_is_asked_again_after_hours() -> None:
    async with monitored("hub-spoke", clock=now(), include=[CORP]) as tenant:
        await tenant.topology()
        await tenant.traffic()
        tenant.clock.advance(7 * 3600)
        await tenant.traffic()
        assert tenant.asked(Api.METRIC_DEFINITIONS) == 2


async def test_the_flat_400_teaches_what_the_definitions_could_not() -> None:
    async with monitored("hub-spoke", clock=now(), include=[CORP]) as tenant:
        tenant.azure.faults.add(Fault(Status(403), api=Api.METRIC_DEFINITIONS))
        await tenant.topology()
        await tenant.traffic()
        refused = [request for request in tenant.azure.requests if request.status == 400]
        assert len(refused) == len(BYTES)
        assert set(tenant.series(SUPPORTED, metric="BytesInPeering").values()) == {0.0}
        assert len(tenant.series("azure_vnet_ping_mesh_roundtrip_seconds")) == CORP_NETWORKS
        assert tenant.coverage()["traffic", CORP] == "forbidden"
        await tenant.traffic()
        assert len([request for request in tenant.azure.requests if request.status == 400]) == len(BYTES)


async def test_a_valid_metric_without_data_has_no_series() -> None:
    def empty(document: dict[str, Any]) -> None:
        for metric in document["value"]:
            metric["timeseries"] = []

    async with monitored("incident", clock=now()) as tenant:
        tenant.azure.faults.add(Fault(Mutate(empty), api=Api.METRICS))
        await tenant.topology()
        await tenant.traffic()
        assert not tenant.series("azure_vnet_peered_bytes")
        assert not tenant.series("azure_vnet_metric_timestamp_seconds")
        assert set(tenant.coverage().values()) == {"ok"}


def _points(change: Callable[[list[dict[str, Any]]], None]) -> Mutate:
    def apply(document: dict[str, Any]) -> None:
        for metric in document["value"]:
            for series in metric["timeseries"]:
                change(series["data"])

    return Mutate(apply)


async def test_null_and_late_points_are_passed_over_for_the_newest_that_is_complete() -> None:
    async with monitored("incident", clock=now(), metrics=BYTES[:1], include=[CORP]) as tenant:

        def newest_are_null(points: list[dict[str, Any]]) -> None:
            points.sort(key=lambda point: str(point["timeStamp"]))
            for point in points[-2:]:
                point.pop("total", None)
            points[-3]["total"] = 42.0
            points.append({"timeStamp": "2999-01-01T00:00:00Z", "total": 7.0})

        tenant.azure.faults.add(Fault(_points(newest_are_null), api=Api.METRICS))
        await tenant.topology()
        await tenant.traffic()
        assert set(tenant.series("azure_vnet_peered_bytes").values()) == {42.0}


async def test_a_true_zero_is_a_zero() -> None:
    def zero(points: list[dict[str, Any]]) -> None:
        for point in points:
            point["total"] = 0

    async with monitored("incident", clock=now(), metrics=BYTES[:1], include=[CORP]) as tenant:
        tenant.azure.faults.add(Fault(_points(zero), api=Api.METRICS))
        await tenant.topology()
        await tenant.traffic()
        assert set(tenant.series("azure_vnet_peered_bytes").values()) == {0.0}


async def test_one_metric_that_fails_inside_a_200_costs_itself_only() -> None:
    async with monitored("incident", clock=now(), include=[CORP]) as tenant:
        await tenant.topology()
        tenant.azure.faults.add(
            Fault(distortions.metric_failure("BytesInPeering", "InternalError"), api=Api.METRICS)
        )
        await tenant.traffic()
        directions = {dict(labels)["direction"] for labels in tenant.series("azure_vnet_peered_bytes")}
        assert directions == {"out"}
        assert tenant.coverage()["traffic", CORP] == "bad_response"


@pytest.mark.parametrize("effect", [Status(403), Status(500), Reset(), distortions.malformed_json()], ids=repr)
async def test_a_failed_read_keeps_the_last_values_and_is_told(effect: Any) -> None:
    async with monitored("incident", clock=now(), include=[CORP]) as tenant:
        await tenant.topology()
        await tenant.traffic()
        before = tenant.facts()
        tenant.azure.faults.add(Fault(effect, api=Api.METRICS))
        tenant.clock.advance(300)
        await tenant.traffic()
        assert tenant.facts() == before
        assert tenant.coverage()["traffic", CORP] != "ok"
        assert tenant.series("peering_monitor_collector_success", collector="traffic").popitem()[1] == 0


async def test_values_go_when_they_are_older_than_max_age() -> None:
    async with monitored("incident", clock=now(), include=[CORP], max_age=3600) as tenant:
        await tenant.topology()
        await tenant.traffic()
        tenant.azure.faults.add(Fault(Status(500), api=Api.METRICS))
        tenant.clock.advance(3600)
        await tenant.topology()
        await tenant.traffic()
        assert not tenant.series("azure_vnet_peered_bytes")
        assert tenant.series("azure_vnet_info", vnet="vnet-app")


async def test_an_unlisted_subscription_is_not_asked_for_metrics() -> None:
    async with monitored("incident", clock=now()) as tenant:
        await tenant.topology()
        await tenant.traffic()
        tenant.azure.apply(events.HideSubscription(subscription="sub-corp-landing-zone"))
        await tenant.topology()
        tenant.azure.clear_requests()
        before = tenant.facts()
        await tenant.traffic()
        assert not any(CORP in request.path.lower() for request in tenant.azure.requests)
        assert tenant.coverage()["traffic", CORP] == "not_found"
        assert tenant.facts().count("vnet-app") == before.count("vnet-app")


async def test_an_endless_refusal_of_metrics_ends() -> None:
    """Azure names a metric that was not asked for: that is no reason to ask for ever."""
    body = (
        b'{"code":"BadRequest","message":"Failed to find metric configuration for provider: Microsoft.Network, '
        b'resource Type: virtualNetworks, metric: Other, Valid metrics: a,b"}'
    )
    async with monitored("incident", clock=now(), include=[CORP]) as tenant:
        tenant.azure.faults.add(Fault(Status(400, body=body), api=Api.METRICS))
        await tenant.topology()
        await tenant.traffic()
        assert tenant.coverage()["traffic", CORP] == "bad_response"
        assert tenant.asked(Api.METRICS) < 20


async def test_traffic_without_any_network_is_as_well_as_the_topology() -> None:
    async with monitored(token="another") as tenant:
        await tenant.topology()
        await tenant.traffic()
        outcomes = tenant.series("peering_monitor_collector_runs_total", collector="traffic", outcome="failure")
        assert set(outcomes.values()) == {1.0}
