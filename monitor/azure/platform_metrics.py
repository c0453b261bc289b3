"""Azure Monitor's platform metrics of virtual networks: what is offered, and the points of a timespan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from monitor.azure import failures
from monitor.azure.arm import Arm, Service, path_of
from monitor.azure.failures import AzureError
from monitor.model import Failure, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import ArmId

METRICS_API_VERSION = "2024-02-01"
DEFINITIONS_API_VERSION = "2024-02-01"

Aggregation = Literal["Total", "Average"]

GRAINS = {
    "PT1M": 60,
    "PT5M": 300,
    "PT15M": 900,
    "PT30M": 1800,
    "PT1H": 3600,
    "PT6H": 21600,
    "PT12H": 43200,
    "P1D": 86400,
}
"""Azure Monitor's time grains, in seconds."""

_GRAIN_NAMES = {seconds: name for name, seconds in GRAINS.items()}
_UNKNOWN_METRIC = re.compile(
    r"Failed to find metric configuration for provider:.*?metric:\s*(?P<name>[^,]+?)\s*,\s*Valid metrics:",
    re.IGNORECASE | re.DOTALL,
)


class UnknownMetricError(AzureError):
    """Azure's flat 400: one of the metrics asked for does not exist on virtual networks, and so none was given."""

    def __init__(self, metric: str, cause: AzureError) -> None:
        super().__init__(cause.failure, code=cause.code, status=cause.status, message=cause.message)
        self.metric = metric


@dataclass(frozen=True, slots=True)
class Series:
    """One metric's points as (start of the grain in Unix seconds, value or None), or why there are none."""

    metric: str
    points: tuple[tuple[float, float | None], ...] = ()
    failure: Failure | None = None


class _Name(msgspec.Struct, gc=False):
    value: str


class _Availability(msgspec.Struct, rename="camel", gc=False):
    time_grain: str | None = None


class _Definition(msgspec.Struct, rename="camel", gc=False):
    name: _Name
    metric_availabilities: list[_Availability] | None = None


class _Definitions(msgspec.Struct, gc=False):
    value: list[_Definition]


class _Point(msgspec.Struct, rename="camel", gc=False):
    time_stamp: datetime
    total: float | None = None
    average: float | None = None


class _TimeSeries(msgspec.Struct, gc=False):
    data: list[_Point] | None = None


class _Metric(msgspec.Struct, rename="camel", gc=False):
    name: _Name
    timeseries: list[_TimeSeries] | None = None
    error_code: str | None = None
    error_message: str | None = None


class _Metrics(msgspec.Struct, gc=False):
    value: list[_Metric]


_decode_definitions = msgspec.json.Decoder(_Definitions).decode
_decode_metrics = msgspec.json.Decoder(_Metrics).decode


async def list_definitions(arm: Arm, vnet_id: ArmId, *, subscription_id: str) -> dict[str, tuple[int, ...]]:
    """Ask which metrics Azure offers on a network: the grains of each, in seconds, by the metric's name.

    Raises:
        AzureError: the definitions could not be read.

    """
    body = await arm.get(
        f"{path_of(vnet_id.text)}/providers/Microsoft.Insights/metricDefinitions",
        api="metric_definitions",
        service=Service.MONITOR,
        params={"api-version": DEFINITIONS_API_VERSION},
        subscription_id=subscription_id,
    )
    try:
        found = _decode_definitions(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise failures.from_exception(error) from error
    return {
        item.name.value: tuple(
            sorted(
                GRAINS[one.time_grain]
                for one in item.metric_availabilities or ()
                if one.time_grain is not None and one.time_grain in GRAINS
            )
        )
        for item in found.value
    }


async def list_metrics(
    arm: Arm,
    vnet_id: ArmId,
    *,
    names: Iterable[str],
    aggregation: Aggregation,
    grain: int,
    start: float,
    end: float,
    subscription_id: str,
) -> tuple[Series, ...]:
    """Read metrics of one network over [start, end), Unix seconds, at a grain of so many seconds.

    Raises:
        UnknownMetricError: a metric does not exist; the others may be asked for without it.
        AzureError: the metrics could not be read.

    """
    try:
        body = await arm.get(
            f"{path_of(vnet_id.text)}/providers/Microsoft.Insights/metrics",
            api="metrics",
            service=Service.MONITOR,
            params={
                "api-version": METRICS_API_VERSION,
                "metricnames": ",".join(names),
                "aggregation": aggregation,
                "interval": _GRAIN_NAMES[grain],
                "timespan": f"{_utc(start)}/{_utc(end)}",
            },
            subscription_id=subscription_id,
        )
    except AzureError as error:
        unknown = _UNKNOWN_METRIC.search(error.message)
        if unknown is None:
            raise
        raise UnknownMetricError(unknown["name"], error) from error
    try:
        found = _decode_metrics(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise failures.from_exception(error) from error
    return tuple(_series(item, aggregation) for item in found.value)


def _series(item: _Metric, aggregation: Aggregation) -> Series:
    name = item.name.value
    if item.error_code not in {None, "", "Success"}:
        told = failures.one_line(f"{item.error_code}: {item.error_message or ''}")
        return Series(name, failure=Failure(Reason.BAD_RESPONSE, f"{name}: {told}"))
    series = item.timeseries or ()
    if len(series) > 1:
        return Series(
            name, failure=Failure(Reason.BAD_RESPONSE, f"{name}: split into {len(series)} series unasked")
        )
    return Series(
        name,
        tuple(
            (
                _seconds(point.time_stamp),
                point.total if aggregation == "Total" else point.average,
            )
            for one in series
            for point in one.data or ()
        ),
    )


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _utc(moment: float) -> str:
    # Azure reads the + of a numeric offset as a blank: Z only.
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
