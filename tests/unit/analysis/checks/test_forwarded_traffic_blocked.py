from __future__ import annotations

from typing import Any

import pytest

from monitor.model import NextHopType, Route, Severity
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
)

CLOSED: dict[str, Any] = {"allow_forwarded_traffic": False}
TO_DATA = table("rt-app", via("10.2.0.0/16", name="to-data"))


def receivers(*routes: Route, data: Any = None, app: Any = None) -> list[str]:
    """Who does not accept what app sends by these routes; data and dev are closed."""
    networks = [app or spoke("app"), hub(), data or spoke("data", **CLOSED), spoke("dev", **CLOSED)]
    return [network_of(finding) for finding in found(networks, table("rt-app", *routes))]


def test_finding_a_spoke_that_does_not_accept_what_the_firewall_forwards() -> None:
    finding = only([spoke("app"), hub(), spoke("data", **CLOSED)], TO_DATA)
    assert (finding.check, finding.severity) == ("route/forwarded-traffic-blocked", Severity.CRITICAL)
    assert finding.reason == "not_accepted"
    assert (network_of(finding), about(finding)) == ("data", "data-to-hub")
    (command,) = finding.repair
    assert "--vnet-name data --name data-to-hub --set allowForwardedTraffic=true" in command
    assert finding.portal_url.endswith("/virtualNetworkPeerings/data-to-hub")
    for name in ("data-to-hub", "route to-data of table rt-app (subnet web of app)"):
        assert name in finding.detail


def test_finding_stands_for_the_asymmetry_of_the_same_peering() -> None:
    networks = [spoke("app"), hub(), spoke("data", **CLOSED)]
    assert [one.check for one in every_finding(networks, TO_DATA)] == ["route/forwarded-traffic-blocked"]
    disabled = frozenset({"route/forwarded-traffic-blocked"})
    assert every_finding(networks, TO_DATA, disabled=disabled) == ()
    assert [one.check for one in every_finding(networks)] == ["link/forwarded-traffic-asymmetric"]


def test_finding_one_however_many_send() -> None:
    names = ["app", "dev", *(f"s{number}" for number in range(10, 20))]
    spokes = [spoke(name) for name in names]
    tables = [table(f"rt-{name}", via("10.2.0.0/16")) for name in names]
    finding = only([*spokes, hub(), spoke("data", **CLOSED)], *tables)
    assert finding.detail.endswith(
        "of dev); route to-10.2.0.0/16 of table rt-s10 (subnet web of s10); and those of other networks."
    )


def test_finding_a_wider_route_and_a_narrower_one() -> None:
    assert receivers(via("10.0.0.0/8")) == ["data", "dev"]
    assert receivers(via("10.2.7.0/24")) == ["data"]
    assert receivers(via("fd00::/8", FIREWALL6)) == ["data", "dev"]
    assert receivers(via("fc00::/7", FIREWALL6)) == ["data", "dev"]


def test_finding_what_more_specific_routes_leave() -> None:
    elsewhere = to(NextHopType.NONE, "10.2.0.0/17")
    assert receivers(via("10.0.0.0/8"), elsewhere) == ["data", "dev"]
    assert receivers(via("10.2.0.0/16"), elsewhere) == ["data"]


def test_finding_a_direct_peering_of_the_same_prefix_yields_to_the_route() -> None:
    app = network("app", side("app", "hub"), side("app", "data"), uses="rt-app")
    assert receivers(via("10.2.0.0/16"), app=app) == ["data"]


def test_finding_through_a_hub_that_nobody_can_read() -> None:
    assert network_of(only([spoke("app"), spoke("data", **CLOSED)], TO_DATA, all_read=False)) == "data"


def test_clean_a_spoke_that_accepts_while_the_hub_does_not() -> None:
    assert found([spoke("app"), hub(allow_forwarded_traffic=False), spoke("data")], TO_DATA) == []


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/7", "AzureCloud"])
def test_clean_a_route_that_is_there_for_the_internet(prefix: str) -> None:
    assert receivers(via(prefix)) == []
    assert receivers(via("::/0", FIREWALL6)) == []


@pytest.mark.parametrize("kind", [NextHopType.NONE, NextHopType.VNET_LOCAL, NextHopType.INTERNET])
def test_clean_what_a_more_specific_route_takes_elsewhere(kind: NextHopType) -> None:
    assert receivers(via("10.0.0.0/8"), to(kind, "10.2.0.0/16")) == ["dev"]
    assert receivers(via("10.2.0.0/16"), to(kind, "10.2.0.0/17"), Route("x", "10.2.128.0/17", kind)) == []


def test_clean_what_a_direct_peering_reaches() -> None:
    app = network("app", side("app", "hub"), side("app", "data"), uses="rt-app")
    assert receivers(via("10.0.0.0/8"), app=app) == ["dev"]


def test_clean_the_sender_and_the_hub_are_no_receivers() -> None:
    assert receivers(via("10.1.0.0/16"), app=spoke("app", **CLOSED)) == []
    assert receivers(via("10.0.0.0/16")) == []


def test_clean_an_appliance_in_the_senders_own_network() -> None:
    sender = network("hub", side("hub", "data"), uses="rt-hub")
    assert found([sender, spoke("data", **CLOSED)], table("rt-hub", via("10.2.0.0/16"))) == []


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_clean_a_link_that_carries_nothing_is_told_there(broken: dict[str, Any]) -> None:
    assert receivers(via("10.2.0.0/16"), data=spoke("data", **(CLOSED | broken))) == []
    assert receivers(via("10.2.0.0/16"), app=spoke("app", **broken)) == []


def test_clean_subnets_outside_a_subnet_peering() -> None:
    subnets = (subnet("sql", prefixes=("10.2.1.0/24",)), subnet("web", prefixes=("10.2.2.0/24",)))
    partly: dict[str, Any] = {
        "peer_complete_vnets": False,
        "local_subnet_names": ("SQL",),
        "vnet": {"subnets": subnets},
    }
    data = spoke("data", **CLOSED, **partly)
    assert receivers(via("10.2.2.0/24"), data=data) == []
    assert receivers(via("10.2.1.0/24"), data=data) == ["data"]


def test_clean_a_peering_of_ipv6_receives_no_ipv4() -> None:
    data = spoke("data", only_ipv6=True, **CLOSED)
    assert receivers(via("10.2.0.0/16"), data=data) == []
    assert receivers(via("fd00:0:0:2::/64", FIREWALL6), data=data) == ["data"]


def test_unseen_the_receiver_or_its_flag() -> None:
    assert found([spoke("app"), hub()], TO_DATA, all_read=False) == []
    assert receivers(via("10.2.0.0/16"), data=spoke("data", allow_forwarded_traffic=None)) == []
    assert receivers(via("10.2.0.0/16"), data=spoke("data", allow_virtual_network_access=None, **CLOSED)) == []


def test_unseen_the_sender_or_its_table() -> None:
    assert found([hub(), spoke("data", **CLOSED)], TO_DATA, all_read=False) == []
    assert found([spoke("app"), hub(), spoke("data", **CLOSED)]) == []


def test_unseen_what_the_sender_reaches() -> None:
    app = spoke("app", remote_address_space=None, remote_vnet_address_space=None)
    assert receivers(via("10.2.0.0/16"), app=app) == []
