"""The estate format: what it accepts, what it refuses and how, and the estates that come with the package."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from monitor.simulator import (
    EstateError,
    ExternalNetwork,
    Simulator,
    bundled_estates,
    events,
    hub_spoke,
    parse_estate,
    resolve_estate,
)

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
name: small
subscriptions:
  - {id: 11111111-1111-4111-8111-111111111111, name: sub-one}
networks:
  - {name: vnet-a, subscription: sub-one, resource_group: rg, location: eastus, address_space: [10.1.0.0/16]}
  - {name: vnet-b, subscription: sub-one, resource_group: rg, location: eastus, address_space: [10.2.0.0/16]}
peerings:
  - sides:
      - {vnet: vnet-a, name: a-to-b, use_remote_gateways: true}
      - {vnet: rg/vnet-b, name: b-to-a}
timeline:
  - {at: 1.5, event: set-flag, vnet: vnet-a, peering: a-to-b, flag: allow_forwarded_traffic, value: true}
"""


def _problems(text: str) -> list[str]:
    with pytest.raises(EstateError) as refused:
        parse_estate(text)
    return refused.value.problems


def test_a_good_estate_is_read_whole() -> None:
    estate = parse_estate(GOOD)

    assert estate.networks[0].address_space == ("10.1.0.0/16",)
    assert estate.peerings[0].sides[0].use_remote_gateways
    assert estate.timeline[0].at == 1.5
    assert estate.timeline[0].event == events.SetFlag(
        vnet="vnet-a", peering="a-to-b", flag="allow_forwarded_traffic", value=True
    )


def test_every_mistake_is_told_at_once_with_line_and_path() -> None:
    text = (
        GOOD.replace("location: eastus", "loction: eastus", 1)
        .replace("use_remote_gateways: true", "use_remote_gateways: perhaps")
        .replace("event: set-flag", "event: set-flags")
        .replace("name: small", "name: small\nname: again")
    )

    assert _problems(text) == [
        "estate: line 2: name: this key is written twice: remove one of them",
        "estate: line 6: networks[0].loction: unknown key; did you mean `location`?",
        "estate: line 6: networks[0]: `location` is missing",
        "estate: line 10: peerings[0].sides[0].use_remote_gateways: Expected 'bool', got 'str'",
        "estate: line 13: timeline[0].event: there is no event 'set-flags'; did you mean set-flag?",
    ]


def test_everything_that_does_not_fit_together_is_told_at_once() -> None:
    text = (
        GOOD.replace("10.2.0.0/16", "10.2.0.1/16")
        .replace("rg/vnet-b", "hub")
        .replace("peering: a-to-b", "peering: a-to-z")
        .replace("11111111-1111-4111-8111-111111111111", "not-a-guid")
    )

    assert _problems(text) == [
        "estate: subscriptions[0].id: 'not-a-guid' is no GUID",
        "estate: networks[1] (vnet-b).address_space: '10.2.0.1/16' is no prefix: 10.2.0.1/16 has host bits set",
        "estate: peerings[0].vnet: there is no virtual network 'hub' in this estate: known are vnet-a, vnet-b",
        "estate: timeline[0] (set-flag at 1.5s): no peering 'a-to-z' is declared or created in this estate",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ("name: b-to-a}", "name: b-to-a}\n      - {vnet: vnet-a, name: third}"),
            "write two `sides`, or one side",
        ),
        (("      - {vnet: rg/vnet-b, name: b-to-a}\n", ""), "write two `sides`, or one side"),
        (("rg/vnet-b", "vnet-a"), "a network cannot be peered with itself"),
        (("name: small", "page_size: many"), "page_size: Expected 'int', got 'str'"),
        (("name: small", "page_size: {}"), "page_size: expected a whole number or a list"),
        (("name: small", "page_size: [2, x]"), "page_size[1]: Expected 'int', got 'str'"),
        (("name: small", "name: 2024-99-99"), "name: this cannot be read, put it in quotes"),
        (("name: small", "name: [a]"), "name: expected a text"),
        (("name: small", "tenant: none"), "tenant: expected a mapping with `id`"),
        (("name: small", "tenant: {id: none}"), "tenant.id: 'none' is no GUID"),
        (("address_space: [10.1.0.0/16]", "address_space: 10.1.0.0/16"), "address_space: expected a list"),
        (("address_space: [10.1.0.0/16]", "address_space: []"), "a network needs at least one prefix"),
        (("eastus, addr", "eastus, tags: [], addr"), "networks[0].tags: expected a mapping"),
        (("eastus, addr", "eastus, subnets: [{name: s}], addr"), "write either `prefix` or `prefixes`"),
        (
            ("eastus, addr", "eastus, subnets: [{name: s, prefix: 10.9.0.0/24}], addr"),
            "lies outside the network's",
        ),
        (("eastus, addr", "eastus, gatewy: v, addr"), "did you mean `gateway`?"),
        (("peering: a-to-b", "peering: a-to-b, zebra: 1"), "unknown key; known here: `vnet`, `peering`"),
        (("event: set-flag, ", ""), "`event` is missing: one of delete-peering"),
        (("flag: allow_forwarded_traffic", "flag: allow_all"), "Invalid enum value 'allow_all'"),
        (("name: sub-one}", "name: sub/one}"), "cannot be a name"),
        (
            ("name: b-to-a}", "name: b-to-a}\n  - {sides: [{vnet: vnet-a, name: again}], remote: vnet-b}"),
            "already has a",
        ),
        (("name: small", "page_size: 0"), "page_size: write a size above 0"),
        (("at: 1.5", "at: -1"), "cannot be negative"),
        (("at: 1.5, ", ""), "`at` is missing"),
        (("name: vnet-b", "name: vnet-a"), "is the same resource as networks[0]"),
        (("value: true", "value: true, peering: again"), "this key is written twice"),
    ],
)
def test_a_mistake_says_the_way_out(change: tuple[str, str], problem: str) -> None:
    assert any(problem in told for told in _problems(GOOD.replace(*change))), _problems(GOOD.replace(*change))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("- a list", "expected a mapping"),
        ("a: [1, 2", "this is no YAML"),
        ("base: nothing-like-it", "there is no estate 'nothing-like-it'"),
    ],
)
def test_what_is_no_estate_at_all_is_said_to_be_none(text: str, problem: str) -> None:
    (told,) = _problems(text)
    assert problem in told


