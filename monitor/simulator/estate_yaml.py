"""Reads an estate from YAML: every mistake at once, with path and line, duplicate and unknown keys among them."""

from __future__ import annotations

from difflib import get_close_matches
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from monitor.simulator.estate import Estate, EstateError
from monitor.simulator.estate_check import check_estate
from monitor.simulator.events import EVENT_TYPES, TimedEvent

if TYPE_CHECKING:
    from collections.abc import Callable


def read_estate(text: str, *, source: str, find_base: Callable[[str], Estate]) -> Estate:
    """The estate that a YAML text declares. Raises EstateError with everything that is wrong with it.

    The key `base` names another estate, found by `find_base`: lists are added to those of the base, other keys
    replace its own.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise EstateError([f"{source}: line {line}: this is no YAML: {error.problem}"]) from error
    except YAMLError as error:
        raise EstateError([f"{source}: this is no YAML: {error}"]) from error
    if root is None:
        raise EstateError([f"{source}: the file is empty; an estate needs at least `subscriptions`"])
    reader = _Reader(yaml)
    estate = reader.read_root(root, find_base)
    problems = reader.problems if estate is None else check_estate(estate)
    if estate is None or problems:
        raise EstateError([f"{source}: {problem}" for problem in problems])
    return estate


_INVALID: Any = object()
_LISTS = ("subscriptions", "management_groups", "route_tables", "networks", "peerings", "timeline")


class _Reader:
    """Turns a YAML node into a declared type, and goes on after a mistake to find the next one."""

    def __init__(self, yaml: YAML) -> None:
        self.problems: list[str] = []
        self._yaml = yaml

    def read_root(self, node: Node, find_base: Callable[[str], Estate]) -> Estate | None:
        """The whole document, laid over its base where it names one."""
        entries = self._entries(node, "", f"a mapping with `base`, {_keys(Estate)}")
        if entries is None:
            return None
        base_node = entries.pop("base", None)
        if base_node is None:
            estate = self._fill(node, Estate, entries, "")
            return estate if isinstance(estate, Estate) else None
        values = self._values(Estate, entries, "")
        try:
            base = find_base(str(base_node.value))
        except EstateError as error:
            for problem in error.problems:
                self._say(base_node, "base", problem)
            return None
        added = {
            name: (*getattr(base, name), *values[name]) for name in _LISTS if isinstance(values.get(name), tuple)
        }
        return None if self.problems else msgspec.structs.replace(base, **(values | added))

    def read(self, node: Node, kind: Any, path: str) -> Any:
        """The node as this type, or the mark of an invalid value."""
        if kind is TimedEvent:
            return self._timed_event(node, path)
        origin = get_origin(kind)
        if origin in {Union, UnionType}:
            return self._union(node, get_args(kind), path)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(node, kind, path)
        if origin is tuple:
            return self._sequence(node, get_args(kind)[0], path)
        if origin is dict:
            return self._mapping(node, get_args(kind)[1], path)
        return self._leaf(node, kind, path)

    def _say(self, node: Node, path: str, problem: str) -> Any:
        where = f"{path}: " if path else ""
        self.problems.append(f"line {node.start_mark.line + 1}: {where}{problem}")
        return _INVALID

    def _struct(self, node: Node, kind: type[msgspec.Struct], path: str) -> Any:
        entries = self._entries(node, path, f"a mapping with {_keys(kind)}")
        return _INVALID if entries is None else self._fill(node, kind, entries, path)

    def _fill(self, node: Node, kind: type[msgspec.Struct], entries: dict[str, Node], path: str) -> Any:
        before = len(self.problems)
        values = self._values(kind, entries, path)
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in entries:
                self._say(node, path, f"`{field.name}` is missing")
        return kind(**values) if len(self.problems) == before else _INVALID

    def _values(self, kind: type[msgspec.Struct], entries: dict[str, Node], path: str) -> dict[str, Any]:
        hints = get_type_hints(kind)
        fields = {field.name for field in msgspec.structs.fields(kind)}
        values: dict[str, Any] = {}
        for key, child in entries.items():
            if key not in fields:
                close = get_close_matches(key, fields, n=1)
                way_out = f"did you mean `{close[0]}`?" if close else f"known here: {_keys(kind)}"
                self._say(child, _join(path, key), f"unknown key; {way_out}")
                continue
            values[key] = self.read(child, hints[key], _join(path, key))
        return values

    def _timed_event(self, node: Node, path: str) -> Any:
        kinds = {str(kind.__struct_config__.tag): kind for kind in EVENT_TYPES}
        entries = self._entries(node, path, "a mapping with `at`, `event` and what the event needs")
        if entries is None:
            return _INVALID
        at = self.read(entries.pop("at"), float, _join(path, "at")) if "at" in entries else None
        if at is None:
            self._say(node, path, "`at` is missing: the second after the start")
        if "event" not in entries:
            return self._say(node, path, f"`event` is missing: one of {', '.join(kinds)}")
        tag = entries.pop("event")
        name = str(tag.value)
        if name not in kinds:
            close = get_close_matches(name, kinds, n=1)
            way_out = f"did you mean {close[0]}?" if close else f"known are {', '.join(kinds)}"
            return self._say(tag, _join(path, "event"), f"there is no event '{name}'; {way_out}")
        event = self._fill(node, kinds[name], entries, path)
        return _INVALID if event is _INVALID or at in (None, _INVALID) else TimedEvent(at, event)

    def _union(self, node: Node, kinds: tuple[Any, ...], path: str) -> Any:
        if NoneType in kinds and isinstance(node, ScalarNode) and str(node.tag).endswith(":null"):
            return None
        shapes: dict[type[Node], tuple[type, ...]] = {MappingNode: (msgspec.Struct, dict), SequenceNode: (tuple,)}
        wanted = shapes.get(type(node), ())
        for kind in kinds:
            base = get_origin(kind) or kind
            if isinstance(base, type) and wanted and issubclass(base, wanted):
                return self.read(node, kind, path)
        scalars = [kind for kind in kinds if kind in {str, int, float, bool} or get_origin(kind) is Literal]
        if isinstance(node, ScalarNode) and scalars:
            return self._leaf(node, Union[tuple(scalars)], path)  # noqa: UP007 - built at run time
        return self._say(node, path, f"expected {' or '.join(_describe(kind) for kind in kinds)}")

    def _sequence(self, node: Node, kind: Any, path: str) -> Any:
        if not isinstance(node, SequenceNode):
            return self._say(node, path, "expected a list")
        return tuple(self.read(child, kind, f"{path}[{index}]") for index, child in enumerate(node.value))

    def _mapping(self, node: Node, kind: Any, path: str) -> Any:
        entries = self._entries(node, path, "a mapping")
        if entries is None:
            return _INVALID
        return {key: self.read(child, kind, _join(path, key)) for key, child in entries.items()}

    def _leaf(self, node: Node, kind: Any, path: str) -> Any:
        if kind is not Any and not isinstance(node, ScalarNode):
            return self._say(node, path, f"expected {_describe(kind)}")
        try:
            return msgspec.convert(self._yaml.constructor.construct_object(node, deep=True), kind)
        except msgspec.ValidationError as error:
            return self._say(node, path, str(error).replace("`", "'"))
        except (YAMLError, ValueError) as error:
            # What looks like a date and is none, for instance; quotes make it the text that was meant.
            return self._say(node, path, f"this cannot be read, put it in quotes if it is a text: {error}")

    def _entries(self, node: Node, path: str, expected: str) -> dict[str, Node] | None:
        if not isinstance(node, MappingNode):
            self._say(node, path, f"expected {expected}")
            return None
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in entries:
                self._say(key_node, _join(path, key), "this key is written twice: remove one of them")
            entries[key] = value_node
        return entries


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _keys(kind: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{field.name}`" for field in msgspec.structs.fields(kind))


def _describe(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"a mapping with {_keys(kind)}"
    names = {
        str: "a text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        NoneType: "nothing",
    }
    return names.get(kind, "a list")
