from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.model import NextHopType, PeeringState, Severity
from tests.unit.analysis.routes import (
    BROKEN,
    FIREWALL6,
    about,
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

APP = table("rt-app", via("0.0.0.0/0", name="default"), via("10.2.0.0/16", name="to-data"))


def test_finding_an_appliance_in_a_network_that_is_not_peered() -> None:
    app = without_peerings(spoke("app"))
    finding = only([app, hub("data")], APP)
    assert (finding.check, finding.severity) == ("route/next-hop-unreachable", Severity.CRITICAL)
    assert (network_of(finding), about(finding)) == ("app", "10.0.1.4")
    assert finding.reason == "not_peered"
    assert finding.repair == ()
    assert finding.portal_url.endswith("/routeTables/rt-app")
    for name in ("10.0.1.4", "hub", "default", "to-data", "rt-app", "web of app"):
        assert name in finding.detail


def test_finding_an_appliance_in_no_known_network() -> None:
    finding = only(
        [spoke("app"), hub()], table("rt-app", via("10.2.0.0/16", "10.0.1.4"), via("0.0.0.0/0", "10.9.9.9"))
    )
    assert finding.reason == "nowhere"
    assert about(finding) == "10.9.9.9"
    assert "to-0.0.0.0/0" in finding.detail
    assert "to-10.2.0.0/16" not in finding.detail


def test_finding_an_appliance_of_ipv6() -> None:
    finding = only([spoke("app"), hub()], table("rt-app", via("::/0", "fd00:0:0:9:0::4")))
    assert about(finding) == "fd00:0:0:9::4"


def test_finding_one_for_all_tables_and_subnets_of_a_network() -> None:
    subnets = (subnet("b", uses="rt-1"), subnet("a", uses="rt-1"), subnet("c", uses="rt-2"), subnet("d"))
    app = network("app", subnets=subnets)
    finding = only([app], table("rt-1", via("0.0.0.0/0")), table("rt-2", via("10.0.0.0/8")))
    assert (
        "table rt-1 (subnets a, b of app); route to-10.0.0.0/8 of table rt-2 (subnet c of app)" in finding.detail
    )


def test_finding_many_tables_are_counted() -> None:
    names = [f"rt-{number:02}" for number in range(12)]
    app = network("app", subnets=tuple(subnet(name, uses=name) for name in names))
    detail = only([app], *(table(name, via("0.0.0.0/0")) for name in names)).detail
    assert "rt-07 (subnet rt-07 of app); and of 4 more tables. Correct" in detail
    assert "rt-08" not in detail


def test_finding_two_appliances_are_two_findings() -> None:
    findings = found([network("app", uses="rt-app")], table("rt-app", via("0.0.0.0/0"), via("::/0", FIREWALL6)))
    assert [about(finding) for finding in findings] == ["10.0.1.4", "fd00::104"]


def test_clean_an_appliance_in_a_peered_network() -> None:
    assert found([spoke("app"), hub()], APP, table("rt-app", via("::/0", FIREWALL6))) == []


def test_clean_an_appliance_in_the_network_itself() -> None:
    assert found([network("app", uses="rt-app")], table("rt-app", via("0.0.0.0/0", "10.1.0.4"))) == []


def test_clean_a_table_that_no_subnet_uses() -> None:
    assert found([network("app")], APP) == []


@pytest.mark.parametrize("kind", [kind for kind in NextHopType if kind is not NextHopType.VIRTUAL_APPLIANCE])
def test_clean_other_next_hops(kind: NextHopType) -> None:
    app = network("app", subnets=(subnet("GatewaySubnet"), subnet("web", uses="rt-app")))
    assert found([app], table("rt-app", to(kind))) == []


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_clean_a_peering_that_carries_nothing_is_a_fault_of_the_link(broken: dict[str, Any]) -> None:
    findings = every_finding([spoke("app", **broken), hub("app")], APP)
    assert findings
    assert all(finding.check.startswith("link/") for finding in findings)


def test_clean_a_prefix_that_is_not_synced_yet_is_a_fault_of_the_link() -> None:
    app = spoke("app", remote_address_space=("10.77.0.0/16",))
    checks = {finding.check for finding in every_finding([app, hub("app")], APP)}
    assert checks == {"link/address-drift"}


def test_clean_a_side_that_was_lost_is_a_fault_of_the_link() -> None:
    app = without_peerings(spoke("app"))
    checks = {one.check for one in every_finding([app, hub("app", state=PeeringState.DISCONNECTED)], APP)}
    assert checks == {"link/disconnected"}


def test_unseen_a_network_whose_peering_says_what_it_has() -> None:
    assert found([spoke("app")], APP, all_read=False) == []


def test_unseen_a_network_that_was_never_read_may_have_the_appliance() -> None:
    app = without_peerings(spoke("app"))
    assert found([app], APP, all_read=False) == []
    assert only([app], APP, all_read=True).reason == "nowhere"


@pytest.mark.parametrize(
    "facts",
    [
        {"peerings_complete": False},
        {"subnets_complete": False},
        {"address_space": ()},
        {"peerings": (side("app", "data", remote_address_space=None, remote_vnet_address_space=None),)},
    ],
    ids=str,
)
def test_unseen_what_a_network_can_reach(facts: dict[str, Any]) -> None:
    assert found([replace(without_peerings(spoke("app")), **facts)], APP) == []


@pytest.mark.parametrize("ip", [None, "", "firewall", "10.0.1"])
def test_unseen_an_address_that_azure_does_not_tell(ip: str | None) -> None:
    assert found([network("app", uses="rt-app")], table("rt-app", via("0.0.0.0/0", ip))) == []


def test_unseen_a_route_table() -> None:
    assert found([without_peerings(spoke("app"))]) == []
