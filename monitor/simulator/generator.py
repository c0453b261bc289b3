"""Estates of any size: per subscription one hub and its spokes, all healthy, the same for the same size."""

from __future__ import annotations

import random
import re
from ipaddress import IPv4Address

from monitor.simulator.armid import stable_guid
from monitor.simulator.estate import (
    Estate,
    EstateError,
    PeeringLink,
    PeeringSide,
    Route,
    RouteTable,
    Subnet,
    Subscription,
    VirtualNetwork,
)

PREFIX = "hub-spoke:"
_SIZE = re.compile(r"^hub-spoke:(\d{1,4})x(\d{1,5})$")
_SPOKE_BITS = 8
_HUB_BITS = 9
# What does not fit into 10.0.0.0/8 (about 65,000 networks) is spread over 1/8 to 126/8.
_FIRST, _LAST = int(IPv4Address("1.0.0.0")), int(IPv4Address("126.255.255.255"))
_REGIONS = ("westeurope", "northeurope", "uksouth", "germanywestcentral", "swedencentral", "eastus2")


def generate(text: str, *, seed: int = 1) -> Estate:
    """The estate of `hub-spoke:SUBSCRIPTIONSxSPOKES`; raises EstateError for what is no size."""
    found = _SIZE.match(text)
    if found is None:
        raise EstateError([f"'{text}' is no size: write {PREFIX}SUBSCRIPTIONSxSPOKES, for instance {PREFIX}5x20"])
    return hub_spoke(subscriptions=int(found[1]), spokes=int(found[2]), seed=seed)


def hub_spoke(*, subscriptions: int, spokes: int, seed: int = 1) -> Estate:
    """An estate with this many subscriptions, each of one hub and this many spokes."""
    if subscriptions < 1:
        raise EstateError(["an estate needs at least one subscription: write 1 or more before the x"])
    source = random.Random(f"{seed}/{subscriptions}x{spokes}")  # noqa: S311 - repeatable, not secret
    addresses = _Addresses(subscriptions, spokes)
    declared: list[Subscription] = []
    networks: list[VirtualNetwork] = []
    tables: list[RouteTable] = []
    links: list[PeeringLink] = []
    for number in range(1, subscriptions + 1):
        subscription = Subscription(
            id=stable_guid("subscription", seed, number), name=f"sub-landing-zone-{number:03}"
        )
        declared.append(subscription)
        region = source.choice(_REGIONS)
        hub, firewall = _hub(subscription, number, region, addresses.take(_HUB_BITS))
        networks.append(hub)
        tables.append(_route_table(subscription, number, region, firewall))
        for spoke in range(1, spokes + 1):
            network = _spoke(subscription, number, spoke, region, addresses.take(_SPOKE_BITS))
            networks.append(network)
            links.append(_link(hub, network))
    return Estate(
        name=f"{PREFIX}{subscriptions}x{spokes}",
        description=f"{subscriptions} subscriptions, each a hub with {spokes} spokes",
        seed=seed,
        page_size=250,
        metrics="peering-bytes",
        subscriptions=tuple(declared),
        networks=tuple(networks),
        route_tables=tuple(tables),
        peerings=tuple(links),
    )


class _Addresses:
    """Hands out prefixes that never overlap, from 10.0.0.0/8 where the estate fits into it."""

    def __init__(self, subscriptions: int, spokes: int) -> None:
        # A subscription's block is rounded up so that its hub stays aligned to its own size.
        needed = subscriptions * ((spokes << _SPOKE_BITS) + (2 << _HUB_BITS))
        self._next = int(IPv4Address("10.0.0.0")) if needed < 1 << 24 else _FIRST
        if self._next + needed > _LAST:
            raise EstateError(["this estate is too large: its networks do not fit into IPv4's unicast range"])

    def take(self, bits: int) -> int:
        start = (self._next + (1 << bits) - 1) >> bits << bits
        self._next = start + (1 << bits)
        return start


def _hub(subscription: Subscription, number: int, region: str, start: int) -> tuple[VirtualNetwork, str]:
    firewall = str(IPv4Address(start + 64 + 4))
    hub = VirtualNetwork(
        name=f"vnet-hub-{number:03}",
        subscription=subscription.id,
        resource_group="rg-networking",
        location=region,
        address_space=(_prefix(start, _HUB_BITS),),
        gateway=f"vgw-hub-{number:03}",
        tags={"role": "hub"},
        subnets=(
            Subnet(name="GatewaySubnet", prefix=_prefix(start, 6)),
            Subnet(name="AzureFirewallSubnet", prefix=_prefix(start + 64, 6)),
            Subnet(name="SharedServicesSubnet", prefix=_prefix(start + 256, 8)),
        ),
    )
    return hub, firewall


def _route_table(subscription: Subscription, number: int, region: str, firewall: str) -> RouteTable:
    return RouteTable(
        name=f"rt-spokes-{number:03}",
        subscription=subscription.id,
        resource_group="rg-networking",
        location=region,
        routes=(
            Route(name="default-via-firewall", prefix="0.0.0.0/0", next_hop="VirtualAppliance", ip=firewall),
            Route(name="on-premises", prefix="192.168.0.0/16", next_hop="VirtualNetworkGateway"),
        ),
    )


def _spoke(subscription: Subscription, number: int, spoke: int, region: str, start: int) -> VirtualNetwork:
    table = f"{subscription.id}/rg-networking/rt-spokes-{number:03}"
    return VirtualNetwork(
        name=f"vnet-spoke-{number:03}-{spoke:04}",
        subscription=subscription.id,
        resource_group=f"rg-spoke-{(spoke - 1) % 20 + 1:02}",
        location=region,
        address_space=(_prefix(start, _SPOKE_BITS),),
        tags={"role": "spoke"},
        subnets=(
            # Azure lists every network interface in its subnet: half of a real answer, and none of our business.
            Subnet(
                name="workload",
                prefix=_prefix(start, 7),
                route_table=table,
                network_interfaces=4 + spoke * 7 % 17,
            ),
            Subnet(name="private-endpoints", prefix=_prefix(start + 128, 6), network_interfaces=2 + spoke % 5),
        ),
    )


def _link(hub: VirtualNetwork, spoke: VirtualNetwork) -> PeeringLink:
    short = spoke.name.removeprefix("vnet-")
    return PeeringLink(
        sides=(
            PeeringSide(
                vnet=f"{hub.subscription}/{hub.resource_group}/{hub.name}",
                name=f"hub-to-{short}",
                allow_forwarded_traffic=True,
                allow_gateway_transit=True,
            ),
            PeeringSide(
                vnet=f"{spoke.subscription}/{spoke.resource_group}/{spoke.name}",
                name=f"{short}-to-hub",
                allow_forwarded_traffic=True,
                use_remote_gateways=True,
            ),
        )
    )


def _prefix(start: int, bits: int) -> str:
    return f"{IPv4Address(start)}/{32 - bits}"
