from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.model import HalfPresent, HalfUnseen, SyncLevel
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Half, Link, Peering

LOCAL = frozenset({SyncLevel.LOCAL_NOT_IN_SYNC, SyncLevel.LOCAL_AND_REMOTE_NOT_IN_SYNC})
REMOTE = frozenset({SyncLevel.REMOTE_NOT_IN_SYNC, SyncLevel.LOCAL_AND_REMOTE_NOT_IN_SYNC})


class OutOfSync(StrEnum):
    """Where the sync has to be run."""

    LOCAL_NOT_IN_SYNC = "local_not_in_sync"
    BOTH_NOT_IN_SYNC = "both_not_in_sync"
    REMOTE_NOT_IN_SYNC = "remote_not_in_sync"
    UNRECOGNIZED = "unrecognized"


def link_out_of_sync(link: Link) -> Iterator[Fault]:
    """The sync level of a side is not FullyInSync.

    A network's address space was changed after it was peered, and the other side still works with the old one.
    Azure marks the peering of the changed network RemoteNotInSync and the one that has to catch up
    LocalNotInSync. The reason says where the sync has to be run: on the side named here, on both, or on the other
    side, which cannot be seen. An older answer without a level is not out of sync.

    Why it matters: addresses that were added cannot be reached over the peering, and routes to removed ones
    remain.

    To repair: run the sync on the side that is LocalNotInSync. On the other one it reports success and changes
    nothing.
    """
    stale = sides_where(link, lambda peering: peering.sync_level in LOCAL | REMOTE)
    if stale:
        yield from _stale(stale)
        return
    unknown = sides_where(
        link, lambda peering: peering.sync_level is SyncLevel.UNKNOWN and bool(peering.sync_level_text)
    )
    if unknown:
        peering = unknown[0][0].peering
        detail = (
            f"{wording.subject(peering)} has a sync level that this version does not know: "
            f"{printable(peering.sync_level_text or '')}."
        )
        yield Fault(peering, OutOfSync.UNRECOGNIZED, detail, repair.show(peering))


def _stale(stale: list[tuple[HalfPresent, Half]]) -> Iterator[Fault]:
    """Find the sides to sync: those that say so of themselves, and those of which the other side says so."""
    targets = {here.peering.id: here.peering for here, _ in stale if here.peering.sync_level in LOCAL}
    unseen: tuple[Peering, HalfUnseen] | None = None
    for here, there in stale:
        if here.peering.sync_level in REMOTE:
            if isinstance(there, HalfPresent):
                targets[there.peering.id] = there.peering
            elif isinstance(there, HalfUnseen):
                unseen = here.peering, there
    if not targets and unseen is None:
        return  # The side to sync is missing, which is another check's finding.
    seen = [targets[peering_id] for peering_id in sorted(targets)]
    side = seen[0] if seen else stale[0][0].peering
    commands = repair.sync(*seen)
    if unseen:
        commands += repair.find_back(unseen[0])
    yield Fault(side, _reason(seen, unseen), _detail(side, seen, unseen), commands)


def _reason(seen: list[Peering], unseen: tuple[Peering, HalfUnseen] | None) -> OutOfSync:
    if len(seen) > 1 or (seen and unseen):
        return OutOfSync.BOTH_NOT_IN_SYNC
    return OutOfSync.LOCAL_NOT_IN_SYNC if seen else OutOfSync.REMOTE_NOT_IN_SYNC


def _detail(side: Peering, seen: list[Peering], unseen: tuple[Peering, HalfUnseen] | None) -> str:
    if len(seen) > 1:
        return (
            f"{wording.subject(side)} and its other side, peering {printable(seen[1].name)}, both "
            "work with an old address space. Run the sync on both."
        )
    here, there = wording.local(side), wording.remote(side)
    elsewhere = f"{wording.unseen(unseen[1], side)}; ask {wording.owner(unseen[1])}" if unseen else ""
    if seen:
        detail = (
            f"{wording.subject(side)} works with an old address space of {there}. "
            f"Run the sync on this side, in {here}."
        )
        return f"{detail} The other side needs one too: {elsewhere}." if unseen else detail
    detail = (
        f"The address space of {here} has changed, and the other side of {wording.side(side)} still works with "
        f"the old one. The sync has to be run on the peering of {there}"
    )
    return f"{detail}: {elsewhere}."
