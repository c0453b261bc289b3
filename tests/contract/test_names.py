"""Checks, severities, links: what users write into settings, alerts and scripts."""

from __future__ import annotations

import hashlib

from monitor.analysis.registry import CHECKS
from monitor.model import ArmId, LinkKey

LINK_CHECKS = {
    "link/disconnected": "critical",
    "link/half-missing": "critical",
    "link/remote-vnet-missing": "critical",
    "link/unknown-state": "warning",
    "link/initiated": "warning",
    "link/out-of-sync": "warning",
    "link/address-drift": "warning",
    "link/access-blocked": "critical",
    "link/gateway-transit-missing": "critical",
    "link/gateway-transit-unused": "info",
    "link/forwarded-traffic-asymmetric": "info",
    "link/provisioning-failed": "warning",
    "link/guid-mismatch": "warning",
    "link/subnet-selection-mismatch": "warning",
    "link/encryption-mismatch": "info",
}
NETWORK_CHECKS = {
    "vnet/address-overlap": "warning",
    "vnet/peering-limit": "warning",
}


def test_the_checks_and_their_severities() -> None:
    assert {check.name: check.severity.value for check in CHECKS} == LINK_CHECKS | NETWORK_CHECKS
    assert len(CHECKS) == len(LINK_CHECKS | NETWORK_CHECKS)


def test_a_link_is_named_by_both_ids_in_lower_case_whatever_their_order() -> None:
    one = "/subscriptions/A/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/Hub"
    other = "/subscriptions/b/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/spoke"
    expected = hashlib.sha256(f"{one.lower()}\n{other.lower()}".encode()).hexdigest()[:16]
    assert LinkKey.between(ArmId(one), ArmId(other)).id == expected
    assert LinkKey.between(ArmId(other.upper()), ArmId(one.lower())).id == expected


def test_ids_are_lowered_in_ascii_only() -> None:
    kelvin = "\u212a"  # str.lower makes a k of it
    assert ArmId(f"/resourceGroups/ÄRGER-{kelvin}").key == f"/resourcegroups/Ärger-{kelvin}"
