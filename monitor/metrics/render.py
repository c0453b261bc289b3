"""Facts as text. One body serves both formats: Prometheus text 0.0.4 and OpenMetrics 1.0.

They agree on a gauge's lines; OpenMetrics wants ``# EOF`` at the end, which the metrics about ourselves bring.
A family without samples is left out: both formats and promtool would take its HELP and TYPE alone, but whoever
reads the page would look for series that are not there.
"""

from __future__ import annotations

from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING

from monitor.metrics.facts import prepare
from monitor.metrics.families import FAMILIES, SetFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.metrics.facts import Facts
    from monitor.metrics.families import Family
    from monitor.model import Snapshot


def render_family(family: Family | SetFamily, facts: Facts) -> tuple[str, int]:
    """One family's text and how many samples it holds; nothing at all if it has none."""
    lines, count = _set_lines(family, facts) if isinstance(family, SetFamily) else _lines(family, facts)
    if not count:
        return "", 0
    return "".join([f"# HELP {family.name} {family.help}\n# TYPE {family.name} gauge\n", *lines]), count


def _lines(family: Family, facts: Facts) -> tuple[list[str], int]:
    samples = family.samples(facts)
    if not family.labels:
        lines = [f"{family.name} {value}\n" for value in samples.values()]
    else:
        opening = f"{family.name}{{"
        lines = []
        for value, run in groupby(samples, key=samples.__getitem__):  # most values stand in long runs
            end = f"}} {value}\n"
            lines += opening, f"{end}{opening}".join(run), end
    return lines, len(samples)


def _set_lines(family: SetFamily, facts: Facts) -> tuple[list[str], int]:
    """A row's samples are its labels, joined by what stands between them: made once for equal values."""
    lines: list[str] = []
    count = 0
    between: dict[tuple[bool | None, ...], list[str]] = {}
    for labels, values in family.samples(facts).items():
        parts = between.get(values)
        if parts is None:
            parts = between[values] = _around_labels(family, values)
        lines.append(labels.join(parts))
        count += len(parts) - 1
    return lines, count


def _around_labels(family: SetFamily, values: tuple[bool | None, ...]) -> list[str]:
    parts = [""]
    for member, value in zip(family.members, values, strict=True):
        if value is not None:
            parts[-1] += f"{family.name}{{"
            parts.append(f',{family.labels[-1]}="{member}"}} {value:d}\n')
    return parts


def render_families(snapshot: Snapshot) -> Iterator[tuple[bytes, int]]:
    """The page in pieces, a family each, with its number of samples: the whole of it need never be in memory."""
    facts = prepare(snapshot)
    for family in FAMILIES:
        text, count = render_family(family, facts)
        if count:
            yield text.encode(), count


def render(snapshot: Snapshot) -> bytes:
    """The whole page of facts."""
    page = BytesIO()  # unlike a join, it holds the text once
    for text, _ in render_families(snapshot):
        page.write(text)
    return page.getvalue()
