"""Which operation a path means. Matching ignores case as ARM's does; names keep the case they came in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote


class Api(StrEnum):
    """The operations; faults and the request log name them."""

    SUBSCRIPTIONS = "subscriptions"
    SUBSCRIPTION = "subscription"
    NETWORKS = "networks"
    NETWORK = "network"
    PEERINGS = "peerings"
    PEERING = "peering"
    ROUTE_TABLES = "route-tables"
    ROUTE_TABLE = "route-table"
    METRIC_DEFINITIONS = "metric-definitions"
    METRICS = "metrics"
    SUBSCRIPTION_METRICS = "subscription-metrics"
    OPERATION = "operation"
    RESOURCE_GRAPH = "resource-graph"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A path taken apart: the operation and the names in the path."""

    api: Api
    segments: list[str]
    subscription: str | None = None
    group: str | None = None
    name: str | None = None
    child: str | None = None


_NETWORKS = "providers/microsoft.network/virtualnetworks"
_TABLES = "providers/microsoft.network/routetables"
_GROUP = "subscriptions/{subscription}/resourcegroups/{group}"
_TEMPLATES: tuple[tuple[str, Api], ...] = (
    ("providers/microsoft.resourcegraph/resources", Api.RESOURCE_GRAPH),
    ("subscriptions", Api.SUBSCRIPTIONS),
    ("subscriptions/{subscription}", Api.SUBSCRIPTION),
    (f"subscriptions/{{subscription}}/{_NETWORKS}", Api.NETWORKS),
    (f"{_GROUP}/{_NETWORKS}", Api.NETWORKS),
    (f"{_GROUP}/{_NETWORKS}/{{name}}", Api.NETWORK),
    (f"{_GROUP}/{_NETWORKS}/{{name}}/virtualnetworkpeerings", Api.PEERINGS),
    (f"{_GROUP}/{_NETWORKS}/{{name}}/virtualnetworkpeerings/{{child}}", Api.PEERING),
    (f"{_GROUP}/{_NETWORKS}/{{name}}/providers/microsoft.insights/metricdefinitions", Api.METRIC_DEFINITIONS),
    (f"{_GROUP}/{_NETWORKS}/{{name}}/providers/microsoft.insights/metrics", Api.METRICS),
    ("subscriptions/{subscription}/providers/microsoft.insights/metrics", Api.SUBSCRIPTION_METRICS),
    (f"subscriptions/{{subscription}}/{_TABLES}", Api.ROUTE_TABLES),
    (f"{_GROUP}/{_TABLES}", Api.ROUTE_TABLES),
    (f"{_GROUP}/{_TABLES}/{{name}}", Api.ROUTE_TABLE),
    (
        "subscriptions/{subscription}/providers/microsoft.network/locations/{group}/operations/{name}",
        Api.OPERATION,
    ),
    (
        "subscriptions/{subscription}/providers/microsoft.network/locations/{group}/operationresults/{name}",
        Api.OPERATION,
    ),
)
_BY_LENGTH: dict[int, list[tuple[list[str], Api]]] = {}
for _template, _api in _TEMPLATES:
    _parts = _template.split("/")
    _BY_LENGTH.setdefault(len(_parts), []).append((_parts, _api))


def target_of(raw_path: str) -> Target:
    """Take a percent-encoded path apart. Empty segments are passed over: the SDK writes `//subscriptions`."""
    segments = [unquote(segment) for segment in raw_path.split("/") if segment]
    for parts, api in _BY_LENGTH.get(len(segments), ()):
        names: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                names[part[1:-1]] = segment
            elif part != segment.lower():
                break
        else:
            return Target(api=api, segments=segments, **names)
    subscription = segments[1] if len(segments) > 1 and segments[0].lower() == "subscriptions" else None
    return Target(api=Api.UNKNOWN, segments=segments, subscription=subscription)
