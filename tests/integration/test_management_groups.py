"""Subscriptions by management group: who is watched, and what is said when the group cannot be asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from azure.core.rest import HttpRequest

from monitor.azure.arm import QUERY_PATH, Retry, Service, WriteRefusedError
from monitor.azure.failures import AzureError
from monitor.azure.resource_graph import list_subscriptions_below
from monitor.collectors.subscriptions import ASK_GROUPS_AGAIN_AFTER
from monitor.model import Reason
from monitor.report.outcome import NOT_ALL_SEEN, exit_code
from monitor.simulator import Api, Body, Fault, Mutate, Status, distortions, events, parse_estate, resolve_estate
from tests.integration.harness import DAY, monitored

if TYPE_CHECKING:
    from monitor.simulator import Simulator
    from monitor.simulator.faults import Document, Effect

HUB = "8e7d4a10-52c6-4b0e-9d5f-1c3b7a2e6f01"
CORP = "27c9f5b3-0d84-4e6a-8b17-5a9e3d2c4f02"
ONLINE = "b4160c8e-93a7-4f25-a6d1-7e8f2b5c9d03"
PARTNER = "51d3e9f2-6b7c-48a0-bc94-0f1a8e6d7c04"
TENANT = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"

ESTATE = parse_estate(
    """
    base: hub-spoke
    management_groups:
      - {id: mg-platform, subscriptions: [sub-connectivity]}
      - {id: mg-landing-zones, subscriptions: [sub-corp-landing-zone]}
      - {id: mg-online, parent: mg-landing-zones, subscriptions: [sub-online-landing-zone]}
      - {id: mg-sandboxes}
    """
)
READABLE = "peering_monitor_subscription_readable"


def graph_fault(azure: Simulator, effect: Effect, *, times: int | None = None) -> None:
    azure.faults.add(Fault(effect, api=Api.RESOURCE_GRAPH, times=times))


# Who is watched


@pytest.mark.parametrize(
    ("groups", "include", "exclude", "watched"),
    [
        pytest.param(["mg-landing-zones"], ["*"], [], {CORP, ONLINE}, id="groups-below-it-too"),
        pytest.param(["mg-online", "mg-platform"], ["*"], [], {ONLINE, HUB}, id="several-groups"),
        pytest.param(["MG-Online"], ["*"], [], {ONLINE}, id="in-any-case"),
        pytest.param([TENANT], ["*"], [], {HUB, CORP, ONLINE, PARTNER}, id="the-root-group"),
        pytest.param(["mg-online"], ["sub-partner-*"], [], {ONLINE, PARTNER}, id="include-adds"),
        pytest.param(["mg-online"], [HUB], [], {ONLINE, HUB}, id="include-adds-an-id"),
        pytest.param(["mg-landing-zones"], ["*"], ["*-corp-*"], {ONLINE}, id="exclude-takes-from-groups"),
        pytest.param(["mg-landing-zones"], ["*"], [ONLINE], {CORP}, id="exclude-takes-an-id"),
        pytest.param([], ["*"], [], {HUB, CORP, ONLINE, PARTNER}, id="no-group-is-everything"),
    ],
)
async def test_who_is_watched(
    groups: list[str], include: list[str], exclude: list[str], watched: set[str]
) -> None:
    async with monitored(ESTATE, management_groups=groups, include=include, exclude=exclude) as tenant:
        snapshot = await tenant.topology()
        assert {one.id for one in snapshot.subscriptions} == watched
        assert set(tenant.coverage().values()) == {"ok"}
        read = {one.subscription for one in tenant.azure.requests if one.api is Api.NETWORKS}
        assert read == watched


async def test_without_groups_resource_graph_is_not_asked() -> None:
    async with monitored(ESTATE) as tenant:
        await tenant.topology()
        assert tenant.asked(Api.RESOURCE_GRAPH) == 0


async def test_a_group_is_asked_about_again_after_some_minutes() -> None:
    async with monitored(ESTATE, management_groups=["mg-online"]) as tenant:
        await tenant.topology()
        tenant.azure.apply(events.MoveSubscription(subscription="sub-partner-integration", group="mg-online"))
        tenant.clock.advance(ASK_GROUPS_AGAIN_AFTER - 1)
        await tenant.topology()
        assert tenant.asked(Api.RESOURCE_GRAPH) == 1
        tenant.clock.advance(1)
        await tenant.topology()
        assert tenant.asked(Api.RESOURCE_GRAPH) == 2
        assert {one.id for one in tenant.snapshot.subscriptions} == {ONLINE, PARTNER}


# What is said when it cannot be asked about


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        pytest.param(Status(403), "forbidden", id="403"),
        pytest.param(Status(404), "not_found", id="404"),
        pytest.param(Status(401), "unauthenticated", id="401"),
        pytest.param(Status(429), "throttled", id="429"),
        pytest.param(Status(500), "server_error", id="500"),
        pytest.param(distortions.malformed_json(), "bad_response", id="malformed"),
        pytest.param(distortions.html_page(), "bad_response", id="html"),
        pytest.param(Body(b'{"data": null, "totalRecords": 0}'), "bad_response", id="no-rows"),
        pytest.param(Body(b'{"data": [], "totalRecords": 3}'), "bad_response", id="fewer-than-said"),
        pytest.param(Body(b'{"data": [], "resultTruncated": "true"}'), "bad_response", id="truncated"),
        pytest.param(Body(b'{"data": [{"subscriptionId": 7}], "totalRecords": 1}'), "bad_response", id="odd-row"),
        pytest.param(Body(b'{"data": [], "totalRecords": 0}'), "not_found", id="empty"),
    ],
)
async def test_a_failure_keeps_the_last_known_members_and_is_told(effect: Effect, reason: str) -> None:
    async with monitored(ESTATE, management_groups=["mg-landing-zones"]) as tenant:
        await tenant.topology()
        before = tenant.facts()
        graph_fault(tenant.azure, effect)
        for _ in range(2):
            tenant.clock.advance(ASK_GROUPS_AGAIN_AFTER)
            snapshot = await tenant.topology()
            assert {one.id for one in snapshot.subscriptions} == {CORP, ONLINE}
            assert tenant.facts() == before
            assert tenant.coverage() == {
                ("subscriptions", ""): reason,
                ("topology", CORP): "ok",
                ("topology", ONLINE): "ok",
            }
            assert tenant.series(READABLE, collector="subscriptions") == {
                (("collector", "subscriptions"), ("reason", reason), ("subscription_id", "")): 0.0
            }
            (success,) = tenant.series("peering_monitor_collector_success", collector="subscriptions").values()
            assert success == 0
            assert exit_code(snapshot, None) == NOT_ALL_SEEN
        (row,) = (one for one in tenant.snapshot.coverage if one.collector == "subscriptions")
        assert row.detail.startswith("management group mg-landing-zones: ")
        tenant.azure.faults.clear()
        tenant.clock.advance(30)
        await tenant.topology()
        assert tenant.coverage()["subscriptions", ""] == "ok"


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        pytest.param("mg-nowhere", "forbidden", id="unknown"),
        pytest.param("mg-sandboxes", "not_found", id="without-subscriptions"),
        pytest.param("mg(platform) ", "not_found", id="no-id-at-all"),
    ],
)
async def test_a_group_that_tells_nothing_is_a_failure_beside_one_that_does(group: str, reason: str) -> None:
    async with monitored(ESTATE, management_groups=[group, "mg-online"]) as tenant:
        snapshot = await tenant.topology()
        assert {one.id for one in snapshot.subscriptions} == {ONLINE}
        assert tenant.coverage() == {("subscriptions", ""): reason, ("topology", ONLINE): "ok"}
        assert exit_code(snapshot, None) == NOT_ALL_SEEN


async def test_a_forbidden_group_from_the_beginning_watches_nothing_and_says_so() -> None:
    async with monitored(ESTATE, management_groups=["mg-online"]) as tenant:
        tenant.azure.apply(events.ManagementGroupAnswers(group="mg-online", answer="forbidden"))
        snapshot = await tenant.topology()
        assert snapshot.subscriptions == ()
        assert tenant.coverage() == {("subscriptions", ""): "forbidden"}
        (row,) = snapshot.coverage
        assert "Microsoft.Management/managementGroups/read" in row.detail


async def test_several_failures_are_told_as_one_with_their_number() -> None:
    async with monitored(ESTATE, management_groups=["mg-one", "mg-two"]) as tenant:
        await tenant.topology()
        (row,) = tenant.snapshot.coverage
    assert row.detail.startswith("management group mg-one: ")
    assert row.detail.endswith("(and 1 more)")


async def test_members_are_read_even_if_the_list_of_subscriptions_cannot_be() -> None:
    async with monitored(ESTATE, management_groups=["mg-landing-zones"], exclude=["*-corp-*"]) as tenant:
        tenant.azure.faults.add(Fault(Status(500), api=Api.SUBSCRIPTIONS))
        await tenant.topology()
        assert tenant.coverage() == {("subscriptions", ""): "server_error", ("topology", ONLINE): "ok"}


async def test_a_member_that_left_the_list_is_reported_although_resource_graph_still_has_it() -> None:
    """Resource Graph lags behind: it still answers with a subscription on which the role was taken away."""

    def still_there(document: Document) -> None:
        document["data"].append({"subscriptionId": CORP, "name": "sub-corp-landing-zone"})
        document["totalRecords"] += 1

    async with monitored(ESTATE, management_groups=["mg-landing-zones"]) as tenant:
        await tenant.topology()
        tenant.azure.apply(events.HideSubscription(subscription="sub-corp-landing-zone"))
        graph_fault(tenant.azure, Mutate(still_there))
        tenant.clock.advance(ASK_GROUPS_AGAIN_AFTER)
        await tenant.topology()
        assert tenant.coverage()["topology", CORP] == "not_found"


async def test_one_that_left_the_group_is_reported_for_a_day_with_its_last_facts() -> None:
    async with monitored(ESTATE, management_groups=["mg-landing-zones"]) as tenant:
        await tenant.topology()
        before = tenant.facts()
        tenant.azure.apply(events.MoveSubscription(subscription="sub-online-landing-zone", group="mg-platform"))
        tenant.clock.advance(ASK_GROUPS_AGAIN_AFTER)
        await tenant.topology()
        assert tenant.facts() == before
        assert tenant.coverage()["topology", ONLINE] == "not_found"
        (row,) = (one for one in tenant.snapshot.coverage if one.subscription_id == ONLINE)
        assert "left the management groups" in row.detail
        tenant.clock.advance(DAY + 1)
        await tenant.topology()
        assert ("topology", ONLINE) not in tenant.coverage()


# How it is asked


async def test_a_large_group_is_read_over_all_its_pages() -> None:
    async with monitored("hub-spoke:2100x0") as tenant:
        listing = await list_subscriptions_below(tenant.arm, tenant.azure.estate.tenant.id)
        assert len({one.id for one in listing.items}) == 2100
        assert tenant.asked(Api.RESOURCE_GRAPH) == 3
        bodies = [msgspec.json.decode(request.body) for request in tenant.azure.requests]
    assert {body["managementGroups"][0] for body in bodies} == {tenant.azure.estate.tenant.id}
    assert [body["options"].get("$skipToken") is None for body in bodies] == [True, False, False]
    assert {body["options"]["$top"] for body in bodies} == {1000}


async def test_a_result_that_never_ends_is_refused() -> None:
    def onward(document: Document) -> None:
        document["$skipToken"] = "ZnJvbSAw"

    async with monitored(ESTATE) as tenant:
        graph_fault(tenant.azure, Mutate(onward))
        with pytest.raises(AzureError, match="does not end"):
            await list_subscriptions_below(tenant.arm, "mg-online")


async def test_more_subscriptions_than_resource_graph_looks_at_is_a_failure() -> None:
    body = b'{"totalRecords": 0, "count": 0, "resultTruncated": "false", "data": []}'
    async with monitored(ESTATE) as tenant:
        graph_fault(tenant.azure, Status(200, headers={"x-ms-tenant-subscription-limit-hit": "true"}, body=body))
        with pytest.raises(AzureError, match="name smaller groups") as caught:
            await list_subscriptions_below(tenant.arm, "mg-online")
    assert caught.value.failure.reason is Reason.BAD_RESPONSE


async def test_what_the_quota_leaves_is_exported() -> None:
    async with monitored(ESTATE, management_groups=["mg-online"]) as tenant:
        await tenant.topology()
        (left,) = tenant.series(
            "peering_monitor_azure_ratelimit_remaining", subscription_id="", kind="resource-graph-queries"
        ).values()
    assert left == 14


@pytest.mark.parametrize("status", [200, 429])
async def test_an_exhausted_quota_is_waited_for_and_what_it_holds_up_is_throttled(status: int) -> None:
    headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "01:00:00"}
    body = b'{"totalRecords": 1, "data": [{"subscriptionId": "%s"}]}' % ONLINE.encode() if status == 200 else None
    async with monitored(ESTATE, retry=Retry(attempts=3, first_wait=0.01, longest_wait=1)) as tenant:
        graph_fault(tenant.azure, Status(status, headers=headers, body=body), times=1)
        for expected in ([ONLINE], None) if status == 200 else (None, None):
            if expected is not None:
                listing = await list_subscriptions_below(tenant.arm, "mg-online")
                assert [one.id for one in listing.items] == expected
                continue
            with pytest.raises(AzureError) as caught:
                await list_subscriptions_below(tenant.arm, "mg-online")
            assert caught.value.failure.reason is Reason.THROTTLED
        assert tenant.asked(Api.RESOURCE_GRAPH) == 1


async def test_a_refusal_says_what_resource_graph_says_in_its_details() -> None:
    async with monitored(ESTATE) as tenant:
        with pytest.raises(AzureError) as caught:
            await list_subscriptions_below(tenant.arm, "not an id")
    assert caught.value.failure.reason is Reason.NOT_FOUND
    assert caught.value.failure.detail == (
        "HTTP 400 ManagementGroupsContainInvalidIds: The provided management groups must be valid. "
        "Given: 'not an id'."
    )


async def test_only_the_one_query_may_be_posted_and_only_by_its_own_client() -> None:
    elsewhere = [
        QUERY_PATH + "/",
        QUERY_PATH.lower(),
        QUERY_PATH + "History",
        "/" + QUERY_PATH,
        f"/subscriptions/{HUB}{QUERY_PATH}",
        f"{QUERY_PATH}/../../Microsoft.Network/register",
        f"/subscriptions/{HUB}/providers/Microsoft.ResourceGraph/register",
        f"/x?y={QUERY_PATH}",
    ]
    refused = [(Service.RESOURCE_GRAPH, "POST", path) for path in elsewhere]
    refused += [(Service.RESOURCE_GRAPH, method, QUERY_PATH) for method in ("PUT", "PATCH", "DELETE")]
    refused += [(one, "POST", QUERY_PATH) for one in Service if one is not Service.RESOURCE_GRAPH]
    async with monitored(ESTATE) as tenant:
        for service, method, path in refused:
            request = HttpRequest(method, tenant.azure.url + path)
            with pytest.raises(WriteRefusedError):
                await tenant.arm._send[service](request, stream=True, enforce_https=False)
        assert tenant.azure.requests == []
        await list_subscriptions_below(tenant.arm, "mg-online")
        assert [(one.method, one.path) for one in tenant.azure.requests] == [("POST", QUERY_PATH)]


async def test_the_bundled_estate_has_everything_below_the_root() -> None:
    async with monitored(resolve_estate("hub-spoke")) as tenant:
        listing = await list_subscriptions_below(tenant.arm, TENANT)
    assert {one.id for one in listing.items} == {HUB, CORP, ONLINE, PARTNER}
