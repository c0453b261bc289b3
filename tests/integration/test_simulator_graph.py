"""The SDK's typed client asks the simulator's Resource Graph as it would ask Azure's."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions, QueryResponse

from monitor.azure.resource_graph import SUBSCRIPTIONS
from monitor.simulator import ManagementGroup, Simulator, Subscription, events
from tests.unit.simulator.azure_clients import graph_client
from tests.unit.simulator.estates import OTHER_SUBSCRIPTION, SUBSCRIPTION, small_estate

THIRD = "33333333-3333-4333-8333-333333333333"
ESTATE = small_estate(
    subscriptions=(
        Subscription(id=SUBSCRIPTION, name="sub-one"),
        Subscription(id=OTHER_SUBSCRIPTION, name="sub-two", state="Disabled"),
        Subscription(id=THIRD, name="sub-three"),
    ),
    management_groups=(
        ManagementGroup(id="mg-top", name="Top", subscriptions=("sub-one",)),
        ManagementGroup(id="mg-low", parent="mg-top", subscriptions=("sub-two",)),
        ManagementGroup(id="mg-shut", answer="forbidden"),
    ),
)


async def _ask(simulator: Simulator, query: str = SUBSCRIPTIONS, **request: Any) -> QueryResponse:
    async with graph_client(simulator) as client:
        response: QueryResponse = await client.resources(QueryRequest(query=query, **request))
        return response


def _names(response: QueryResponse) -> list[str]:
    rows: Any = response.data
    return [row["name"] for row in rows]


async def _refusal(simulator: Simulator, **request: Any) -> HttpResponseError:
    with pytest.raises(HttpResponseError) as caught:
        await _ask(simulator, **request)
    return caught.value


async def test_a_result_has_azures_form() -> None:
    async with Simulator(ESTATE) as simulator:
        response = await _ask(simulator, management_groups=["mg-top"])
    assert (response.total_records, response.count, response.result_truncated) == (2, 2, "false")
    assert response.skip_token is None
    assert response.facets == []
    rows: Any = response.data
    assert rows == [
        {
            "id": f"/subscriptions/{SUBSCRIPTION}",
            "name": "sub-one",
            "subscriptionId": SUBSCRIPTION,
            "tenantId": ESTATE.tenant.id,
            "state": "Enabled",
        },
        {
            "id": f"/subscriptions/{OTHER_SUBSCRIPTION}",
            "name": "sub-two",
            "subscriptionId": OTHER_SUBSCRIPTION,
            "tenantId": ESTATE.tenant.id,
            "state": "Disabled",
        },
    ]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({}, ["sub-one", "sub-two", "sub-three"]),
        ({"management_groups": ["mg-top"]}, ["sub-one", "sub-two"]),
        ({"management_groups": ["MG-LOW"]}, ["sub-two"]),
        ({"management_groups": ["mg-low", "mg-top"]}, ["sub-one", "sub-two"]),
        ({"management_groups": [ESTATE.tenant.id]}, ["sub-one", "sub-two", "sub-three"]),
        ({"subscriptions": [THIRD]}, ["sub-three"]),
    ],
    ids=str,
)
async def test_the_scope_is_the_groups_and_all_below_them(scope: dict[str, Any], names: list[str]) -> None:
    async with Simulator(ESTATE) as simulator:
        assert _names(await _ask(simulator, **scope)) == names


async def test_a_whole_row_knows_the_groups_above_it() -> None:
    async with Simulator(ESTATE) as simulator:
        response = await _ask(simulator, "resourcecontainers", management_groups=["mg-low"])
    rows: Any = response.data
    assert rows[0]["type"] == "microsoft.resources/subscriptions"
    assert rows[0]["properties"]["managementGroupAncestorsChain"] == [
        {"name": "mg-low", "displayName": "mg-low"},
        {"name": "mg-top", "displayName": "Top"},
        {"name": ESTATE.tenant.id, "displayName": "Tenant Root Group"},
    ]


async def test_pages_follow_the_skip_token() -> None:
    async with Simulator(ESTATE) as simulator:
        names: list[str] = []
        token: str | None = None
        for truncated in ("true", "true", "false"):
            page = await _ask(simulator, options=QueryRequestOptions(top=1, skip_token=token))
            assert (page.total_records, page.count, page.result_truncated) == (3, 1, truncated)
            names += _names(page)
            token = page.skip_token
    assert names == ["sub-one", "sub-two", "sub-three"]
    assert token is None


async def test_without_the_id_among_the_columns_there_is_no_next_page() -> None:
    async with Simulator(ESTATE) as simulator:
        page = await _ask(simulator, "resourcecontainers | project name", options=QueryRequestOptions(top=1))
    assert (page.result_truncated, page.skip_token) == ("true", None)


async def test_what_is_not_listed_is_left_out_without_a_word_and_moves_show() -> None:
    async with Simulator(ESTATE) as simulator:
        simulator.apply(events.HideSubscription(subscription="sub-one"))
        simulator.apply(events.MoveSubscription(subscription="sub-three", group="mg-low"))
        assert _names(await _ask(simulator, management_groups=["mg-top"])) == ["sub-two", "sub-three"]


@pytest.mark.parametrize("group", ["mg-shut", "mg-nowhere"])
async def test_a_group_that_may_not_be_read_is_not_told_from_one_that_is_not_there(group: str) -> None:
    async with Simulator(ESTATE) as simulator:
        refusal = await _refusal(simulator, management_groups=["mg-top", group])
    assert refusal.status_code == 403
    assert "Microsoft.Management/managementGroups/read" in str(refusal)
    assert group in str(refusal)


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        ({"management_groups": ["two words"]}, "ManagementGroupsContainInvalidIds"),
        ({"query": "resources"}, "InvalidQuery"),
        ({"query": "resourcecontainers | summarize count()"}, "InvalidQuery"),
        ({"query": "resourcecontainers | project colour"}, "InvalidQuery"),
        ({"query": "resourcecontainers | project a b"}, "InvalidQuery"),
        ({"query": "resourcecontainers | where name == 'x", "options": None}, "InvalidQuery"),
        ({"options": QueryRequestOptions(skip_token="?")}, "InvalidQuery"),
        ({"options": QueryRequestOptions(result_format="table")}, "InvalidRequestBody"),
    ],
    ids=str,
)
async def test_what_it_does_not_understand_is_refused_in_azures_form(
    request_: dict[str, Any], detail: str
) -> None:
    async with Simulator(ESTATE) as simulator:
        refusal = await _refusal(simulator, **request_)
    assert refusal.status_code == 400
    model: Any = refusal.model
    assert model.error.code == "BadRequest"
    assert model.error.message.startswith("Please provide below info when asking for support: timestamp = ")
    assert [one.code for one in model.error.details] == [detail]


async def test_the_quota_runs_down_and_comes_back() -> None:
    now = 100.0
    async with Simulator(ESTATE, now=lambda: now, play=False, enforce_rate_limits=True) as simulator:
        for _ in range(15):
            await _ask(simulator)
        refusal = await _refusal(simulator)
        assert refusal.status_code == 429
        response: Any = refusal.response
        assert response.headers["x-ms-user-quota-remaining"] == "0"
        assert response.headers["x-ms-user-quota-resets-after"] == "00:00:05"
        now += 5
        await _ask(simulator)
