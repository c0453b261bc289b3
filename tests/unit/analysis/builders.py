"""Links as tests need them: vnet-a and vnet-b, soundly peered, and whatever a test says differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.analysis.engine import AnalysisOptions, findings, network_findings
from monitor.model import (
    Absence,
    ArmId,
    HalfMissing,
    HalfPresent,
    HalfUnseen,
    Link,
    LinkKey,
    OnLink,
    OnNetwork,
    Peering,
    PeeringState,
    Reason,
    SyncLevel,
    VirtualNetwork,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model import Finding, Half

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
SPACE = {"vnet-a": ("10.1.0.0/16",), "vnet-b": ("10.2.0.0/16",)}


def vnet_id(name: str, *, group: str = "rg-net", subscription: str = SUBSCRIPTION) -> ArmId:
    return ArmId(
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{name}"
    )


def peering(here: ArmId | str, there: ArmId | str, *, name: str | None = None, **facts: Any) -> Peering:
    """One healthy side, but for the facts given."""
    local = here if isinstance(here, ArmId) else vnet_id(here)
    remote = there if isinstance(there, ArmId) else vnet_id(there)
    name = name or f"{local.name}-to-{remote.name}"
    space = SPACE.get(remote.name)
    healthy: dict[str, Any] = {
        "state": PeeringState.CONNECTED,
        "sync_level": SyncLevel.FULLY_IN_SYNC,
        "provisioning_state": "Succeeded",
        "allow_virtual_network_access": True,
        "allow_forwarded_traffic": False,
        "allow_gateway_transit": False,
        "use_remote_gateways": False,
        "peer_complete_vnets": True,
        "resource_guid": "9a1b",
        "remote_address_space": space,
        "remote_vnet_address_space": space,
    }
    return Peering(ArmId(f"{local}/virtualNetworkPeerings/{name}"), local, remote, **(healthy | facts))


def network(name: ArmId | str, *peerings: Peering, **facts: Any) -> VirtualNetwork:
    vnet = name if isinstance(name, ArmId) else vnet_id(name)
    usual: dict[str, Any] = {"location": "westeurope", "address_space": SPACE.get(vnet.name, ())}
    return VirtualNetwork(vnet, peerings=peerings, **(usual | facts))


def present(here: str, there: str, *, vnet: Mapping[str, Any] | None = None, **facts: Any) -> HalfPresent:
    side = peering(here, there, **facts)
    return HalfPresent(side, network(here, side, **(vnet or {})))


def a(*, vnet: Mapping[str, Any] | None = None, **facts: Any) -> HalfPresent:
    """vnet-a's side, healthy but for the facts given; ``vnet`` are facts of the network itself."""
    return present("vnet-a", "vnet-b", vnet=vnet, **facts)


def b(*, vnet: Mapping[str, Any] | None = None, **facts: Any) -> HalfPresent:
    return present("vnet-b", "vnet-a", vnet=vnet, **facts)


def unseen(name: str = "vnet-b", *, reason: Reason | None = Reason.FORBIDDEN) -> HalfUnseen:
    return HalfUnseen(vnet_id(name), reason)


def no_peering(name: str = "vnet-b", *others: Peering) -> HalfMissing:
    return HalfMissing(vnet_id(name), Absence.PEERING, network(name, *others))


def no_vnet(name: str = "vnet-b") -> HalfMissing:
    return HalfMissing(vnet_id(name), Absence.VNET)


def link(one: Half, other: Half) -> Link:
    low, high = (one, other) if one.vnet_id < other.vnet_id else (other, one)
    return Link(LinkKey.between(low.vnet_id, high.vnet_id), low, high)


def found(*links: Link, **options: Any) -> tuple[Finding, ...]:
    return findings(links, options=AnalysisOptions(**options))


def only(one: Link) -> Finding:
    """The one finding of a link, which is all that the analysis makes of its root cause."""
    finding, *more = found(one)
    assert not more, f"one root cause gave several findings: {[finding, *more]}"
    return finding


def side_of(finding: Finding) -> Peering:
    """The side that a finding about a link is on."""
    assert isinstance(finding.subject, OnLink)
    return finding.subject.side


def checks_of(one: Link, **options: Any) -> list[str]:
    return [finding.check for finding in found(one, **options)]


def found_in(*networks: VirtualNetwork, **options: Any) -> tuple[Finding, ...]:
    """What the checks of networks find in these."""
    return network_findings(networks, options=AnalysisOptions(**options))


def vnet_of(finding: Finding) -> ArmId:
    """The network that a finding about a network is on."""
    assert isinstance(finding.subject, OnNetwork)
    return finding.subject.vnet
