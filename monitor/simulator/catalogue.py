"""Finds an estate by what a user types: a bundled name, a generator's size, or a file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.simulator.estate import EstateError
from monitor.simulator.estate_yaml import read_estate
from monitor.simulator.generator import PREFIX, generate

if TYPE_CHECKING:
    from monitor.simulator.estate import Estate


def bundled_estates() -> tuple[str, ...]:
    """The names of the estates that come with the package."""
    folder = files("monitor.simulator") / "estates"
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    )


def parse_estate(text: str, *, source: str = "estate") -> Estate:
    """The estate that a YAML text declares. Raises EstateError with everything that is wrong with it."""
    return read_estate(text, source=source, find_base=resolve_estate)


def resolve_estate(text: str) -> Estate:
    """The estate of this name, size or file.

    A bundled name wins unless the text is plainly a path: it holds a separator or ends in .yaml or .yml.
    """
    if "/" in text or "\\" in text or text.endswith((".yaml", ".yml")):
        path = Path(text)
        try:
            return parse_estate(path.read_text(encoding="utf-8"), source=text)
        except OSError as error:
            raise EstateError([f"{text}: cannot be read: {error.strerror}"]) from error
        except UnicodeDecodeError as error:
            raise EstateError([f"{text}: is not UTF-8 text"]) from error
    names = bundled_estates()
    if text in names:
        data = files("monitor.simulator") / "estates" / f"{text}.yaml"
        return parse_estate(data.read_text(encoding="utf-8"), source=text)
    if text.startswith(PREFIX):
        return generate(text)
    choices = (
        f"{', '.join(names)}, {PREFIX}SUBSCRIPTIONSxSPOKES (for instance {PREFIX}5x20) or the path of a YAML file"
    )
    raise EstateError([f"there is no estate '{text}': write one of {choices}"])
