from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class AccessBlocked(StrEnum):
    """On how many sides access is off, of those that can be seen."""

    ONE_SIDE = "one_side"
    BOTH_SIDES = "both_sides"


def link_access_blocked(link: Link) -> Iterator[Fault]:
    """Access over the peering is off on one side or on both.

    A side with allowVirtualNetworkAccess off keeps the peering Connected and blocks the traffic between the two
    networks all the same. One side is enough.

    Why it matters: everything looks connected, and nothing gets through.

    To repair: turn allowVirtualNetworkAccess on, on every side where it is off. If it was turned off on purpose,
    say so in checks.ignore.
    """
    found = sides_where(link, lambda peering: peering.allow_virtual_network_access is False)
    if not found:
        return
    blocked = [here.peering for here, _ in found]
    side = blocked[0]
    where = f"and {printable(blocked[1].name)} back have" if len(blocked) > 1 else "has"
    detail = (
        f"{wording.subject(side)} {where} allowVirtualNetworkAccess off, so "
        f"{wording.local(side)} and {wording.remote(side)} cannot reach each other although they are peered."
    )
    reason = AccessBlocked.BOTH_SIDES if len(blocked) > 1 else AccessBlocked.ONE_SIDE
    yield Fault(side, reason, detail, repair.set_flag("allowVirtualNetworkAccess", *blocked))
