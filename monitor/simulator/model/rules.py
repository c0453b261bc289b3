"""What Azure refuses: the checks of a PUT, with ARM's codes."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from monitor.simulator import armid
from monitor.simulator.model.state import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.simulator.estate import Subnet
    from monitor.simulator.model.state import LiveNetwork, LivePeering, PeeringOptions, Prefixes


def check_peering_put(
    networks: Mapping[str, LiveNetwork],
    network: LiveNetwork,
    name: str,
    remote_id: str,
    options: PeeringOptions,
) -> None:
    """Raise the refusal that Azure gives for creating or updating this side, if it gives one."""
    side_id = armid.peering_id(network.id, name)
    existing = network.peerings.get(armid.key(name))
    remote_key = armid.key(remote_id)
    if existing is not None and existing.remote_key != remote_key:
        code = "ChangingRemoteVirtualNetworkNotAllowed"
        raise RefusalError(code, f"Remote virtual network reference of peering {side_id} cannot be changed.")
    taken = network.by_remote.get(remote_key)
    if taken is not None and taken is not existing:
        message = (
            f"Peering {armid.peering_id(network.id, taken.name)} already references remote virtual network "
            f"{taken.remote_id}. Cannot add another peering {side_id} referencing the same remote virtual network."
        )
        raise RefusalError("AnotherPeeringAlreadyReferencesRemoteVnet", message)
    remote = networks.get(remote_key)
    if remote is None:
        message = (
            f"Resource {remote_id} referenced by resource {side_id} was not found. Please make sure that the "
            "referenced resource exists, and that both resources are in the same region."
        )
        raise RefusalError("InvalidResourceReference", message)
    other = remote.by_remote.get(network.key)
    if other is not None and other.state == "Disconnected":
        message = (
            f"Cannot create or update peering {side_id} because remote peering "
            f"{armid.peering_id(remote.id, other.name)} referencing parent virtual network {network.id} is in "
            "Disconnected state. Update or re-create the remote peering to get it back to Initiated state. "
            "Peering gets Disconnected when remote vnet or remote peering is deleted and re-created."
        )
        raise RefusalError("RemotePeeringIsDisconnected", message)
    _check_gateways(network, side_id, remote, other, options)
    if options.complete:
        _check_overlap(networks, network, side_id, remote)


def _check_gateways(
    network: LiveNetwork,
    side_id: str,
    remote: LiveNetwork,
    other: LivePeering | None,
    options: PeeringOptions,
) -> None:
    if not options.use_remote_gateways:
        return
    if remote.gateway is None:
        message = (
            f"Peering {side_id} cannot have UseRemoteGateway flag set to true because remote virtual network "
            f"{remote.id} referenced by the peering does not have any gateways."
        )
        raise RefusalError("RemoteVnetHasNoGateways", message)
    if network.gateway is not None:
        message = (
            f"Peering {side_id} cannot have UseRemoteGateways flag set to true because virtual network "
            f"{network.id} already has a gateway."
        )
        raise RefusalError("PeeringUseRemoteGatewaysVnetHasGateway", message)
    if other is not None and not other.options.allow_gateway_transit:
        message = (
            f"Peering {side_id} cannot have UseRemoteGateways flag set to true, because corresponding remote "
            f"peering {armid.peering_id(remote.id, other.name)} has AllowGatewayTransit flag set to false."
        )
        raise RefusalError("PeeringRemoteAllowGatewayTransitIsFalse", message)


def _check_overlap(
    networks: Mapping[str, LiveNetwork], network: LiveNetwork, side_id: str, remote: LiveNetwork
) -> None:
    if _overlap(network.address_space, remote.address_space):
        message = (
            f"Cannot create or update peering {side_id}. Virtual networks {network.id} and {remote.id} cannot be "
            "peered because their address spaces overlap."
        )
        raise RefusalError("VnetAddressSpacesOverlap", message)
    for second, first in ((network, remote), (remote, network)):
        for peering in second.peerings.values():
            third = networks.get(peering.remote_key)
            if third is None or third in (network, remote) or not peering.options.complete:
                continue
            if _overlap(first.address_space, third.address_space):
                message = (
                    f"Cannot create or update peering {side_id}. Virtual networks {network.id} and {remote.id} "
                    "cannot be peered because address space of the first virtual network overlaps with address "
                    f"space of third virtual network {third.id} already peered with the second virtual network."
                )
                raise RefusalError("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", message)


def check_network_put(
    networks: Mapping[str, LiveNetwork],
    network: LiveNetwork | None,
    network_id: str,
    address_space: Prefixes,
    subnets: tuple[Subnet, ...],
) -> None:
    """Raise the refusal that Azure gives for a network with this address space and these subnets."""
    spaces = [_parse(prefix) for prefix in address_space]
    for subnet in subnets:
        for prefix in subnet.address_prefixes:
            inside = _parse(prefix)
            if not any(_contains(space, inside) for space in spaces):
                name = network_id.rsplit("/", 1)[-1]
                message = f"Subnet '{subnet.name}' is not valid in virtual network '{name}'."
                raise RefusalError("NetcfgInvalidSubnet", message)
    for peering in network.peerings.values() if network is not None else ():
        remote = networks.get(peering.remote_key)
        if remote is not None and peering.options.complete and _overlap(address_space, remote.address_space):
            message = (
                f"Cannot update virtual network {network_id}: its address space overlaps with the address space "
                f"of peered virtual network {remote.id}."
            )
            raise RefusalError("VnetAddressSpacesOverlap", message)


def _contains(space: IPv4Network | IPv6Network, inside: IPv4Network | IPv6Network) -> bool:
    if isinstance(space, IPv4Network):
        return isinstance(inside, IPv4Network) and inside.subnet_of(space)
    return isinstance(inside, IPv6Network) and inside.subnet_of(space)


def _overlap(one: Prefixes, two: Prefixes) -> bool:
    return any(_parse(a).overlaps(_parse(b)) for a in one for b in two if _parse(a).version == _parse(b).version)


def _parse(prefix: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(prefix)
    except ValueError:
        message = (
            f"The address prefix {prefix} has an invalid CIDR notation. "
            "For more information, see http://aka.ms/azurenetcidr."
        )
        raise RefusalError("InvalidCIDRNotation", message) from None
