"""The SDK's typed clients read the simulator as they would read Azure."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from monitor.simulator import (
    Encryption,
    ExternalNetwork,
    PeeringLink,
    PeeringSide,
    Route,
    RouteTable,
    Simulator,
    Subnet,
    Subscription,
    events,
    resolve_estate,
)
from tests.unit.simulator.azure_clients import network_client, subscription_client
from tests.unit.simulator.estates import OTHER_SUBSCRIPTION, SUBSCRIPTION, network, pair, small_estate

WAN_HUB = (
    f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/RG_hub/providers/Microsoft.Network/virtualNetworks/HV_hub"
)


_LISTING = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/virtualNetworks?api-version=2026-03-01"


async def _raw(simulator: Simulator, path: str, **options: Any) -> Any:
    async with network_client(simulator, SUBSCRIPTION, **options) as client:
        return await client.send_request(HttpRequest("GET", simulator.url + path))


def _error(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def test_every_listed_network_carries_its_peerings_whole() -> None:
    async with (
        Simulator(resolve_estate("hub-spoke"), play=False) as simulator,
        network_client(simulator, simulator.estate.subscriptions[0].id) as client,
    ):
        (hub,) = [vnet async for vnet in client.virtual_networks.list_all()]
        alone = await client.virtual_networks.get("rg-networking", "vnet-hub")

    assert hub.address_space is not None
    assert hub.address_space.address_prefixes == ["10.0.0.0/16"]
    assert [subnet.name for subnet in hub.subnets or []] == [
        "GatewaySubnet",
        "AzureFirewallSubnet",
        "SharedServicesSubnet",
    ]
    peerings = {peering.name: peering for peering in hub.virtual_network_peerings or []}
    assert set(peerings) == {"hub-to-app", "hub-to-data", "hub-to-dev"}
    side = peerings["hub-to-app"]
    assert (side.peering_state, side.peering_sync_level) == ("Connected", "FullyInSync")
    assert side.provisioning_state == "Succeeded"
    assert side.allow_gateway_transit is True
    assert side.remote_virtual_network is not None
    assert str(side.remote_virtual_network.id).endswith(
        "/rg-app/providers/Microsoft.Network/virtualNetworks/vnet-app"
    )
    assert side.remote_address_space is not None
    assert side.remote_address_space.address_prefixes == ["10.1.0.0/16"]
    assert alone == hub


async def test_both_sides_of_a_link_carry_the_same_resource_guid() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        one = await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")
        two = await client.virtual_network_peerings.get("rg-net", "vnet-b", "b-to-a")

    assert one.resource_guid == two.resource_guid
    assert one.resource_guid


async def test_a_listing_is_paged_by_an_opaque_link_with_irregular_and_empty_pages() -> None:
    networks = tuple(network(f"vnet-{number}", f"10.{number}.0.0/16") for number in range(7))
    estate = small_estate(networks=networks, peerings=(), page_size=(3, 0, 1))
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        names = [vnet.name async for vnet in client.virtual_networks.list_all()]
        grouped = [vnet.name async for vnet in client.virtual_networks.list("RG-NET")]
        sizes, link = [], f"{simulator.url}{_LISTING}"
        while link:
            page = (await _raw(simulator, link.removeprefix(simulator.url))).json()
            sizes.append(len(page["value"]))
            link = page.get("nextLink")

    assert names == grouped == [f"vnet-{number}" for number in range(7)]
    assert sizes == [3, 0, 1, 3]


async def test_a_network_that_is_deleted_between_two_pages_hides_no_other() -> None:
    networks = tuple(network(f"vnet-{number}", f"10.{number}.0.0/16") for number in range(4))
    async with Simulator(small_estate(networks=networks, peerings=(), page_size=2)) as simulator:
        first = (await _raw(simulator, _LISTING)).json()
        simulator.apply(events.DeleteVnet(vnet="vnet-0"))
        second = (await _raw(simulator, first["nextLink"].removeprefix(simulator.url))).json()

    assert [item["name"] for item in second["value"]] == ["vnet-2", "vnet-3"]
    assert "nextLink" not in second


async def test_paths_match_in_any_case_and_ids_keep_theirs() -> None:
    async with Simulator(small_estate()) as simulator:
        group = f"/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/RG-NET"
        path = f"{group}/PROVIDERS/microsoft.network/VirtualNetworks/VNET-A"
        answer = await _raw(simulator, f"{path}?API-VERSION=2026-03-01")

    assert answer.json()["id"] == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-a"
    )


async def test_peerings_are_listed_and_read_alone() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        listed = [side.name async for side in client.virtual_network_peerings.list("rg-net", "vnet-a")]
        alone = await client.virtual_network_peerings.get("rg-net", "vnet-a", "A-TO-B")

    assert listed == ["a-to-b"]
    assert alone.name == "a-to-b"


async def test_route_tables_name_their_subnets_and_subnets_their_table() -> None:
    table = RouteTable(
        name="rt-a",
        subscription="sub-one",
        resource_group="rg-routes",
        location="westeurope",
        routes=(Route(name="default", prefix="0.0.0.0/0", next_hop="VirtualAppliance", ip="10.2.0.4"),),
    )
    subnet = Subnet(name="web", prefix="10.1.1.0/24", route_table="rt-a")
    estate = small_estate(
        networks=(network("vnet-a", "10.1.0.0/16", subnets=(subnet,)),), peerings=(), route_tables=(table,)
    )
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        (everywhere,) = [item async for item in client.route_tables.list_all()]
        (grouped,) = [item async for item in client.route_tables.list("rg-routes")]
        alone = await client.route_tables.get("rg-routes", "rt-a")
        vnet = await client.virtual_networks.get("rg-net", "vnet-a")

    assert everywhere == grouped == alone
    (route,) = alone.routes or []
    assert (route.next_hop_type, route.next_hop_ip_address) == ("VirtualAppliance", "10.2.0.4")
    (read,) = vnet.subnets or []
    assert read.route_table is not None
    assert read.route_table.id == alone.id
    assert [item.id for item in alone.subnets or []] == [read.id]


async def test_the_wire_has_properties_that_the_sdk_does_not_declare() -> None:
    estate = small_estate(
        networks=(
            network("vnet-a", "10.1.0.0/16"),
            network("vnet-b", "10.2.0.0/16", gateway="vgw", encryption=Encryption(enabled=True)),
        ),
        peerings=(pair({"use_remote_gateways": True}, {"allow_gateway_transit": True}),),
    )
    async with Simulator(estate) as simulator:
        one, _two = (await _raw(simulator, _LISTING)).json()["value"]

    properties = one["properties"]["virtualNetworkPeerings"][0]["properties"]
    assert properties["remoteGateways"][0]["id"].endswith("/virtualNetworkGateways/vgw")
    assert properties["remoteVirtualNetworkEncryption"] == {"enabled": True, "enforcement": "AllowUnencrypted"}
    assert properties["routeServiceVips"] == {}
    assert properties["peerCompleteVnets"] is True
    assert one["etag"].startswith('W/"')


async def test_a_side_can_answer_what_the_model_never_says() -> None:
    side = {"override": {"peeringState": "Hibernating", "peeringSyncLevel": None}, "omit": ("resourceGuid",)}
    async with (
        Simulator(small_estate(peerings=(pair(side),))) as simulator,
        network_client(simulator, SUBSCRIPTION) as client,
    ):
        read = await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")

    assert (read.peering_state, read.peering_sync_level, read.resource_guid) == ("Hibernating", None, None)


async def test_names_may_hold_quotes_backslashes_newlines_and_any_script() -> None:
    name = 'vnet "quoted" \\ back\nnew 網路'
    async with (
        Simulator(small_estate(networks=(network(name, "10.1.0.0/16"),), peerings=())) as simulator,
        network_client(simulator, SUBSCRIPTION) as client,
    ):
        (listed,) = [vnet.name async for vnet in client.virtual_networks.list_all()]
        alone = await client.virtual_networks.get("rg-net", name)

    assert listed == alone.name == name


async def test_subscriptions_are_listed_in_pages_and_read_alone() -> None:
    subscriptions = (
        Subscription(id=SUBSCRIPTION, name="sub-one"),
        Subscription(id=OTHER_SUBSCRIPTION, name="sub-two", state="Warned"),
    )
    estate = small_estate(subscriptions=subscriptions, page_size=1)
    async with Simulator(estate) as simulator, subscription_client(simulator) as client:
        listed = [
            (item.subscription_id, item.display_name, item.state) async for item in client.subscriptions.list()
        ]
        alone = await client.subscriptions.get(OTHER_SUBSCRIPTION)

    assert listed == [(SUBSCRIPTION, "sub-one", "Enabled"), (OTHER_SUBSCRIPTION, "sub-two", "Warned")]
    assert alone.tenant_id == estate.tenant.id


_NO_RESOURCE = (
    "The Resource 'Microsoft.Network/virtualNetworks/no' under resource group 'rg-net' was not found. "
    "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
)
_NO_TYPE = (
    "The resource type 'loadBalancers' could not be found in the namespace 'Microsoft.Network' "
    "for the given api version."
)
_MISSING: dict[str, tuple[str, str]] = {
    f"/subscriptions/{OTHER_SUBSCRIPTION}": (
        "SubscriptionNotFound",
        f"The subscription '{OTHER_SUBSCRIPTION}' could not be found.",
    ),
    "/subscriptions/not-a-guid/providers/Microsoft.Network/virtualNetworks": (
        "InvalidSubscriptionId",
        "The provided subscription identifier 'not-a-guid' is malformed or invalid.",
    ),
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-none/providers/Microsoft.Network/virtualNetworks": (
        "ResourceGroupNotFound",
        "Resource group 'rg-none' could not be found.",
    ),
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/no": (
        "ResourceNotFound",
        _NO_RESOURCE,
    ),
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/loadBalancers": (
        "InvalidResourceType",
        _NO_TYPE,
    ),
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Nothing/things": (
        "InvalidResourceNamespace",
        "The resource namespace 'Microsoft.Nothing' is invalid.",
    ),
    "/index.html": (
        "MissingSubscription",
        "The request did not have a subscription or a valid tenant level resource provider.",
    ),
}


@pytest.mark.parametrize("path", _MISSING)
async def test_what_does_not_exist_is_refused_in_arms_words(path: str) -> None:
    async with Simulator(small_estate()) as simulator:
        answer = await _raw(simulator, f"{path}?api-version=2026-03-01")

    assert _error(answer) == (404, *_MISSING[path])
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_a_peering_that_does_not_exist_is_refused_by_the_network_provider() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        with pytest.raises(
            ResourceNotFoundError, match=r"\(NotFound\) Resource .*/virtualNetworkPeerings/no not found"
        ):
            await client.virtual_network_peerings.get("rg-net", "vnet-a", "no")


async def test_without_a_token_arm_answers_401_and_where_to_get_one() -> None:
    async with Simulator(small_estate()) as simulator:
        answer = await _raw(simulator, "/subscriptions?api-version=2022-12-01", token=None)
        (asked,) = simulator.requests

    assert _error(answer) == (
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
    )
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(
        f'Bearer authorization_uri="https://login.windows.net/{simulator.estate.tenant.id}"'
    )
    assert 'error="invalid_token"' in challenge
    assert (asked.had_token, asked.status) == (False, 401)


async def test_another_token_than_the_required_one_is_refused() -> None:
    async with Simulator(small_estate(), token="the-right-one") as simulator:
        wrong = await _raw(simulator, "/subscriptions?api-version=2022-12-01", token="a-wrong-one")
        right = await _raw(simulator, "/subscriptions?api-version=2022-12-01", token="the-right-one")

    assert _error(wrong) == (401, "InvalidAuthenticationToken", "The access token is invalid.")
    assert right.status_code == 200


async def test_without_an_api_version_arm_refuses() -> None:
    async with Simulator(small_estate()) as simulator:
        answer = await _raw(simulator, "/subscriptions")

    assert _error(answer) == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


async def test_reads_count_down_a_bucket_that_refills() -> None:
    clock = [0.0]
    async with Simulator(small_estate(), now=lambda: clock[0]) as simulator:
        header = "x-ms-ratelimit-remaining-subscription-reads"
        seen = [(await _raw(simulator, _LISTING)).headers[header] for _ in range(3)]
        clock[0] += 1
        seen.append((await _raw(simulator, _LISTING)).headers[header])
        tenant = (await _raw(simulator, "/subscriptions?api-version=2022-12-01")).headers

    assert seen == ["249", "248", "247", "249"]
    assert tenant["x-ms-ratelimit-remaining-tenant-reads"] == "249"
    assert tenant["x-ms-request-id"] == tenant["x-ms-correlation-request-id"]
    assert "Date" in tenant


async def test_an_empty_bucket_answers_429_when_limits_are_enforced() -> None:
    async with Simulator(small_estate(), now=lambda: 0.0, enforce_rate_limits=True) as simulator:
        path = f"/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
        async with network_client(simulator, SUBSCRIPTION) as client:
            answers = [await client.send_request(HttpRequest("GET", simulator.url + path)) for _ in range(251)]

    assert [answer.status_code for answer in answers[248:]] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("unauthorized", 401, "InvalidAuthenticationToken"),
        ("forbidden", 403, "AuthorizationFailed"),
        ("not-found", 404, "SubscriptionNotFound"),
        ("throttled", 429, "SubscriptionRequestsThrottled"),
        ("server-error", 500, "InternalServerError"),
        ("disabled", 409, "ReadOnlyDisabledSubscription"),
    ],
)
async def test_a_subscription_can_refuse_and_answer_again(answer: events.Answer, status: int, code: str) -> None:
    async with Simulator(small_estate()) as simulator:
        simulator.apply(events.SubscriptionAnswers(subscription="sub-one", answer=answer, retry_after=7))
        refused = await _raw(simulator, _LISTING)
        simulator.apply(events.SubscriptionAnswers(subscription="sub-one", answer="ok"))
        again = await _raw(simulator, _LISTING)

    assert _error(refused)[:2] == (status, code)
    assert refused.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert again.status_code == 200


async def test_a_forbidden_read_names_client_action_and_scope() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.apply(events.SubscriptionAnswers(subscription="sub-one", answer="forbidden"))
        listing = await _raw(simulator, _LISTING)
        with pytest.raises(HttpResponseError) as alone:
            await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")

    tenant = simulator.estate.tenant
    assert _error(listing)[2] == (
        f"The client '{tenant.client_id}' with object id '{tenant.object_id}' does not have authorization to "
        f"perform action 'Microsoft.Network/virtualNetworks/read' over scope '/subscriptions/{SUBSCRIPTION}' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials."
    )
    assert alone.value.status_code == 403
    assert "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read" in str(alone.value)
    assert "/virtualNetworkPeerings/a-to-b'" in str(alone.value)


async def test_a_hidden_subscription_is_not_listed_and_not_readable_until_it_is_shown() -> None:
    async with Simulator(small_estate()) as simulator, subscription_client(simulator) as client:
        simulator.apply(events.HideSubscription(subscription="sub-one"))
        hidden = [item.subscription_id async for item in client.subscriptions.list()]
        direct = await _raw(simulator, _LISTING)
        simulator.apply(events.ShowSubscription(subscription="sub-one"))
        shown = [item.subscription_id async for item in client.subscriptions.list()]

    assert (hidden, shown) == ([], [SUBSCRIPTION])
    assert _error(direct)[:2] == (403, "AuthorizationFailed")


async def test_a_listing_can_leave_networks_out_that_can_still_be_read() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:

        async def listed() -> list[str | None]:
            return [vnet.name async for vnet in client.virtual_networks.list_all()]

        simulator.apply(events.OmitFromListing(vnets=("vnet-b",)))
        partial = await listed()
        alone = await client.virtual_networks.get("rg-net", "vnet-b")
        simulator.apply(events.EmptyListing(subscription="sub-one"))
        empty = await listed()
        simulator.apply(events.RestoreListing(subscription="sub-one"))
        whole = await listed()

    assert (partial, empty, whole) == (["vnet-a"], [], ["vnet-a", "vnet-b"])
    assert alone.name == "vnet-b"


@pytest.mark.parametrize(
    ("declared", "status", "code"),
    [
        ("forbidden", 403, "AuthorizationFailed"),
        ("other-tenant", 401, "InvalidAuthenticationTokenTenant"),
        ("not-found", 404, "SubscriptionNotFound"),
    ],
)
async def test_the_remote_of_a_wan_spoke_cannot_be_read(declared: Any, status: int, code: str) -> None:
    link = PeeringLink(
        sides=(PeeringSide(vnet="vnet-a", name="to-wan"),),
        remote=ExternalNetwork(id=WAN_HUB, address_space=("10.100.0.0/23",), answer=declared),
    )
    estate = small_estate(networks=(network("vnet-a", "10.1.0.0/16"),), peerings=(link,))
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        side = await client.virtual_network_peerings.get("rg-net", "vnet-a", "to-wan")
        remote = await _raw(simulator, f"{WAN_HUB}?api-version=2026-03-01")

    assert (side.peering_state, side.peering_sync_level) == ("Connected", "FullyInSync")
    assert _error(remote)[:2] == (status, code)
