from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.model import Absence, HalfMissing, HalfPresent, PeeringState
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import HalfUnseen, Link, Peering


class Disconnected(StrEnum):
    """What became of the other side."""

    PEER_MISSING = "peer_missing"
    VNET_MISSING = "vnet_missing"
    UNSEEN = "unseen"
    BOTH_PRESENT = "both_present"


def link_disconnected(link: Link) -> Iterator[Fault]:
    """A side of the peering is Disconnected.

    Azure sets this state on what is left when the other side of a peering, or the whole network behind it, was
    deleted. The reason says what became of the other side: its peering is missing, its network is missing, it
    cannot be seen, or both sides are there.

    Why it matters: no traffic flows between the two networks, and it does not come back by itself.

    To repair: delete what is left and create both sides again. Azure refuses to create only the lost side
    (RemotePeeringIsDisconnected). Where the other network is gone, deleting the orphan is all there is to do.
    """
    found = sides_where(link, lambda peering: peering.state is PeeringState.DISCONNECTED)
    if not found:
        return
    here, there = found[0]
    match there:
        case HalfPresent():
            yield _both_present(here.peering, there.peering)
        case HalfMissing(absence=Absence.VNET):
            yield _vnet_missing(here.peering)
        case HalfMissing():
            yield _peer_missing(here.peering, there)
        case _:
            yield _unseen(here.peering, there)


def _state(peering: Peering) -> str:
    return f"{wording.subject(peering)} is Disconnected and carries no traffic"


def _both_present(here: Peering, there: Peering) -> Fault:
    detail = (
        f"{_state(here)}, although {wording.local(there)} has peering {printable(there.name)} back "
        f"({there.state.value}). Delete both sides and create them again with the same flags."
    )
    return Fault(here, Disconnected.BOTH_PRESENT, detail, repair.recreate([here, there]))


def _vnet_missing(here: Peering) -> Fault:
    detail = f"{_state(here)}: network {wording.remote(here)} does not exist any more. Delete this orphan."
    return Fault(here, Disconnected.VNET_MISSING, detail, repair.delete(here))


def _peer_missing(here: Peering, there: HalfMissing) -> Fault:
    lost = repair.lost_side(here, there)
    detail = (
        f"{_state(here)}: {wording.remote(here)} has no peering back. Delete this side and create both again. "
        f"{wording.unknown_of(lost, here)}"
    )
    return Fault(here, Disconnected.PEER_MISSING, detail, repair.recreate([here], [lost]))


def _unseen(here: Peering, there: HalfUnseen) -> Fault:
    detail = (
        f"{_state(here)}; {wording.unseen(there, here)}. Ask {wording.owner(there)} to delete what is left of the "
        "other side; then both sides have to be created again, the other one by them."
    )
    return Fault(here, Disconnected.UNSEEN, detail, repair.recreate_beside_unseen(here))
