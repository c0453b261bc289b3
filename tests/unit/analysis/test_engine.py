from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from monitor.analysis.engine import AnalysisOptions, analyse, settings
from monitor.analysis.registry import CHECKS, LINK_CHECKS
from monitor.model import (
    ArmId,
    CheckSetting,
    HalfUnseen,
    PeeringState,
    Severity,
    SyncLevel,
)
from tests.unit.analysis.builders import (
    SUBSCRIPTION,
    a,
    b,
    checks_of,
    found,
    link,
    network,
    no_peering,
    no_vnet,
    only,
    peering,
    present,
    side_of,
    unseen,
)

if TYPE_CHECKING:
    from monitor.model import Half, Link

DIFFERENT: dict[str, Any] = {
    "allow_virtual_network_access": False,
    "allow_forwarded_traffic": True,
    "allow_gateway_transit": True,
    "use_remote_gateways": True,
    "resource_guid": "another",
    "remote_address_space": ("10.9.0.0/16",),
}
SUBNETS: dict[str, Any] = {
    "peer_complete_vnets": False,
    "local_subnet_names": ("web",),
    "remote_subnet_names": ("x",),
}
CONSEQUENCES = {
    "link/access-blocked",
    "link/address-drift",
    "link/forwarded-traffic-asymmetric",
    "link/gateway-transit-missing",
    "link/gateway-transit-unused",
    "link/guid-mismatch",
    "link/subnet-selection-mismatch",
}
INDEPENDENT: dict[str, Any] = {"provisioning_state": "Failed"}


def all_wrong(one: dict[str, Any], other: dict[str, Any]) -> Link:
    """Everything differs between the sides that can."""
    return link(a(**(DIFFERENT | one)), b(**(SUBNETS | other)))


def test_without_a_root_cause_every_difference_speaks() -> None:
    assert set(checks_of(all_wrong({}, {}))) == CONSEQUENCES


def test_out_of_sync_explains_address_drift_and_nothing_else() -> None:
    stale = {"sync_level": SyncLevel.LOCAL_NOT_IN_SYNC}
    assert set(checks_of(all_wrong(stale, {}))) == CONSEQUENCES - {"link/address-drift"} | {"link/out-of-sync"}


@pytest.mark.parametrize(
    ("one", "other", "root"),
    [
        ({"state": PeeringState.DISCONNECTED}, {}, "link/disconnected"),
        ({}, {"state": PeeringState.DISCONNECTED}, "link/disconnected"),
        ({"state": PeeringState.DISCONNECTED}, {"state": PeeringState.INITIATED}, "link/disconnected"),
        ({"state": PeeringState.INITIATED}, {}, "link/initiated"),
    ],
)
def test_a_root_cause_silences_every_difference_between_the_sides(
    one: dict[str, Any], other: dict[str, Any], root: str
) -> None:
    stale = {"sync_level": SyncLevel.LOCAL_NOT_IN_SYNC}
    assert checks_of(all_wrong(stale | one, other)) == [root]


@pytest.mark.parametrize(
    ("state", "other", "root"),
    [
        (PeeringState.DISCONNECTED, no_peering(), "link/disconnected"),
        (PeeringState.DISCONNECTED, no_vnet(), "link/disconnected"),
        (PeeringState.DISCONNECTED, unseen(), "link/disconnected"),
        (PeeringState.CONNECTED, no_vnet(), "link/remote-vnet-missing"),
        (PeeringState.INITIATED, no_vnet(), "link/remote-vnet-missing"),
        (PeeringState.CONNECTED, no_peering(), "link/half-missing"),
        (PeeringState.INITIATED, no_peering(), "link/half-missing"),
        (PeeringState.INITIATED, unseen(), "link/initiated"),
    ],
)
@pytest.mark.parametrize("level", [SyncLevel.FULLY_IN_SYNC, SyncLevel.REMOTE_NOT_IN_SYNC])
def test_the_strongest_root_cause_speaks_alone(
    state: PeeringState, level: SyncLevel, other: Half, root: str
) -> None:
    one = link(a(state=state, **(DIFFERENT | {"sync_level": level})), other)
    assert checks_of(one) == [root]


@pytest.mark.parametrize("root", ["link/disconnected", "link/initiated"])
def test_a_disabled_root_cause_still_silences_its_consequences(root: str) -> None:
    state = PeeringState.DISCONNECTED if root == "link/disconnected" else PeeringState.INITIATED
    assert checks_of(all_wrong({"state": state}, {}), disabled=frozenset({root})) == []


def test_a_failed_write_and_encryption_speak_beside_any_root_cause() -> None:
    one = link(a(state=PeeringState.DISCONNECTED, provisioning_state="Failed", vnet={"encryption": True}), b())
    assert checks_of(one) == ["link/disconnected", "link/encryption-mismatch", "link/provisioning-failed"]


def test_an_unknown_state_silences_nothing() -> None:
    one = link(a(state=PeeringState.UNKNOWN, allow_virtual_network_access=False), b())
    assert checks_of(one) == ["link/access-blocked", "link/unknown-state"]


