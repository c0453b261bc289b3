from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, both_peerings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class GatewayTransitUnused(StrEnum):
    """On how many sides transit is allowed in vain."""

    ONE_SIDE = "one_side"
    BOTH_SIDES = "both_sides"


def link_gateway_transit_unused(link: Link) -> Iterator[Fault]:
    """One side allows the other network to use its gateway, and the other does not use it.

    allowGatewayTransit is a permission; useRemoteGateways on the other side takes it up. A permission that nobody
    takes up changes no traffic.

    Why it matters: either a permission can be withdrawn, or the other network was meant to reach what lies beyond
    the gateway and does not.

    To repair: turn allowGatewayTransit off; or, if the gateway is meant to be used, turn useRemoteGateways on at
    the other side instead.
    """
    both = both_peerings(link)
    if both is None:
        return
    unused = [
        owner
        for owner, user in (both, both[::-1])
        if owner.allow_gateway_transit is True and user.use_remote_gateways is False
    ]
    if unused:
        side = unused[0]
        detail = (
            f"{wording.subject(side)} lets {wording.remote(side)} use the gateway of "
            f"{wording.local(side)}, and {wording.remote(side)} does not use it. Withdraw the permission, or turn "
            "useRemoteGateways on at the other side if it is meant to."
        )
        reason = GatewayTransitUnused.BOTH_SIDES if len(unused) > 1 else GatewayTransitUnused.ONE_SIDE
        yield Fault(side, reason, detail, repair.set_flag("allowGatewayTransit", *unused, on=False))
