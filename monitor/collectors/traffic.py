"""The traffic collector: Azure Monitor's platform metrics of every network, the newest complete grain of each.

What Azure offers is asked once per subscription and again only rarely. A metric that it does not offer is said
once in the log and exported as unsupported; the others go on. Absent data is never a zero.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog

from monitor.azure.failures import AzureError
from monitor.azure.platform_metrics import Aggregation, UnknownMetricError, list_definitions, list_metrics
from monitor.model import Coverage, Failure, MetricPoint, MetricSupport, Reason, VirtualNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.azure.arm import Arm
    from monitor.azure.platform_metrics import Series

COLLECTOR = "traffic"

AGGREGATIONS: Mapping[str, Aggregation] = MappingProxyType(
    {
        "BytesInPeering": "Total",
        "BytesOutPeering": "Total",
        "PingMeshAverageRoundtripMs": "Average",
        "PingMeshProbesFailedPercent": "Average",
    }
)
"""The metrics that can be collected, each with the aggregation that makes sense of it."""

DOCUMENTED_GRAINS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "PingMeshAverageRoundtripMs": (60, 3600),
        "PingMeshProbesFailedPercent": (60, 3600),
    }
)
"""Grains to go by while the definitions cannot be read: those of Azure's list of metrics; else one minute."""

ASK_AGAIN_AFTER = 6 * 3600.0
"""Seconds after which a subscription is asked anew what it offers."""

