"""Text as Markdown wants it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_NAMES = re.compile(
    r"""
    \b(?:link|vnet|route|fleet)/[a-z][a-z-]+      # a check
    | \b[a-z]+(?:_[a-z]+)+\b                      # a reason, a metric
    | \b[a-z]+(?:\.[a-z_]{2,})+\b                 # a setting
    | \b[a-z]{2,}[A-Z]\w*\b                       # a property of Azure: allowGatewayTransit
    | \b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b             # a value of Azure: FullyInSync
    """,
    re.VERBOSE,
)
_PROPER_NAMES = frozenset({"PingMesh", "OpenMetrics", "ExpressRoute"})


class UndocumentedError(ValueError):
    """Something that users can see and that nobody has described."""


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return _NOT_IN_SLUG.sub("", heading.lower()).replace(" ", "-")


def code(text: object) -> str:
    """As code; a text that holds a backtick is fenced by two."""
    content = str(text)
    return f"`` {content} ``" if "`" in content else f"`{content}`"


def cell(text: str) -> str:
    """Text for the cell of a table: on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", r"\|")


def listing(values: Iterable[object]) -> str:
    """Values as code, with commas between."""
    return ", ".join(code(value) for value in values)


def marked(text: str) -> str:
    """Running text, with the names of checks, reasons, settings and Azure's own words as code."""
    return _NAMES.sub(lambda match: match[0] if match[0] in _PROPER_NAMES else code(match[0]), text)


def described(text: str | None, what: str) -> str:
    """The text, or a refusal where there is none."""
    found = (text or "").strip()
    if not found:
        raise UndocumentedError(f"{what} has no description")
    return found
