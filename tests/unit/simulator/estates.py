"""Small estates: two networks that are peered, and what a test wants different about them."""

from __future__ import annotations

from typing import Any

from monitor.simulator import Estate, PeeringLink, PeeringSide, Subscription, VirtualNetwork

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
OTHER_SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"


def network(name: str, *space: str, **extra: Any) -> VirtualNetwork:
    """A network in `rg-net`."""
    return VirtualNetwork(
        name=name,
        address_space=space,
        **{"subscription": SUBSCRIPTION, "resource_group": "rg-net", "location": "westeurope", **extra},
    )


def pair(one: dict[str, Any] | None = None, two: dict[str, Any] | None = None) -> PeeringLink:
    """Both sides of the link between vnet-a and vnet-b, with flags."""
    return PeeringLink(
        sides=(
            PeeringSide(vnet="vnet-a", name="a-to-b", **(one or {})),
            PeeringSide(vnet="vnet-b", name="b-to-a", **(two or {})),
        )
    )


def small_estate(**changes: Any) -> Estate:
    """vnet-a (10.1/16) and vnet-b (10.2/16), peered and healthy, in one subscription."""
    values: dict[str, Any] = {
        "subscriptions": (Subscription(id=SUBSCRIPTION, name="sub-one"),),
        "networks": (network("vnet-a", "10.1.0.0/16"), network("vnet-b", "10.2.0.0/16")),
        "peerings": (pair(),),
    }
    return Estate(**(values | changes))
