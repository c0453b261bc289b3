"""From file, environment and command line to settings: layers of paths and values, then one validation."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from monitor.printable import printable
from monitor.settings.problems import Problem, SettingsError, explain, shown, unknown_key
from monitor.settings.schema import (
    Path,
    dotted,
    is_collection,
    is_nullable,
    is_secret,
    leaf_paths,
    not_built,
    section_at,
    section_paths,
)
from monitor.settings.sections import CHECK_NAMES, MASK, Settings
from monitor.settings.yamltext import read_yaml

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PREFIX = "PEERING_MONITOR_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"

# What the kubelet injects for a Service named peering-monitor, and for one whose name only starts so.
_OWN_SERVICE = re.compile(rf"{PREFIX}(SERVICE_.*|PORT(_.*)?)", re.DOTALL)
_OTHER_SERVICE = re.compile(
    rf"{PREFIX}[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"
)


def variable_of(path: Path) -> str:
    """The environment variable of a setting or section."""
    return PREFIX + "__".join(str(part).upper() for part in path)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a value comes from: the variable that stands for ``root``, or a file and its lines."""

    variable: str = ""
    root: Path = ()
    file: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with what is at ``path``."""
        name = printable(dotted(path))
        if self.variable:
            where = self.variable if path == self.root else f"{self.variable} ({name})"
            return Problem("", 0, where, printable(message))
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 0)
        return Problem(self.file, line, name, printable(message))


@dataclass(slots=True)
class _Layers:
    """What has been read so far: per path the last value and its origin, and everything that was wrong."""

    values: dict[Path, tuple[Any, _Origin]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, data: Any, origin: _Origin, above: Path = ()) -> None:
        """Put a section's data over what is there; ``null`` is empty: all in it was commented out."""
        if data is None:
            return
        if not isinstance(data, Mapping):
            where = "" if above else " at the top level"
            self.problems.append(origin.problem(above, f"must be a map of settings{where}, not {_kind(data)}"))
            return
        for key, value in data.items():
            path = (*above, key)
            if not isinstance(key, str):
                path = (*above, shown(key))
                self.problems.append(origin.problem(path, "must be text, as every key"))
            elif section_at(path) is not None:
                self.add(value, origin, path)
            else:
                self.values[path] = (value, origin)

    def nested(self) -> dict[str, Any]:
        """The values as the tree that pydantic validates."""
        tree: dict[str, Any] = {}
        for path, (value, _) in self.values.items():
            node = tree
            for part in path[:-1]:
                node = node.setdefault(str(part), {})
            node[str(path[-1])] = value
        return tree

    def refuse(self, error: ErrorDetails) -> None:
        """Turn a validation error into a problem that names where the value came from."""
        path, message = explain(error)
        for length in range(len(path), 0, -1):
            if path[:length] in self.values:
                origin = self.values[path[:length]][1]
                self.problems.append(origin.problem(path, message))
                return
        self.problems.append(Problem("", 0, dotted(path), printable(message)))


def _kind(data: Any) -> str:
    """What something is that should be a map; not its text, which may be a secret in the wrong place."""
    return "text" if isinstance(data, str) else shown(data)


def load_settings(
    path: FilePath | None,
    environ: Mapping[str, str],
    *,
    overlay: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    check_names: frozenset[str] | None = None,
) -> Settings:
    """Read the settings, or raise :class:`SettingsError` with everything that is wrong with them.

    From weakest to strongest: the defaults, ``overlay`` (a command's own defaults), the file (``path``, else
    the one that ``PEERING_MONITOR_CONFIG`` names, else none), the environment, ``arguments`` (the command line).
    ``check_names`` are the checks that exist; None accepts any name.
    """
    layers = _Layers()
    layers.add(overlay, _Origin())
    if path is None and environ.get(CONFIG_VARIABLE, "").strip():
        path = FilePath(environ[CONFIG_VARIABLE].strip())
    if path is not None:
        _add_file(layers, path)
    _add_environment(layers, environ)
    layers.add(arguments, _Origin())
    settings = None
    try:
        settings = Settings.model_validate(layers.nested(), context={CHECK_NAMES: check_names})
    except ValidationError as error:
        for details in error.errors(include_url=False):
            layers.refuse(details)
    if settings is None or layers.problems:
        # Without a chained exception: pydantic's own would show values, secrets too.
        raise SettingsError(layers.problems) from None
    return settings


