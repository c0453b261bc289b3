"""The SDK's long-running writes change the simulated tenant as they would change Azure's."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.mgmt.network.models import (
    AddressSpace,
    Subnet,
    SubnetPropertiesFormat,
    SubResource,
    VirtualNetwork,
    VirtualNetworkPeering,
    VirtualNetworkPeeringPropertiesFormat,
    VirtualNetworkPropertiesFormat,
)

from monitor.simulator import Api, RouteTable, Simulator, events
from tests.unit.simulator.azure_clients import network_client
from tests.unit.simulator.estates import SUBSCRIPTION, network, pair, small_estate


def _id(name: str) -> str:
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/{name}"
    )


def _wanted(remote: str, **flags: Any) -> VirtualNetworkPeering:
    values: dict[str, Any] = {"allow_virtual_network_access": True, **flags}
    remote_network = SubResource(id=_id(remote))
    properties = VirtualNetworkPeeringPropertiesFormat(remote_virtual_network=remote_network, **values)
    return VirtualNetworkPeering(properties=properties)


def _network(*prefixes: str, subnet: str | None = None) -> VirtualNetwork:
    subnets = [Subnet(name="web", properties=SubnetPropertiesFormat(address_prefix=subnet))] if subnet else []
    space = AddressSpace(address_prefixes=list(prefixes))
    properties = VirtualNetworkPropertiesFormat(address_space=space, subnets=subnets)
    return VirtualNetwork(location="westeurope", properties=properties)


async def _side(client: Any, vnet: str, name: str) -> tuple[str, str, str]:
    side = await client.virtual_network_peerings.get("rg-net", vnet, name)
    return side.peering_state, side.peering_sync_level, side.provisioning_state


async def _put(client: Any, vnet: str, name: str, wanted: VirtualNetworkPeering, **options: Any) -> Any:
    poller = await client.virtual_network_peerings.begin_create_or_update("rg-net", vnet, name, wanted, **options)
    return await poller.result()


async def test_the_first_side_is_initiated_and_the_second_connects_both() -> None:
    async with (
        Simulator(small_estate(peerings=())) as simulator,
        network_client(simulator, SUBSCRIPTION) as client,
    ):
        first = await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b", allow_forwarded_traffic=True))
        second = await _put(client, "vnet-b", "b-to-a", _wanted("vnet-a"))
        now = await _side(client, "vnet-a", "a-to-b")

    assert (first.peering_state, first.peering_sync_level) == ("Initiated", "RemoteNotInSync")
    assert first.provisioning_state == "Succeeded"
    assert first.allow_forwarded_traffic is True
    assert second.peering_state == "Connected"
    assert now == ("Connected", "FullyInSync", "Succeeded")


async def test_deleting_one_side_disconnects_the_other() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await (await client.virtual_network_peerings.begin_delete("rg-net", "vnet-b", "b-to-a")).result()
        survivor = await _side(client, "vnet-a", "a-to-b")
        with pytest.raises(ResourceNotFoundError):
            await client.virtual_network_peerings.get("rg-net", "vnet-b", "b-to-a")

    assert (survivor[0], survivor[2]) == ("Disconnected", "Succeeded")


async def test_creating_only_the_lost_side_is_refused_until_the_survivor_is_gone() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.apply(events.DeletePeering(vnet="vnet-b", peering="b-to-a"))
        with pytest.raises(HttpResponseError, match=r"\(RemotePeeringIsDisconnected\)") as refused:
            await _put(client, "vnet-b", "b-to-a", _wanted("vnet-a"))
        await (await client.virtual_network_peerings.begin_delete("rg-net", "vnet-a", "a-to-b")).result()
        await _put(client, "vnet-b", "b-to-a", _wanted("vnet-a"))
        await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b"))
        now = await _side(client, "vnet-b", "b-to-a")

    assert refused.value.status_code == 400
    assert now == ("Connected", "FullyInSync", "Succeeded")


async def test_deleting_a_network_disconnects_its_neighbours() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await (await client.virtual_networks.begin_delete("rg-net", "vnet-b")).result()
        survivor = await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")
        names = [vnet.name async for vnet in client.virtual_networks.list_all()]

    assert survivor.peering_state == "Disconnected"
    assert survivor.remote_virtual_network_address_space is not None
    assert survivor.remote_virtual_network_address_space.address_prefixes == ["10.2.0.0/16"]
    assert names == ["vnet-a"]


async def _grow_vnet_a(client: Any) -> None:
    wanted = _network("10.1.0.0/16", "10.99.0.0/16", subnet="10.99.1.0/24")
    await (await client.virtual_networks.begin_create_or_update("rg-net", "vnet-a", wanted)).result()


async def test_a_resized_network_puts_both_sides_out_of_sync_each_in_its_own_way() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await _grow_vnet_a(client)
        grown = await client.virtual_network_peerings.get("rg-net", "vnet-a", "a-to-b")
        behind = await client.virtual_network_peerings.get("rg-net", "vnet-b", "b-to-a")

    assert (grown.peering_state, grown.peering_sync_level) == ("Connected", "RemoteNotInSync")
    assert (behind.peering_state, behind.peering_sync_level) == ("Connected", "LocalNotInSync")
    assert _prefixes(behind.remote_address_space) == ["10.1.0.0/16"]
    assert _prefixes(behind.remote_virtual_network_address_space) == ["10.1.0.0/16", "10.99.0.0/16"]
    assert _prefixes(grown.local_address_space) == ["10.1.0.0/16"]
    assert _prefixes(grown.local_virtual_network_address_space) == ["10.1.0.0/16", "10.99.0.0/16"]


def _prefixes(space: AddressSpace | None) -> list[str]:
    assert space is not None
    return list(space.address_prefixes or [])


async def test_the_sync_heals_only_on_the_side_that_is_behind() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await _grow_vnet_a(client)
        sync: dict[str, Any] = {"sync_remote_address_space": "true"}
        wrong_side = await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b"), **sync)
        after_wrong = await _side(client, "vnet-b", "b-to-a")
        await _put(client, "vnet-b", "b-to-a", _wanted("vnet-a"))
        after_plain_put = await _side(client, "vnet-b", "b-to-a")
        right_side = await _put(client, "vnet-b", "b-to-a", _wanted("vnet-a"), **sync)
        other = await _side(client, "vnet-a", "a-to-b")

    assert wrong_side.peering_sync_level == "RemoteNotInSync"
    assert after_wrong[1] == after_plain_put[1] == "LocalNotInSync"
    assert right_side.peering_sync_level == "FullyInSync"
    assert _prefixes(right_side.remote_address_space) == ["10.1.0.0/16", "10.99.0.0/16"]
    assert other == ("Connected", "FullyInSync", "Succeeded")


async def _refusal(
    estate: Any, vnet: str, name: str, wanted: VirtualNetworkPeering
) -> tuple[int | None, str | None]:
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        with pytest.raises(HttpResponseError) as refused:
            await _put(client, vnet, name, wanted)
    assert refused.value.error is not None
    return refused.value.status_code, refused.value.error.code


_THREE = (
    network("vnet-a", "10.1.0.0/16"),
    network("vnet-b", "10.2.0.0/16", gateway="vgw"),
    network("vnet-c", "10.1.128.0/17"),
)


@pytest.mark.parametrize(
    ("vnet", "name", "wanted", "code"),
    [
        ("vnet-a", "again", _wanted("vnet-b"), "AnotherPeeringAlreadyReferencesRemoteVnet"),
        ("vnet-a", "a-to-b", _wanted("vnet-c"), "ChangingRemoteVirtualNetworkNotAllowed"),
        ("vnet-a", "a-to-x", _wanted("vnet-x"), "InvalidResourceReference"),
        ("vnet-a", "a-to-c", _wanted("vnet-c"), "VnetAddressSpacesOverlap"),
        ("vnet-c", "c-to-b", _wanted("vnet-b"), "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet"),
        (
            "vnet-a",
            "a-to-b",
            _wanted("vnet-b", use_remote_gateways=True),
            "PeeringRemoteAllowGatewayTransitIsFalse",
        ),
        ("vnet-b", "b-to-a", _wanted("vnet-a", use_remote_gateways=True), "RemoteVnetHasNoGateways"),
    ],
)
async def test_azure_refuses_what_cannot_be(
    vnet: str, name: str, wanted: VirtualNetworkPeering, code: str
) -> None:
    assert await _refusal(small_estate(networks=_THREE), vnet, name, wanted) == (400, code)


async def test_remote_gateways_may_be_used_where_the_other_side_lends_them() -> None:
    estate = small_estate(networks=_THREE, peerings=(pair(two={"allow_gateway_transit": True}),))
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        side = await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b", use_remote_gateways=True))

    assert side.use_remote_gateways is True


@pytest.mark.parametrize(
    ("prefixes", "subnet", "code"),
    [
        (["10.1.0.0/16", "10.2.4.0/24"], None, "VnetAddressSpacesOverlap"),
        (["10.1.0.0/33"], None, "InvalidCIDRNotation"),
        (["10.1.0.0/16"], "10.7.0.0/24", "NetcfgInvalidSubnet"),
    ],
)
async def test_azure_refuses_a_network_that_cannot_be(prefixes: list[str], subnet: str | None, code: str) -> None:
    wanted = _network(*prefixes, subnet=subnet)
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        with pytest.raises(HttpResponseError) as refused:
            await client.virtual_networks.begin_create_or_update("rg-net", "vnet-a", wanted)

    assert refused.value.error is not None
    assert refused.value.error.code == code


async def test_a_read_only_subscription_refuses_writes_and_goes_on_reading() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        simulator.apply(events.SubscriptionAnswers(subscription="sub-one", answer="read-only"))
        read = await _side(client, "vnet-a", "a-to-b")
        with pytest.raises(HttpResponseError, match="ReadOnlyDisabledSubscription") as refused:
            await client.virtual_network_peerings.begin_delete("rg-net", "vnet-a", "a-to-b")

    assert read[0] == "Connected"
    assert refused.value.status_code == 409


async def test_a_write_is_a_long_running_operation_that_the_sdk_asks_after() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b"))
        await (await client.virtual_network_peerings.begin_delete("rg-net", "vnet-a", "a-to-b")).result()
        url = f"{simulator.url}{_id('vnet-b')}?api-version=2026-03-01"
        location = (await client.send_request(HttpRequest("DELETE", url))).headers["Location"]
        await client.send_request(HttpRequest("GET", location))

    assert [(request.method, request.api, request.status) for request in simulator.requests] == [
        ("PUT", Api.PEERING, 200),
        ("GET", Api.OPERATION, 200),
        ("GET", Api.PEERING, 200),
        ("DELETE", Api.PEERING, 202),
        ("GET", Api.OPERATION, 200),
        ("DELETE", Api.NETWORK, 202),
        ("GET", Api.OPERATION, 204),
    ]


async def test_a_new_network_is_listed_and_can_be_peered() -> None:
    table = RouteTable(name="rt", subscription="sub-one", resource_group="rg-net", location="westeurope")
    estate = small_estate(route_tables=(table,))
    async with Simulator(estate) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        wanted = _network("10.7.0.0/16", subnet="10.7.1.0/24")
        assert wanted.properties is not None
        assert wanted.properties.subnets is not None
        wanted.properties.subnets[0].route_table = SubResource(
            id=_id("rt").replace("virtualNetworks", "routeTables")
        )
        made = await (await client.virtual_networks.begin_create_or_update("rg-net", "vnet-new", wanted)).result()
        side = await _put(client, "vnet-new", "new-to-a", _wanted("vnet-a"))
        names = [vnet.name async for vnet in client.virtual_networks.list_all()]
        rt = await client.route_tables.get("rg-net", "rt")

    assert made.resource_guid
    assert side.peering_state == "Initiated"
    assert names == ["vnet-a", "vnet-b", "vnet-new"]
    assert [subnet.id for subnet in rt.subnets or []] == [f"{_id('vnet-new')}/subnets/web"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("vnet-x", b"{", "InvalidRequestContent"),
        ("vnet-x", b"{}", "InvalidRequestFormat"),
        ("vnet-x", b'{"properties":{"addressSpace":{"addressPrefixes":["10.8.0.0/16"]}}}', "LocationRequired"),
        ("vnet-a/virtualNetworkPeerings/p", b'{"properties":{}}', "InvalidRequestFormat"),
        ("no/virtualNetworkPeerings/p", b'{"properties":{}}', "ResourceNotFound"),
    ],
)
async def test_a_body_that_lacks_what_azure_needs_is_refused(path: str, body: bytes, code: str) -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        url = f"{simulator.url}{_id(path)}?api-version=2026-03-01"
        answer = await client.send_request(HttpRequest("PUT", url, content=body))

    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["code"] == code


async def test_what_is_written_shows_in_the_next_listing() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        before = [vnet.etag async for vnet in client.virtual_networks.list_all()]
        await _put(client, "vnet-a", "a-to-b", _wanted("vnet-b", allow_virtual_network_access=False))
        listed = [vnet async for vnet in client.virtual_networks.list_all()]

    (side,) = listed[0].virtual_network_peerings or []
    assert side.allow_virtual_network_access is False
    assert listed[0].etag != before[0]


async def test_deleting_what_is_not_there_succeeds_without_content() -> None:
    async with Simulator(small_estate()) as simulator, network_client(simulator, SUBSCRIPTION) as client:
        await (await client.virtual_network_peerings.begin_delete("rg-net", "vnet-a", "no")).result()
        await (await client.virtual_networks.begin_delete("rg-net", "no")).result()

    assert [request.status for request in simulator.requests] == [204, 204]
