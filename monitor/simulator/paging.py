"""Cuts a listing into pages with an opaque `$skipToken`, as irregular as the estate wants them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from monitor.simulator.answers import ArmError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Page(NamedTuple):
    """Which items a page holds, and the token of the next one (None after the last)."""

    start: int
    stop: int
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Pager:
    """Page sizes in turn: a single size, or several that repeat; 0 makes an empty page with a nextLink."""

    sizes: tuple[int, ...]

    @classmethod
    def of(cls, page_size: int | tuple[int, ...]) -> Pager:
        """From the estate's `page_size`."""
        return cls((page_size,) if isinstance(page_size, int) else page_size)

    def page(self, keys: Sequence[str], token: str | None) -> Page:
        """The page that a token asks for.

        The token carries the key of its first item, so an item that is deleted between two pages does not
        make the listing skip another one.
        """
        number, start = 0, 0
        if token is not None:
            number, position, first = _decode(token)
            start = position
            if first and not (position < len(keys) and keys[position] == first):
                start = keys.index(first) if first in keys else min(position, len(keys))
        stop = min(start + self.sizes[number % len(self.sizes)], len(keys))
        if stop >= len(keys):
            return Page(start, len(keys), None)
        return Page(start, stop, _encode(number + 1, stop, keys[stop]))


def _encode(number: int, position: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{number}\n{position}\n{key}".encode()).decode().rstrip("=")


def _decode(token: str) -> tuple[int, int, str]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        number, position, key = text.split("\n", 2)
        return int(number), int(position), key
    except (binascii.Error, UnicodeDecodeError, ValueError):
        message = f"The provided skip token '{token}' is invalid."
        raise ArmError(400, "InvalidSkipToken", message) from None
