"""What the page about the simulator's estates holds: the structs that read them, and the timeline's events."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from monitor.simulator import Estate, bundled_estates, resolve_estate
from monitor.simulator.events import EVENT_TYPES, TimedEvent
from tests.reference.markdown import UndocumentedError, code, described, listing

_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}
_SEVERAL = {str: "texts", int: "whole numbers", float: "numbers"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a map; ``accepts`` is Markdown, ``default`` too and empty for a key that must be there."""

    name: str
    accepts: str
    default: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A map of the file, or an event: its name, what it is, its keys, and where it stands."""

    name: str
    title: str
    meaning: tuple[str, ...]
    keys: tuple[Key, ...]


def contents() -> dict[str, Any]:
    """The estate, the maps in it in the order in which they come up, the events, and the bundled estates."""
    return {
        "kinds": [_kind(kind, _words(kind.__name__)) for kind in _structs(Estate)],
        "events": [_kind(kind, str(kind.__struct_config__.tag)) for kind in EVENT_TYPES],
        "bundled": [(name, resolve_estate(name)) for name in bundled_estates()],
    }


def _structs(top: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """A struct and every one that its keys hold, parents before children; events stand apart."""
    found = [top]
    for kind in found:
        for hint in get_type_hints(kind).values():
            found += [one for one in _inside(hint) if one not in found and one is not TimedEvent]
    return found


def _inside(hint: Any) -> list[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return [hint]
    return [one for argument in get_args(hint) for one in _inside(argument)]


def _kind(kind: type[msgspec.Struct], title: str) -> Kind:
    text = described(inspect.cleandoc(kind.__doc__ or ""), kind.__name__)
    hints = get_type_hints(kind)
    return Kind(
        name=kind.__name__,
        title=title,
        meaning=tuple(" ".join(paragraph.split()) for paragraph in text.split("\n\n")),
        keys=tuple(
            Key(field.name, _accepts(hints[field.name], field.name), _default(field))
            for field in msgspec.structs.fields(kind)
        ),
    )


def _words(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip().capitalize()


def _accepts(hint: Any, name: str) -> str:  # noqa: PLR0911 - the table of forms
    """What a key accepts: a plain value, a closed list, or a link to the map that describes it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is TimedEvent:
        return "[event](#events)"
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        words = _words(hint.__name__)
        return f"[{words.lower()}](#{words.lower().replace(' ', '-')})"
    if origin is Literal:
        return f"one of {listing(arguments)}"
    if origin in {Union, types.UnionType}:
        return " or ".join(_accepts(one, name) for one in arguments if one is not type(None))
    if origin is tuple:
        return f"list of {_SEVERAL.get(arguments[0]) or _accepts(arguments[0], name)}"
    if origin is dict:
        return (
            "map"
            if arguments[1] is Any
            else f"map of {_SEVERAL.get(arguments[1]) or _accepts(arguments[1], name)}"
        )
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise UndocumentedError(f"{name}: nothing says what it accepts")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "its own defaults"
    if value is None or value in ("", (), {}):
        return "none"
    return code(msgspec.json.encode(value).decode().strip('"'))
