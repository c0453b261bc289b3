"""The documentation of a check, read from its function's docstring: the one place where it is written."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WHY = "Why it matters: "
REPAIR = "To repair: "


class UndocumentedError(ValueError):
    """A docstring that lacks a part."""


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a check finds, in one sentence and at length, why that matters and what to do about it.

    Each is running text without line breaks; ``what`` can have several paragraphs.
    """

    summary: str
    what: tuple[str, ...]
    why: str
    repair: str


def documentation(function: Callable[..., object]) -> Documentation:
    """Read a docstring of the form: summary, what (some paragraphs), ``Why it matters: ``, ``To repair: ``."""
    text = inspect.getdoc(function) or ""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    match paragraphs:
        case [summary, *what, why, repair] if what and why.startswith(WHY) and repair.startswith(REPAIR):
            return Documentation(
                summary,
                tuple(what),
                _begun(why.removeprefix(WHY)),
                _begun(repair.removeprefix(REPAIR)),
            )
        case _:
            raise UndocumentedError(
                f"{function.__qualname__}: the docstring must be a summary, what is found, a paragraph "
                f"'{WHY}...' and one '{REPAIR}...', with empty lines between"
            )


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
