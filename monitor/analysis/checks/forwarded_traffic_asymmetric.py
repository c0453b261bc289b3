from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, both_peerings
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class ForwardedTrafficAsymmetric(StrEnum):
    """What differs."""

    ONE_SIDE = "one_side"


def link_forwarded_traffic_asymmetric(link: Link) -> Iterator[Fault]:
    """Only one side accepts traffic that the other network forwards.

    allowForwardedTraffic lets a network receive traffic over the peering that did not start in the other network,
    such as what a firewall there passes on. On at a spoke and off at its hub is a legitimate, hardened design.

    Why it matters: where an appliance is meant to forward in both directions, one direction is dropped.

    To repair: if the side where it is off is meant to receive forwarded traffic, turn allowForwardedTraffic on
    there. If not, leave it, or disable this check.
    """
    both = both_peerings(link)
    if both is None:
        return
    for side, other in (both, both[::-1]):
        if side.allow_forwarded_traffic is False and other.allow_forwarded_traffic is True:
            detail = (
                f"{wording.subject(side)} has allowForwardedTraffic off, while "
                f"{wording.local(other)} accepts it (peering {printable(other.name)}): "
                f"{wording.local(side)} drops what an appliance in {wording.local(other)} forwards to it. "
                "This can be meant so."
            )
            commands = repair.set_flag("allowForwardedTraffic", side)
            yield Fault(side, ForwardedTrafficAsymmetric.ONE_SIDE, detail, commands)
