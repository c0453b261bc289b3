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
from monitor.model import ArmId, Peering, PeeringState, Subscription, SyncLevel, VirtualNetwork, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

INTERNED_IDS = 65_536
"""Ids kept between passes: they hardly change, and one object each saves both time and memory."""

_VNET_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+",
    re.IGNORECASE,
)
_DOT_SEGMENT = re.compile(r"/\.\.?(/|$)")
_STATES = {state.value: state for state in PeeringState if state is not PeeringState.UNKNOWN}
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


_NOTHING = msgspec.Raw(b"null")
"""An absent property that is left undecoded at first: address spaces are few, and decoded once each."""


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
    remote_address_space: msgspec.Raw = _NOTHING
    remote_virtual_network_address_space: msgspec.Raw = _NOTHING
    local_subnet_names: list[str] | None = None
    remote_subnet_names: list[str] | None = None


class _Peering(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    properties: _PeeringProperties | None = None


class _VnetProperties(msgspec.Struct, rename="camel", gc=False):
    address_space: _AddressSpace | None = None
    encryption: _Encryption | None = None
    virtual_network_peerings: list[_Peering] | None = None


class _Vnet(msgspec.Struct, gc=False):
    id: str
    location: str | None = None
    properties: _VnetProperties | None = None


class _VnetPage(msgspec.Struct, rename="camel", gc=False):
    value: list[_Vnet]
    next_link: str | None = None


class _LooseVnetProperties(msgspec.Struct, rename="camel", gc=False):
    address_space: _AddressSpace | None = None
    encryption: _Encryption | None = None
    virtual_network_peerings: list[msgspec.Raw] | None = None


class _LooseVnet(msgspec.Struct, gc=False):
    id: str
    location: str | None = None
    properties: _LooseVnetProperties | None = None


class _Subscription(msgspec.Struct, rename="camel", gc=False):
    subscription_id: str
    display_name: str | None = None
    state: str | None = None
    tenant_id: str | None = None


class _GraphPage(msgspec.Struct, rename="camel", gc=False):
    data: list[msgspec.Raw]
    result_truncated: str | None = None
    total_records: int | None = None
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")


class _GraphSubscription(msgspec.Struct, rename="camel", gc=False):
    subscription_id: str
    name: str | None = None
    tenant_id: str | None = None
    state: str | None = None


class _Identified(msgspec.Struct, gc=False):
    id: str | None = None


class Decoded(msgspec.Struct, Generic[T], frozen=True):
    """The items of one page, and a sentence for each that could not be read."""

    items: tuple[T, ...]
    problems: tuple[str, ...]
    next_link: str | None = None


class GraphRows(msgspec.Struct, frozen=True):
    """The subscriptions of one page of a query's result, a sentence for each row that could not be read.

    ``total`` is how many rows the whole result has, ``truncated`` that it goes on, at ``skip_token`` if there is
    one.
    """

    items: tuple[Subscription, ...]
    problems: tuple[str, ...]
    total: int | None
    truncated: bool
    skip_token: str | None


_decode_page = msgspec.json.Decoder(Page).decode
_decode_vnet_page = msgspec.json.Decoder(_VnetPage).decode
_decode_vnet = msgspec.json.Decoder(_Vnet).decode
_decode_loose_vnet = msgspec.json.Decoder(_LooseVnet).decode
_decode_space = msgspec.json.Decoder(_AddressSpace | None).decode
_decode_peering = msgspec.json.Decoder(_Peering).decode
_decode_subscription = msgspec.json.Decoder(_Subscription).decode
_decode_graph_page = msgspec.json.Decoder(_GraphPage).decode
_decode_graph_subscription = msgspec.json.Decoder(_GraphSubscription).decode
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


def graph_subscriptions(body: bytes) -> GraphRows:
    """Read a page of Resource Graph's subscriptions, as objects.

    Raises:
        msgspec.DecodeError: the page itself is malformed.

    """
    page = _decode_graph_page(body)
    found: list[Subscription] = []
    problems: list[str] = []
    for raw in page.data:
        try:
            row = _decode_graph_subscription(raw)
        except msgspec.DecodeError as error:
            problems.append(_problem(raw, "subscription", error))
            continue
        found.append(
            Subscription(ascii_lower(row.subscription_id), row.name or "", row.tenant_id or "", row.state or "")
        )
    return GraphRows(
        tuple(found),
        tuple(problems),
        page.total_records,
        ascii_lower(page.result_truncated or "") == "true",
        page.skip_token or None,
    )


def vnets_page(body: bytes) -> Decoded[VirtualNetwork]:
    """Read a page of a subscription's virtual networks with their peerings.

    A faultless page, as nearly all are, is decoded in one go: cutting it into items first takes as long again.

    Raises:
        msgspec.DecodeError: the page itself is malformed.

    """
    try:
        page = _decode_vnet_page(body)
        return Decoded(tuple([_read_whole(item) for item in page.value]), (), page.next_link or None)
    except (msgspec.DecodeError, UnicodeDecodeError, _UnreadableError):
        return _vnets_one_by_one(body)


def _vnets_one_by_one(body: bytes) -> Decoded[VirtualNetwork]:
    page = _decode_page(body)
    found: list[VirtualNetwork] = []
    problems: list[str] = []
    for raw in page.value:
        try:
            found.append(_read_vnet(raw, problems))
        except (msgspec.DecodeError, UnicodeDecodeError, _UnreadableError) as error:
            problems.append(_problem(raw, "virtual network", error))
    return Decoded(tuple(found), tuple(problems), page.next_link or None)


def vnet(body: bytes) -> VirtualNetwork:
    """Read one virtual network; ``peerings_complete`` tells whether all of its peerings could be read.

    Raises:
        AzureError: reason ``bad_response`` when the network itself cannot be read.

    """
    try:
        return _read_vnet(body, [])
    except (msgspec.DecodeError, UnicodeDecodeError, _UnreadableError) as error:
        raise bad_response(_problem(body, "virtual network", error)) from error


def _read_vnet(raw: msgspec.Raw | bytes, problems: list[str]) -> VirtualNetwork:
    try:
        return _read_whole(_decode_vnet(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, _UnreadableError):
        return _read_loose_vnet(raw, problems)


def _read_whole(item: _Vnet) -> VirtualNetwork:
    properties = item.properties or _VnetProperties()
    vnet_id = _vnet_id(item.id)
    peerings = tuple([_peering_facts(vnet_id, one) for one in properties.virtual_network_peerings or ()])
    return _vnet_facts(vnet_id, item.location, properties, peerings, complete=True)


def _read_loose_vnet(raw: msgspec.Raw | bytes, problems: list[str]) -> VirtualNetwork:
    """Save what can be saved of a network one of whose peerings is malformed."""
    item = _decode_loose_vnet(raw)
    vnet_id = _vnet_id(item.id)
    properties = item.properties or _LooseVnetProperties()
    peerings: list[Peering] = []
    complete = True
    for one in properties.virtual_network_peerings or ():
        try:
            peerings.append(_peering_facts(vnet_id, _decode_peering(one)))
        except (msgspec.DecodeError, UnicodeDecodeError, _UnreadableError) as error:
            complete = False
            problems.append(_problem(one, f"peering of {vnet_id}", error))
    return _vnet_facts(vnet_id, item.location, properties, tuple(peerings), complete=complete)


def _vnet_facts(
    vnet_id: ArmId,
    location: str | None,
    properties: _VnetProperties | _LooseVnetProperties,
    peerings: tuple[Peering, ...],
    *,
    complete: bool,
) -> VirtualNetwork:
    return VirtualNetwork(
        vnet_id,
        location or "",
        _prefixes(properties.address_space) or (),
        peerings,
        properties.encryption.enabled if properties.encryption else None,
        complete,
    )


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
        _peered_prefixes(bytes(properties.remote_address_space)),
        _peered_prefixes(bytes(properties.remote_virtual_network_address_space)),
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


def _prefixes(space: _AddressSpace | None) -> tuple[str, ...] | None:
    return tuple(space.address_prefixes) if space is not None and space.address_prefixes is not None else None


@lru_cache(maxsize=INTERNED_IDS)
def _peered_prefixes(raw: bytes) -> tuple[str, ...] | None:
    return _prefixes(_decode_space(raw))


def _names(names: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(names) if names else ()


def _problem(raw: msgspec.Raw | bytes, kind: str, error: Exception) -> str:
    try:
        name = _decode_identified(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        name = None
    return one_line(f"{kind} {name or 'without a readable id'}: {error}")
