"""Text from elsewhere, made safe to show: names in Azure, values in settings, whatever a server answered."""

from __future__ import annotations


def printable(text: str) -> str:
    """Escape everything that acts on a terminal, starts a line, turns the writing around or cannot be seen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
