"""Azure Monitor's two reads: which metrics a network has, and their values. Refusals are flat, without `error`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from monitor.simulator.answers import Answer, ArmError
from monitor.simulator.metric_catalogue import GRAINS, Metric, offered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.simulator.estate import MetricsProfile
    from monitor.simulator.model.state import LiveNetwork
    from monitor.simulator.traffic import Traffic

Json = dict[str, Any]
_DURATION = re.compile(
    r"^P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?$"
)
_MINUTE = timedelta(minutes=1)
# How long after its end a grain is still empty.
LATENESS = timedelta(seconds=120)


class Insights:
    """Answers metric reads about networks."""

    def __init__(self, *, profile: MetricsProfile, traffic: Traffic, utc_now: Callable[[], datetime]) -> None:
        """`utc_now` decides which points are still late."""
        self._offered = offered(profile)
        self._traffic = traffic
        self._utc_now = utc_now

    def definitions(self, network: LiveNetwork) -> Answer:
        """The metric definitions of a network."""
        return Answer.of({"value": [_definition(network, metric) for metric in self._offered.values()]})

    def at_subscription_scope(self) -> Answer:
        """Queries across resources: not something that Azure says it offers for virtual networks."""
        _bad_request(
            "Metric namespace 'microsoft.network/virtualnetworks' is not enabled for Cross Resource metrics."
        )

    def metrics(self, network: LiveNetwork, query: Mapping[str, str]) -> Answer:
        """The values that the query asks for."""
        asked = {name.lower(): value for name, value in query.items()}
        if asked.get("$filter"):
            # Answering one aggregate as if it had been split would be a lie that a test could believe.
            _bad_request("This simulator does not split virtual network metrics by dimension: leave $filter out.")
        metrics = self._metrics(asked.get("metricnames", ""))
        now = self._utc_now().astimezone(UTC).replace(microsecond=0)
        start, end = _timespan(asked.get("timespan") or "PT1H", now)
        interval = self._interval(asked.get("interval") or _smallest_common(metrics), metrics)
        wanted = tuple(part.strip().lower() for part in asked.get("aggregation", "").split(",") if part.strip())
        values = [self._value(network, metric, start, end, GRAINS[interval], wanted, now) for metric in metrics]
        return Answer.of(
            {
                "cost": max(int((end - start) / _MINUTE) - 1, 0),
                "timespan": f"{_stamp(start)}/{_stamp(end)}",
                "interval": interval,
                "value": values,
                "namespace": "Microsoft.Network/virtualNetworks",
                "resourceregion": network.location,
            }
        )

    def _metrics(self, names: str) -> list[Metric]:
        found = []
        for name in [part.strip() for part in names.split(",") if part.strip()] or [next(iter(self._offered))]:
            metric = self._offered.get(name.lower())
            if metric is None:
                valid = ",".join(offer.name for offer in self._offered.values())
                _bad_request(
                    "Failed to find metric configuration for provider: Microsoft.Network, resource Type: "
                    f"virtualNetworks, metric: {name}, Valid metrics: {valid}"
                )
            found.append(metric)
        return found

    def _interval(self, text: str, metrics: list[Metric]) -> str:
        interval = next((grain for grain in GRAINS if GRAINS[grain] == _duration(text)), None)
        if interval is None:
            _bad_request(f"Invalid time grain duration: {text}, supported ones are: {_clock_list(GRAINS)}")
        common = [grain for grain in GRAINS if all(grain in metric.grains for metric in metrics)]
        if interval not in common:
            _bad_request(
                f"Commonly allowed time grains: {_clock_list(common)} between metrics: "
                f"{','.join(metric.name for metric in metrics)}, can not support requested time grain: "
                f"{_clock(GRAINS[interval])} please adjust your interval parameter to use one of the common grains"
            )
        return interval

    def _value(
        self,
        network: LiveNetwork,
        metric: Metric,
        start: datetime,
        end: datetime,
        grain: timedelta,
        wanted: tuple[str, ...],
        now: datetime,
    ) -> Json:
        aggregations = [
            name for name in metric.aggregations if name.lower() in (wanted or (metric.aggregation.lower(),))
        ]
        sample = self._sampler(metric)
        timeseries = []
        if sample is not None:
            points = [
                _point(stamp, grain, aggregations, network.key, sample, now)
                for stamp in _stamps(start, end, grain, now)
            ]
            timeseries = [{"metadatavalues": [], "data": points}]
        return {
            "id": f"{network.id}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.display_name},
            "displayDescription": metric.description,
            "unit": metric.unit,
            "timeseries": timeseries,
            "errorCode": "Success",
        }

    def _sampler(self, metric: Metric) -> Callable[[str, int], float] | None:
        # Without a protected public address in the network the DDoS metrics have no series: valid, and empty.
        return {
            "BytesInPeering": self._traffic.received,
            "BytesOutPeering": self._traffic.sent,
            "PingMeshAverageRoundtripMs": self._traffic.roundtrip_ms,
            "PingMeshProbesFailedPercent": self._traffic.failed_percent,
        }.get(metric.name)


def _definition(network: LiveNetwork, metric: Metric) -> Json:
    definition: Json = {
        "id": f"{network.id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": network.id,
        "namespace": "Microsoft.Network/virtualNetworks",
        "category": metric.category,
        "name": {"value": metric.name, "localizedValue": metric.display_name},
        "displayDescription": metric.description,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": metric.aggregation,
        "supportedAggregationTypes": list(metric.aggregations),
        "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in metric.grains],
    }
    if metric.dimensions:
        definition["dimensions"] = [{"value": name, "localizedValue": name} for name in metric.dimensions]
    return definition


def _stamps(start: datetime, end: datetime, grain: timedelta, now: datetime) -> Iterable[datetime]:
    # Points begin at the asked start, to the minute: Azure does not align them to the clock for the caller.
    stamp = start.replace(second=0)
    while stamp < min(end, now):
        yield stamp
        stamp += grain


def _point(
    stamp: datetime,
    grain: timedelta,
    aggregations: list[str],
    network: str,
    sample: Callable[[str, int], float],
    now: datetime,
) -> Json:
    point: Json = {"timeStamp": _stamp(stamp)}
    if stamp + grain + LATENESS > now:
        return point
    first = int(stamp.timestamp())
    values = [sample(network, first + 60 * minute) for minute in range(int(grain / _MINUTE))]
    totals = {
        "Total": sum(values),
        "Average": sum(values) / len(values),
        "Minimum": min(values),
        "Maximum": max(values),
        "Count": float(len(values)),
    }
    return point | {name.lower(): totals[name] for name in aggregations}


def _timespan(text: str, now: datetime) -> tuple[datetime, datetime]:
    if "/" not in text:
        return now - _duration(text), now
    start, end = (_moment(part) for part in text.split("/", 1))
    if start >= end:
        _bad_request(f"The start time cannot be after the end time: {text}")
    return start, end


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        _bad_request(f"The timespan has an invalid time '{text}': write it in ISO 8601, as 2024-05-01T12:00:00Z")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _duration(text: str) -> timedelta:
    found = _DURATION.match(text.strip().upper())
    if found is None or not any(found.groupdict().values()):
        _bad_request(f"The duration '{text}' is invalid: write it in ISO 8601, as PT5M")
    return timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})


def _smallest_common(metrics: list[Metric]) -> str:
    return next((grain for grain in GRAINS if all(grain in metric.grains for metric in metrics)), "PT1M")


def _clock(grain: timedelta) -> str:
    if grain.days:
        return f"{grain.days}.00:00:00"
    return f"{grain.seconds // 3600:02}:{grain.seconds % 3600 // 60:02}:00"


def _clock_list(grains: Iterable[str]) -> str:
    return ",".join(_clock(GRAINS[grain]) for grain in grains)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bad_request(message: str) -> NoReturn:
    raise ArmError(400, "BadRequest", message, flat=True)
