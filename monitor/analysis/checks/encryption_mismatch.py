from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model import Link


class EncryptionMismatch(StrEnum):
    """On how many of the two networks encryption is on."""

    ONE_SIDE = "one_side"


def link_encryption_mismatch(link: Link) -> Iterator[Fault]:
    """Virtual network encryption is on in only one of the two networks.

    Traffic between virtual machines is encrypted where both networks have encryption on. A network of which Azure
    says nothing about encryption has none.

    Why it matters: whoever turned encryption on expects it; over this peering the traffic goes unencrypted.

    To repair: turn encryption on in the other network too. The command still lets in virtual machines that
    cannot encrypt.
    """
    both = link.both()
    if both is None or bool(both[0].vnet.encryption) == bool(both[1].vnet.encryption):
        return
    plain, _ = both if both[1].vnet.encryption else both[::-1]
    side = plain.peering
    detail = (
        f"{wording.remote(side)} has virtual network encryption on and {wording.local(side)} has not, so traffic "
        f"over {wording.side(side)} is not encrypted."
    )
    yield Fault(side, EncryptionMismatch.ONE_SIDE, detail, repair.encrypt(plain.vnet.id))
