"""What Azure sends, as structs that declare just the fields in use, and how they become facts.

A list item is decoded by itself, so that one malformed virtual network costs itself only and is reported.
Field names follow api-version 2026-03-01 of Microsoft.Network; every property may be absent or null.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from monitor.azure.failures import bad_response, one_line
from monitor.model import (
    ArmId,
    NextHopType,
    Peering,
    PeeringState,
    Route,
    RouteTable,
    Subnet,
    Subscription,
    SyncLevel,
    VirtualNetwork,
    ascii_lower,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

INTERNED_IDS = 65_536
"""Ids kept between passes: they hardly change, and one object each saves both time and memory."""

_VNET_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+",
    re.IGNORECASE,
)
_ROUTE_TABLE_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/routeTables/[^/]+",
    re.IGNORECASE,
)
_DOT_SEGMENT = re.compile(r"/\.\.?(/|$)")
_STATES = {state.value: state for state in PeeringState if state is not PeeringState.UNKNOWN}
_NEXT_HOPS = {kind.value: kind for kind in NextHopType if kind is not NextHopType.UNKNOWN}
_LEVELS = {level.value: level for level in SyncLevel if level is not SyncLevel.UNKNOWN}


class Page(msgspec.Struct, rename="camel", gc=False):
    """One page of any listing; ``next_link`` is opaque, and an empty page may have one."""

    value: list[msgspec.Raw]
    next_link: str | None = None


class _Reference(msgspec.Struct, gc=False):
    id: str | None = None


class _AddressSpace(msgspec.Struct, rename="camel", gc=False):
    address_prefixes: list[str] | None = None


class _Encryption(msgspec.Struct, gc=False):
    enabled: bool | None = None


class _PeeringProperties(msgspec.Struct, rename="camel", gc=False):
    remote_virtual_network: _Reference | None = None
    peering_state: str | None = None
    peering_sync_level: str | None = None
    provisioning_state: str | None = None
    allow_virtual_network_access: bool | None = None
    allow_forwarded_traffic: bool | None = None
    allow_gateway_transit: bool | None = None
    use_remote_gateways: bool | None = None
    peer_complete_vnets: bool | None = None
    enable_only_ipv6_peering: bool | None = msgspec.field(default=None, name="enableOnlyIPv6Peering")
    resource_guid: str | None = None
    remote_address_space: _AddressSpace | None = None
    remote_virtual_network_address_space: _AddressSpace | None = None
    local_subnet_names: list[str] | None = None
    remote_subnet_names: list[str] | None = None


class _Peering(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    properties: _PeeringProperties | None = None


class _SubnetProperties(msgspec.Struct, rename="camel", gc=False):
    address_prefix: str | None = None
    address_prefixes: list[str] | None = None
    route_table: _Reference | None = None


class _Subnet(msgspec.Struct, gc=False):
    name: str
    properties: _SubnetProperties | None = None


class _VnetProperties(msgspec.Struct, rename="camel", gc=False):
    address_space: _AddressSpace | None = None
    encryption: _Encryption | None = None
    virtual_network_peerings: list[_Peering] | None = None
    subnets: list[_Subnet] | None = None


class _Vnet(msgspec.Struct, gc=False):
    id: str
    location: str | None = None
    properties: _VnetProperties | None = None


class _LooseVnetProperties(msgspec.Struct, rename="camel", gc=False):
    address_space: _AddressSpace | None = None
    encryption: _Encryption | None = None
    virtual_network_peerings: list[msgspec.Raw] | None = None
    subnets: list[msgspec.Raw] | None = None


class _LooseVnet(msgspec.Struct, gc=False):
    id: str
    location: str | None = None
    properties: _LooseVnetProperties | None = None


class _RouteProperties(msgspec.Struct, rename="camel", gc=False):
    address_prefix: str
    next_hop_type: str | None = None
    next_hop_ip_address: str | None = None


class _Route(msgspec.Struct, gc=False):
    name: str
    properties: _RouteProperties


class _RouteTableProperties(msgspec.Struct, gc=False):
    routes: list[_Route] | None = None


class _RouteTable(msgspec.Struct, gc=False):
    id: str
    properties: _RouteTableProperties | None = None


class _Subscription(msgspec.Struct, rename="camel", gc=False):
    subscription_id: str
    display_name: str | None = None
    state: str | None = None
    tenant_id: str | None = None


class _Identified(msgspec.Struct, gc=False):
    id: str | None = None


class Decoded(msgspec.Struct, Generic[T], frozen=True):
    """The items of one page, and a sentence for each that could not be read."""

    items: tuple[T, ...]
    problems: tuple[str, ...]
    next_link: str | None = None


_decode_page = msgspec.json.Decoder(Page).decode
_decode_vnet = msgspec.json.Decoder(_Vnet).decode
_decode_loose_vnet = msgspec.json.Decoder(_LooseVnet).decode
_decode_peering = msgspec.json.Decoder(_Peering).decode
_decode_subnet = msgspec.json.Decoder(_Subnet).decode
_decode_route_table = msgspec.json.Decoder(_RouteTable).decode
_decode_subscription = msgspec.json.Decoder(_Subscription).decode
_decode_identified = msgspec.json.Decoder(_Identified).decode


class _UnreadableError(ValueError):
    """An item that is JSON but not what Azure documents."""


def subscriptions_page(body: bytes) -> Decoded[Subscription]:
    """Read a page of ``GET /subscriptions``.

    Raises:
        msgspec.DecodeError: the page itself is malformed.

    """
    page = _decode_page(body)
    found: list[Subscription] = []
    problems: list[str] = []
    for raw in page.value:
        try:
            item = _decode_subscription(raw)
        except msgspec.DecodeError as error:
            problems.append(_problem(raw, "subscription", error))
            continue
        found.append(
            Subscription(
                ascii_lower(item.subscription_id),
                item.display_name or "",
                item.tenant_id or "",
                item.state or "",
            )
        )
    return Decoded(tuple(found), tuple(problems), page.next_link or None)


def vnets_page(body: bytes) -> Decoded[VirtualNetwork]:
    """Read a page of a subscription's virtual networks with their peerings.

    Raises:
        msgspec.DecodeError: the page itself is malformed.

    """
    page = _decode_page(body)
    found: list[VirtualNetwork] = []
    problems: list[str] = []
    for raw in page.value:
        try:
            found.append(_read_vnet(raw, problems))
        except (msgspec.DecodeError, _UnreadableError) as error:
            problems.append(_problem(raw, "virtual network", error))
    return Decoded(tuple(found), tuple(problems), page.next_link or None)


def route_tables_page(body: bytes) -> Decoded[RouteTable]:
    """Read a page of a subscription's route tables.

    A table one of whose routes is malformed is not read at all: without it, which route wins cannot be told.

    Raises:
        msgspec.DecodeError: the page itself is malformed.

    """
    page = _decode_page(body)
    found: list[RouteTable] = []
    problems: list[str] = []
    for raw in page.value:
        try:
            item = _decode_route_table(raw)
            table_id = _route_table_id(item.id)
        except (msgspec.DecodeError, _UnreadableError) as error:
            problems.append(_problem(raw, "route table", error))
            continue
        routes = item.properties.routes if item.properties else None
        found.append(RouteTable(table_id, tuple([_route_facts(one) for one in routes or ()])))
    return Decoded(tuple(found), tuple(problems), page.next_link or None)


def _route_facts(item: _Route) -> Route:
    properties = item.properties
    return Route(
        item.name,
        properties.address_prefix,
        _NEXT_HOPS.get(properties.next_hop_type or "", NextHopType.UNKNOWN),
        properties.next_hop_ip_address or None,
    )


def vnet(body: bytes) -> VirtualNetwork:
    """Read one virtual network; ``peerings_complete`` tells whether all of its peerings could be read.

    Raises:
        AzureError: reason ``bad_response`` when the network itself cannot be read.

    """
    try:
        return _read_vnet(body, [])
    except (msgspec.DecodeError, _UnreadableError) as error:
        raise bad_response(_problem(body, "virtual network", error)) from error


def _read_vnet(raw: msgspec.Raw | bytes, problems: list[str]) -> VirtualNetwork:
    try:
        item = _decode_vnet(raw)
        properties = item.properties or _VnetProperties()
        vnet_id = _vnet_id(item.id)
        peerings = tuple([_peering_facts(vnet_id, one) for one in properties.virtual_network_peerings or ()])
        subnets = tuple([_subnet_facts(one) for one in properties.subnets or ()])
    except (msgspec.DecodeError, _UnreadableError):
        return _read_loose_vnet(raw, problems)
    return VirtualNetwork(
        vnet_id,
        item.location or "",
        _prefixes(properties.address_space) or (),
        peerings,
        properties.encryption.enabled if properties.encryption else None,
        subnets=subnets,
    )


def _read_loose_vnet(raw: msgspec.Raw | bytes, problems: list[str]) -> VirtualNetwork:
    """Save what can be saved of a network one of whose peerings or subnets is malformed."""
    item = _decode_loose_vnet(raw)
    vnet_id = _vnet_id(item.id)
    properties = item.properties or _LooseVnetProperties()
    peerings: list[Peering] = []
    peerings_complete = True
    for one in properties.virtual_network_peerings or ():
        try:
            peerings.append(_peering_facts(vnet_id, _decode_peering(one)))
        except (msgspec.DecodeError, _UnreadableError) as error:
            peerings_complete = False
            problems.append(_problem(one, f"peering of {vnet_id}", error))
    subnets: list[Subnet] = []
    subnets_complete = True
    for one in properties.subnets or ():
        try:
            subnets.append(_subnet_facts(_decode_subnet(one)))
        except (msgspec.DecodeError, _UnreadableError) as error:
            subnets_complete = False
            problems.append(_problem(one, f"subnet of {vnet_id}", error))
    return VirtualNetwork(
        vnet_id,
        item.location or "",
        _prefixes(properties.address_space) or (),
        tuple(peerings),
        properties.encryption.enabled if properties.encryption else None,
        peerings_complete,
        tuple(subnets),
        subnets_complete,
    )


def _subnet_facts(item: _Subnet) -> Subnet:
    properties = item.properties
    if properties is None:
        return _subnet(item.name, None, None)
    table = properties.route_table.id if properties.route_table else None
    if properties.address_prefix is None and properties.address_prefixes:
        return Subnet(item.name, tuple(properties.address_prefixes), _route_table_id(table) if table else None)
    return _subnet(item.name, properties.address_prefix, table)


@lru_cache(maxsize=INTERNED_IDS)
def _subnet(name: str, prefix: str | None, table: str | None) -> Subnet:
    return Subnet(name, (prefix,) if prefix is not None else (), _route_table_id(table) if table else None)


def _peering_facts(vnet_id: ArmId, item: _Peering) -> Peering:
    properties = item.properties
    remote = properties.remote_virtual_network.id if properties and properties.remote_virtual_network else None
    if properties is None or not remote:
        raise _UnreadableError("it names no remoteVirtualNetwork")
    if not item.id and not item.name:
        raise _UnreadableError("it has neither an id nor a name")
    state, level = properties.peering_state, properties.peering_sync_level
    return Peering(
        _arm_id(item.id or f"{vnet_id.text}/virtualNetworkPeerings/{item.name}"),
        vnet_id,
        _vnet_id(remote),
        _STATES.get(state or "", PeeringState.UNKNOWN),
        state,
        _LEVELS.get(level or "", SyncLevel.UNKNOWN),
        level,
        properties.provisioning_state,
        properties.allow_virtual_network_access,
        properties.allow_forwarded_traffic,
        properties.allow_gateway_transit,
        properties.use_remote_gateways,
        properties.peer_complete_vnets,
        properties.enable_only_ipv6_peering,
        properties.resource_guid,
        _prefixes(properties.remote_address_space),
        _prefixes(properties.remote_virtual_network_address_space),
        _names(properties.local_subnet_names),
        _names(properties.remote_subnet_names),
    )


@lru_cache(maxsize=INTERNED_IDS)
def _arm_id(text: str) -> ArmId:
    return ArmId(text)


@lru_cache(maxsize=INTERNED_IDS)
def _vnet_id(text: str) -> ArmId:
    if _VNET_ID.fullmatch(text) is None or _DOT_SEGMENT.search(text):
        raise _UnreadableError(f"{text!r} is not the id of a virtual network")
    return ArmId(text)


@lru_cache(maxsize=INTERNED_IDS)
def _route_table_id(text: str) -> ArmId:
    if _ROUTE_TABLE_ID.fullmatch(text) is None or _DOT_SEGMENT.search(text):
        raise _UnreadableError(f"{text!r} is not the id of a route table")
    return ArmId(text)


def _prefixes(space: _AddressSpace | None) -> tuple[str, ...] | None:
    return tuple(space.address_prefixes) if space is not None and space.address_prefixes is not None else None


def _names(names: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(names) if names else ()


def _problem(raw: msgspec.Raw | bytes, kind: str, error: Exception) -> str:
    try:
        name = _decode_identified(raw).id
    except msgspec.DecodeError:
        name = None
    return one_line(f"{kind} {name or 'without a readable id'}: {error}")
