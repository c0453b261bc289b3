"""What the page about the settings holds: the models that read them, and what their types accept."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from annotated_types import Ge, Le

from monitor.settings import CONFIG_VARIABLE, NOT_BUILT, PREFIX, Section, Settings, variable_of
from monitor.settings.fields import Accepts
from tests.reference.markdown import UndocumentedError, code, described, listing, marked

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Key:
    """One setting; every text but ``path`` and ``variable`` is Markdown."""

    path: str
    variable: str
    accepts: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the file, with the settings that stand in it and in what is below it."""

    name: str
    meaning: str
    variable: str
    keys: tuple[Key, ...]


def contents() -> dict[str, Any]:
    """Every setting by section."""
    return {
        "groups": groups(Settings),
        "not_built": [(path, feature) for path, feature in NOT_BUILT.items()],
        "prefix": PREFIX,
        "config_variable": CONFIG_VARIABLE,
    }


def groups(top: type[Section]) -> list[Group]:
    """The sections of a model, and what stands in none under its own name."""
    defaults = top().model_dump(mode="json")
    found = []
    for name, field in top.model_fields.items():
        section = _section(field)
        meaning = inspect.getdoc(section) if section is not None else field.description
        found.append(
            Group(
                name=name,
                meaning=described(meaning, name),
                variable=variable_of((name,)),
                keys=tuple(_keys(top, (name,), defaults)),
            )
        )
    return found


def _keys(above: type[Section], path: tuple[str, ...], defaults: Any) -> list[Key]:
    """The setting at a path, or those of the section there; items of a list of maps as ``path[].key``."""
    name = path[-1]
    field = above.model_fields[name]
    hint = get_type_hints(above, include_extras=True)[name]
    default = defaults[name] if isinstance(defaults, Mapping) and name in defaults else _REQUIRED
    section = _section(field)
    if section is not None:
        return [key for child in section.model_fields for key in _keys(section, (*path, child), default)]
    shown = ".".join(path)
    found = [
        Key(
            path=shown,
            variable="" if "[]" in shown else variable_of(path),
            accepts=accepts(hint, shown),
            default="required" if default is _REQUIRED else code(msgspec.json.encode(default).decode().strip('"')),
            meaning=marked(described(field.description, shown)),
        )
    ]
    item = _item(hint)
    if item is not None:
        for child, child_field in item.model_fields.items():
            own = {} if child_field.is_required() else {child: child_field.get_default(call_default_factory=True)}
            found += _keys(item, (*path[:-1], f"{name}[]", child), own)
    return found


_REQUIRED = object()


def _section(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _item(hint: Any) -> type[Section] | None:
    """The section that the items of a list are, where they are one."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    item = get_args(hint)[0] if get_origin(hint) is tuple else None
    return item if isinstance(item, type) and issubclass(item, Section) else None


_PLAIN = {"bool": "`true` or `false`", "int": "a whole number", "str": "text", "SecretStr": "text, never shown"}


def accepts(hint: Any, path: str) -> str:  # noqa: PLR0911 - the table of forms
    """What a type accepts, in words; raises where its author has not said."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind, *metadata = arguments
        said = next((one.text for one in metadata if isinstance(one, Accepts)), None)
        return said or accepts(kind, path) + _bounds(metadata)
    if origin in {Union, types.UnionType}:
        others = [accepts(one, path) for one in arguments if one is not type(None)]
        return " or ".join(others) + (", or `null`" if type(None) in arguments else "")
    if origin is Literal:
        return f"one of {listing(arguments)}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {listing(one.value for one in hint)}"
    if origin is tuple:
        item = _item(hint)
        return (
            "a list of maps with the keys below" if item else f"a list; each item: {accepts(arguments[0], path)}"
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a map; key: {accepts(arguments[0], path)}; value: {accepts(arguments[1], path)}"
    if (plain := _PLAIN.get(getattr(hint, "__name__", ""))) is not None:
        return plain
    raise UndocumentedError(f"{path}: nothing says what it accepts; put an Accepts on its type")


def _bounds(metadata: list[Any]) -> str:
    flat = [one for each in metadata for one in (each, *getattr(each, "metadata", ()))]
    least = next((one.ge for one in flat if isinstance(one, Ge)), None)
    most = next((one.le for one in flat if isinstance(one, Le)), None)
    return "" if least is None or most is None else f" from {least} to {most}"