def test_a_name_that_two_networks_share_must_be_written_in_full() -> None:
    text = GOOD.replace(
        "networks:",
        "networks:\n  - {name: vnet-a, subscription: sub-one, resource_group: rg-2, location: eastus,"
        " address_space: [10.9.0.0/16]}",
    )

    assert any("'vnet-a' names 2 virtual networks: write one of" in told for told in _problems(text))


def test_a_base_is_extended_in_its_lists_and_replaced_in_the_rest() -> None:
    text = (
        "base: hub-spoke\nname: mine\nmetrics: peering-bytes\nnetworks:\n"
        "  - {name: vnet-x, subscription: sub-connectivity, resource_group: rg-x, location: eastus,"
        " address_space: [10.77.0.0/16]}\n"
    )
    estate, base = parse_estate(text), resolve_estate("hub-spoke")

    assert (estate.name, estate.metrics, base.metrics) == ("mine", "peering-bytes", "documented")
    assert [network.name for network in estate.networks] == [
        *(network.name for network in base.networks),
        "vnet-x",
    ]
    assert estate.peerings == base.peerings


def test_an_estate_is_found_by_name_size_or_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, encoding="utf-8")

    assert bundled_estates() == ("hub-spoke", "incident")
    assert resolve_estate("hub-spoke").name == "hub-spoke"
    assert resolve_estate(str(file)).name == "small"
    assert len(resolve_estate("hub-spoke:2x3").networks) == 8


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("incidents", "write one of hub-spoke, incident, hub-spoke:SUBSCRIPTIONSxSPOKES"),
        ("hub-spoke:5", "is no size"),
        ("hub-spoke:0x5", "at least one subscription"),
        ("hub-spoke:9999x99999", "too large"),
        ("./none.yaml", "cannot be read: No such file"),
    ],
)
def test_what_is_not_found_names_the_choices(text: str, problem: str) -> None:
    with pytest.raises(EstateError, match=problem):
        resolve_estate(text)


def test_an_estate_built_in_code_is_checked_as_well() -> None:
    estate = hub_spoke(subscriptions=1, spokes=1)
    with pytest.raises(EstateError, match="is the same resource"):
        Simulator(type(estate)(subscriptions=estate.subscriptions, networks=estate.networks * 2))