def _add_file(layers: _Layers, path: FilePath) -> None:
    name = printable(str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        layers.problems.append(Problem(name, 0, "", f"is not UTF-8 text (byte {error.start + 1})"))
        return
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else None
        layers.problems.append(Problem(name, 0, "", f"cannot be read: {reason or printable(str(error))}"))
        return
    document = read_yaml(text)
    origin = _Origin(file=name, lines=document.lines)
    for mistake in document.mistakes:
        where = printable(dotted(mistake.path)) or (f"column {mistake.column}" if mistake.column else "")
        layers.problems.append(Problem(name, mistake.line, where, printable(mistake.message)))
    layers.add(document.data, origin)


def _add_environment(layers: _Layers, environ: Mapping[str, str]) -> None:
    """Sections first, so that the variable of one setting wins over that of its section."""
    known = {variable_of(path): path for path in (*section_paths(), *leaf_paths())}
    for variable, path in known.items():
        if environ.get(variable, "").strip():
            _add_variable(layers, variable, path, environ[variable].strip())
    for variable in environ:
        passed_over = variable == CONFIG_VARIABLE or _OWN_SERVICE.fullmatch(variable)
        if variable.startswith(PREFIX) and variable not in known and not passed_over:
            layers.problems.append(Problem("", 0, printable(variable), _unknown_variable(variable, known)))


def _add_variable(layers: _Layers, variable: str, path: Path, text: str) -> None:
    origin = _Origin(variable=variable, root=path)
    value: Any = text
    if section_at(path) is not None or is_collection(path):
        document = read_yaml(text)
        for mistake in document.mistakes:
            place = f"column {mistake.column}: " if mistake.column else ""
            place = f"line {mistake.line}, {place}" if mistake.line > 1 and place else place
            found = f"{place}{dotted(mistake.path)} {mistake.message}" if mistake.path else place + mistake.message
            layers.problems.append(Problem("", 0, variable, printable(f"is YAML: {found}")))
        if document.mistakes:
            return
        value = document.data
    elif text == "null" and is_nullable(path):
        value = None
    if section_at(path) is not None:
        layers.add(value, origin, path)
    else:
        layers.values[path] = (value, origin)


def _unknown_variable(variable: str, known: Mapping[str, Path]) -> str:
    path: Path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
    if not_built(path) is not None:
        return unknown_key(path)
    for length in range(len(path) - 1, 0, -1):
        if is_collection(path[:length]):
            return f"is no setting; {variable_of(path[:length])} takes the whole of it as YAML"
    names = [name.removeprefix(PREFIX) for name in known]
    if close := difflib.get_close_matches(variable.removeprefix(PREFIX).upper(), names, n=1, cutoff=0.75):
        return f"is no setting; did you mean {PREFIX}{close[0]}?"
    if _OTHER_SERVICE.fullmatch(variable):
        return (
            "is no setting; it looks like what Kubernetes injects for a Service whose name starts with "
            "peering-monitor-: set enableServiceLinks: false on the pod"
        )
    if elsewhere := [leaf for leaf in leaf_paths() if leaf[-1] == path[-1]]:
        return f"is no setting; did you mean {' or '.join(map(variable_of, elsewhere))}?"
    return f"is no setting; variables are {PREFIX} and the setting's path in capitals joined by __"


def to_yaml(settings: Settings) -> str:
    """The settings as a file would say them, secrets masked."""
    data = settings.model_dump(mode="json")
    for path in leaf_paths():
        if is_secret(path):
            *above, name = path
            section = data
            for part in above:
                section = section[part]
            section[name] = None if section[name] is None else MASK
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar(_NULL, "null")
    )
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


_NULL = "tag:yaml.org,2002:null"
