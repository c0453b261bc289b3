"""Every family of facts, as data. To add one: a record in :data:`FAMILIES` and a test of its exposition.

All are gauges in both formats, the state sets too: OpenMetrics would give a state set's label the family's own
name. A fact that Azure did not tell has no sample, and a family without samples is not on the page at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from monitor.metrics.facts import Facts
from monitor.metrics.labels import block
from monitor.model import PeeringState, Reason, SyncLevel, ascii_lower

if TYPE_CHECKING:
    from monitor.model import Coverage, Side

Samples = Callable[[Facts], Mapping[str, float]]
"""Values by label block, which names the family's labels in any order and is empty if there are none.

A mapping, because Prometheus refuses the whole page over one series that comes twice.
"""

SetSamples = Callable[[Facts], Mapping[str, tuple[bool | None, ...]]]
"""By label block without the last label: whether each member of the set holds, None where that is not known."""

_Member = TypeVar("_Member")

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _refuse_unfit(name: str, text: str, labels: tuple[str, ...]) -> None:
    if not all(_NAME.fullmatch(each) for each in (name, *labels)):
        raise ValueError(f"{name}: not a name that every Prometheus takes, or a label of it is not")
    if not text or any(character in text for character in '"\\\n'):
        raise ValueError(f"{name}: help must be one line without quotes and backslashes")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family: what the reference says of it, and where its samples come from.

    Its help is one line without quotes and backslashes, which the two formats escape differently. ``absent`` says
    where an identity that is on the page has no series of the family; it completes "none where".
    """

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Samples
    absent: str = ""

    def __post_init__(self) -> None:
        _refuse_unfit(self.name, self.help, self.labels)


