"""Which metrics a virtual network has: as Azure documents them today, and with bytes over peerings besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.simulator.estate import MetricsProfile

GRAINS: dict[str, timedelta] = {
    "PT1M": timedelta(minutes=1),
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT6H": timedelta(hours=6),
    "PT12H": timedelta(hours=12),
    "P1D": timedelta(days=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric definition."""

    name: str
    display_name: str
    description: str
    unit: str
    category: str
    aggregation: str
    aggregations: tuple[str, ...] = field(default=())
    grains: tuple[str, ...]
    dimensions: tuple[str, ...] = ()


_PING_DIMENSIONS = ("SourceCustomerAddress", "DestinationCustomerAddress")
_PING_MESH = (
    Metric(
        name="PingMeshAverageRoundtripMs",
        display_name="Round trip time for Pings to a VM",
        description="Round trip time for Pings sent to a destination VM",
        unit="MilliSeconds",
        category="PingMesh",
        aggregation="Average",
        aggregations=("Average",),
        grains=("PT1M", "PT1H"),
        dimensions=_PING_DIMENSIONS,
    ),
    Metric(
        name="PingMeshProbesFailedPercent",
        display_name="Failed Pings to a VM",
        description="Percent of number of failed Pings to total sent Pings of a destination VM",
        unit="Percent",
        category="PingMesh",
        aggregation="Average",
        aggregations=("Average",),
        grains=("PT1M", "PT1H"),
        dimensions=_PING_DIMENSIONS,
    ),
)
_DDOS = (
    ("IfUnderDDoSAttack", "Under DDoS attack or not", "Count"),
    ("DDoSTriggerSYNPackets", "Inbound SYN packets to trigger DDoS mitigation", "CountPerSecond"),
    ("DDoSTriggerTCPPackets", "Inbound TCP packets to trigger DDoS mitigation", "CountPerSecond"),
    ("DDoSTriggerUDPPackets", "Inbound UDP packets to trigger DDoS mitigation", "CountPerSecond"),
    *(
        (
            f"{protocol}{what}{fate}DDoS",
            f"Inbound {protocol + ' ' if protocol else ''}{what.lower()} {verb}DDoS",
            f"{'Bytes' if what == 'Bytes' else 'Count'}PerSecond",
        )
        for what in ("Bytes", "Packets")
        for protocol in ("", "TCP", "UDP")
        for fate, verb in (("Dropped", "dropped "), ("Forwarded", "forwarded "), ("In", ""))
    ),
)
_DDOS_METRICS = tuple(
    Metric(
        name=name,
        display_name=display,
        description=display,
        unit=unit,
        category="DDoS Protection",
        aggregation="Maximum",
        aggregations=("Average", "Minimum", "Maximum", "Total", "Count"),
        grains=("PT1M",),
        dimensions=("ProtectedIPAddress",),
    )
    for name, display, unit in _DDOS
)
_PEERING_BYTES = tuple(
    Metric(
        name=f"Bytes{direction}Peering",
        display_name=f"Bytes {direction} over peerings",
        description=f"Bytes that the virtual network {verb} over its peerings",
        unit="Bytes",
        category="Peering",
        aggregation="Total",
        aggregations=("Total", "Average", "Minimum", "Maximum", "Count"),
        grains=tuple(GRAINS),
    )
    for direction, verb in (("In", "received"), ("Out", "sent"))
)
_PROFILES: dict[MetricsProfile, tuple[Metric, ...]] = {
    "documented": (*_PING_MESH, *_DDOS_METRICS),
    "peering-bytes": (*_PEERING_BYTES, *_PING_MESH, *_DDOS_METRICS),
}


def offered(profile: MetricsProfile) -> dict[str, Metric]:
    """The metrics of a profile by lower-case name."""
    return {metric.name.lower(): metric for metric in _PROFILES[profile]}
