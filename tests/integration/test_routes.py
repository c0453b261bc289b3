"""Route tables over HTTP: each way of breaking the design gives its finding, and failed reads take none away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from monitor import app
from monitor.azure.networks import list_route_tables, list_virtual_networks
from monitor.model import NextHopType, OnNetwork
from monitor.report.outcome import exit_code
from monitor.settings import load_settings
from monitor.simulator import (
    Api,
    Fault,
    Mutate,
    Reset,
    Route,
    Simulator,
    Status,
    Subnet,
    distortions,
    events,
    resolve_estate,
)
from tests.integration.harness import DAY, TOKEN, monitored
from tests.integration.live import eventually, live

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model import Finding, Snapshot
    from monitor.simulator import Estate, Event
    from monitor.simulator.faults import Document, Effect
    from tests.integration.harness import Monitored

HUB = "8e7d4a10-52c6-4b0e-9d5f-1c3b7a2e6f01"
CORP = "27c9f5b3-0d84-4e6a-8b17-5a9e3d2c4f02"
CORP_TABLES = 3
READABLE = "peering_monitor_subscription_readable"
FIREWALL = "10.0.1.4"


async def both(tenant: Monitored) -> list[Finding]:
    """Read the topology and the routes; every finding, of whatever kind."""
    await tenant.topology()
    return list((await tenant.routes()).findings)


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    """Findings by check, reason and the network (of a link: of its side) that they are on."""
    return [
        (
            one.check,
            one.reason,
            (one.subject.vnet if isinstance(one.subject, OnNetwork) else one.subject.side.vnet).name,
        )
        for one in found
    ]


def forbid(name: str) -> Callable[[Simulator], None]:
    """The subscription answers 403 from the start."""

    def arrange(azure: Simulator) -> None:
        azure.apply(events.SubscriptionAnswers(subscription=name, answer="forbidden"))

    return arrange


def set_flag(vnet: str, peering: str, flag: Any, *, value: bool) -> Event:
    return events.SetFlag(vnet=vnet, peering=peering, flag=flag, value=value)


# Estates: the hub-spoke tenant, but for what is broken


def hub_spoke(*, routes: dict[str, list[Route]] | None = None, unpeered: tuple[str, ...] = ()) -> Estate:
    """The bundled estate with other routes in some tables, and without the peerings of some networks."""
    estate = resolve_estate("hub-spoke")
    tables = tuple(
        msgspec.structs.replace(table, routes=tuple((routes or {}).get(table.name, table.routes)))
        for table in estate.route_tables
    )
    links = tuple(link for link in estate.peerings if not {side.vnet for side in link.sides} & {*unpeered})
    return msgspec.structs.replace(estate, route_tables=tables, peerings=links)


def via(prefix: str, ip: str = FIREWALL, name: str = "via-firewall") -> Route:
    return Route(name=name, prefix=prefix, next_hop="VirtualAppliance", ip=ip)


NO_GATEWAY = [via("0.0.0.0/0")]


# Reading


async def test_route_tables_are_read_over_all_pages_with_one_listing_a_subscription() -> None:
    estate = msgspec.structs.replace(resolve_estate("hub-spoke"), page_size=2)
    async with monitored(estate) as tenant:
        await both(tenant)
        assert tenant.asked(Api.ROUTE_TABLES) == 5  # of four subscriptions, one of which has two pages
        listing = await list_route_tables(tenant.arm, CORP)
    assert [len(table.routes) for table in listing.items] == [4, 4, 4]
    route = listing.items[0].routes[0]
    assert (route.name, route.prefix, route.next_hop_type, route.next_hop_ip) == (
        "default-via-firewall",
        "0.0.0.0/0",
        NextHopType.VIRTUAL_APPLIANCE,
        FIREWALL,
    )


async def test_subnets_come_with_their_prefixes_and_tables() -> None:
    estate = resolve_estate("hub-spoke")
    two = Subnet(name="two", prefixes=("10.1.8.0/24", "fd00::/64"))
    first, *rest = (one for one in estate.networks if one.name == "vnet-app")
    space = (*first.address_space, "fd00::/56")
    wide = msgspec.structs.replace(first, address_space=space, subnets=(*first.subnets, two))
    async with monitored(msgspec.structs.replace(estate, networks=(wide, *rest), peerings=())) as tenant:
        listing = await list_virtual_networks(tenant.arm, CORP)
    (vnet,) = listing.items
    assert vnet.subnets_complete
    assert [(one.name, one.prefixes, one.route_table and one.route_table.name) for one in vnet.subnets] == [
        ("web", ("10.1.1.0/24",), "rt-app"),
        ("api", ("10.1.2.0/24",), "rt-app"),
        ("data", ("10.1.3.0/24",), "rt-app"),
        ("two", ("10.1.8.0/24", "fd00::/64"), None),
    ]


def route_of(item: Document) -> Document:
    found: Document = item["properties"]["routes"][1]
    return found


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda item: route_of(item).pop("name"), "name"),
        (lambda item: route_of(item)["properties"].pop("addressPrefix"), "addressPrefix"),
        (lambda item: route_of(item)["properties"].update(nextHopIpAddress=7), "nextHopIpAddress"),
        (lambda item: item.update(id="/subscriptions/x"), "not the id of a route table"),
        (lambda item: item.update(id=None), "id"),
    ],
)
async def test_one_malformed_table_costs_itself_only_and_is_reported(
    spoil: Callable[[Document], Any], said: str
) -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.edit_item("rt-app", spoil), api=Api.ROUTE_TABLES))
        listing = await list_route_tables(tenant.arm, CORP)
    assert {table.id.name for table in listing.items} == {"rt-data", "rt-dev"}
    (problem,) = listing.problems
    assert said in problem


async def test_a_next_hop_that_this_version_does_not_know_is_unknown() -> None:
    def change(item: Document) -> None:
        route_of(item)["properties"].update(nextHopType="Teleport", nextHopIpAddress=None)

    async with monitored() as tenant:
        tenant.azure.faults.add(Fault(distortions.edit_item("rt-app", change), api=Api.ROUTE_TABLES))
        assert await both(tenant) == []
        listing = await list_route_tables(tenant.arm, CORP)
    assert listing.items[0].routes[1].next_hop_type is NextHopType.UNKNOWN


async def test_a_malformed_subnet_keeps_its_last_facts_and_costs_itself_only() -> None:
    def spoil(item: Document) -> None:
        for subnet in item["properties"]["subnets"]:
            subnet["properties"]["routeTable"] = {"id": "/nonsense"}

    estate = hub_spoke(routes={"rt-dev": [via("0.0.0.0/0", "10.9.9.9")]})
    async with monitored(estate) as tenant:
        before = await both(tenant)
        assert told(before) == [("route/next-hop-unreachable", "nowhere", "vnet-dev")]
        tenant.azure.faults.add(Fault(distortions.edit_item("vnet-dev", spoil), api=Api.NETWORKS))
        assert await both(tenant) == before
        assert tenant.coverage()["topology", CORP] == "bad_response"
        listing = await list_virtual_networks(tenant.arm, CORP)
    vnet = next(one for one in listing.items if one.id.name == "vnet-dev")
    assert (vnet.subnets, vnet.subnets_complete, len(vnet.peerings)) == ((), False, 1)


# Healthy


@pytest.mark.parametrize("estate", ["hub-spoke", "incident", "hub-spoke:2x20"])
async def test_a_healthy_tenant_has_no_finding_and_every_subscription_is_covered(estate: str) -> None:
    async with monitored(estate) as tenant:
        assert await both(tenant) == []
        rows = {key: reason for key, reason in tenant.coverage().items() if key[0] == "routes"}
        assert set(rows.values()) == {"ok"}
        assert len(rows) == len(tenant.snapshot.subscriptions)
        assert len(tenant.series(READABLE, collector="routes")) == len(rows)
        checks = {dict(labels)["check"] for labels in tenant.series("peering_monitor_check_findings")}
        assert "route/next-hop-unreachable" in checks


async def test_a_bad_morning_of_peerings_is_told_by_their_links_alone() -> None:
    """What every event of the incident breaks is a link; that routes over it fail too is no second root cause."""
    estate = resolve_estate("incident")
    async with monitored(estate) as tenant:
        seen: set[str] = set()
        found: list[Finding] = []
        for timed in estate.timeline:
            tenant.azure.apply(timed.event)
            found = await both(tenant)
            seen |= {one.check for one in found}
        assert found == []
        assert seen == {"link/disconnected", "link/out-of-sync", "link/gateway-transit-missing"}


# Each way of breaking it, its repaired twin, and its unseen twin


async def test_a_spoke_that_stops_accepting_forwarded_traffic() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False))
        (finding,) = await both(tenant)
        assert told([finding]) == [("route/forwarded-traffic-blocked", "not_accepted", "vnet-data")]
        for name in ("data-to-hub", "rt-app", "to-data", "subnets api, data, web of vnet-app", "rt-dev"):
            assert name in finding.detail
        assert finding.repair[0].endswith("--name data-to-hub --set allowForwardedTraffic=true")
        series = tenant.series("azure_vnet_finding")
        assert [dict(labels)["vnet"] for labels in series] == ["vnet-data"]
        assert set(series.values()) == {1.0}
        tenant.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=True))
        assert await both(tenant) == []


async def test_a_hub_that_does_not_accept_forwarded_traffic_is_a_hardened_design() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(set_flag("vnet-hub", "hub-to-data", "allow_forwarded_traffic", value=False))
        assert [one.check for one in await both(tenant)] == ["link/forwarded-traffic-asymmetric"]


async def test_spokes_that_are_kept_apart_on_purpose() -> None:
    """A default route to the firewall says nothing of other spokes."""
    estate = hub_spoke(routes={name: [via("0.0.0.0/0")] for name in ("rt-app", "rt-data", "rt-dev")})
    async with monitored(estate) as tenant:
        for spoke in ("app", "data", "dev"):
            for vnet, peering in ((f"vnet-{spoke}", f"{spoke}-to-hub"), ("vnet-hub", f"hub-to-{spoke}")):
                tenant.azure.apply(set_flag(vnet, peering, "allow_forwarded_traffic", value=False))
        assert await both(tenant) == []


async def test_the_firewalls_network_is_not_peered() -> None:
    estate = hub_spoke(unpeered=("vnet-dev",), routes={"rt-dev": NO_GATEWAY})
    async with monitored(estate) as tenant:
        (finding,) = await both(tenant)
        assert told([finding]) == [("route/next-hop-unreachable", "not_peered", "vnet-dev")]
        for name in (FIREWALL, "vnet-hub", "rt-dev", "via-firewall", "subnet compute of vnet-dev"):
            assert name in finding.detail
        for vnet, remote in (("vnet-dev", "vnet-hub"), ("vnet-hub", "vnet-dev")):
            tenant.azure.apply(
                events.CreatePeering(vnet=vnet, peering="again", remote=remote, allow_forwarded_traffic=True)
            )
        assert await both(tenant) == []
    async with monitored(estate, arrange=forbid("sub-connectivity")) as tenant:
        assert await both(tenant) == []


@pytest.mark.parametrize("subscription", ["sub-connectivity", "sub-online-landing-zone", "sub-corp-landing-zone"])
async def test_a_next_hop_outside_every_network(subscription: str) -> None:
    estate = hub_spoke(routes={"rt-app": [via("0.0.0.0/0", "10.99.0.4")]})
    async with monitored(estate) as tenant:
        assert told(await both(tenant)) == [("route/next-hop-unreachable", "nowhere", "vnet-app")]
    async with monitored(estate, arrange=forbid(subscription)) as tenant:
        assert [one for one in await both(tenant) if one.check.startswith("route/")] == []


async def test_a_route_to_a_gateway_that_is_nowhere() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(set_flag("vnet-dev", "dev-to-hub", "use_remote_gateways", value=False))
        (finding,) = await both(tenant)
        assert told([finding]) == [("route/gateway-without-transit", "not_used", "vnet-dev")]
        assert finding.repair[0].endswith("--name dev-to-hub --set useRemoteGateways=true")
        tenant.azure.apply(set_flag("vnet-hub", "hub-to-dev", "allow_gateway_transit", value=False))
        assert told(await both(tenant)) == [("route/gateway-without-transit", "no_gateway", "vnet-dev")]
        for vnet, peering, flag in (
            ("vnet-hub", "hub-to-dev", "allow_gateway_transit"),
            ("vnet-dev", "dev-to-hub", "use_remote_gateways"),
        ):
            tenant.azure.apply(set_flag(vnet, peering, flag, value=True))
        assert await both(tenant) == []


@pytest.mark.parametrize(
    ("event", "root"),
    [
        (events.DeletePeering(vnet="vnet-app", peering="app-to-hub"), "link/disconnected"),
        (events.DeletePeering(vnet="vnet-hub", peering="hub-to-app"), "link/disconnected"),
        (events.DeleteVnet(vnet="vnet-hub"), "link/disconnected"),
        (set_flag("vnet-app", "app-to-hub", "allow_virtual_network_access", value=False), "link/access-blocked"),
        (set_flag("vnet-hub", "hub-to-app", "allow_virtual_network_access", value=False), "link/access-blocked"),
    ],
    ids=str,
)
async def test_a_next_hop_behind_a_broken_peering_has_the_links_finding_alone(event: Event, root: str) -> None:
    async with monitored() as tenant:
        tenant.azure.apply(event)
        assert {one.check for one in await both(tenant)} == {root}


@pytest.mark.parametrize(
    "event",
    [
        set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False),
        set_flag("vnet-dev", "dev-to-hub", "use_remote_gateways", value=False),
    ],
    ids=str,
)
async def test_without_the_route_tables_nothing_is_said_of_routes(event: Event) -> None:
    async with monitored() as tenant:
        tenant.azure.apply(event)
        tenant.azure.faults.add(Fault(Status(403), api=Api.ROUTE_TABLES))
        assert not [one for one in await both(tenant) if one.check.startswith("route/")]
        assert tenant.coverage()["routes", CORP] == "forbidden"


@pytest.mark.parametrize("name", ["sub-connectivity", "sub-corp-landing-zone", "sub-online-landing-zone"])
@pytest.mark.parametrize(
    "event",
    [
        events.DeletePeering(vnet="vnet-app", peering="app-to-hub"),
        events.DeleteVnet(vnet="vnet-data"),
        set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False),
    ],
    ids=str,
)
async def test_a_permission_that_is_taken_away_adds_nothing_critical(event: Event, name: str) -> None:
    def critical(found: list[Finding]) -> set[tuple[str, str]]:
        return {(one.check, one.subject.key[0]) for one in found if one.severity == "critical"}

    async with monitored() as tenant:
        tenant.azure.apply(event)
        before = critical(await both(tenant))
    async with monitored(arrange=forbid(name)) as tenant:
        tenant.azure.apply(event)
        assert critical(await both(tenant)) <= before


# Failed reads


def broken_thrice() -> Estate:
    """A next hop out of reach in app, a closed receiver and an unused gateway, all told by routes."""
    return hub_spoke(routes={"rt-app": [via("0.0.0.0/0", "10.99.0.4"), via("10.2.0.0/16", name="to-data")]})


async def thrice(tenant: Monitored) -> list[Finding]:
    tenant.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False))
    tenant.azure.apply(set_flag("vnet-dev", "dev-to-hub", "use_remote_gateways", value=False))
    found = await both(tenant)
    assert {one.check for one in found} == {
        "route/next-hop-unreachable",
        "route/forwarded-traffic-blocked",
        "route/gateway-without-transit",
    }
    return found


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Status(403), "forbidden"),
        (Status(500), "server_error"),
        (Reset(), "network"),
        (distortions.malformed_json(), "bad_response"),
        (distortions.edit_item("rt-app", lambda item: item.update(id=None)), "bad_response"),
        (Mutate(lambda document: document.update(value=[])), "ok"),
    ],
    ids=repr,
)
async def test_a_failed_read_keeps_every_finding_and_is_told(effect: Effect, reason: str) -> None:
    async with monitored(broken_thrice()) as tenant:
        before = await thrice(tenant)
        tenant.azure.faults.add(Fault(effect, api=Api.ROUTE_TABLES))
        tenant.clock.advance(300)
        assert await both(tenant) == before
        assert tenant.coverage()["routes", CORP] == reason
        (success,) = tenant.series("peering_monitor_collector_success", collector="routes").values()
        assert success == (reason == "ok")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden"), "forbidden"),
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="disabled"), "disabled"),
        (events.SubscriptionAnswers(subscription="sub-connectivity", answer="forbidden"), "ok"),
        (events.HideSubscription(subscription="sub-corp-landing-zone"), "not_found"),
    ],
    ids=str,
)
async def test_a_subscription_that_cannot_be_read_any_more_keeps_its_findings(event: Event, reason: str) -> None:
    async with monitored(broken_thrice()) as tenant:
        before, read_at = await thrice(tenant), tenant.clock.now
        tenant.azure.apply(event)
        tenant.azure.clear_requests()
        tenant.clock.advance(300)
        assert await both(tenant) == before
        assert tenant.coverage()["routes", CORP] == reason
        (row,) = (
            one for one in tenant.snapshot.coverage if (one.collector, one.subscription_id) == ("routes", CORP)
        )
        assert row.last_success == (tenant.clock.now if reason == "ok" else read_at)
        if reason == "not_found":
            assert not any(CORP in request.path.lower() for request in tenant.azure.requests)


async def test_route_tables_go_when_they_are_older_than_max_age() -> None:
    async with monitored(max_age=3600) as tenant:
        tenant.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False))
        before = told(await both(tenant))
        tenant.azure.faults.add(Fault(Status(500), api=Api.ROUTE_TABLES))
        tenant.clock.advance(3600)
        assert told(await both(tenant)) == before
        tenant.clock.advance(1)
        assert [check for check, _, _ in told(await both(tenant))] == ["link/forwarded-traffic-asymmetric"]
        assert tenant.coverage()["routes", CORP] == "server_error"


async def test_a_subscription_that_nobody_watches_any_more_is_forgotten() -> None:
    async with monitored() as tenant:
        await both(tenant)
        tenant.azure.apply(events.HideSubscription(subscription="sub-partner-integration"))
        await both(tenant)
        tenant.clock.advance(DAY + 1)
        await both(tenant)
        assert len([key for key in tenant.coverage() if key[0] == "routes"]) == 3


async def test_routes_without_any_subscription_are_a_failure() -> None:
    async with monitored(token="another") as tenant:
        await both(tenant)
        outcomes = tenant.series("peering_monitor_collector_runs_total", collector="routes", outcome="failure")
        assert set(outcomes.values()) == {1.0}


@pytest.mark.parametrize("case", ["upper", "lower", "swap"])
async def test_answers_that_change_the_case_of_ids_change_no_finding(case: str) -> None:
    async with monitored(broken_thrice()) as tenant:
        before = [one.subject.key for one in await thrice(tenant)]
        facts = tenant.facts()
        tenant.azure.faults.add(Fault(distortions.id_case(case)))  # type: ignore[arg-type]  # parametrized text
        for _ in range(2):
            assert [one.subject.key for one in await both(tenant)] == before
            assert tenant.facts() == facts


# The daemon and check


async def checked(azure: Simulator, **collectors: Any) -> Snapshot:
    settings = {
        "azure": {"resource_manager_url": azure.url, "credential": "static", "static_token": TOKEN},
        "collectors": collectors,
    }
    return await app.check(load_settings(None, {}, arguments=settings))


async def test_check_reads_routes_and_counts_their_findings() -> None:
    async with Simulator(resolve_estate("hub-spoke"), token=TOKEN, play=False) as azure:
        assert exit_code(await checked(azure), None) == 0
        azure.apply(set_flag("vnet-dev", "dev-to-hub", "use_remote_gateways", value=False))
        snapshot = await checked(azure)
        assert [one.check for one in snapshot.findings] == ["route/gateway-without-transit"]
        assert exit_code(snapshot, snapshot.findings[0].severity) == 1
        azure.faults.add(Fault(Status(403), api=Api.ROUTE_TABLES))
        assert exit_code(await checked(azure), None) == 2


async def test_routes_that_are_off_are_not_read_and_their_checks_not_counted() -> None:
    async with Simulator(resolve_estate("hub-spoke"), token=TOKEN, play=False) as azure:
        snapshot = await checked(azure, routes={"enabled": False})
        assert not any(request.api == Api.ROUTE_TABLES for request in azure.requests)
    assert not [one.name for one in snapshot.checks if one.name.startswith("route/")]
    assert not [row for row in snapshot.coverage if row.collector == "routes"]


async def test_the_daemon_reads_routes_after_the_first_topology_and_again() -> None:
    async with live() as daemon:
        daemon.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=False))

        async def seen() -> bool:
            found = await daemon.http.series("azure_vnet_finding", check="route/forwarded-traffic-blocked")
            return bool(found)

        await eventually(seen)
        daemon.azure.apply(set_flag("vnet-data", "data-to-hub", "allow_forwarded_traffic", value=True))

        async def gone() -> bool:
            return not await seen()

        await eventually(gone)
        apis = [request.api for request in daemon.azure.requests]
        assert apis.index(Api.ROUTE_TABLES) > apis.index(Api.NETWORKS)


async def test_a_daemon_without_routes_has_no_series_of_them() -> None:
    off: dict[str, Any] = {"traffic": {"enabled": False}, "routes": {"enabled": False}}
    async with live(collectors=off) as daemon:
        await daemon.http.ready()
        page = (await daemon.http.ask("/metrics")).text
        assert "routes" not in page
        assert "route/" not in page