def test_the_hub_lends_its_gateway_and_every_spoke_accepts_forwarded_traffic() -> None:
    estate = resolve_estate("hub-spoke")
    hub_links = [link for link in estate.peerings if link.sides[0].vnet == "vnet-hub"]

    assert [link.sides[1].name for link in hub_links] == ["app-to-hub", "data-to-hub", "dev-to-hub"]
    for hub, spoke in (link.sides for link in hub_links):
        assert hub.allow_forwarded_traffic
        assert hub.allow_gateway_transit
        assert spoke.allow_forwarded_traffic
        assert spoke.use_remote_gateways


def test_every_spoke_subnet_routes_to_the_firewall_in_the_hubs_firewall_subnet() -> None:
    estate = resolve_estate("hub-spoke")
    subnets = {subnet.name: subnet for network in estate.networks for subnet in network.subnets}
    firewall_subnet = ip_network(subnets["AzureFirewallSubnet"].prefix or "")
    spokes = [network for network in estate.networks if network.tags.get("role") == "spoke"]
    tables = {table.name: table for table in estate.route_tables}

    assert [subnet.name for spoke in spokes for subnet in spoke.subnets] == [
        "web",
        "api",
        "data",
        "sql",
        "analytics",
        "compute",
    ]
    for spoke in spokes:
        for subnet in spoke.subnets:
            table = tables[subnet.route_table or ""]
            appliances = {route.ip for route in table.routes if route.next_hop == "VirtualAppliance"}
            assert appliances == {"10.0.1.4"}
            assert any(route.next_hop == "VirtualNetworkGateway" for route in table.routes)
    assert str(firewall_subnet) == "10.0.1.0/24"


def test_no_two_networks_of_a_bundled_estate_overlap() -> None:
    spaces = [ip_network(space) for net in resolve_estate("incident").networks for space in net.address_space]

    assert not [(one, two) for i, one in enumerate(spaces) for two in spaces[i + 1 :] if one.overlaps(two)]


def test_the_wan_spokes_remote_is_outside_every_subscription() -> None:
    estate = resolve_estate("incident")
    (remote,) = [link.remote for link in estate.peerings if isinstance(link.remote, ExternalNetwork)]

    assert remote.state == "Connected"
    assert not any(subscription.id in remote.id for subscription in estate.subscriptions)


@pytest.mark.parametrize(("subscriptions", "spokes"), [(1, 999), (50, 1000), (20_000, 0)])
def test_a_generated_estate_has_no_two_overlapping_networks(subscriptions: int, spokes: int) -> None:
    estate = hub_spoke(subscriptions=subscriptions, spokes=spokes)
    spaces = sorted(ip_network(network.address_space[0]) for network in estate.networks)

    assert len(estate.networks) == subscriptions * (spokes + 1)
    assert sum(len(link.sides) for link in estate.peerings) == 2 * subscriptions * spokes
    assert all(int(one.broadcast_address) < int(two.network_address) for one, two in pairwise(spaces))


def test_a_generated_estate_is_the_same_every_time_and_can_be_built() -> None:
    assert hub_spoke(subscriptions=2, spokes=3) == hub_spoke(subscriptions=2, spokes=3)
    assert hub_spoke(subscriptions=2, spokes=3) != hub_spoke(subscriptions=2, spokes=3, seed=2)
    simulator = Simulator(hub_spoke(subscriptions=2, spokes=3))
    assert {side.state for net in simulator.cloud.networks.values() for side in net.peerings.values()} == {
        "Connected"
    }


GROUPS = """
base: hub-spoke
management_groups:
  - {id: mg-top}
  - {id: mg-low, parent: mg-top, subscriptions: [sub-connectivity]}
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("parent: mg-top", "parent: mg-tip"), "there is no management group 'mg-tip' in this estate"),
        (("{id: mg-top}", "{id: mg-top, parent: mg-low}"), "'mg-low' leads back to it"),
        (("{id: mg-top}", "{id: mg-low}"), "is the same resource as management_groups[0]"),
        (("[sub-connectivity]", "[sub-nowhere]"), "there is no subscription 'sub-nowhere'"),
        (("{id: mg-top}", "{id: mg-top, subscriptions: [sub-connectivity]}"), "it has one group"),
        (("{id: mg-top}", "{id: mg-top, answer: maybe}"), "Invalid enum value 'maybe'"),
        (
            (
                "\nmanagement",
                "\ntimeline: [{at: 1, event: move-subscription, subscription: x, group: y}]\nmanagement",
            ),
            "there is no management group 'y'",
        ),
    ],
)
def test_management_groups_that_cannot_be_are_told(change: tuple[str, str], problem: str) -> None:
    assert problem in "\n".join(_problems(GROUPS.replace(*change, 1)))
