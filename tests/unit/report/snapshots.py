"""Snapshots as the report's tests need them: two networks, soundly peered, and whatever a test adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.model import (
    ArmId,
    Coverage,
    Finding,
    HalfPresent,
    Ignore,
    IgnoredFinding,
    Link,
    LinkKey,
    OnLink,
    OnNetwork,
    Peering,
    PeeringState,
    Reason,
    Severity,
    Side,
    Snapshot,
    Subscription,
    VirtualNetwork,
)

if TYPE_CHECKING:
    from monitor.model import Half

HUB, PROD = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
BUILT_AT = 1_700_000_000.0
DETAIL = (
    "Peering app-to-hub from vnet-app to vnet-hub is Disconnected and carries no traffic: "
    "vnet-hub has no peering back."
)
DELETE = (
    f"az network vnet peering delete --subscription {PROD} --resource-group rg-app --vnet-name vnet-app "
    "--name app-to-hub"
)


def vnet_id(name: str, subscription: str = PROD, group: str = "rg-app") -> ArmId:
    return ArmId(
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{name}"
    )


APP, VNET_HUB = vnet_id("vnet-app"), vnet_id("vnet-hub", HUB, "rg-networking")


def peering(here: ArmId = APP, there: ArmId = VNET_HUB, name: str = "app-to-hub") -> Peering:
    return Peering(ArmId(f"{here}/virtualNetworkPeerings/{name}"), here, there, PeeringState.CONNECTED)


def finding(**facts: Any) -> Finding:
    """A finding of the spoke's side, but for the facts given."""
    side: Peering = facts.pop("side", peering())
    given: dict[str, Any] = {
        "check": "link/disconnected",
        "severity": Severity.CRITICAL,
        "subject": OnLink(facts.pop("link", LinkKey.between(side.vnet, side.remote_vnet)), side),
        "reason": "peer_missing",
        "detail": DETAIL,
        "repair": (DELETE,),
        "portal_url": f"https://portal.azure.com/#@/resource{side.id}",
    }
    return Finding(**(given | facts))


def ignored(**facts: Any) -> IgnoredFinding:
    """A finding that is ignored for ten minutes more."""
    return IgnoredFinding(finding(**facts), Ignore(BUILT_AT + 600, "The app team moves.", vnet="vnet-app"))


EXPIRED = Ignore(BUILT_AT - 600, "It was\x1b moved.", check="link/*", peering="app-*")


def on_network(**facts: Any) -> Finding:
    """A finding about the spoke's network."""
    given: dict[str, Any] = {
        "check": "vnet/peering-limit",
        "severity": Severity.WARNING,
        "subject": OnNetwork(APP),
        "reason": "near",
        "detail": "vnet-app is full.",
        "repair": (),
    }
    return finding(**(given | facts))


def read(subscription: str = PROD, reason: Reason = Reason.OK, detail: str = "", **facts: Any) -> Coverage:
    return Coverage(subscription, facts.pop("collector", "topology"), reason, detail, **facts)


def snapshot(*findings: Finding, **facts: Any) -> Snapshot:
    """Both networks, both sides, everything read; and the findings given."""
    near, far = peering(), peering(VNET_HUB, APP, "hub-to-app")
    spoke, hub = VirtualNetwork(APP, peerings=(near,)), VirtualNetwork(VNET_HUB, peerings=(far,))
    key = LinkKey.between(APP, VNET_HUB)
    given: dict[str, Any] = {
        "built_at": BUILT_AT,
        "virtual_networks": (hub, spoke),
        "sides": (Side(far, key, remote_visible=True), Side(near, key, remote_visible=True)),
        "links": (link(HalfPresent(far, hub), HalfPresent(near, spoke)),),
        "findings": findings,
        "subscriptions": (Subscription(HUB, "Connectivity", "t"), Subscription(PROD, "Production", "t")),
        "coverage": (read("", collector="subscriptions"), read(HUB), read(PROD)),
    }
    return Snapshot(**(given | facts))


def side_of(found: Finding) -> Peering:
    assert isinstance(found.subject, OnLink)
    return found.subject.side


def link(one: Half, other: Half) -> Link:
    key = LinkKey.between(one.vnet_id, other.vnet_id)
    low, high = (one, other) if one.vnet_id == key.low else (other, one)
    return Link(key, low, high)


FORBIDDEN = read(PROD, Reason.FORBIDDEN, "The identity may not read virtual networks: assign Reader to it.")
