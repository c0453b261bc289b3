from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.model import PeeringState
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class UnknownState(StrEnum):
    """Whether Azure said nothing, or something new."""

    ABSENT = "absent"
    UNRECOGNIZED = "unrecognized"


def link_unknown_state(link: Link) -> Iterator[Fault]:
    """The state of a side is absent or a word that this version does not know.

    Azure knows the states Initiated, Connected and Disconnected. An answer without a state, or with another word,
    says nothing about whether the peering works; the detail quotes Azure's word.

    Why it matters: the monitor cannot tell whether traffic flows, and unknown is not healthy.

    To repair: look at the peering itself. If Azure has introduced a new state, upgrade this monitor.
    """
    found = sides_where(link, lambda peering: peering.state is PeeringState.UNKNOWN)
    worded = [sides for sides in found if sides[0].peering.state_text]
    if worded:
        peering = worded[0][0].peering
        detail = (
            f"{wording.subject(peering)} has a state that this version does not know: "
            f"{printable(peering.state_text or '')}."
        )
        yield Fault(peering, UnknownState.UNRECOGNIZED, detail, repair.show(peering))
    elif found:
        peering = found[0][0].peering
        detail = f"{wording.subject(peering)} has no state in Azure's answer."
        yield Fault(peering, UnknownState.ABSENT, detail, repair.show(peering))
