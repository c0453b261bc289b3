from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.agreement import gateways_agree
from monitor.analysis.fault import Fault, both_peerings
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class GatewayTransitMissing(StrEnum):
    """What contradicts."""

    TRANSIT_NOT_ALLOWED = "transit_not_allowed"


def link_gateway_transit_missing(link: Link) -> Iterator[Fault]:
    """One side uses the other network's gateway, and that side does not allow it.

    useRemoteGateways on one side needs allowGatewayTransit on the other. Azure refuses to create the
    contradiction; a later change on the other side can bring it about.

    Why it matters: the network behind the first side loses its way to on-premises networks and to everything
    else beyond the gateway.

    To repair: turn allowGatewayTransit on, on the side that has the gateway.
    """
    both = both_peerings(link)
    if both is None:
        return
    owners = [(owner, user) for owner, user in (both, both[::-1]) if gateways_agree(user, owner) is False]
    if owners:
        side, user = owners[0]
        name = printable(user.name)
        detail = (
            f"{wording.local(user)} uses the gateway of {wording.local(side)} (peering {name}), but "
            f"{wording.side(side)} has allowGatewayTransit off: what lies beyond the gateway cannot be reached."
        )
        yield Fault(
            side,
            GatewayTransitMissing.TRANSIT_NOT_ALLOWED,
            detail,
            repair.set_flag("allowGatewayTransit", *(owner for owner, _ in owners)),
        )
