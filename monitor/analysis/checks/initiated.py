from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.model import HalfPresent, HalfUnseen, PeeringState
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class Initiated(StrEnum):
    """Whether the other side can be seen."""

    BOTH_PRESENT = "both_present"
    UNSEEN = "unseen"


def link_initiated(link: Link) -> Iterator[Fault]:
    """A side is Initiated although a peering back exists, or the other side is not visible.

    Azure marks the side that is created first as Initiated and makes both Connected when the second follows.
    Staying Initiated with both sides present is a state that Azure should have left; where the other side cannot
    be seen, it most likely was never created.

    Why it matters: until both sides are Connected, no traffic flows between the networks.

    To repair: where both sides exist, wait some minutes, then delete both and create them again. Where the other
    side cannot be seen, ask its owner to create it.
    """
    found = sides_where(link, lambda peering: peering.state is PeeringState.INITIATED)
    if not found:
        return
    here, there = found[0][0].peering, found[0][1]
    if isinstance(there, HalfPresent):
        detail = (
            f"{wording.subject(here)} is Initiated although {wording.local(there.peering)} has "
            f"peering {printable(there.peering.name)} back ({there.peering.state.value}). If it stays so for "
            "some minutes, delete both sides and create them again; no traffic flows meanwhile anyway."
        )
        yield Fault(here, Initiated.BOTH_PRESENT, detail, repair.recreate([here, there.peering]))
    elif isinstance(there, HalfUnseen):
        detail = (
            f"{wording.subject(here)} is Initiated, so it waits for its other side, and "
            f"{wording.unseen(there, here)}. Ask {wording.owner(there)} to create the peering back."
        )
        yield Fault(here, Initiated.UNSEEN, detail, repair.find_back(here))
