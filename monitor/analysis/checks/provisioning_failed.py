from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where
from monitor.model import ascii_lower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link, Peering


class ProvisioningFailed(StrEnum):
    """How Azure's last write of the side ended."""

    FAILED = "failed"
    CANCELED = "canceled"


def link_provisioning_failed(link: Link) -> Iterator[Fault]:
    """Azure's last write of a side failed or was canceled.

    provisioningState is Failed or Canceled: what was asked for was not, or not wholly, put into effect. States
    that pass by themselves (Creating, Updating, Deleting) are not reported here.

    Why it matters: the flags that Azure shows may not be those in effect, and further changes can be refused.

    To repair: write the side again as it is. If that fails too, the error that it prints says why.
    """
    found = sides_where(link, lambda peering: _ended(peering) in set(ProvisioningFailed))
    if not found:
        return
    sides = [here.peering for here, _ in found]
    side = min(sides, key=lambda peering: _ended(peering) != ProvisioningFailed.FAILED)
    detail = (
        f"The last change of {wording.side(side)} ended with provisioningState {side.provisioning_state}. "
        "Write it again; the error that this prints says what is wrong."
    )
    yield Fault(side, ProvisioningFailed(_ended(side)), detail, repair.write_again(*sides))


def _ended(peering: Peering) -> str:
    return ascii_lower(peering.provisioning_state or "")
