from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, NamedTuple

from monitor.analysis import repair, wording
from monitor.analysis.fault import Fault, sides_where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model import Half, HalfPresent, Link, Peering

Prefix = IPv4Network | IPv6Network | str
"""A prefix; as text where it cannot be read as one."""


class AddressDrift(StrEnum):
    """Which way the address spaces differ."""

    MISSING = "missing"
    STALE = "stale"
    MISSING_AND_STALE = "missing_and_stale"


class Drift(NamedTuple):
    """Prefixes that the remote network has and the peering has not, and the other way round."""

    missing: frozenset[str]
    stale: frozenset[str]


def link_address_drift(link: Link) -> Iterator[Fault]:
    """The peered prefixes differ from the remote network's address space.

    Each side keeps a copy of the other network's address space, and that copy is what traffic is routed by. It is
    compared with the remote network itself where that was read, else with what Azure says the remote network has
    now. Peerings of subnets are left out, because they peer only a part; a peering of IPv6 only is compared by its
    IPv6 prefixes.

    Why it matters: prefixes that are missing from the peering cannot be reached over it, although everything says
    Connected; stale ones still attract traffic.

    To repair: run the sync on the side whose copy differs.
    """
    drifts = {
        here.peering.id: (here.peering, drift)
        for here, there in sides_where(link, _comparable)
        if (drift := _drift(here, there))
    }
    if not drifts:
        return
    drifting = [peering for peering, _ in drifts.values()]
    side, drift = drifts[drifting[0].id]
    yield Fault(
        side,
        _reason([drift for _, drift in drifts.values()]),
        " ".join(_detail(peering, drift) for peering, drift in drifts.values()),
        repair.sync(*drifting),
    )


def _comparable(peering: Peering) -> bool:
    return bool(peering.remote_address_space) and peering.peer_complete_vnets is not False


def _drift(here: HalfPresent, there: Half) -> Drift | None:
    peering = here.peering
    peered = peering.remote_address_space
    # A network without any prefix does not exist: an empty address space was left out of the answer.
    actual = (there.vnet.address_space if there.vnet else None) or peering.remote_vnet_address_space
    if not peered or not actual or peered == actual:
        return None
    have, should = _prefixes(peered, peering), _prefixes(actual, peering)
    if have == should:
        return None
    return Drift(frozenset(map(str, should - have)), frozenset(map(str, have - should)))


def _prefixes(texts: Iterable[str], peering: Peering) -> frozenset[Prefix]:
    prefixes = frozenset(map(_prefix, texts))
    if peering.only_ipv6:
        return frozenset(prefix for prefix in prefixes if isinstance(prefix, IPv6Network))
    return prefixes


def _prefix(text: str) -> Prefix:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return text.strip().lower()


def _reason(drifts: list[Drift]) -> AddressDrift:
    missing = any(drift.missing for drift in drifts)
    stale = any(drift.stale for drift in drifts)
    if missing and stale:
        return AddressDrift.MISSING_AND_STALE
    return AddressDrift.MISSING if missing else AddressDrift.STALE


def _detail(peering: Peering, drift: Drift) -> str:
    remote = wording.remote(peering)
    parts = []
    if drift.missing:
        parts.append(f"{wording.listing(drift.missing)} of {remote} cannot be reached over it")
    if drift.stale:
        parts.append(f"{wording.listing(drift.stale)} is peered although {remote} does not have it")
    return f"{wording.subject(peering)} has other prefixes than {remote}: {'; '.join(parts)}."
