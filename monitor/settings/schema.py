"""The tree of settings as data: which paths are sections, which are settings, which are lists, maps or secrets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import SecretStr

from monitor.settings.sections import NOT_BUILT, Section, Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Path = tuple[int | str, ...]
"""Where a setting is: the keys from the top, and the index within a list."""


def dotted(path: Path) -> str:
    """The path as people write it: ``collectors.traffic.metrics[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text


def _field(path: Path) -> FieldInfo | None:
    section = section_at(path[:-1]) if path else None
    return section.model_fields.get(str(path[-1])) if section is not None else None


def section_at(path: Path) -> type[Section] | None:
    """The section that the path leads to, also one in a list; None where it leads to a setting or nowhere."""
    if not path:
        return Settings
    if isinstance(path[-1], int):
        field = _field(path[:-1])
        kind = next(iter(get_args(field.annotation)), None) if field is not None else None
    else:
        field = _field(path)
        kind = field.annotation if field is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def is_collection(path: Path) -> bool:
    """Whether the setting is a list or a map, so that its text in the environment is YAML."""
    field = _field(path)
    return field is not None and get_origin(field.annotation) in {tuple, Mapping}


def is_nullable(path: Path) -> bool:
    """Whether null is a value of the setting."""
    field = _field(path)
    return field is not None and type(None) in get_args(field.annotation)


def is_secret(path: Path) -> bool:
    """Whether the setting's value must never be shown."""
    field = _field(path)
    return field is not None and SecretStr in (field.annotation, *get_args(field.annotation))


def not_built(path: Path) -> str | None:
    """The feature, not built yet, that the path or what is above it belongs to; None if there is none."""
    prefixes = (dotted(path[:length]) for length in range(1, len(path) + 1))
    return next((NOT_BUILT[prefix] for prefix in prefixes if prefix in NOT_BUILT), None)


@cache
def section_paths() -> tuple[tuple[str, ...], ...]:
    """Every section but the top one, parents before children."""
    return tuple(path for path in _walk(()) if section_at(path) is not None)


@cache
def leaf_paths() -> tuple[tuple[str, ...], ...]:
    """Every setting."""
    return tuple(path for path in _walk(()) if section_at(path) is None)


def _walk(above: tuple[str, ...]) -> list[tuple[str, ...]]:
    section = section_at(above)
    if section is None:
        return []
    found: list[tuple[str, ...]] = []
    for name in section.model_fields:
        path = (*above, name)
        found += [path, *_walk(path)]
    return found
