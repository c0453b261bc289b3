"""Small snapshots: a hub and an app network, and tests say only what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from monitor.model import (
    ArmId,
    Finding,
    Ignore,
    IgnoredFinding,
    LinkKey,
    MetricPoint,
    OnLink,
    OnNetwork,
    Peering,
    PeeringState,
    Severity,
    Side,
    Snapshot,
    SyncLevel,
    VirtualNetwork,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

HUB = 'subscription_id="s1",resource_group="rg",vnet="hub"'
"""The hub's labels on the page."""

HUB_TO_APP = f'{HUB},peering="to-app"'
REMOTE_APP = 'remote_subscription_id="s1",remote_resource_group="rg",remote_vnet="app"'


def vnet_id(name: str = "Hub", *, subscription: str = "S1", group: str = "RG") -> ArmId:
    return ArmId(
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{name}"
    )


class PeeringChanges(TypedDict, total=False):
    state: PeeringState
    sync_level: SyncLevel
    provisioning_state: str | None
    allow_virtual_network_access: bool | None
    allow_forwarded_traffic: bool | None
    allow_gateway_transit: bool | None
    use_remote_gateways: bool | None
    peer_complete_vnets: bool | None


def peering(
    local: ArmId | None = None,
    remote: ArmId | None = None,
    *,
    name: str = "to-App",
    **changes: Unpack[PeeringChanges],
) -> Peering:
    local = local or vnet_id("Hub")
    built = Peering(
        id=ArmId(f"{local.text}/virtualNetworkPeerings/{name}"),
        vnet=local,
        remote_vnet=remote or vnet_id("App"),
        state=PeeringState.CONNECTED,
        sync_level=SyncLevel.FULLY_IN_SYNC,
    )
    return replace(built, **changes)


def side(
    built: Peering | None = None,
    *,
    remote_visible: bool = True,
    consistent: bool | None = None,
    is_global: bool | None = None,
) -> Side:
    built = built or peering()
    return Side(
        built,
        LinkKey.between(built.vnet, built.remote_vnet),
        remote_visible=remote_visible,
        consistent=consistent,
        is_global=is_global,
    )


def network(
    vnet: ArmId | None = None,
    *,
    location: str = "westeurope",
    peerings: Iterable[Peering] = (),
    peerings_complete: bool = True,
) -> VirtualNetwork:
    return VirtualNetwork(
        vnet or vnet_id("Hub"),
        location=location,
        peerings=tuple(peerings),
        peerings_complete=peerings_complete,
    )


def finding(
    on: Peering | None = None,
    *,
    check: str = "link/initiated",
    severity: Severity = Severity.WARNING,
    reason: str = "peer_exists",
) -> Finding:
    on = on or peering()
    link = LinkKey.between(on.vnet, on.remote_vnet)
    return Finding(
        check, severity, OnLink(link, on), reason, "A sentence.", ("az …",), "https://portal.azure.com/"
    )


def network_finding(vnet: ArmId | None = None, *, check: str = "vnet/peering-limit", about: str = "") -> Finding:
    on = OnNetwork(vnet or vnet_id("Hub"), about)
    return Finding(check, Severity.WARNING, on, "near", "A sentence.", (), "https://portal.azure.com/")


def ignored(one: Finding) -> IgnoredFinding:
    return IgnoredFinding(one, Ignore(2_000_000_000.0, "Known.", check=one.check))


def point(
    metric: str = "BytesInPeering",
    value: float = 600.0,
    *,
    vnet: ArmId | None = None,
    grain_seconds: float = 300.0,
    end: float = 1_700_000_000.0,
) -> MetricPoint:
    return MetricPoint(vnet or vnet_id("Hub"), metric, value, grain_seconds, end)


def snapshot(*sides: Side) -> Snapshot:
    return Snapshot(built_at=1_700_000_030.5, sides=sides)
