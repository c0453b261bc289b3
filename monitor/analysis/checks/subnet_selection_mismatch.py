from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.agreement import extent_agrees, subnets_agree
from monitor.analysis.fault import Fault, both_peerings
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class SubnetSelectionMismatch(StrEnum):
    """What differs."""

    PEER_COMPLETE_VNETS = "peer_complete_vnets"
    SUBNET_NAMES = "subnet_names"


def link_subnet_selection_mismatch(link: Link) -> Iterator[Fault]:
    """The two sides select different parts of the networks.

    A peering joins two whole networks (peerCompleteVnets) or named subnets of both. Both sides have to say the
    same: what is local on one is remote on the other.

    Why it matters: subnets that only one side names are not reachable in both directions.

    To repair: decide which side is right and make the other one mirror it. The command lets the side named here
    follow the other; where one side peers whole networks, that is the one which follows.
    """
    both = both_peerings(link)
    if both is None:
        return
    side, other = both
    if extent_agrees(side, other) is False:
        if side.peer_complete_vnets is False:
            side, other = other, side
        detail = (
            f"{wording.subject(side)} joins whole networks, while peering {printable(other.name)} "
            f"of {wording.local(other)} joins only subnets. The command makes {wording.local(side)} follow; if "
            "it is right as it is, change the other side instead."
        )
        yield Fault(side, SubnetSelectionMismatch.PEER_COMPLETE_VNETS, detail, repair.select_as(side, other))
    elif subnets_agree(side, other) is False:
        detail = (
            f"{wording.subject(side)} joins other subnets than peering {printable(other.name)} of "
            f"{wording.local(other)}: {_named(side.local_subnet_names)} to {_named(side.remote_subnet_names)} "
            f"here, {_named(other.remote_subnet_names)} to {_named(other.local_subnet_names)} there. "
            f"The command makes {wording.local(side)} follow; if it is right as it is, change the other side "
            "instead."
        )
        yield Fault(side, SubnetSelectionMismatch.SUBNET_NAMES, detail, repair.select_as(side, other))


def _named(names: tuple[str, ...]) -> str:
    return f"({wording.listing(names)})"
