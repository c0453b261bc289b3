"""The JSON of each resource, property for property as Azure Resource Manager writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from monitor.simulator import armid

if TYPE_CHECKING:
    from monitor.simulator.estate import Encryption, Subnet
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.model.state import (
        LiveNetwork,
        LivePeering,
        LiveRouteTable,
        LiveSubscription,
        Prefixes,
    )

Json = dict[str, Any]


class Payloads:
    """Writes resources as JSON; a network's is kept encoded until the cloud says that it changed."""

    def __init__(self, cloud: Cloud, route_table_ids: dict[str, str]) -> None:
        """`route_table_ids` maps what a subnet calls its route table to that table's id."""
        self._cloud = cloud
        self._route_table_ids = route_table_ids

    def subscription(self, subscription: LiveSubscription) -> Json:
        """One entry of the subscription list."""
        return {
            "id": f"/subscriptions/{subscription.id}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": subscription.id,
            "tenantId": subscription.tenant,
            "displayName": subscription.name,
            "state": subscription.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "EnterpriseAgreement_2014-09-01",
                "spendingLimit": "Off",
            },
        }

    def encoded_network(self, network: LiveNetwork) -> bytes:
        """A virtual network as bytes, from the cache when nothing has changed."""
        if network.encoded is None:
            network.encoded = msgspec.json.encode(self.network(network))
        return network.encoded

    def network(self, network: LiveNetwork) -> Json:
        """A virtual network with its subnets and peerings, whole."""
        properties: Json = {
            "provisioningState": "Succeeded",
            "resourceGuid": network.resource_guid,
            "addressSpace": _space(network.address_space),
        }
        if network.encryption is not None:
            properties["encryption"] = _encryption(network.encryption)
        properties |= {
            "privateEndpointVNetPolicies": "Disabled",
            "dhcpOptions": {"dnsServers": []},
            "subnets": [self._subnet(network, subnet) for subnet in network.subnets],
            "virtualNetworkPeerings": [self.peering(network, peering) for peering in network.peerings.values()],
            "enableDdosProtection": False,
        }
        body: Json = {
            "name": network.name,
            "id": network.id,
            "etag": network.etag,
            "type": "Microsoft.Network/virtualNetworks",
            "location": network.location,
        }
        if network.tags:
            body["tags"] = network.tags
        return {**body, "properties": properties}

    def peering(self, network: LiveNetwork, peering: LivePeering) -> Json:
        """One side of a peering."""
        options = peering.options
        view = self._cloud.view(network, peering)
        properties: Json = {
            "provisioningState": "Succeeded",
            "resourceGuid": peering.resource_guid,
            "peeringState": peering.state,
            "peeringSyncLevel": view.sync_level,
            "remoteVirtualNetwork": {"id": peering.remote_id},
            "allowVirtualNetworkAccess": options.allow_virtual_network_access,
            "allowForwardedTraffic": options.allow_forwarded_traffic,
            "allowGatewayTransit": options.allow_gateway_transit,
            "useRemoteGateways": options.use_remote_gateways,
            "doNotVerifyRemoteGateways": options.do_not_verify_remote_gateways,
            "peerCompleteVnets": options.complete,
        }
        if not options.complete:
            properties |= {
                "enableOnlyIPv6Peering": False,
                "localSubnetNames": list(options.local_subnets),
                "remoteSubnetNames": list(options.remote_subnets),
            }
        properties |= {
            "localAddressSpace": _space(view.local_peered),
            "localVirtualNetworkAddressSpace": _space(view.local_current),
            "remoteAddressSpace": _space(view.remote_peered),
            "remoteVirtualNetworkAddressSpace": _space(view.remote_current),
        }
        remote = self._cloud.networks.get(peering.remote_key)
        if remote is not None and remote.encryption is not None:
            properties["remoteVirtualNetworkEncryption"] = _encryption(remote.encryption)
        if options.use_remote_gateways and remote is not None and remote.gateway is not None:
            gateway = armid.gateway_id(remote.subscription, remote.group, remote.gateway)
            properties["remoteGateways"] = [{"id": gateway}]
        properties["routeServiceVips"] = {}
        properties.update(peering.override)
        for name in peering.omit:
            properties.pop(name, None)
        return {
            "name": peering.name,
            "id": armid.peering_id(network.id, peering.name),
            "etag": network.etag,
            "properties": properties,
            "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        }

    def route_table(self, live: LiveRouteTable) -> Json:
        """A route table with its routes, and with the subnets that use it."""
        table = live.table
        etag = f'W/"{armid.stable_guid("etag", live.key)}"'
        routes = []
        for route in table.routes:
            properties: Json = {
                "provisioningState": "Succeeded",
                "addressPrefix": route.prefix,
                "nextHopType": route.next_hop,
                "hasBgpOverride": False,
            }
            if route.ip is not None:
                properties["nextHopIpAddress"] = route.ip
            routes.append(
                {
                    "name": route.name,
                    "id": f"{live.id}/routes/{route.name}",
                    "etag": etag,
                    "properties": properties,
                    "type": "Microsoft.Network/routeTables/routes",
                }
            )
        body: Json = {
            "name": table.name,
            "id": live.id,
            "etag": etag,
            "type": "Microsoft.Network/routeTables",
            "location": table.location,
        }
        if table.tags:
            body["tags"] = table.tags
        properties = {
            "provisioningState": "Succeeded",
            "resourceGuid": armid.stable_guid("route-table", live.key),
            "disableBgpRoutePropagation": table.disable_bgp_route_propagation,
            "routes": routes,
        }
        present = [
            subnet for subnet in live.subnets if armid.key(subnet.rsplit("/", 2)[0]) in self._cloud.networks
        ]
        if present:
            properties["subnets"] = [{"id": subnet} for subnet in present]
        return {**body, "properties": properties}

    def _subnet(self, network: LiveNetwork, subnet: Subnet) -> Json:
        prefixes = subnet.address_prefixes
        interfaces = f"{network.id.rpartition('/virtualNetworks/')[0]}/networkInterfaces"
        properties: Json = {"provisioningState": "Succeeded"}
        if len(prefixes) == 1:
            properties["addressPrefix"] = prefixes[0]
        else:
            properties["addressPrefixes"] = list(prefixes)
        if subnet.route_table is not None:
            table = self._route_table_ids.get(subnet.route_table, subnet.route_table)
            properties["routeTable"] = {"id": table}
        if subnet.network_interfaces:
            properties["ipConfigurations"] = [
                {"id": f"{interfaces}/nic-{subnet.name}-{number:02}/ipConfigurations/ipconfig1"}
                for number in range(1, subnet.network_interfaces + 1)
            ]
        properties |= {
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
        }
        return {
            "name": subnet.name,
            "id": f"{network.id}/subnets/{subnet.name}",
            "etag": network.etag,
            "properties": properties,
            "type": "Microsoft.Network/virtualNetworks/subnets",
        }


def _space(prefixes: Prefixes) -> Json:
    return {"addressPrefixes": list(prefixes)}


def _encryption(encryption: Encryption) -> Json:
    return {"enabled": encryption.enabled, "enforcement": encryption.enforcement}
