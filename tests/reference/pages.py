"""Every page: its template, and what the template is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.reference import checks, estates, metrics, settings
from tests.reference.markdown import cell, code, listing, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).parents[2] / "deploy" / "reference"
_TEMPLATES = Path(__file__).with_name("templates")

_CONTENTS: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "checks.md": checks.contents,
    "metrics.md": metrics.contents,
    "settings.md": settings.contents,
    "estates.md": estates.contents,
}


def pages() -> dict[str, str]:
    """The text of every page by its file's name."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": cell, "code": code, "listing": listing, "slug": slug}
    return {
        name: environment.get_template(name).render(contents()).strip("\n") + "\n"
        for name, contents in _CONTENTS.items()
    }
