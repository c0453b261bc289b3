"""The report for people at a terminal: findings first to last by severity, then what could not be seen.

Sentences are wrapped to the width. Commands and addresses never are: each is one line, to be copied as it is.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from monitor.model import OnLink, OnNetwork, Severity
from monitor.printable import printable
from monitor.report.outcome import unseen
from monitor.report.wording import Names, counted, extent, globs, moment, verdict, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import Coverage, Finding, Ignore, IgnoredFinding, Snapshot

_STYLE = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
_NARROWEST = 40


def render(snapshot: Snapshot, *, width: int = 80, colour: bool = False) -> str:
    """The report as text; ``colour`` adds the terminal's escape sequences, and nothing else ever does."""
    page = _Page(max(width, _NARROWEST), colour=colour)
    names = Names(snapshot)
    for finding in worst_first(snapshot):
        _finding(page, finding, names)
    _section(page, Text("Ignored", style="dim bold"), [_ignored(one, names) for one in snapshot.ignored])
    _section(
        page,
        Text("Expired in checks.ignore: renew or remove", style="bold"),
        map(_expired, snapshot.expired_ignores),
    )
    failed = unseen(snapshot)
    if failed:
        page.text(Text("Could not see", style="bold"))
        for row in failed:
            _failure(page, row, names)
        page.blank()
    page.text(Text(_summary(snapshot, len(failed)), style="bold"))
    return page.finish()


def _summary(snapshot: Snapshot, failed: int) -> str:
    summary = f"{extent(snapshot)}: {verdict(snapshot)}"
    if snapshot.ignored:
        summary += f", {len(snapshot.ignored)} ignored"
    if failed:
        summary += f"; {counted(failed, 'read')} failed"
    if failed or not snapshot.coverage:
        return f"Incomplete: {summary}."
    return f"{summary}." if snapshot.findings else f"Healthy: {summary}."


def _section(page: _Page, heading: Text, paragraphs: Iterable[Text]) -> None:
    """A heading and what stands below it; nothing at all without a paragraph."""
    paragraphs = tuple(paragraphs)
    if paragraphs:
        page.text(heading)
        for paragraph in paragraphs:
            page.text(paragraph, indent=2)
        page.blank()


def _finding(page: _Page, finding: Finding, names: Names) -> None:
    style = _STYLE[finding.severity]
    page.text(
        Text.assemble(
            (finding.severity.upper(), style),
            " ",
            (printable(finding.check), "bold"),
            f" ({printable(finding.reason)})",
        )
    )
    match finding.subject:
        case OnLink() as on:
            _ends(page, on, names)
        case OnNetwork(vnet=vnet):
            page.text(Text(names.network(vnet)), indent=2)
    page.text(Text(printable(finding.detail)), indent=2)
    if finding.repair:
        page.text(Text("Repair:"), indent=2)
        for command in finding.repair:
            page.verbatim(command, indent=4)
    page.verbatim(f"Portal: {finding.portal_url}", indent=2, style="dim")
    page.blank()


def _ignored(one: IgnoredFinding, names: Names) -> Text:
    """One paragraph: what it is, where, until when, and why."""
    finding, ignore = one.finding, one.ignore
    on = finding.subject
    where = " <-> ".join(names.ends(on)) if isinstance(on, OnLink) else names.network(on.vnet)
    said = f"{printable(finding.check)} ({printable(finding.reason)}) of {where}"
    return Text(f"{said}, until {moment(ignore.until)}: {printable(ignore.reason)}", style="dim")


def _expired(entry: Ignore) -> Text:
    return Text(f"{globs(entry)}: ended {moment(entry.until)}: {printable(entry.reason)}")


def _ends(page: _Page, on: OnLink, names: Names) -> None:
    own, other = names.ends(on)
    ends = Text(f"{own} <-> {other}")
    if page.fits(ends, indent=2):
        page.text(ends, indent=2)
    else:
        page.text(Text(own), indent=2)
        page.text(Text(f"<-> {other}"), indent=2)
    page.text(Text(f"Side: {printable(on.side.name)} of {printable(on.side.vnet.name)}"), indent=2)


def _failure(page: _Page, row: Coverage, names: Names) -> None:
    page.text(Text.assemble(f"{names.read(row)}: ", (str(row.reason), "bold red")), indent=2)
    if row.detail:
        page.text(Text(printable(row.detail)), indent=4)


class _Page:
    """Lines of text, wrapped or not."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._out = io.StringIO()
        self._console = Console(
            file=self._out,
            width=width,
            height=100,
            force_terminal=colour,
            force_jupyter=False,
            color_system="standard" if colour else None,
            no_color=not colour,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
        )
        self._width = width

    def fits(self, text: Text, *, indent: int) -> bool:
        """Whether a paragraph is one line."""
        return indent + text.cell_len <= self._width

    def text(self, text: Text, *, indent: int = 0) -> None:
        """A paragraph, wrapped at words, the further lines as far in as the first."""
        for line in text.wrap(self._console, self._width - indent):
            line.rstrip()
            self._line(line, indent)

    def verbatim(self, text: str, *, indent: int, style: str = "") -> None:
        """One line however long it is: the terminal may fold it, and still copies it whole."""
        self._line(Text(printable(text), style=style), indent)

    def blank(self) -> None:
        """An empty line."""
        self._out.write("\n")

    def finish(self) -> str:
        """Everything written."""
        return self._out.getvalue()

    def _line(self, line: Text, indent: int) -> None:
        self._console.print(Text.assemble(" " * indent, line), soft_wrap=True)
