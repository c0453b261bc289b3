"""What is wrong with the settings, in words: where it is, what is accepted, and the way out."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.settings.fields import EXPECTED
from monitor.settings.schema import Path, dotted, is_secret, leaf_paths, not_built, section_at
from monitor.settings.sections import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong. ``source`` is the file, or empty; ``line`` counts from 1, 0 where there is none.

    ``where`` is a setting's path or the name of an environment variable.
    """

    source: str
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source and self.line else self.source
        return ": ".join(part for part in (place, self.where, self.message) if part)


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` are all that is wrong with them, ``str`` has one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # Files first, then settings that are nowhere, then the environment; each in the order of reading.
        self.problems = tuple(sorted(set(problems), key=lambda problem: (not problem.source, problem)))
        super().__init__("\n".join(map(str, self.problems)))


_LONGEST = 60
_LARGE = 10**15
_USER_IN_URL = re.compile(r"//[^/@\s]*@")


def shown(value: Any) -> str:
    """A value as it is quoted in a message; lists and maps, which may hold anything, only by their kind."""
    if isinstance(value, str):
        masked = _USER_IN_URL.sub(f"//{MASK}@", value)
        return repr(masked if len(masked) <= _LONGEST else masked[:_LONGEST] + "…")
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return str(value) if abs(value) < _LARGE else "such a large number"
    return (
        "a list"
        if isinstance(value, list)
        else "a map"
        if isinstance(value, dict)
        else f"a {type(value).__name__}"
    )


def explain(error: ErrorDetails) -> tuple[Path, str]:
    """The path that a validation error of pydantic is about, and the sentence that says what to do."""
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    value, context = error["input"], error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        return path, unknown_key(path)
    if error["type"] == "missing":
        return path, "is needed"
    if error["type"] == "value_error":
        return path, str(context["error"])
    got = MASK if is_secret(path) else shown(value)
    return path, f"must be {_accepted(error)}, not {got}{_similar(value, context)}"


_WHOLE = "a whole number"
_ACCEPTED: Mapping[str, str | Callable[[Mapping[str, Any], Any], str]] = {
    EXPECTED: lambda context, _: str(context["what"]),
    "literal_error": lambda context, _: f"one of {', '.join(_options(context))}",
    "enum": lambda context, _: f"one of {', '.join(_options(context))}",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "greater_than_equal": lambda context, _: f"at least {context['ge']}",
    "less_than_equal": lambda context, _: f"at most {context['le']}",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text; put it in quotes",
    "tuple_type": lambda _, value: f"a list, such as [{_quoted(value)}]",
    "dict_type": "a map, such as {name: value}",
    "mapping_type": "a map, such as {name: value}",
    "model_type": "a map, such as {name: value}",
}
"""By pydantic's type of error, what completes "must be …"."""


def _accepted(error: ErrorDetails) -> str:
    what = _ACCEPTED.get(error["type"]) or error["msg"].removeprefix("Input should be ")
    return what if isinstance(what, str) else what(error.get("ctx", {}), error["input"])


def _quoted(value: Any) -> str:
    simple = isinstance(value, str) and value.isprintable() and not set(value) & set('"\\')
    return f'"{value}"' if simple else '"…"'


def _options(context: Mapping[str, Any]) -> list[str]:
    """The options of an enumeration out of pydantic's sentence about them."""
    return re.findall(r"'([^']+)'", str(context.get("expected", "")))


def _similar(value: Any, context: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(value, _options(context), n=1) if isinstance(value, str) else []
    return f"; did you mean {close[0]}?" if close else ""


def unknown_key(path: Path) -> str:
    """What is said of a key that no setting has: that it is not built yet, or what may have been meant."""
    if (feature := not_built(path)) is not None:
        return f"is not available in this version ({feature}); remove it"
    section = section_at(path[:-1])
    siblings = sorted(section.model_fields) if section is not None else []
    name = str(path[-1])
    if close := difflib.get_close_matches(name.lower(), siblings, n=1):
        return f"is no setting; did you mean {dotted((*path[:-1], close[0]))}?"
    if elsewhere := [leaf for leaf in leaf_paths() if leaf[-1] == name.lower()]:
        return f"is no setting; did you mean {' or '.join(map(dotted, elsewhere))}?"
    return f"is no setting; {dotted(path[:-1]) or 'the top level'} has {', '.join(siblings)}"