@dataclass(frozen=True, slots=True)
class SetFamily:
    """A family of ones and zeros whose last label goes through a closed list, its ``members``.

    It is a family of its own kind for speed: what stands between a row's labels is the same for all rows with the
    same values, so that one join makes all samples of a row.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    members: tuple[str, ...]
    samples: SetSamples
    absent: str = ""

    def __post_init__(self) -> None:
        _refuse_unfit(self.name, self.help, self.labels)


NETWORK = ("subscription_id", "resource_group", "vnet")
"""The identity labels of a virtual network."""

PEERING = (*NETWORK, "peering")
"""The identity labels of one side of a peering."""

REMOTE = ("remote_subscription_id", "remote_resource_group", "remote_vnet")
"""The network at the other end of a peering."""


# Peerings


def _peering_info(facts: Facts) -> Mapping[str, float]:
    return {
        f'{labels},{row.remote_labels},resource_id="{row.resource_id}",link="{row.side.link.id}"': 1
        for labels, row in facts.sides.items()
    }


def _each_side(fact: Callable[[Side], bool | None]) -> Samples:
    """One series a side: 1 or 0, and none where the fact is not known."""
    return lambda facts: {
        labels: 1 if value else 0 for labels, row in facts.sides.items() if (value := fact(row.side)) is not None
    }


def _provisioning_succeeded(side: Side) -> bool | None:
    state = side.peering.provisioning_state
    return None if state is None else state == "Succeeded"


def _one_true(members: Iterable[_Member]) -> dict[_Member, tuple[bool, ...]]:
    """The values of a state set by its current state."""
    members = tuple(members)
    return {current: tuple(member is current for member in members) for current in members}


_STATES = _one_true(PeeringState)
_LEVELS = _one_true(SyncLevel)


def _peering_state(facts: Facts) -> Mapping[str, tuple[bool, ...]]:
    return {labels: _STATES[row.side.peering.state] for labels, row in facts.sides.items()}


def _peering_sync_level(facts: Facts) -> Mapping[str, tuple[bool, ...]]:
    return {labels: _LEVELS[row.side.peering.sync_level] for labels, row in facts.sides.items()}


_FLAGS = (
    "allow_virtual_network_access",
    "allow_forwarded_traffic",
    "allow_gateway_transit",
    "use_remote_gateways",
    "peer_complete_vnets",
)
_read_flags = attrgetter(*_FLAGS)


def _peering_flag(facts: Facts) -> Mapping[str, tuple[bool | None, ...]]:
    return {labels: _read_flags(row.side.peering) for labels, row in facts.sides.items()}


def _peering_finding(facts: Facts) -> Mapping[str, float]:
    return {
        f"{row.labels},{row.remote_labels},"
        + block(check=row.finding.check, severity=row.finding.severity, link=row.link_id): 1
        for row in facts.link_findings
    }


def _network_finding(facts: Facts) -> Mapping[str, float]:
    return Counter(
        f"{row.labels},{block(check=row.finding.check, severity=row.finding.severity)}"
        for row in facts.network_findings
    )


# Virtual networks


def _network_info(facts: Facts) -> Mapping[str, float]:
    locations = {network.location for network in facts.networks.values()}
    suffixes = {location: f",{block(location=ascii_lower(location))}" for location in locations}
    return {labels + suffixes[network.location]: 1 for labels, network in facts.networks.items()}


def _network_peerings(facts: Facts) -> Mapping[str, float]:
    return {
        labels: len(network.peerings)
        for labels, network in facts.networks.items()
        if network.peerings_complete  # otherwise there are more than could be read, nobody knows how many
    }


def _network_peering_limit(facts: Facts) -> Mapping[str, float]:
    return {labels: network.peering_limit for labels, network in facts.networks.items()}


_DIRECTIONS = {
    "BytesInPeering": f",{block(direction='in')}",
    "BytesOutPeering": f",{block(direction='out')}",
}
_ROUNDTRIP = "PingMeshAverageRoundtripMs"
_PROBES_FAILED = "PingMeshProbesFailedPercent"


def _peered_bytes(facts: Facts) -> Mapping[str, float]:
    return {
        labels + direction: point.value
        for metric, direction in _DIRECTIONS.items()
        for labels, point in facts.points.get(metric, {}).items()
    }


def _peered_bytes_per_second(facts: Facts) -> Mapping[str, float]:
    return {
        labels + direction: point.value / point.grain_seconds
        for metric, direction in _DIRECTIONS.items()
        for labels, point in facts.points.get(metric, {}).items()
        if point.grain_seconds > 0
    }


def _in_base_unit(metric: str, per_unit: int) -> Samples:
    """One series a network: the value of one Azure metric, brought to the base unit."""
    return lambda facts: {labels: point.value / per_unit for labels, point in facts.points.get(metric, {}).items()}


def _metric_timestamp(facts: Facts) -> Mapping[str, float]:
    suffixes = {metric: f",{block(metric=metric)}" for metric in facts.points}
    return {
        labels + suffixes[metric]: point.end
        for metric, points in facts.points.items()
        for labels, point in points.items()
    }


# The monitor itself: what changes with the snapshot and not with the minute


def _subscription_readable(facts: Facts) -> Mapping[str, float]:
    worst: dict[tuple[str, str], Coverage] = {}
    for row in facts.snapshot.coverage:
        key = ascii_lower(row.subscription_id), row.collector
        if key not in worst or worst[key].reason is Reason.OK:  # a success hides no failure
            worst[key] = row
    return {
        block(subscription_id=subscription_id, collector=collector, reason=row.reason): 1
        if row.reason is Reason.OK
        else 0
        for (subscription_id, collector), row in worst.items()
    }


def _subscription_last_success(facts: Facts) -> Mapping[str, float]:
    newest: dict[str, float] = {}
    for row in facts.snapshot.coverage:
        if row.last_success is not None:
            labels = block(subscription_id=ascii_lower(row.subscription_id), collector=row.collector)
            newest[labels] = max(row.last_success, newest.get(labels, row.last_success))
    return newest


def _subscription_info(facts: Facts) -> Mapping[str, float]:
    listed = {ascii_lower(subscription.id): subscription for subscription in facts.snapshot.subscriptions}
    return {
        block(
            subscription_id=subscription_id,
            display_name=subscription.display_name,
            tenant_id=ascii_lower(subscription.tenant_id),
        ): 1
        for subscription_id, subscription in listed.items()
    }


def _check_findings(facts: Facts) -> Mapping[str, float]:
    counts = {block(check=check.name, severity=check.severity): 0 for check in facts.snapshot.checks}
    for finding in facts.snapshot.findings:
        labels = block(check=finding.check, severity=finding.severity)
        counts[labels] = counts.get(labels, 0) + 1
    return counts


def _ignored_findings(facts: Facts) -> Mapping[str, float]:
    counts = {block(check=check.name): 0 for check in facts.snapshot.checks}
    for one in facts.snapshot.ignored:
        labels = block(check=one.finding.check)
        counts[labels] = counts.get(labels, 0) + 1
    return counts


def _ratelimit_remaining(facts: Facts) -> Mapping[str, float]:
    return {
        block(subscription_id=ascii_lower(limit.subscription_id), kind=limit.kind): limit.remaining
        for limit in facts.snapshot.rate_limits
    }


def _metric_supported(facts: Facts) -> Mapping[str, float]:
    return {
        block(subscription_id=ascii_lower(support.subscription_id), metric=support.metric): 1
        if support.supported
        else 0
        for support in facts.snapshot.metric_support
    }


FAMILIES: tuple[Family | SetFamily, ...] = (
    Family(
        name="azure_vnet_peering_info",
        help="One side of a virtual network peering: what it says of itself and where it points to; always 1.",
        labels=(*PEERING, "resource_id", *REMOTE, "link"),
        samples=_peering_info,
    ),
    Family(
        name="azure_vnet_info",
        help="A virtual network and its Azure location; always 1.",
        labels=(*NETWORK, "location"),
        samples=_network_info,
    ),
    Family(
        name="azure_vnet_peering_global",
        help="1 if the peering joins two Azure regions, 0 if one; absent where the remote's region is not known.",
        labels=PEERING,
        samples=_each_side(lambda side: side.is_global),
        absent="the remote network's region is not known: it was not read",
    ),
    SetFamily(
        name="azure_vnet_peering_state",
        help="Azure's peeringState of this side: 1 on the current state, 0 on the others.",
        labels=(*PEERING, "state"),
        members=tuple(PeeringState),
        samples=_peering_state,
    ),
    SetFamily(
        name="azure_vnet_peering_sync_level",
        help="Azure's peeringSyncLevel of this side: 1 on the current level, 0 on the others.",
        labels=(*PEERING, "level"),
        members=tuple(SyncLevel),
        samples=_peering_sync_level,
    ),
    Family(
        name="azure_vnet_peering_provisioning_succeeded",
        help="1 if this side's provisioningState is Succeeded, else 0; absent where Azure did not say.",
        labels=PEERING,
        samples=_each_side(_provisioning_succeeded),
        absent="Azure gave no provisioningState",
    ),
    SetFamily(
        name="azure_vnet_peering_flag",
        help="A setting of this side: 1 on, 0 off; absent where Azure did not say.",
        labels=(*PEERING, "flag"),
        members=_FLAGS,
        samples=_peering_flag,
        absent="Azure did not tell this flag",
    ),
    Family(
        name="azure_vnet_peering_consistent",
        help="1 if the flags of both sides agree, 0 if they contradict; absent where the other side is not seen.",
        labels=PEERING,
        samples=_each_side(lambda side: side.consistent),
        absent="the other side was not read",
    ),
    Family(
        name="azure_vnet_peering_remote_visible",
        help="1 if the other side was read, 0 if it could not be.",
        labels=PEERING,
        samples=_each_side(lambda side: side.remote_visible),
    ),
    Family(
        name="azure_vnet_peering_finding",
        help="1 while a check finds something wrong with the peering, on the side to repair.",
        labels=(*PEERING, "check", "severity", "link", *REMOTE),
        samples=_peering_finding,
        absent="nothing is found",
    ),
    Family(
        name="azure_vnet_finding",
        help="Findings of a check about the virtual network or its routes.",
        labels=(*NETWORK, "check", "severity"),
        samples=_network_finding,
        absent="nothing is found",
    ),
    Family(
        name="azure_vnet_peerings",
        help="Peerings of the virtual network; absent where not all of them could be read.",
        labels=NETWORK,
        samples=_network_peerings,
        absent="not all of the network's peerings could be read",
    ),
    Family(
        name="azure_vnet_peering_limit",
        help="Peerings that Azure allows on the virtual network.",
        labels=NETWORK,
        samples=_network_peering_limit,
    ),
    Family(
        name="azure_vnet_peered_bytes",
        help="Bytes over all of the network's peerings in the newest complete grain of Azure Monitor.",
        labels=(*NETWORK, "direction"),
        samples=_peered_bytes,
        absent="Azure does not offer the metric, or has no value for the network",
    ),
    Family(
        name="azure_vnet_peered_bytes_per_second",
        help="Bytes over all of the network's peerings in the newest complete grain, by the grain's length.",
        labels=(*NETWORK, "direction"),
        samples=_peered_bytes_per_second,
        absent="Azure does not offer the metric, or has no value for the network",
    ),
    Family(
        name="azure_vnet_ping_mesh_roundtrip_seconds",
        help="Azure Monitor PingMesh: average round trip between the network's virtual machines.",
        labels=NETWORK,
        samples=_in_base_unit(_ROUNDTRIP, 1000),
        absent="Azure has no value: PingMesh needs virtual machines in the network",
    ),
    Family(
        name="azure_vnet_ping_mesh_probes_failed_ratio",
        help="Azure Monitor PingMesh: failed probes between the network's virtual machines, 0 to 1.",
        labels=NETWORK,
        samples=_in_base_unit(_PROBES_FAILED, 100),
        absent="Azure has no value: PingMesh needs virtual machines in the network",
    ),
    Family(
        name="azure_vnet_metric_timestamp_seconds",
        help="End of the grain that the value of this Azure Monitor metric describes, in Unix time.",
        labels=(*NETWORK, "metric"),
        samples=_metric_timestamp,
        absent="there is no value of the metric",
    ),
    Family(
        name="peering_monitor_subscription_readable",
        help="1 if the newest read of the subscription by this collector went well, else 0 and the reason.",
        labels=("subscription_id", "collector", "reason"),
        samples=_subscription_readable,
    ),
    Family(
        name="peering_monitor_subscription_last_success_timestamp_seconds",
        help="When this collector last read the subscription well, in Unix time; absent if never.",
        labels=("subscription_id", "collector"),
        samples=_subscription_last_success,
        absent="the collector never read the subscription well",
    ),
    Family(
        name="peering_monitor_subscription_info",
        help="A watched subscription; always 1.",
        labels=("subscription_id", "display_name", "tenant_id"),
        samples=_subscription_info,
    ),
    Family(
        name="peering_monitor_check_findings",
        help="Findings of each check that is on, also 0, without those that are ignored.",
        labels=("check", "severity"),
        samples=_check_findings,
        absent="the check is switched off",
    ),
    Family(
        name="peering_monitor_ignored_findings",
        help="Findings of each check that is on, also 0, that checks.ignore takes out of all other series.",
        labels=("check",),
        samples=_ignored_findings,
    ),
    Family(
        name="peering_monitor_azure_ratelimit_remaining",
        help="What is left of one of Azure's rate limits, as its newest answer said.",
        labels=("subscription_id", "kind"),
        samples=_ratelimit_remaining,
        absent="no answer told it yet",
    ),
    Family(
        name="peering_monitor_azure_metric_supported",
        help="1 if Azure offers the metric on the subscription's virtual networks, 0 if it does not.",
        labels=("subscription_id", "metric"),
        samples=_metric_supported,
        absent="the subscription was not asked yet, or has no network",
    ),
    Family(
        name="peering_monitor_snapshot_timestamp_seconds",
        help="When the facts on this page were put together, in Unix time.",
        labels=(),
        samples=lambda facts: {"": facts.snapshot.built_at},
    ),
    Family(
        name="peering_monitor_snapshot_peerings",
        help="Sides of peerings among the facts on this page.",
        labels=(),
        samples=lambda facts: {"": len(facts.sides)},
    ),
)
