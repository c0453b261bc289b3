from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.model import NextHopType, PeeringState, Severity
from tests.unit.analysis.routes import (
    BROKEN,
    every_finding,
    found,
    hub,
    network,
    network_of,
    only,
    side,
    spoke,
    subnet,
    table,
    to,
    via,
    without_peerings,
)

ON_PREMISES = table("rt-app", to(NextHopType.VIRTUAL_NETWORK_GATEWAY))


def test_finding_a_gateway_that_is_offered_and_not_used() -> None:
    both = table("rt-app", via("0.0.0.0/0"), *ON_PREMISES.routes)
    finding = only([spoke("app"), hub("app", allow_gateway_transit=True)], both)
    assert (finding.check, finding.severity) == ("route/gateway-without-transit", Severity.WARNING)
    assert finding.reason == "not_used"
    assert network_of(finding) == "app"
    (command,) = finding.repair
    assert "--vnet-name app --name app-to-hub --set useRemoteGateways=true" in command
    for name in ("route to-VirtualNetworkGateway", "rt-app", "subnet web of app", "app-to-hub"):
        assert name in finding.detail
    assert "to-0.0.0.0/0" not in finding.detail


def test_finding_stands_for_transit_that_nobody_uses() -> None:
    networks = [spoke("app"), hub("app", allow_gateway_transit=True)]
    assert [one.check for one in every_finding(networks, ON_PREMISES)] == ["route/gateway-without-transit"]
    assert [one.check for one in every_finding(networks)] == ["link/gateway-transit-unused"]


@pytest.mark.parametrize("networks", [[network("app", uses="rt-app")], [spoke("app"), hub("app")], [spoke("app")]])
def test_finding_no_gateway_in_sight(networks: list[Any]) -> None:
    finding = only(networks, ON_PREMISES)
    assert finding.reason == "no_gateway"
    assert finding.repair == ()


def test_finding_of_several_offers_none_is_chosen() -> None:
    app = network("app", side("app", "hub"), side("app", "data"), uses="rt-app")
    other = network("data", side("data", "app", allow_gateway_transit=True))
    finding = only([app, hub("app", allow_gateway_transit=True), other], ON_PREMISES)
    assert finding.reason == "not_used"
    assert finding.repair == ()
    assert "app-to-data, app-to-hub" in finding.detail


def test_clean_a_gateway_of_its_own() -> None:
    app = network("app", subnets=(subnet("GATEWAYSUBNET"), subnet("web", uses="rt-app")))
    assert found([app], ON_PREMISES) == []


def test_clean_a_remote_gateway() -> None:
    assert (
        found([spoke("app", use_remote_gateways=True), hub("app", allow_gateway_transit=True)], ON_PREMISES) == []
    )


def test_clean_no_route_to_a_gateway() -> None:
    assert found([spoke("app")], table("rt-app", via("0.0.0.0/0"))) == []


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_clean_a_remote_gateway_behind_a_broken_peering_is_a_fault_of_the_link(broken: dict[str, Any]) -> None:
    findings = every_finding(
        [spoke("app", use_remote_gateways=True, **broken), hub("app", allow_gateway_transit=True)], ON_PREMISES
    )
    assert findings
    assert all(finding.check.startswith("link/") for finding in findings)


def test_clean_a_remote_gateway_against_the_hub_is_a_fault_of_the_link() -> None:
    findings = every_finding([spoke("app", use_remote_gateways=True), hub("app")], ON_PREMISES)
    assert [finding.check for finding in findings] == ["link/gateway-transit-missing"]


def test_clean_a_side_that_was_lost_is_a_fault_of_the_link() -> None:
    lending = hub("app", allow_gateway_transit=True, state=PeeringState.DISCONNECTED)
    assert found([without_peerings(spoke("app")), lending], ON_PREMISES) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"peerings_complete": False},
        {"subnets_complete": False},
        {"peerings": (side("app", "hub", use_remote_gateways=None),)},
    ],
    ids=str,
)
def test_unseen_what_a_network_has(facts: dict[str, Any]) -> None:
    assert found([replace(spoke("app"), **facts)], ON_PREMISES) == []


def test_unseen_a_route_table() -> None:
    assert found([network("app", uses="rt-app")]) == []
