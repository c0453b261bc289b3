"""Every check, in the order in which they run: one that silences others stands before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.analysis.checks.access_blocked import AccessBlocked, link_access_blocked
from monitor.analysis.checks.address_drift import AddressDrift, link_address_drift
from monitor.analysis.checks.address_overlap import AddressOverlap, vnet_address_overlap
from monitor.analysis.checks.disconnected import Disconnected, link_disconnected
from monitor.analysis.checks.encryption_mismatch import EncryptionMismatch, link_encryption_mismatch
from monitor.analysis.checks.forwarded_traffic_asymmetric import (
    ForwardedTrafficAsymmetric,
    link_forwarded_traffic_asymmetric,
)
from monitor.analysis.checks.gateway_transit_missing import GatewayTransitMissing, link_gateway_transit_missing
from monitor.analysis.checks.gateway_transit_unused import GatewayTransitUnused, link_gateway_transit_unused
from monitor.analysis.checks.guid_mismatch import GuidMismatch, link_guid_mismatch
from monitor.analysis.checks.half_missing import HalfMissingReason, link_half_missing
from monitor.analysis.checks.initiated import Initiated, link_initiated
from monitor.analysis.checks.out_of_sync import OutOfSync, link_out_of_sync
from monitor.analysis.checks.peering_limit import PeeringLimit, vnet_peering_limit
from monitor.analysis.checks.provisioning_failed import ProvisioningFailed, link_provisioning_failed
from monitor.analysis.checks.remote_vnet_missing import RemoteVnetMissing, link_remote_vnet_missing
from monitor.analysis.checks.subnet_selection_mismatch import (
    SubnetSelectionMismatch,
    link_subnet_selection_mismatch,
)
from monitor.analysis.checks.unknown_state import UnknownState, link_unknown_state
from monitor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from enum import StrEnum

    from monitor.analysis.fault import Fault, NetworkFault
    from monitor.model import Link, VirtualNetwork


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """A check of one link: its name, default severity, function, reasons, and what it finds in a phrase.

    ``silenced_by`` names the checks whose fault explains this one's, so that one root cause gives one finding.
    """

    name: str
    severity: Severity
    function: Callable[[Link], Iterator[Fault]]
    reasons: type[StrEnum]
    summary: str
    silenced_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """A check of networks: the same, but its function is given all networks that were read, each of them once."""

    name: str
    severity: Severity
    function: Callable[[Sequence[VirtualNetwork]], Iterator[NetworkFault]]
    reasons: type[StrEnum]
    summary: str

    @property
    def silenced_by(self) -> frozenset[str]:
        """Nothing: no fault of a link explains one between networks."""
        return frozenset()


Check = LinkCheck | NetworkCheck


DISCONNECTED = frozenset({"link/disconnected"})
NOT_THERE = DISCONNECTED | {"link/remote-vnet-missing"}
HALF = NOT_THERE | {"link/half-missing"}
NOT_JOINED = HALF | {"link/initiated"}
"""The root causes: while a link is not joined at all, how its sides differ is not worth a word."""

CHECKS: tuple[Check, ...] = (
    LinkCheck(
        "link/disconnected",
        Severity.CRITICAL,
        link_disconnected,
        Disconnected,
        "a side is Disconnected",
    ),
    LinkCheck(
        "link/remote-vnet-missing",
        Severity.CRITICAL,
        link_remote_vnet_missing,
        RemoteVnetMissing,
        "the remote subscription was read and the network is not there",
        silenced_by=DISCONNECTED,
    ),
    LinkCheck(
        "link/half-missing",
        Severity.CRITICAL,
        link_half_missing,
        HalfMissingReason,
        "the remote network was read and has no peering back",
        silenced_by=NOT_THERE,
    ),
    LinkCheck(
        "link/initiated",
        Severity.WARNING,
        link_initiated,
        Initiated,
        "a side is Initiated although a peering back exists, or the other side is not visible",
        silenced_by=HALF,
    ),
    LinkCheck(
        "link/unknown-state",
        Severity.WARNING,
        link_unknown_state,
        UnknownState,
        "the peering state is absent or a value that this version does not know",
    ),
    LinkCheck(
        "link/out-of-sync",
        Severity.WARNING,
        link_out_of_sync,
        OutOfSync,
        "the sync level is not FullyInSync",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/address-drift",
        Severity.WARNING,
        link_address_drift,
        AddressDrift,
        "the peered remote prefixes differ from the remote network's address space",
        silenced_by=NOT_JOINED | {"link/out-of-sync"},
    ),
    LinkCheck(
        "link/access-blocked",
        Severity.CRITICAL,
        link_access_blocked,
        AccessBlocked,
        "allowVirtualNetworkAccess is off on one or both sides",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/gateway-transit-missing",
        Severity.CRITICAL,
        link_gateway_transit_missing,
        GatewayTransitMissing,
        "useRemoteGateways here, no allowGatewayTransit there",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/gateway-transit-unused",
        Severity.INFO,
        link_gateway_transit_unused,
        GatewayTransitUnused,
        "allowGatewayTransit here, nobody uses it",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/forwarded-traffic-asymmetric",
        Severity.INFO,
        link_forwarded_traffic_asymmetric,
        ForwardedTrafficAsymmetric,
        "allowForwardedTraffic differs between the sides",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/provisioning-failed",
        Severity.WARNING,
        link_provisioning_failed,
        ProvisioningFailed,
        "the provisioning state is Failed or Canceled",
    ),
    LinkCheck(
        "link/guid-mismatch",
        Severity.WARNING,
        link_guid_mismatch,
        GuidMismatch,
        "the two sides carry different resourceGuids: one network was rebuilt",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/subnet-selection-mismatch",
        Severity.WARNING,
        link_subnet_selection_mismatch,
        SubnetSelectionMismatch,
        "peerCompleteVnets or the named subnets disagree",
        silenced_by=NOT_JOINED,
    ),
    LinkCheck(
        "link/encryption-mismatch",
        Severity.INFO,
        link_encryption_mismatch,
        EncryptionMismatch,
        "virtual network encryption is on in one of the two networks only",
    ),
    NetworkCheck(
        "vnet/address-overlap",
        Severity.WARNING,
        vnet_address_overlap,
        AddressOverlap,
        "two networks that are peered, or that share a neighbour, share address space",
    ),
    NetworkCheck(
        "vnet/peering-limit",
        Severity.WARNING,
        vnet_peering_limit,
        PeeringLimit,
        "80 % of the peerings that Azure allows on the network are used",
    ),
)

LINK_CHECKS = tuple(check for check in CHECKS if isinstance(check, LinkCheck))
NETWORK_CHECKS = tuple(check for check in CHECKS if isinstance(check, NetworkCheck))
