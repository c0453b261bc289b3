"""From an estate's declaration to the living tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.simulator import armid
from monitor.simulator.estate import ExternalNetwork, References
from monitor.simulator.model.cloud import Cloud
from monitor.simulator.model.state import (
    LiveManagementGroup,
    LiveNetwork,
    LiveRouteTable,
    LiveSubscription,
    PeeringOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.simulator.estate import Estate, PeeringLink, PeeringSide, VirtualNetwork


def build_cloud(estate: Estate, references: References, *, utc: Callable[[], float]) -> Cloud:
    """Build everything that the estate declares, as Azure would stand after it was deployed in full."""
    cloud = Cloud(seed=estate.seed, utc=utc)
    for subscription in estate.subscriptions:
        live = LiveSubscription(
            id=subscription.id,
            name=subscription.name,
            tenant=estate.tenant.id,
            declared_state=subscription.state,
            group=armid.key(estate.tenant.id),
        )
        cloud.add_subscription(live)
    _build_groups(cloud, references, estate)
    tables = {}
    for table in estate.route_tables:
        live_table = LiveRouteTable(subscription=references.subscription(table.subscription), table=table)
        cloud.add_route_table(live_table)
        tables[live_table.key] = live_table
    for declared in estate.networks:
        network = build_network(cloud, references, declared)
        for subnet in declared.subnets:
            if subnet.route_table is not None:
                table_key = armid.key(references.route_table(subnet.route_table))
                tables[table_key].subnets.append(f"{network.id}/subnets/{subnet.name}")
    for link in estate.peerings:
        build_link(cloud, references, link)
    cloud.links.open_for_business()
    return cloud


def _build_groups(cloud: Cloud, references: References, estate: Estate) -> None:
    """Create the tenant's root group, unless it is declared, and the declared ones, and fill them."""
    root = armid.key(estate.tenant.id)
    cloud.add_management_group(LiveManagementGroup(id=estate.tenant.id, name="Tenant Root Group", parent=None))
    for group in estate.management_groups:
        key = armid.key(group.id)
        parent = None if key == root else armid.key(group.parent or root)
        live = LiveManagementGroup(id=group.id, name=group.name or group.id, parent=parent, answer=group.answer)
        cloud.add_management_group(live)
        for subscription in group.subscriptions:
            cloud.subscriptions[armid.key(references.subscription(subscription))].group = key


def build_network(cloud: Cloud, references: References, declared: VirtualNetwork) -> LiveNetwork:
    """Create one declared network."""
    return cloud.add_network(
        subscription=references.subscription(declared.subscription),
        group=declared.resource_group,
        name=declared.name,
        location=declared.location,
        address_space=declared.address_space,
        subnets=declared.subnets,
        tags=declared.tags,
        encryption=declared.encryption,
        gateway=declared.gateway,
    )


def build_link(cloud: Cloud, references: References, link: PeeringLink) -> None:
    """Create the declared sides of one link, in their order."""
    ends = [references.network(side.vnet) for side in link.sides]
    if isinstance(link.remote, ExternalNetwork):
        network = cloud.networks[armid.key(ends[0])]
        peering = cloud.connect_external(network, link.sides[0].name, link.remote, side_options(link.sides[0]))
        peering.override, peering.omit = dict(link.sides[0].override), link.sides[0].omit
        return
    remotes = [references.network(link.remote)] if link.remote is not None else ends[::-1]
    for side, end, remote in zip(link.sides, ends, remotes, strict=True):
        peering = cloud.connect(cloud.networks[armid.key(end)], side.name, remote, side_options(side))
        peering.override, peering.omit = dict(side.override), side.omit


def side_options(side: PeeringSide) -> PeeringOptions:
    """The flags and subnets that a side declares."""
    return PeeringOptions(
        allow_virtual_network_access=side.allow_virtual_network_access,
        allow_forwarded_traffic=side.allow_forwarded_traffic,
        allow_gateway_transit=side.allow_gateway_transit,
        use_remote_gateways=side.use_remote_gateways,
        do_not_verify_remote_gateways=side.do_not_verify_remote_gateways,
        local_subnets=side.local_subnets,
        remote_subnets=side.remote_subnets,
    )
