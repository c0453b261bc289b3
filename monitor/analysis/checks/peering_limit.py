from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis.fault import NetworkFault
from monitor.model import PEERING_LIMIT_MANAGED
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model import VirtualNetwork

NEAR_PERCENT = 80


class PeeringLimit(StrEnum):
    """Whether there is room for one more peering."""

    NEAR = "near"
    REACHED = "reached"


def vnet_peering_limit(vnets: Sequence[VirtualNetwork]) -> Iterator[NetworkFault]:
    """A network uses 80 % of the peerings that Azure allows on it.

    Azure allows 500 peerings on a network, and 1,000 where Azure Virtual Network Manager manages it, which shows
    in peerings whose name begins with ANM_. Every peering counts, whatever its state. Where not all peerings of a
    network could be read, the number of those that were is held against 1,000: one of the rest may raise the
    limit.

    Why it matters: Azure refuses the first peering beyond the limit. Whoever connects the next spoke learns of it
    then, and a second hub is not built in an hour.

    To repair: delete peerings that lead nowhere any more (link/disconnected names them), put further spokes on a
    second hub, or let Azure Virtual Network Manager manage the peerings, which raises the limit.
    """
    for vnet in vnets:
        used = len({peering.id.key for peering in vnet.peerings})
        limit = vnet.peering_limit if vnet.peerings_complete else PEERING_LIMIT_MANAGED
        if used * 100 < limit * NEAR_PERCENT:
            continue
        at_least = "" if vnet.peerings_complete else "at least "
        uses = (
            f"{printable(vnet.id.name)} has {at_least}{used:,} of the {limit:,} peerings that Azure allows on it"
        )
        if used >= limit:
            detail = f"{uses}: no further network can be peered with it."
            yield NetworkFault(vnet.id, PeeringLimit.REACHED, detail)
        else:
            detail = f"{uses}. Plan for a second hub before the last {limit - used:,} are used."
            yield NetworkFault(vnet.id, PeeringLimit.NEAR, detail)
