"""What ``explain`` says of a check: its documentation, for people and for scripts."""

from __future__ import annotations

import inspect
import json
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from monitor.analysis.documentation import documentation
from monitor.analysis.registry import CHECKS
from monitor.report.document import SCHEMA_VERSION

if TYPE_CHECKING:
    from monitor.analysis.engine import AnalysisOptions
    from monitor.analysis.registry import Check

WIDTH = 80


def find(name: str) -> Check | None:
    """The check of this name, in any case."""
    return next((check for check in CHECKS if check.name == name.lower()), None)


def unknown(name: str) -> str:
    """What is said where there is no such check: the nearest one, if any comes near."""
    names = [check.name for check in CHECKS]
    endings = [one for one in names if one.partition("/")[2] == name.lower()]
    close = endings or get_close_matches(name.lower(), names, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"there is no check {name!r} in this version{hint}"


def listing() -> str:
    """Every check with what it finds, sorted by name."""
    checks = sorted(CHECKS, key=lambda check: check.name)
    column = max(len(check.name) for check in checks) + 2
    return "".join(
        _wrapped(check.summary, opening=f"  {check.name:<{column}}", indent=" " * (column + 2)) for check in checks
    )


def explain(check: Check, options: AnalysisOptions) -> dict[str, Any]:
    """The explanation as plain data, whose keys are a promise; ``options`` tell the severity in force."""
    told = documentation(check.function)
    return {
        "schema_version": SCHEMA_VERSION,
        "check": check.name,
        "summary": told.summary,
        "enabled": check.name not in options.disabled,
        "severity": str(options.severity_of(check)),
        "default_severity": str(check.severity),
        "what": list(told.what),
        "why": told.why,
        "repair": told.repair,
        "reasons": [str(reason) for reason in check.reasons],
        "silenced_by": sorted(check.silenced_by),
    }


def render_json(check: Check, options: AnalysisOptions) -> str:
    """The explanation as one JSON document."""
    return json.dumps(explain(check, options), indent=2) + "\n"


def render_text(check: Check, options: AnalysisOptions, *, width: int = WIDTH) -> str:
    """The explanation as text, no line longer than ``width``."""
    told = explain(check, options)
    severity = told["severity"]
    if severity != told["default_severity"]:
        severity += f" (by default {told['default_severity']})"
    if not told["enabled"]:
        severity += "; this check is off (checks.disabled)"
    facts = [("Severity", severity), ("Reasons", f"{', '.join(told['reasons'])}. {inspect.getdoc(check.reasons)}")]
    if told["silenced_by"]:
        facts.append(("Silent while one of these explains it", f"{', '.join(told['silenced_by'])}."))
    paragraphs = [
        _wrapped(f"{told['check']}: {told['summary']}", width=width),
        "".join(_wrapped(text, opening=f"{name}: ", indent="  ", width=width) for name, text in facts),
        *(_wrapped(text, width=width) for text in told["what"]),
        _wrapped(told["why"], opening="Why it matters: ", width=width),
        _wrapped(told["repair"], opening="To repair: ", width=width),
    ]
    return "\n".join(paragraphs)


def _wrapped(text: str, *, opening: str = "", indent: str = "", width: int = WIDTH) -> str:
    """A paragraph; names of checks and az commands are not broken at their hyphens."""
    return (
        textwrap.fill(text, width, initial_indent=opening, subsequent_indent=indent, break_on_hyphens=False) + "\n"
    )
