"""The metrics about ourselves that change between snapshots: a small registry, rendered at every scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Metric, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from monitor.metrics.exposition import Format

if TYPE_CHECKING:
    from collections.abc import Iterator


class _WithoutCreated(Collector):
    """A registry as it is, less the ``_created`` series: one more for each counter, and of no use here.

    The library's own switch is one for the whole process; this leaves that alone.
    """

    def __init__(self, registry: Collector) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            created = f"{metric.name}_created"
            kept = [sample for sample in metric.samples if sample.name != created]
            if len(kept) < len(metric.samples):
                bare = Metric(metric.name, metric.documentation, metric.type, metric.unit)
                bare.samples = kept
                yield bare
            else:
                yield metric


def render_live(registry: Collector, form: Format) -> bytes:
    """The registry in the wanted format; an OpenMetrics page ends with it, so ``# EOF`` comes last."""
    bare = _WithoutCreated(registry)
    if form is Format.TEXT:
        return generate_latest(bare)
    page: bytes = openmetrics.generate_latest(bare)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return page
