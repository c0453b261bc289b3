from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault
from monitor.model import Absence, HalfMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class RemoteVnetMissing(StrEnum):
    """What is missing."""

    VNET_MISSING = "vnet_missing"


def link_remote_vnet_missing(link: Link) -> Iterator[Fault]:
    """The network that the peering points at does not exist.

    The remote subscription was read, and Azure answered a direct question for the network with "not found". A
    network that merely could not be read is never reported here.

    Why it matters: the peering leads nowhere, and it stays in the way: a network of the same name made later is
    not joined by it.

    To repair: delete the orphaned peering. If the network is to come back, create it and then both sides.
    """
    for here, there in link.sides():
        if isinstance(there, HalfMissing) and there.absence is Absence.VNET:
            peering = here.peering
            detail = (
                f"{wording.subject(peering)} ({peering.state.value}) leads nowhere: network "
                f"{wording.remote(peering)} does not exist any more. Delete this orphan."
            )
            yield Fault(peering, RemoteVnetMissing.VNET_MISSING, detail, repair.delete(peering))
