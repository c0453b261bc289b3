"""Reading a page back: its lines, and its series as both of prometheus_client's parsers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.metrics.exposition import Format
from monitor.metrics.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from monitor.model import Snapshot

Series = tuple[str, frozenset[tuple[str, str]]]

FORMATS = (Format.TEXT, Format.OPENMETRICS)


def lines(snapshot: Snapshot, family: str) -> list[str]:
    """The family's samples as they stand on the page, without their name."""
    page = render(snapshot).decode()
    return [
        line.removeprefix(family).removeprefix(" ")
        for line in page.split("\n")
        if line.startswith((f"{family}{{", f"{family} "))
    ]


def parse(page: str, form: Format) -> list[Metric]:
    """The families of a page of facts, or of a whole page with ``# EOF``."""
    if form is Format.TEXT:
        return list(parse_text(page))
    whole = page if page.endswith("# EOF\n") else f"{page}# EOF\n"
    families: Iterable[Metric] = parse_openmetrics(whole)  # type: ignore[no-untyped-call]  # the library's omission
    return list(families)


def series(page: str, form: Format) -> list[tuple[Series, float]]:
    """Every sample on the page, as often as it is there."""
    return [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in parse(page, form)
        for sample in family.samples
    ]
