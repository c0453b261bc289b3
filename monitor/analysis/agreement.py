"""Whether the two sides of a link agree: yes, no, or None where Azure did not say enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import ascii_lower

if TYPE_CHECKING:
    from monitor.model import Peering


def agree(one: Peering, other: Peering) -> bool | None:
    """Nothing contradicts between the sides; a contradiction counts even where the rest is unknown."""
    answers = (
        access_agrees(one, other),
        gateways_agree(one, other),
        gateways_agree(other, one),
        subnets_agree(one, other),
    )
    if False in answers:
        return False
    return None if None in answers else True


def access_agrees(one: Peering, other: Peering) -> bool | None:
    """Both sides allow access, or neither does."""
    if one.allow_virtual_network_access is None or other.allow_virtual_network_access is None:
        return None
    return one.allow_virtual_network_access == other.allow_virtual_network_access


def gateways_agree(user: Peering, owner: Peering) -> bool | None:
    """``user`` does not rely on a gateway that ``owner`` does not share. Sharing without use is agreement."""
    if user.use_remote_gateways is False or owner.allow_gateway_transit is True:
        return True
    if user.use_remote_gateways is None or owner.allow_gateway_transit is None:
        return None
    return False


def extent_agrees(one: Peering, other: Peering) -> bool | None:
    """Both sides peer whole networks, or both peer subnets. Where neither side says, nothing differs."""
    if one.peer_complete_vnets is other.peer_complete_vnets:
        return True
    if False not in (one.peer_complete_vnets, other.peer_complete_vnets):
        return True
    return None if None in (one.peer_complete_vnets, other.peer_complete_vnets) else False


def subnets_agree(one: Peering, other: Peering) -> bool | None:
    """Both sides select the same part of both networks."""
    extent = extent_agrees(one, other)
    if not extent or one.peer_complete_vnets is not False:
        return extent
    answers = (
        _same(one.local_subnet_names, other.remote_subnet_names),
        _same(one.remote_subnet_names, other.local_subnet_names),
    )
    if False in answers:
        return False
    return None if None in answers else True


def _same(names: tuple[str, ...], mirrored: tuple[str, ...]) -> bool | None:
    """A subnet peering names its subnets: an empty list means that Azure left them out of its answer."""
    if not names or not mirrored:
        return None
    return set(map(ascii_lower, names)) == set(map(ascii_lower, mirrored))
