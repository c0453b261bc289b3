"""What a check says of a link or of a network; the engine makes a finding of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from monitor.model import ArmId, Half, HalfPresent, Link, Peering


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: the side to repair, one of the check's reasons, a sentence, and commands in their order."""

    side: Peering
    reason: StrEnum
    detail: str
    repair: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """Something wrong with a network; ``about`` tells several of one check apart, all else is as of a fault."""

    vnet: ArmId
    reason: StrEnum
    detail: str
    repair: tuple[str, ...] = ()
    about: str = ""


def sides_where(link: Link, wrong: Callable[[Peering], bool]) -> list[tuple[HalfPresent, Half]]:
    """The sides that were read and are wrong, each with the other half, in the order of their peerings' ids."""
    found = [(here, there) for here, there in link.sides() if wrong(here.peering)]
    if len(found) > 1:
        found.sort(key=lambda sides: sides[0].peering.id.key)
    return found


def both_peerings(link: Link) -> tuple[Peering, Peering] | None:
    """Both sides in the order of their ids, where both were read."""
    both = link.both()
    if both is None:
        return None
    one, other = both[0].peering, both[1].peering
    return (one, other) if one.id.key <= other.id.key else (other, one)
