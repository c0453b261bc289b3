"""A failed read is never silence, never healthy and never a vanished series; missing is said only after asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.simulator import Api, Fault, Hang, Reset, Status, distortions, events
from tests.integration.harness import DAY, Clock, monitored

if TYPE_CHECKING:
    from monitor.simulator import Event, Simulator
    from monitor.simulator.faults import Document, Effect

HUB = "8e7d4a10-52c6-4b0e-9d5f-1c3b7a2e6f01"
CORP = "27c9f5b3-0d84-4e6a-8b17-5a9e3d2c4f02"
ONLINE = "b4160c8e-93a7-4f25-a6d1-7e8f2b5c9d03"
PARTNER = "51d3e9f2-6b7c-48a0-bc94-0f1a8e6d7c04"

READABLE = "peering_monitor_subscription_readable"


async def test_a_healthy_tenant_has_every_side_and_no_finding() -> None:
    async with monitored() as tenant:
        snapshot = await tenant.topology()
        assert len(snapshot.sides) == 10
        assert snapshot.findings == ()
        assert set(tenant.coverage().values()) == {"ok"}
        assert tenant.asked(Api.NETWORKS) == 4
        assert tenant.asked(Api.NETWORK) == 0
        assert len(tenant.series("azure_vnet_peering_state", state="Connected")) == 10
        assert set(tenant.series(READABLE).values()) == {1.0}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden"), "forbidden"),
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="not-found"), "not_found"),
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="server-error"), "server_error"),
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="throttled"), "throttled"),
        (events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="disabled"), "disabled"),
        (
            events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="unauthorized"),
            "unauthenticated",
        ),
        (events.HideSubscription(subscription="sub-corp-landing-zone"), "not_found"),
        (events.HideSubscription(subscription="sub-corp-landing-zone", revoked=False), "not_found"),
        (events.EmptyListing(subscription="sub-corp-landing-zone"), "bad_response"),
        (events.OmitFromListing(vnets=("vnet-app", "vnet-data")), "bad_response"),
    ],
    ids=str,
)
async def test_what_could_not_be_read_keeps_its_series_and_is_named(event: Event, reason: str) -> None:
    async with monitored() as tenant:
        await tenant.topology()
        before = tenant.facts()
        tenant.azure.apply(event)
        for _ in range(2):
            tenant.clock.advance(30)
            await tenant.topology()
            assert tenant.facts() == before
            assert tenant.coverage()["topology", CORP] == reason
            assert tenant.series(READABLE, subscription_id=CORP) == {
                (("collector", "topology"), ("reason", reason), ("subscription_id", CORP)): 0.0
            }
            assert tenant.findings() == []


@pytest.mark.parametrize("effect", [Reset(), Hang(), distortions.malformed_json(), Status(401)], ids=repr)
async def test_a_tenant_that_answers_nothing_keeps_every_series(effect: Effect) -> None:
    async with monitored(request_timeout=0.2) as tenant:
        await tenant.topology()
        before = tenant.facts()
        tenant.azure.faults.add(Fault(effect))
        await tenant.topology()
        assert tenant.facts() == before
        assert "ok" not in tenant.coverage().values()
        assert tenant.series("peering_monitor_collector_success", collector="topology").popitem()[1] == 0
        failures = tenant.series("peering_monitor_collector_runs_total", collector="topology", outcome="failure")
        assert failures.popitem()[1] == 1


async def test_a_readable_subscription_again_is_ok_again() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden"))
        await tenant.topology()
        assert tenant.coverage()["topology", CORP] == "forbidden"
        tenant.azure.apply(events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="ok"))
        await tenant.topology()
        assert tenant.coverage()["topology", CORP] == "ok"
        assert len(tenant.snapshot.sides) == 10


async def test_last_good_facts_go_after_max_age_and_the_failure_stays() -> None:
    async with monitored(max_age=3600) as tenant:
        await tenant.topology()
        tenant.azure.apply(events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden"))
        tenant.clock.advance(3599)
        await tenant.topology()
        assert tenant.series("azure_vnet_info", subscription_id=CORP)
        tenant.clock.advance(2)
        await tenant.topology()
        assert not tenant.series("azure_vnet_info", subscription_id=CORP)
        assert tenant.coverage()["topology", CORP] == "forbidden"
        assert tenant.findings() == []


async def test_an_unlisted_subscription_is_reported_for_a_day_and_then_forgotten() -> None:
    async with monitored(max_age=3600) as tenant:
        await tenant.topology()
        tenant.azure.apply(events.HideSubscription(subscription="sub-corp-landing-zone"))
        await tenant.topology()
        tenant.clock.advance(DAY)
        await tenant.topology()
        assert tenant.coverage()["topology", CORP] == "not_found"
        tenant.clock.advance(2)
        await tenant.topology()
        assert ("topology", CORP) not in tenant.coverage()


async def test_a_subscription_named_in_the_settings_is_reported_as_long_as_it_is_not_listed() -> None:
    never = "00000000-1111-2222-3333-444444444444"
    async with monitored(include=["*", never.upper()]) as tenant:
        for _ in range(2):
            await tenant.topology()
            assert tenant.coverage()["topology", never] == "not_found"
            tenant.clock.advance(2 * DAY)


async def test_the_list_itself_answering_401_at_the_start_is_told() -> None:
    async with monitored(token="another") as tenant:
        snapshot = await tenant.topology()
        assert tenant.coverage() == {("subscriptions", ""): "unauthenticated"}
        assert tenant.series(READABLE) == {
            (("collector", "subscriptions"), ("reason", "unauthenticated"), ("subscription_id", "")): 0.0
        }
        assert tenant.series("peering_monitor_collector_success") == {
            (("collector", "subscriptions"),): 0.0,
            (("collector", "topology"),): 0.0,
        }
        assert snapshot.sides == ()


async def test_named_subscriptions_are_read_even_if_the_list_cannot_be() -> None:
    async with monitored(include=[CORP], arrange=_break_the_list) as tenant:
        snapshot = await tenant.topology()
        assert tenant.coverage() == {("subscriptions", ""): "server_error", ("topology", CORP): "ok"}
        assert len(snapshot.virtual_networks) == 3


def _break_the_list(azure: Simulator) -> None:
    azure.faults.add(Fault(Status(500), api=Api.SUBSCRIPTIONS))


async def test_a_list_that_fails_later_leaves_the_subscriptions_as_they_were() -> None:
    async with monitored() as tenant:
        await tenant.topology()
        _break_the_list(tenant.azure)
        await tenant.topology()
        assert tenant.coverage()["subscriptions", ""] == "server_error"
        assert tenant.coverage()["topology", CORP] == "ok"


async def test_no_matching_subscription_is_a_failure() -> None:
    async with monitored(include=["prod-*"]) as tenant:
        await tenant.topology()
        assert tenant.coverage() == {("subscriptions", ""): "not_found"}
        assert "4 subscriptions" in tenant.snapshot.coverage[0].detail


async def test_subscriptions_are_chosen_by_globs_on_their_names() -> None:
    async with monitored(include=["SUB-*-landing-zone"], exclude=["*online*"]) as tenant:
        await tenant.topology()
        assert {row for row in tenant.coverage() if row[0] == "topology"} == {("topology", CORP)}


async def test_a_subscription_whose_entry_is_malformed_is_not_taken_for_unlisted() -> None:
    async with monitored() as tenant:
        await tenant.topology()
        tenant.azure.faults.add(Fault(distortions.replace_item(0, {"id": 1}), api=Api.SUBSCRIPTIONS))
        await tenant.topology()
        rows = tenant.coverage()
        assert rows.pop(("subscriptions", "")) == "bad_response"
        assert set(rows.values()) == {"ok"}
        assert len(rows) == 4


async def test_one_malformed_network_keeps_its_series_and_is_reported() -> None:
    def spoil(item: Document) -> None:
        item["properties"]["addressSpace"] = "10.1.0.0/16"

    async with monitored() as tenant:
        await tenant.topology()
        before = tenant.facts()
        tenant.azure.faults.add(Fault(distortions.edit_item("vnet-app", spoil), api=Api.NETWORKS))
        await tenant.topology()
        assert tenant.facts() == before
        assert tenant.coverage()["topology", CORP] == "bad_response"
        assert tenant.findings() == []


async def test_a_malformed_network_from_the_start_makes_nothing_missing() -> None:
    async with monitored() as tenant:
        tenant.azure.faults.add(
            Fault(distortions.edit_item("vnet-app", lambda item: item.update(id=None)), api=Api.NETWORKS)
        )
        snapshot = await tenant.topology()
        assert tenant.findings() == []
        assert len(snapshot.sides) == 9
        (hub_side,) = tenant.series("azure_vnet_peering_remote_visible", peering="hub-to-app").values()
        assert hub_side == 0


async def test_a_malformed_peering_keeps_its_series() -> None:
    def spoil(item: Document) -> None:
        item["properties"]["allowForwardedTraffic"] = "perhaps"

    async with monitored() as tenant:
        await tenant.topology()
        before = tenant.facts()
        tenant.azure.faults.add(Fault(distortions.edit_item("app-to-hub", spoil), api=Api.NETWORKS))
        await tenant.topology()
        assert tenant.facts() == before
        assert tenant.coverage()["topology", CORP] == "bad_response"


async def test_a_network_left_out_of_the_first_listing_is_found_by_asking() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.OmitFromListing(vnets=("vnet-app",)))
        snapshot = await tenant.topology()
        assert len(snapshot.sides) == 10
        assert tenant.findings() == []
        assert tenant.coverage()["topology", CORP] == "bad_response"
        assert "vnet-app" in next(row.detail for row in snapshot.coverage if row.subscription_id == CORP)


async def test_a_network_left_out_whose_direct_question_fails_is_unseen() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.OmitFromListing(vnets=("vnet-app",)))
        tenant.azure.faults.add(Fault(Status(403), api=Api.NETWORK))
        snapshot = await tenant.topology()
        assert len(snapshot.sides) == 9
        assert tenant.findings() == []
        assert tenant.coverage()["topology", CORP] == "forbidden"


async def test_a_deleted_network_is_asked_for_once_and_then_missing() -> None:
    async with monitored() as tenant:
        await tenant.topology()
        tenant.azure.apply(events.DeleteVnet(vnet="vnet-app"))
        await tenant.topology()
        assert tenant.findings() == [("link/disconnected", "vnet_missing")]
        assert not tenant.series("azure_vnet_info", vnet="vnet-app")
        assert set(tenant.coverage().values()) == {"ok"}
        asked = tenant.asked(Api.NETWORK)
        await tenant.topology()
        assert tenant.asked(Api.NETWORK) == asked == 1
        assert tenant.findings() == [("link/disconnected", "vnet_missing")]


async def test_a_deleted_side_is_missing_after_asking_once() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
        for _ in range(2):
            await tenant.topology()
            assert tenant.findings() == [("link/disconnected", "peer_missing")]
        assert tenant.asked(Api.NETWORK) == 1


async def test_a_missing_side_is_unseen_while_the_question_fails() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
        fault = tenant.azure.faults.add(Fault(Status(500), api=Api.NETWORK))
        await tenant.topology()
        assert tenant.findings() == [("link/disconnected", "unseen")]
        tenant.azure.faults.remove(fault)
        await tenant.topology()
        assert tenant.findings() == [("link/disconnected", "peer_missing")]


@pytest.mark.parametrize("subscription", ["sub-corp-landing-zone", "sub-connectivity"])
@pytest.mark.parametrize("way", ["forbidden", "unlisted", "empty", "restart of the list"])
async def test_a_later_failed_read_takes_no_finding_away(subscription: str, way: str) -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.DeleteVnet(vnet="vnet-app"))
        tenant.azure.apply(events.DeletePeering(vnet="vnet-data", peering="data-to-hub"))
        await tenant.topology()
        before = tenant.findings()
        assert {reason for _, reason in before} == {"vnet_missing", "peer_missing"}
        ways: dict[str, Event] = {
            "forbidden": events.SubscriptionAnswers(subscription=subscription, answer="forbidden"),
            "unlisted": events.HideSubscription(subscription=subscription),
            "empty": events.EmptyListing(subscription=subscription),
            "restart of the list": events.SubscriptionAnswers(subscription=subscription, answer="server-error"),
        }
        tenant.azure.apply(ways[way])
        for _ in range(2):
            await tenant.topology()
            assert tenant.findings() == before


async def test_a_listing_with_a_malformed_item_proves_no_absence() -> None:
    async with monitored() as tenant:
        tenant.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))
        tenant.azure.faults.add(
            Fault(distortions.edit_item("vnet-dev", lambda item: item.update(location=7)), api=Api.NETWORKS)
        )
        await tenant.topology()
        assert tenant.findings() == [("link/disconnected", "unseen")]
        assert tenant.asked(Api.NETWORK) == 0


async def test_a_network_of_nobody_watched_is_quietly_unseen() -> None:
    async with monitored("incident") as tenant:
        snapshot = await tenant.topology()
        assert tenant.findings() == []
        assert len(snapshot.sides) == 11
        (visible,) = tenant.series("azure_vnet_peering_remote_visible", vnet="vnet-branch").values()
        assert visible == 0
        assert not tenant.series("azure_vnet_peering_consistent", vnet="vnet-branch")
        assert tenant.asked(Api.NETWORK) == 0


@pytest.mark.parametrize("case", ["upper", "lower", "swap"])
async def test_answers_that_change_the_case_of_ids_change_no_series(case: str) -> None:
    async with monitored() as tenant:
        await tenant.topology()
        await tenant.traffic()
        before = tenant.facts()
        tenant.azure.faults.add(Fault(distortions.id_case(case)))  # type: ignore[arg-type]  # parametrized text
        await tenant.topology()
        await tenant.traffic()
        assert tenant.facts() == before
        assert set(tenant.coverage().values()) == {"ok"}


async def test_a_restart_while_a_subscription_is_unreadable_says_so() -> None:
    """What a new process cannot know it does not make up: no facts, no finding, a coverage of 0."""
    async with monitored(arrange=_forbid_corp) as tenant:
        snapshot = await tenant.topology()
        assert not tenant.series("azure_vnet_info", subscription_id=CORP)
        assert tenant.coverage()["topology", CORP] == "forbidden"
        assert tenant.findings() == []
        assert len(snapshot.sides) == 7


def _forbid_corp(azure: Simulator) -> None:
    azure.apply(events.SubscriptionAnswers(subscription="sub-corp-landing-zone", answer="forbidden"))


async def test_questions_are_bounded_and_the_unasked_are_asked_next() -> None:
    async with monitored("hub-spoke:1x300", clock=Clock()) as tenant:
        snapshot = await tenant.topology()
        spokes = [one.id.name for one in snapshot.virtual_networks if "spoke" in one.id.name]
        assert len(spokes) == 300
        tenant.azure.apply(events.OmitFromListing(vnets=tuple(spokes)))
        before = tenant.facts()
        await tenant.topology()
        assert tenant.asked(Api.NETWORK) == 200
        tenant.clock.advance(30)
        await tenant.topology()
        paths = {request.path for request in tenant.azure.requests if request.api == Api.NETWORK}
        assert len(paths) == 300
        assert tenant.facts() == before
