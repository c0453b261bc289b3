from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, both_peerings
from monitor.model import ascii_lower
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class GuidMismatch(StrEnum):
    """What differs."""

    DIFFERENT = "different"


def link_guid_mismatch(link: Link) -> Iterator[Fault]:
    """The two sides carry different resourceGuids.

    Both sides of a peering carry the same resourceGuid. Different ones mean that they were not made for each
    other: one of the networks was deleted and built anew under the same name.

    Why it matters: the sides name each other and still do not belong together, so what Azure shows of the
    peering cannot be relied upon.

    To repair: delete both sides and create them again. Traffic between the networks stops in between.
    """
    both = both_peerings(link)
    if both is None or not all(peering.resource_guid for peering in both):
        return
    side, other = both
    if ascii_lower(side.resource_guid or "") != ascii_lower(other.resource_guid or ""):
        detail = (
            f"{wording.subject(side)} and peering {printable(other.name)} back carry different "
            f"resourceGuids: {wording.local(side)} or {wording.remote(side)} was rebuilt under its old name. "
            "Delete both sides and create them again; traffic between the networks stops meanwhile."
        )
        yield Fault(side, GuidMismatch.DIFFERENT, detail, repair.recreate(both))