LOOK_BACK_GRAINS = 6
LOOK_BACK_LEAST = 1800.0
"""Seconds of timespan at the least: the newest points are often late or null."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """Which of the wanted metrics a subscription's networks have, with the grains in seconds, and since when.

    ``refused`` are those that Azure does not know. ``confirmed`` is False while the definitions could not be read.
    """

    grains: Mapping[str, tuple[int, ...]]
    refused: frozenset[str]
    asked_at: float
    confirmed: bool


@dataclass(frozen=True, slots=True, repr=False)
class Traffic:
    """What is known of traffic: newest points by (network, metric), offers and read outcomes by subscription."""

    points: Mapping[tuple[str, str], MetricPoint] = field(default_factory=lambda: MappingProxyType({}))
    offers: Mapping[str, Offer] = field(default_factory=lambda: MappingProxyType({}))
    coverage: Mapping[str, Coverage] = field(default_factory=lambda: MappingProxyType({}))

    def support(self) -> tuple[MetricSupport, ...]:
        """Which metrics each subscription offers, as far as Azure has said."""
        return tuple(
            MetricSupport(subscription_id, metric, metric not in offer.refused)
            for subscription_id, offer in sorted(self.offers.items())
            for metric in sorted({*offer.refused, *(offer.grains if offer.confirmed else ())})
        )


@dataclass(frozen=True, slots=True, repr=False)
class TrafficPlan:
    """What to collect: metrics by name, the wanted grain in seconds, and how many requests may be in flight."""

    metrics: tuple[str, ...]
    grain: int
    concurrency: int
    max_age: float


async def collect_traffic(
    arm: Arm,
    previous: Traffic,
    *,
    plan: TrafficPlan,
    networks: Mapping[str, Sequence[VirtualNetwork]],
    unlisted: Mapping[str, Failure],
    clock: Callable[[], float],
) -> Traffic:
    """Read the metrics of every network, by subscription; failures keep the last good points and are told."""
    slots = asyncio.Semaphore(plan.concurrency)
    readable = [one for one in networks if networks[one] and one not in unlisted]
    results = await asyncio.gather(
        *(_Reading(arm, plan, slots, clock, one, previous).read(networks[one]) for one in readable)
    )
    now = clock()
    points = dict(previous.points)
    offers = dict(previous.offers)
    coverage = {
        one: Coverage(one, COLLECTOR, failure.reason, failure.detail, _last_success(previous, one))
        for one, failure in unlisted.items()
    }
    for subscription_id, (offer, fresh, failure) in zip(readable, results, strict=True):
        offers[subscription_id] = offer
        points |= {(point.vnet.key, point.metric): point for point in fresh}
        coverage[subscription_id] = Coverage(
            subscription_id,
            COLLECTOR,
            failure.reason if failure else Reason.OK,
            failure.detail if failure else "",
            _last_success(previous, subscription_id) if failure and not fresh else now,
        )
    alive = {vnet.id.key for some in networks.values() for vnet in some}
    kept = {k: p for k, p in points.items() if k[0] in alive and now - p.end <= plan.max_age}
    watched = {*readable, *unlisted}
    return Traffic(
        MappingProxyType(kept),
        MappingProxyType({key: offer for key, offer in offers.items() if key in watched}),
        MappingProxyType(coverage),
    )


def _last_success(previous: Traffic, subscription_id: str) -> float | None:
    row = previous.coverage.get(subscription_id)
    return row.last_success if row else None


class _Reading:
    """One subscription's part of one run."""

    def __init__(
        self,
        arm: Arm,
        plan: TrafficPlan,
        slots: asyncio.Semaphore,
        clock: Callable[[], float],
        subscription_id: str,
        previous: Traffic,
    ) -> None:
        self._arm = arm
        self._plan = plan
        self._slots = slots
        self._clock = clock
        self._subscription_id = subscription_id
        self._before = previous.offers.get(subscription_id)
        self._offer = Offer(MappingProxyType({}), frozenset(), 0.0, confirmed=False)
        self._failures: list[Failure] = []

    async def read(
        self, networks: Sequence[VirtualNetwork]
    ) -> tuple[Offer, tuple[MetricPoint, ...], Failure | None]:
        """Return what is offered, the newest points, and the first failure if there was one."""
        self._offer = await self._current_offer(networks[0])
        if self._wanted():
            # One network first: if Azure refuses a metric, that is learnt once and not by every network.
            found = [await self._network(networks[0])]
            found += await asyncio.gather(*(self._network(one) for one in networks[1:]))
        else:
            found = []
        points = tuple(point for some in found for point in some)
        return self._offer, points, self._failures[0] if self._failures else None

    async def _current_offer(self, network: VirtualNetwork) -> Offer:
        before, now = self._before, self._clock()
        if before is not None and before.confirmed and now - before.asked_at < ASK_AGAIN_AFTER:
            return before
        wanted = self._plan.metrics
        try:
            async with self._slots:
                offered = await list_definitions(self._arm, network.id, subscription_id=self._subscription_id)
        except AzureError as error:
            self._failures.append(_about("the metric definitions", error.failure))
            if before is not None:
                return before
            assumed = {name: DOCUMENTED_GRAINS.get(name, (60,)) for name in wanted}
            return Offer(MappingProxyType(assumed), frozenset(), now, confirmed=False)
        by_name = {name.casefold(): grains for name, grains in offered.items()}
        grains = {name: by_name[name.casefold()] for name in wanted if name.casefold() in by_name}
        refused = frozenset(wanted) - grains.keys()
        self._report(refused - (before.refused if before else frozenset()))
        return Offer(MappingProxyType(grains), refused, now, confirmed=True)

    def _report(self, refused: Iterable[str]) -> None:
        if names := sorted(refused):
            log.warning(
                "Azure does not offer these metrics on virtual networks; they are left out, all else goes on",
                subscription_id=self._subscription_id,
                metrics=names,
            )

    def _wanted(self) -> dict[tuple[Aggregation, int], list[str]]:
        """The metrics to ask for, grouped by what one call can hold: one aggregation, one grain."""
        groups: dict[tuple[Aggregation, int], list[str]] = {}
        for name, grains in self._offer.grains.items():
            fitting = [grain for grain in grains if grain <= self._plan.grain]
            if fitting and name not in self._offer.refused:
                groups.setdefault((AGGREGATIONS[name], max(fitting)), []).append(name)
        return groups

    async def _network(self, network: VirtualNetwork) -> list[MetricPoint]:
        async with self._slots:
            points: list[MetricPoint] = []
            for (aggregation, grain), names in self._wanted().items():
                points += await self._group(network, aggregation, grain, names)
            return points

    async def _group(
        self, network: VirtualNetwork, aggregation: Aggregation, grain: int, names: list[str]
    ) -> list[MetricPoint]:
        now = self._clock()
        end = now - now % grain
        asked = list(names)
        while asked:
            try:
                series = await list_metrics(
                    self._arm,
                    network.id,
                    names=asked,
                    aggregation=aggregation,
                    grain=grain,
                    start=end - max(LOOK_BACK_GRAINS * grain, LOOK_BACK_LEAST),
                    end=end,
                    subscription_id=self._subscription_id,
                )
            except UnknownMetricError as error:
                unknown = [name for name in asked if name.casefold() == error.metric.casefold()]
                if not unknown:
                    self._failures.append(_about(network.id.text, error.failure))
                    return []
                asked = [name for name in asked if name not in unknown]
                self._refuse(unknown[0])
                continue
            except AzureError as error:
                self._failures.append(_about(network.id.text, error.failure))
                return []
            return [point for one in series if (point := self._newest(network, one, grain, now)) is not None]
        return []

    def _refuse(self, metric: str) -> None:
        if metric not in self._offer.refused:
            self._report([metric])
            self._offer = replace(self._offer, refused=self._offer.refused | {metric})

    def _newest(self, network: VirtualNetwork, series: Series, grain: int, now: float) -> MetricPoint | None:
        if series.failure is not None:
            self._failures.append(_about(network.id.text, series.failure))
            return None
        metric = next((one for one in AGGREGATIONS if one.casefold() == series.metric.casefold()), None)
        complete = [(start, value) for start, value in series.points if value is not None and start + grain <= now]
        if metric is None or not complete:
            return None
        start, value = max(complete)
        return MetricPoint(network.id, metric, value, grain, start + grain)


def _about(what: str, failure: Failure) -> Failure:
    return replace(failure, detail=f"{what}: {failure.detail}")
