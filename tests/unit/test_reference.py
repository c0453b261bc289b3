"""The reference lags in nothing behind the code, and what nobody has described cannot get into it."""

# Annotations are evaluated at run time by pydantic: no `from __future__ import annotations` here.

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from pydantic import Field

from monitor.analysis.documentation import UndocumentedError as UndocumentedCheckError
from monitor.analysis.fault import Fault
from monitor.analysis.registry import CHECKS, LINK_CHECKS, Check
from monitor.metrics.families import FAMILIES, Family
from monitor.model import Link
from monitor.settings import Section, variable_of
from monitor.settings.schema import dotted, leaf_paths
from tests.reference import checks, metrics, settings
from tests.reference.markdown import UndocumentedError, slug
from tests.reference.pages import FOLDER, pages

ROOT = FOLDER.parents[1]
PAGES = pages()
BY_PAGE = pytest.mark.parametrize("name", PAGES)

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)">')
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def link_undescribed(link: Link) -> Iterator[Fault]:
    """Something."""
    del link
    yield from ()


class Silent(StrEnum):
    ONE = "one"


@BY_PAGE
def test_a_page_is_what_the_code_says(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8") if (FOLDER / name).exists() else ""
    assert written == PAGES[name], f"deploy/reference/{name} lags behind the code: run `make reference`"


def test_nothing_else_is_in_the_reference() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize(
    "path", [Path("README.md"), *(Path("deploy/reference") / name for name in PAGES)], ids=str
)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for target in _LINK.findall(_FENCED.sub("", text)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        page = (ROOT / path.parent / file).resolve() if file else ROOT / path
        assert page.exists(), target
        if anchor:
            there = page.read_text(encoding="utf-8")
            assert anchor in {*_ANCHOR.findall(there), *map(slug, _HEADING.findall(there))}, target


@BY_PAGE
def test_every_row_of_a_table_has_its_columns(name: str) -> None:
    columns = 0
    for line in PAGES[name].splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        columns = columns or cells
        assert cells == columns, line


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_is_told_whole(check: Check) -> None:
    (section,) = re.findall(rf"^### {check.name}\n(.*?)(?=^##|\Z)", PAGES["checks.md"], re.MULTILINE | re.DOTALL)
    assert f"Severity: **{check.severity}**" in section
    assert "**Why it matters.**" in section
    assert "**To repair.**" in section
    assert all(f"`{reason}`" in section for reason in check.reasons)
    assert all(f"`{other}`" in section for other in check.silenced_by)


def test_every_metric_of_the_page_is_told() -> None:
    golden = (ROOT / "tests/unit/metrics/golden/page.txt").read_text(encoding="utf-8")
    exported = set(re.findall(r"^# TYPE (\S+)", golden, re.MULTILINE)) | {family.name for family in FAMILIES}
    assert exported <= set(_ANCHOR.findall(PAGES["metrics.md"]))


def test_the_process_metrics_are_those_that_the_library_exports() -> None:
    exported = {
        (f"{metric.name}_total" if metric.type == "counter" else metric.name, metric.type)
        for metric in ProcessCollector(registry=CollectorRegistry()).collect()
    }
    if not exported:
        pytest.skip("this system has no /proc")
    assert exported == {(name, kind) for name, (kind, _) in metrics.PROCESS.items()}


@pytest.mark.parametrize("path", leaf_paths(), ids=dotted)
def test_a_setting_is_told_with_its_variable(path: tuple[str, ...]) -> None:
    text = PAGES["settings.md"]
    assert f'<a id="{dotted(path)}"></a>`{dotted(path)}`<br>`{variable_of(path)}` |' in text


# What lacks its documentation


def test_a_check_without_documentation_is_refused() -> None:
    with pytest.raises(UndocumentedCheckError, match="link_undescribed"):
        checks.contents([replace(LINK_CHECKS[0], function=link_undescribed)])


def test_a_check_without_a_summary_is_refused() -> None:
    with pytest.raises(UndocumentedError, match="link/disconnected: its summary"):
        checks.contents([replace(CHECKS[0], summary=" ")])


def test_a_check_whose_reasons_are_not_described_is_refused() -> None:
    Silent.__doc__ = None
    with pytest.raises(UndocumentedError, match="link/disconnected: its reasons"):
        checks.contents([replace(CHECKS[0], reasons=Silent)])


def test_a_metric_without_help_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="help must be one line"):
        Family(name="azure_vnet_new", help="", labels=(), samples=lambda _: {})


def test_a_live_metric_without_help_is_refused() -> None:
    registry = CollectorRegistry()
    Gauge("peering_monitor_new", "", registry=registry)
    with pytest.raises(UndocumentedError, match="peering_monitor_new has no description"):
        metrics.live_rows(registry)


def test_a_live_metric_whose_labels_cannot_be_seen_is_refused() -> None:
    registry = CollectorRegistry()
    Counter("peering_monitor_new", "Something new.", ["who"], registry=registry)
    with pytest.raises(UndocumentedError, match="peering_monitor_new_total has no sample"):
        metrics.live_rows(registry)


def test_a_label_without_a_description_is_refused() -> None:
    with pytest.raises(UndocumentedError, match=r"without a description .*: colour"):
        metrics.labels([*metrics.LABELS, "colour"], {})


def test_a_label_that_no_metric_has_any_more_is_refused() -> None:
    with pytest.raises(UndocumentedError, match="not in use: vnet"):
        metrics.labels(metrics.LABELS.keys() - {"vnet"}, {})


def test_a_setting_without_a_description_is_refused() -> None:
    class Silent(Section):
        """Said."""

        speed: int = 1

    class Top(Section):
        silent: Silent = Silent()

    with pytest.raises(UndocumentedError, match=r"silent\.speed has no description"):
        settings.groups(Top)


def test_a_setting_whose_type_does_not_tell_what_it_accepts_is_refused() -> None:
    class Odd(Section):
        """Said."""

        colours: Annotated[frozenset[str], Field(description="Said.")] = frozenset()

    class Top(Section):
        odd: Odd = Odd()

    with pytest.raises(UndocumentedError, match=r"odd\.colours: nothing says what it accepts"):
        settings.groups(Top)


def test_the_items_of_a_list_of_maps_are_told_key_by_key() -> None:
    class Item(Section):
        who: Annotated[str, Field(description="Whom.")]
        often: Annotated[int, Field(description="How often.", ge=1, le=9)] = 2

    class Odd(Section):
        """Said."""

        items: Annotated[tuple[Item, ...], Field(description="Said.")] = ()

    class Top(Section):
        odd: Odd = Odd()

    (group,) = settings.groups(Top)
    assert [(key.path, key.variable, key.accepts, key.default) for key in group.keys] == [
        ("odd.items", "PEERING_MONITOR_ODD__ITEMS", "a list of maps with the keys below", "`[]`"),
        ("odd.items[].who", "", "text", "required"),
        ("odd.items[].often", "", "a whole number from 1 to 9", "`2`"),
    ]
