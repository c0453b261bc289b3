"""Azure Monitor's reads: typed by the SDK, flat refusals, late points, and traffic that adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from monitor.simulator import Fault, Simulator, distortions, events
from tests.unit.simulator.azure_clients import monitor_client
from tests.unit.simulator.estates import SUBSCRIPTION, network, pair, small_estate

NOW = datetime(2024, 5, 1, 12, 0, 30, tzinfo=UTC)
BYTES = "BytesInPeering,BytesOutPeering"


def _id(name: str) -> str:
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/{name}"
    )


def _simulator(*, metrics: str = "peering-bytes", now: list[datetime] | None = None, **changes: Any) -> Simulator:
    clock = now or [NOW]
    return Simulator(small_estate(metrics=metrics, **changes), utc_now=lambda: clock[0])


async def _read(simulator: Simulator, vnet: str, names: str, **query: Any) -> Any:
    async with monitor_client(simulator, SUBSCRIPTION) as client:
        return await client.metrics.list(_id(vnet), metricnames=names, **query)


async def _definitions(metrics: str) -> dict[str, Any]:
    async with _simulator(metrics=metrics) as simulator, monitor_client(simulator, SUBSCRIPTION) as client:
        found: list[Any] = [item async for item in client.metric_definitions.list(_id("vnet-a"))]
    return {item.name.value: item for item in found}


def _totals(metric: Any) -> list[float | None]:
    (series,) = metric.timeseries
    return [point.total for point in series.data]


async def test_definitions_are_the_24_that_azure_documents() -> None:
    found = await _definitions("documented")

    assert len(found) == 24
    assert "BytesInPeering" not in found
    ping = found["PingMeshAverageRoundtripMs"]
    assert (ping.unit, ping.primary_aggregation_type) == ("MilliSeconds", "Average")
    assert [available.time_grain for available in ping.metric_availabilities] == [
        timedelta(minutes=1),
        timedelta(hours=1),
    ]
    assert found["IfUnderDDoSAttack"].supported_aggregation_types
    assert sum(name.endswith("DDoS") or "DDoS" in name for name in found) == 22


async def test_the_other_profile_offers_bytes_over_peerings() -> None:
    found = await _definitions("peering-bytes")

    assert len(found) == 26
    assert (found["BytesInPeering"].unit, found["BytesInPeering"].primary_aggregation_type) == ("Bytes", "Total")


async def test_values_come_in_azures_form() -> None:
    async with _simulator() as simulator:
        answer = await _read(
            simulator,
            "vnet-a",
            BYTES,
            timespan="2024-05-01T11:30:00Z/2024-05-01T11:45:00Z",
            interval="PT5M",
            aggregation="Total",
        )

    assert answer.timespan == "2024-05-01T11:30:00Z/2024-05-01T11:45:00Z"
    assert (answer.interval, answer.namespace) == ("PT5M", "Microsoft.Network/virtualNetworks")
    assert answer.resourceregion == "westeurope"
    assert [metric.name.value for metric in answer.value] == ["BytesInPeering", "BytesOutPeering"]
    metric = answer.value[0]
    assert (metric.type, metric.unit, metric.error_code) == ("Microsoft.Insights/metrics", "Bytes", "Success")
    (series,) = metric.timeseries
    assert series.metadatavalues == []
    assert [point.time_stamp for point in series.data] == [
        datetime(2024, 5, 1, 11, m, tzinfo=UTC) for m in (30, 35, 40)
    ]
    assert all(point.total and point.average is None for point in series.data)


async def test_what_one_side_sends_the_other_receives() -> None:
    span = {"timespan": "2024-05-01T09:00:00Z/2024-05-01T11:00:00Z", "interval": "PT15M", "aggregation": "Total"}
    async with _simulator() as simulator:
        in_a, out_a = (await _read(simulator, "vnet-a", BYTES, **span)).value
        in_b, out_b = (await _read(simulator, "vnet-b", BYTES, **span)).value

    assert _totals(in_a) == _totals(out_b)
    assert _totals(out_a) == _totals(in_b)
    assert _totals(in_a) != _totals(out_a)


async def test_two_runs_of_one_seed_give_the_same_traffic_and_another_seed_another() -> None:
    span = {"timespan": "2024-05-01T09:00:00Z/2024-05-01T10:00:00Z", "interval": "PT1H"}
    seen = []
    for seed in (1, 1, 2):
        async with _simulator(seed=seed) as simulator:
            seen.append(_totals((await _read(simulator, "vnet-a", "BytesInPeering", **span)).value[0]))

    assert seen[0] == seen[1] != seen[2]


async def test_a_coarser_grain_is_the_sum_of_the_finer_ones_and_days_are_busier_than_nights() -> None:
    async with _simulator() as simulator:
        day = {"timespan": "2024-04-30T00:00:00Z/2024-05-01T00:00:00Z"}
        hours = _totals((await _read(simulator, "vnet-a", "BytesInPeering", interval="PT1H", **day)).value[0])
        (whole,) = _totals((await _read(simulator, "vnet-a", "BytesInPeering", interval="P1D", **day)).value[0])

    assert whole == sum(hour for hour in hours if hour is not None)
    assert (hours[13] or 0) > 2 * (hours[1] or 0)


async def test_a_link_that_is_not_connected_carries_nothing_from_that_moment_on() -> None:
    clock = [NOW]
    async with _simulator(now=clock) as simulator:
        simulator.apply(events.DeletePeering(vnet="vnet-a", peering="a-to-b"))
        clock[0] = NOW + timedelta(minutes=10)
        query = {"timespan": "2024-05-01T11:58:00Z/2024-05-01T12:03:00Z", "interval": "PT1M"}
        cut = _totals((await _read(simulator, "vnet-b", "BytesInPeering", **query)).value[0])
    async with _simulator(now=clock) as undisturbed:
        whole = _totals((await _read(undisturbed, "vnet-b", "BytesInPeering", **query)).value[0])

    # It was deleted in the middle of the third minute.
    assert cut[:2] == whole[:2]
    assert cut[2] == pytest.approx((whole[2] or 0) / 2, abs=1)
    assert cut[3:] == [0, 0]
    assert all(whole)


async def test_the_newest_points_are_late_and_have_no_value() -> None:
    async with _simulator() as simulator:
        answer = await _read(simulator, "vnet-a", "BytesInPeering", timespan="PT5M", interval="PT1M")

    totals = _totals(answer.value[0])
    assert all(total is not None for total in totals[:3])
    assert totals[-2:] == [None, None]


async def test_a_valid_metric_without_data_has_no_series() -> None:
    async with _simulator() as simulator:
        answer = await _read(simulator, "vnet-a", "IfUnderDDoSAttack", timespan="PT1H", interval="PT1M")

    (metric,) = answer.value
    assert (metric.timeseries, metric.error_code) == ([], "Success")


async def test_ping_mesh_is_an_average_in_milliseconds() -> None:
    async with _simulator(metrics="documented") as simulator:
        answer = await _read(
            simulator,
            "vnet-a",
            "PingMeshAverageRoundtripMs,PingMeshProbesFailedPercent",
            timespan="2024-05-01T11:30:00Z/2024-05-01T11:35:00Z",
            interval="PT1M",
            aggregation="Average",
        )

    roundtrip, failed = (metric.timeseries[0].data for metric in answer.value)
    assert all(0.3 < point.average < 3 for point in roundtrip)
    assert all(0 <= point.average <= 1 for point in failed)


async def _refused(metrics: str, names: str, **query: Any) -> dict[str, Any]:
    async with _simulator(metrics=metrics) as simulator:
        with pytest.raises(HttpResponseError) as refused:
            await _read(simulator, "vnet-a", names, **query)
    assert refused.value.response is not None
    assert refused.value.status_code == 400
    body: dict[str, Any] = refused.value.response.json()  # type: ignore[attr-defined]
    return body


async def test_an_unknown_metric_name_is_refused_flat_with_the_valid_ones() -> None:
    body = await _refused("documented", "PingMeshAverageRoundtripMs,BytesInPeering", interval="PT1M")

    assert set(body) == {"code", "message"}
    assert body["code"] == "BadRequest"
    start, valid = body["message"].split(", Valid metrics: ")
    assert start == (
        "Failed to find metric configuration for provider: Microsoft.Network, resource Type: virtualNetworks, "
        "metric: BytesInPeering"
    )
    assert len(valid.split(",")) == 24


_NOT_COMMON = (
    "Commonly allowed time grains: 00:01:00,01:00:00 between metrics: PingMeshAverageRoundtripMs, can not support "
    "requested time grain: 00:05:00 please adjust your interval parameter to use one of the common grains"
)
_NO_GRAIN = (
    "Invalid time grain duration: PT3M, supported ones are: "
    "00:01:00,00:05:00,00:15:00,00:30:00,01:00:00,06:00:00,12:00:00,1.00:00:00"
)


@pytest.mark.parametrize(
    ("names", "interval", "message"),
    [("PingMeshAverageRoundtripMs", "PT5M", _NOT_COMMON), ("BytesInPeering", "PT3M", _NO_GRAIN)],
)
async def test_an_interval_that_a_metric_does_not_offer_is_refused(
    names: str, interval: str, message: str
) -> None:
    body = await _refused("peering-bytes", names, interval=interval)

    assert body == {"code": "BadRequest", "message": message}


@pytest.mark.parametrize(
    "timespan", ["yesterday", "2024-05-01T12:00:00Z/2024-05-01T11:00:00Z", "2024-05-01T11:00:00 01:00/PT1H"]
)
async def test_a_timespan_that_is_none_is_refused(timespan: str) -> None:
    assert (await _refused("documented", "IfUnderDDoSAttack", timespan=timespan))["code"] == "BadRequest"


async def test_one_metric_of_a_200_can_fail() -> None:
    async with _simulator() as simulator:
        simulator.faults.add(
            Fault(distortions.metric_failure("BytesOutPeering", "InternalServerError"), api="metrics")
        )
        answer = await _read(simulator, "vnet-a", BYTES, timespan="PT1H", interval="PT5M")

    good, bad = answer.value
    assert (good.error_code, bad.error_code) == ("Success", "InternalServerError")
    assert good.timeseries
    assert bad.timeseries == []


async def test_metrics_of_a_network_that_does_not_exist_are_arms_404() -> None:
    async with _simulator() as simulator:
        with pytest.raises(HttpResponseError, match="ResourceNotFound") as refused:
            await _read(simulator, "no", BYTES)

    assert refused.value.status_code == 404


async def test_queries_across_resources_are_not_offered() -> None:
    async with _simulator() as simulator, monitor_client(simulator, SUBSCRIPTION) as client:
        with pytest.raises(HttpResponseError, match="not enabled for Cross Resource metrics"):
            await client.metrics.list_at_subscription_scope(region="westeurope", metricnames=BYTES)


async def test_a_hub_receives_from_all_its_spokes() -> None:
    networks = (network("vnet-a", "10.1.0.0/16"), network("vnet-b", "10.2.0.0/16"))
    span = {"timespan": "2024-05-01T09:00:00Z/2024-05-01T10:00:00Z", "interval": "PT1H"}
    async with _simulator(networks=networks, peerings=(pair(),)) as connected:
        flowing = _totals((await _read(connected, "vnet-a", "BytesInPeering", **span)).value[0])
    async with _simulator(networks=networks, peerings=()) as alone:
        silent = _totals((await _read(alone, "vnet-a", "BytesInPeering", **span)).value[0])

    assert (flowing[0] or 0) > 0
    assert silent == [0]
