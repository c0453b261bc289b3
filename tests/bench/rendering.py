"""The page of facts, against prometheus_client's ``generate_latest`` on the same facts.

Ours goes from a snapshot to a text that serves both formats. The other goes from a custom collector to the text of
one format. Its facts lie ready by label and value, so it never has to look at a snapshot; the collector fills its
families when asked, as collectors do, and once more they were filled before the clock started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from monitor.metrics.exposition import Rendered
from monitor.metrics.families import FAMILIES
from monitor.metrics.render import render, render_families
from tests.bench import report
from tests.bench.contest import Task, contest
from tests.bench.report import Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from monitor.model import Snapshot
    from tests.bench.contest import Times

ROUNDS = 5
REPEATS = 3
"""How often each quick contestant runs in a round."""

RENDER, PUBLISH = "ours: rendered", "ours: rendered and gzipped"
FILLING, FILLED = "generate_latest, text", "generate_latest, text, families filled before"
OPENMETRICS = "generate_latest, OpenMetrics"


def measure(snapshot: Snapshot) -> dict[str, Times]:
    """Time all on one snapshot and print the table."""
    facts = list(text_string_to_metric_families(render(snapshot).decode()))
    filling = _registry(_Facts(facts, beforehand=False))
    filled = _registry(_Facts(facts, beforehand=True))
    theirs = generate_latest(filling).splitlines()
    assert sum(not line.startswith(b"#") for line in theirs) == Rendered.of(snapshot).samples
    tasks = {
        RENDER: Task(lambda: sum(len(text) for text, _ in render_families(snapshot)), REPEATS),
        PUBLISH: Task(lambda: Rendered.of(snapshot), REPEATS),
        FILLING: Task(lambda: generate_latest(filling)),
        FILLED: Task(lambda: generate_latest(filled)),
        OPENMETRICS: Task(lambda: openmetrics.generate_latest(filling)),  # type: ignore[no-untyped-call]
    }
    taken = contest(tasks, rounds=ROUNDS)
    rendered = Rendered.of(snapshot)
    report.heading(
        f"Render: {rendered.samples:,} samples, {report.size(rendered.size)}; medians of {ROUNDS} rounds"
    )
    report.row("", "CPU", "samples/s", "x rendered", "x with gzip")
    for name, times in taken.items():
        report.row(
            name,
            report.milliseconds(times.median),
            f"{rendered.samples / times.median:,.0f}",
            report.times(times.ratio_to(taken[RENDER])),
            report.times(times.ratio_to(taken[PUBLISH])),
        )
    return taken


def expectations(taken: dict[str, Times]) -> list[Expectation]:
    return [Expectation("rendering, against generate_latest", 20, taken[FILLING].ratio_to(taken[RENDER]))]


class _Facts(Collector):
    """The facts of a page for prometheus_client: families filled when asked, or beforehand."""

    def __init__(self, facts: Iterable[Metric], *, beforehand: bool) -> None:
        labels = {family.name: family.labels for family in FAMILIES}
        self._facts = [
            (
                parsed.name,
                parsed.documentation,
                labels[parsed.name],
                [([each.labels[name] for name in labels[parsed.name]], each.value) for each in parsed.samples],
            )
            for parsed in facts
        ]
        self._filled = list(self._fill()) if beforehand else None

    def _fill(self) -> Iterator[Metric]:
        for name, text, labels, samples in self._facts:
            family = GaugeMetricFamily(name, text, labels=labels)
            for values, value in samples:
                family.add_metric(values, value)
            yield family

    def collect(self) -> Iterator[Metric]:
        yield from self._fill() if self._filled is None else self._filled


def _registry(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry
