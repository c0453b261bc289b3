"""How findings speak of networks and peerings: sentences that can be printed anywhere, whatever names hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import Reason, ascii_lower
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.model import ArmId, HalfUnseen, Peering

LISTED = 8
"""How many things a sentence names before it says how many more there are."""


def network(vnet: ArmId, other: ArmId) -> str:
    """A network's name, told apart from the other network of the link where both have the same."""
    name = printable(vnet.name)
    if ascii_lower(vnet.name) != ascii_lower(other.name):
        return name
    if ascii_lower(vnet.resource_group) != ascii_lower(other.resource_group):
        return f"{name} (resource group {printable(vnet.resource_group)})"
    return f"{name} (subscription {printable(vnet.subscription_id)})"


def local(peering: Peering) -> str:
    """The network that has this side."""
    return network(peering.vnet, peering.remote_vnet)


def remote(peering: Peering) -> str:
    """The network that this side points at."""
    return network(peering.remote_vnet, peering.vnet)


def side(peering: Peering) -> str:
    """One side by name, with both networks."""
    return f"peering {printable(peering.name)} from {local(peering)} to {remote(peering)}"


def subject(peering: Peering) -> str:
    """One side at the beginning of a sentence."""
    return f"P{side(peering)[1:]}"


def unseen(half: HalfUnseen, peering: Peering) -> str:
    """Why nothing is known of the other side of ``peering``; continues a sentence."""
    subscription = f"subscription {printable(half.vnet_id.subscription_id) or '(unknown)'}"
    if half.vnet is not None:
        return f"whether {remote(peering)} has a peering back could not be read"
    if half.reason is None:
        return f"{remote(peering)} is in {subscription}, which is not watched"
    if half.reason is Reason.BAD_RESPONSE:
        return f"{remote(peering)} is in {subscription}, whose answers did not show it"
    return f"{remote(peering)} is in {subscription}, which could not be read ({half.reason.value})"


def owner(half: HalfUnseen) -> str:
    """Whom to ask about a side that cannot be seen."""
    return f"the owner of subscription {printable(half.vnet_id.subscription_id) or '(unknown)'}"


def unknown_of(lost: Peering, survivor: Peering) -> str:
    """One sentence: what the survivor does not tell of the lost side, and what the commands take for it."""
    forwarded = "on" if lost.allow_forwarded_traffic else "off"
    gateway = " or used the gateway (taken as no)" if survivor.allow_gateway_transit else ""
    return (
        "The other side's name is not known, nor whether it accepted forwarded traffic "
        f"(taken as {forwarded}, as on this side){gateway}: check the commands first."
    )


def listing(things: Collection[str]) -> str:
    """Some things by name, the rest by number."""
    first = ", ".join(printable(thing) for thing in sorted(things, key=ascii_lower)[:LISTED])
    return f"{first} and {len(things) - LISTED} more" if len(things) > LISTED else first
