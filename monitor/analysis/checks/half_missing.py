from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault
from monitor.model import Absence, HalfMissing, PeeringState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class HalfMissingReason(StrEnum):
    """Whether the other side is still to be made or is gone."""

    NEVER_COMPLETED = "never_completed"
    PEER_MISSING = "peer_missing"


def link_half_missing(link: Link) -> Iterator[Fault]:
    """The other network exists and has no peering back.

    A peering is two resources, one on each network. The remote network was read, directly and whole, and none of
    its peerings points back. The reason is never_completed where this side is Initiated, which is how Azure
    marks a side that waits for its other half, and peer_missing otherwise.

    Why it matters: one side alone carries no traffic.

    To repair: create the missing side. Its flags have to fit those of the side that is there.
    """
    for here, there in link.sides():
        if isinstance(there, HalfMissing) and there.absence is Absence.PEERING:
            peering = here.peering
            lost = repair.lost_side(peering, there)
            initiated = peering.state is PeeringState.INITIATED
            explained = ", which is why it is Initiated" if initiated else f" (state {peering.state.value})"
            detail = (
                f"{wording.subject(peering)} has no peering back on {wording.remote(peering)}"
                f"{explained}. Create the missing side. {wording.unknown_of(lost, peering)}"
            )
            reason = HalfMissingReason.NEVER_COMPLETED if initiated else HalfMissingReason.PEER_MISSING
            yield Fault(peering, reason, detail, repair.create(lost))
