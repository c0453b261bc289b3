"""YAML 1.2 text to plain data, with the line of every key, and mistakes in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from monitor.settings.schema import Path

_DEEPEST = 6  # settings are not nested deeper; an alias may lead into itself
_NOT_ITS_KIND = "a value is not what its form or tag says, such as the date 2026-13-01; put the text in quotes"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that is no good YAML; ``line`` and ``column`` count from 1, 0 where they are not known."""

    message: str
    line: int = 0
    column: int = 0
    path: Path = ()


@dataclass(slots=True)
class Document:
    """What a text says, and the line of every path; where there are ``mistakes``, ``data`` may be partial."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def read_yaml(text: str) -> Document:
    """Read one document of YAML; never raises for what the text says."""
    document = Document()
    try:
        if (root := _yaml().compose(text)) is not None:
            _locate(root, (), document)
        document.data = _yaml().load(text)
    except MarkedYAMLError as error:
        document.mistakes.append(_mistake(error))
    except RecursionError:
        document.mistakes.append(Mistake("is nested too deeply"))
    except (ValueError, KeyError):  # a date such as 2026-13-01; the library's words would quote a value
        document.mistakes.append(Mistake(_NOT_ITS_KIND))
    except YAMLError as error:  # a character that YAML forbids
        document.mistakes.append(Mistake(f"is not valid YAML: {str(error).splitlines()[0]}"))
    return document


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # all of them are told at once by _locate, instead of the first
    return yaml


def _locate(node: Node, path: Path, document: Document) -> None:
    """Note the line of everything below a node, and keys that are there twice."""
    if len(path) > _DEEPEST:
        return
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            _locate(item, (*path, index), document)
    elif isinstance(node, MappingNode):
        seen: dict[str, int] = {}
        merged = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged.append(value)
                continue
            if not isinstance(key, ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in seen:
                message = f"is there twice, first in line {seen[key.value]}; remove one of them"
                document.mistakes.append(Mistake(message, line, path=(*path, key.value)))
            else:
                seen[key.value] = line
                document.lines.setdefault((*path, key.value), line)
                _locate(value, (*path, key.value), document)
        for value in merged:
            _locate(value, path, document)


def _mistake(error: MarkedYAMLError) -> Mistake:
    """The mistake in words. The library's own sentence quotes no value, but its snippet would: it is left out."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    context, problem = error.context or "", error.problem or "cannot be read"
    if "alias" in context or "undefined alias" in problem:
        message = 'a * at the start means an alias in YAML; put the text in quotes, such as "*" or "*-prod"'
    elif "'\\t'" in problem:
        message = "a tab cannot indent YAML; use spaces"
    elif "mapping values are not allowed" in problem:
        message = "a colon does not fit here; check the indentation, or put the text in quotes"
    elif "cannot start any token" in problem:
        message = f"{problem}; put the text in quotes"
    elif "another document" in problem:
        message = "only one document is read; remove the --- and what follows"
    elif "constructor for the tag" in problem:
        message = "tags such as !name are not known; remove it, or put the text in quotes"
    elif problem.startswith("failed to "):
        message = _NOT_ITS_KIND
    elif "quoted scalar" in context:
        opened = error.context_mark.line + 1 if error.context_mark is not None else line
        message = f"the quote opened in line {opened} is not closed"
    else:
        message = ": ".join(part for part in (context, problem) if part)
    return Mistake(message, line, column)