def test_what_silences_a_check_exists_and_runs_before_it() -> None:
    names = [check.name for check in LINK_CHECKS]
    for index, check in enumerate(LINK_CHECKS):
        assert check.silenced_by <= set(names[:index]), check.name


def test_a_healthy_link_has_no_finding() -> None:
    assert found(link(a(), b())) == ()


def test_a_connected_side_whose_remote_nobody_can_read_is_quiet() -> None:
    """The spoke of a Virtual WAN hub: its remote is Microsoft's own network."""
    spoke = a(
        use_remote_gateways=True, allow_gateway_transit=None, resource_guid="x", remote_vnet_address_space=None
    )
    assert found(link(spoke, unseen(reason=None))) == ()


def test_findings_are_sorted_by_check_and_link_whatever_the_order_of_links() -> None:
    other = link(
        replace(a(), peering=peering("vnet-a", "vnet-c", state=PeeringState.DISCONNECTED)), unseen("vnet-c")
    )
    blocked = link(a(allow_virtual_network_access=False), b())
    findings = found(blocked, other)
    assert findings == found(other, blocked)
    assert [finding.check for finding in findings] == ["link/access-blocked", "link/disconnected"]


def test_a_disabled_check_is_silent_and_is_no_setting() -> None:
    options = AnalysisOptions(disabled=frozenset({"link/access-blocked"}))
    blocked = link(a(allow_virtual_network_access=False), b())
    assert checks_of(blocked, disabled=options.disabled) == []
    assert "link/access-blocked" not in {setting.name for setting in settings(options)}


def test_a_severity_of_the_settings_replaces_the_default() -> None:
    severity = {"link/access-blocked": Severity.INFO}
    (finding,) = found(link(a(allow_virtual_network_access=False), b()), severity=severity)
    assert finding.severity is Severity.INFO
    assert CheckSetting("link/access-blocked", Severity.INFO) in settings(AnalysisOptions(severity=severity))


def test_settings_name_every_check_in_order() -> None:
    names = [setting.name for setting in settings(AnalysisOptions())]
    assert names == sorted(check.name for check in CHECKS)


def test_a_portal_link_leads_to_the_side_in_its_tenant() -> None:
    finding = only(link(a(allow_virtual_network_access=False), b()))
    assert finding.portal_url == f"https://portal.azure.com/#@/resource{side_of(finding).id}"
    options = AnalysisOptions(portal_url="https://portal.azure.us/", tenant_id="contoso.com")
    assert (
        options.portal_link(side_of(finding).id)
        == f"https://portal.azure.us/#@contoso.com/resource{side_of(finding).id}"
    )


def test_a_portal_link_holds_whatever_a_name_does() -> None:
    link_to = AnalysisOptions().portal_link(ArmId('/subscriptions/x/resourceGroups/a "b"<c>#%\n\u4f60'))
    assert link_to == (
        "https://portal.azure.com/#@/resource/subscriptions/x/resourceGroups/a%20%22b%22%3Cc%3E%23%25%0A%E4%BD%A0"
    )


def test_an_analysis_joins_links_sides_findings_and_settings() -> None:
    here = network("vnet-a", peering("vnet-a", "vnet-b"), peering("vnet-a", "vnet-c"), location="westeurope")
    there = network("vnet-b", peering("vnet-b", "vnet-a", allow_virtual_network_access=False), location="East US")
    analysis = analyse(
        (vnet for vnet in (here, there)), lambda vnet, _other: HalfUnseen(vnet), options=AnalysisOptions()
    )
    assert len(analysis.links) == 2
    assert [
        (side.peering.name, side.remote_visible, side.consistent, side.is_global) for side in analysis.sides
    ] == [
        ("vnet-a-to-vnet-b", True, False, True),
        ("vnet-a-to-vnet-c", False, None, None),
        ("vnet-b-to-vnet-a", True, False, True),
    ]
    assert [finding.check for finding in analysis.findings] == ["link/access-blocked"]
    assert len(analysis.checks) == len(CHECKS)


def test_the_side_that_sorts_first_is_that_of_the_peering_id_not_of_the_network_id() -> None:
    """As an id vnet-a precedes vnet-a-b; with a slash behind, it follows it."""
    one = present("vnet-a", "vnet-a-b", resource_guid="one", state=PeeringState.UNKNOWN)
    other = present("vnet-a-b", "vnet-a", resource_guid="two", state=PeeringState.UNKNOWN)
    joined = link(one, other)
    assert joined.low == one
    assert [(finding.check, side_of(finding)) for finding in found(joined)] == [
        ("link/guid-mismatch", other.peering),
        ("link/unknown-state", other.peering),
    ]


def test_networks_of_the_same_name_are_told_apart_in_sentences() -> None:
    twin = ArmId(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dr/providers/Microsoft.Network/virtualNetworks/vnet-a"
    )
    side = peering("vnet-a", twin, allow_virtual_network_access=False)
    one = link(replace(a(), peering=side), HalfUnseen(twin))
    assert "from vnet-a (resource group rg-net) to vnet-a (resource group rg-dr)" in only(one).detail
