"""What the page about the checks holds: the registry, and the docstrings of its functions and enumerations."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.analysis.documentation import documentation
from monitor.analysis.registry import CHECKS
from monitor.model import Severity
from tests.reference.markdown import described, marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.analysis.registry import Check

FAMILIES = {
    "link": "The two sides of one peering",
    "vnet": "One virtual network and its neighbours",
    "route": "Route tables",
    "fleet": "The topology that was declared",
}
"""What the first part of a check's name says it looks at, in the page's order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One check as the page tells it; every text is Markdown."""

    name: str
    severity: str
    finds: str
    summary: str
    what: tuple[str, ...]
    why: str
    repair: str
    reasons: tuple[str, ...]
    reasons_say: str
    silenced_by: tuple[str, ...]
    silences: tuple[str, ...]


def contents(checks: Sequence[Check] = CHECKS) -> dict[str, Any]:
    """The checks by family, those of the most severity first."""
    order = tuple(reversed(Severity))
    entries = sorted(
        (entry(check, checks) for check in checks), key=lambda one: order.index(Severity(one.severity))
    )
    families = [
        (title, [one for one in entries if one.name.split("/")[0] == family]) for family, title in FAMILIES.items()
    ]
    return {"families": [(title, found) for title, found in families if found]}


def entry(check: Check, checks: Sequence[Check]) -> Entry:
    """What is written about a check where it is made; raises for a check without it."""
    text = documentation(check.function)
    return Entry(
        name=check.name,
        severity=check.severity.value,
        finds=marked(described(check.summary, f"{check.name}: its summary")),
        summary=marked(text.summary),
        what=tuple(map(marked, text.what)),
        why=marked(text.why),
        repair=marked(text.repair),
        reasons=tuple(check.reasons),
        reasons_say=marked(_said_of(check.reasons, check.name)),
        silenced_by=tuple(one.name for one in checks if one.name in check.silenced_by),
        silences=tuple(one.name for one in checks if check.name in one.silenced_by),
    )


def _said_of(reasons: type, name: str) -> str:
    """The sentence about the enumeration, to stand in brackets."""
    text = " ".join(described(inspect.cleandoc(reasons.__doc__ or ""), f"{name}: its reasons").split())
    return text[0].lower() + text[1:].removesuffix(".")
