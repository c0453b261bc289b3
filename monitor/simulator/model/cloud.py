"""The tenant and its changes: every write to it, with what Azure does to the other side.

The cloud is the only writer of the records in `state`. It drops a network's encoded JSON whenever anything
that its answer shows has changed, and keeps the history of links for the traffic that metrics report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.simulator import armid
from monitor.simulator.model import rules
from monitor.simulator.model.links import LinkHistory
from monitor.simulator.model.state import (
    LiveManagementGroup,
    LiveNetwork,
    LivePeering,
    LiveRouteTable,
    LiveSubscription,
    PeeringOptions,
    PeeringState,
    Prefixes,
    RefusalError,
)
from monitor.simulator.model.sync import SideView, offered_prefixes, remote_prefixes, side_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from monitor.simulator.estate import Encryption, ExternalNetwork, Subnet


class Cloud:
    """All subscriptions, networks, peerings and route tables of one tenant."""

    def __init__(self, *, seed: int, utc: Callable[[], float]) -> None:
        """Start empty; `utc` gives the time that link changes are recorded under."""
        self.subscriptions: dict[str, LiveSubscription] = {}
        self.management_groups: dict[str, LiveManagementGroup] = {}
        self.networks: dict[str, LiveNetwork] = {}
        self.externals: dict[str, ExternalNetwork] = {}
        self.links = LinkHistory(utc)
        self._seed = seed
        self._births = 0
        # Which networks hold a peering to a network, also to one that is gone: they change when it does.
        self._referrers: dict[str, dict[str, None]] = {}

    def add_subscription(self, subscription: LiveSubscription) -> None:
        """Make a subscription known."""
        self.subscriptions[armid.key(subscription.id)] = subscription

    def add_management_group(self, group: LiveManagementGroup) -> None:
        """Make a management group known."""
        self.management_groups[armid.key(group.id)] = group

    def group_chain(self, subscription: LiveSubscription) -> list[LiveManagementGroup]:
        """The management groups above a subscription, the nearest first."""
        chain = []
        key: str | None = subscription.group
        while key is not None:
            chain.append(self.management_groups[key])
            key = chain[-1].parent
        return chain

    def add_route_table(self, table: LiveRouteTable) -> None:
        """Put a route table into its subscription and resource group."""
        subscription = self.subscriptions[armid.key(table.subscription)]
        subscription.route_tables[table.key] = table
        subscription.groups.setdefault(armid.key(table.table.resource_group), table.table.resource_group)

    def add_network(
        self,
        *,
        subscription: str,
        group: str,
        name: str,
        location: str,
        address_space: Prefixes,
        subnets: tuple[Subnet, ...] = (),
        tags: dict[str, str] | None = None,
        encryption: Encryption | None = None,
        gateway: str | None = None,
    ) -> LiveNetwork:
        """Create a network without peerings."""
        self._births += 1
        network = LiveNetwork(
            subscription=subscription,
            group=group,
            name=name,
            location=location,
            address_space=address_space,
            subnets=subnets,
            tags=dict(tags or {}),
            encryption=encryption,
            gateway=gateway,
            resource_guid=armid.stable_guid(self._seed, "network", subscription, group, name, self._births),
        )
        home = self.subscriptions[armid.key(subscription)]
        home.groups.setdefault(armid.key(group), group)
        home.networks[network.key] = self.networks[network.key] = network
        self._dirty_around(network)
        return network

    def delete_network(self, network: LiveNetwork) -> list[tuple[LiveNetwork, LivePeering]]:
        """Delete a network with its peerings; returns the sides elsewhere that are Disconnected by it."""
        lost = []
        del self.networks[network.key]
        del self.subscriptions[armid.key(network.subscription)].networks[network.key]
        for neighbour in self._neighbours(network.key):
            peering = neighbour.by_remote[network.key]
            self._remember(neighbour, peering, network)
            if peering.state != "Disconnected":
                peering.state = "Disconnected"
                lost.append((neighbour, peering))
            self._dirty(neighbour)
            self.links.set_carrying(neighbour.key, network.key, carrying=False)
        for peering in network.peerings.values():
            self._forget_referrer(network, peering)
            self.links.set_carrying(network.key, peering.remote_key, carrying=False)
        return lost

    def set_address_space(self, network: LiveNetwork, address_space: Prefixes) -> None:
        """Resize a network; peerings keep what they have learned, which is what puts them out of sync."""
        network.address_space = address_space
        self._dirty_around(network)

    def set_subnets(self, network: LiveNetwork, subnets: tuple[Subnet, ...]) -> None:
        """Replace a network's subnets."""
        network.subnets = subnets
        self._dirty_around(network)

    def set_tags(self, network: LiveNetwork, tags: dict[str, str]) -> None:
        """Replace a network's tags."""
        network.tags = dict(tags)
        self._dirty(network)

    def set_encryption(self, network: LiveNetwork, encryption: Encryption | None) -> None:
        """Turn a network's encryption on or off."""
        network.encryption = encryption
        self._dirty_around(network)

    def put_peering(
        self, network: LiveNetwork, name: str, remote_id: str, options: PeeringOptions, *, sync: bool = False
    ) -> LivePeering:
        """Create or update a side as a PUT does, refusals included."""
        rules.check_peering_put(self.networks, network, name, remote_id, options)
        existing = network.peerings.get(armid.key(name))
        if existing is None:
            return self.connect(network, name, remote_id, options)
        self.set_options(network, existing, options)
        remote = self.networks[existing.remote_key]
        if existing.state == "Disconnected":
            # Reached only when the other side is absent: its update is Azure's way back to Initiated.
            existing.state = "Initiated"
            existing.resource_guid = self._link_guid(network, remote)
            existing.peered_remote = remote_prefixes(remote, options)
        elif sync:
            self.sync_peering(network, existing)
        return existing

    def connect(self, network: LiveNetwork, name: str, remote_id: str, options: PeeringOptions) -> LivePeering:
        """Create a side without asking the rules: Initiated, or both Connected when the other side waits."""
        remote = self.networks[armid.key(remote_id)]
        other = remote.by_remote.get(network.key)
        state: PeeringState = "Connected" if other is not None else "Initiated"
        learned = remote_prefixes(remote, options)
        peering = LivePeering(
            name=name,
            remote_id=remote_id,
            options=options,
            state=state,
            resource_guid=self._link_guid(network, remote),
            peered_remote=learned,
            known_remote=learned,
            known_local=offered_prefixes(network, options.local_subnets),
        )
        self._adopt(network, peering)
        if other is not None:
            other.state = "Connected"
            other.resource_guid = peering.resource_guid
            self._dirty(remote)
        self._note_link(network, peering)
        return peering

    def connect_external(
        self, network: LiveNetwork, name: str, external: ExternalNetwork, options: PeeringOptions
    ) -> LivePeering:
        """Create a side whose remote nobody can read: it is as the estate declares it."""
        self.externals[armid.key(external.id)] = external
        peering = LivePeering(
            name=name,
            remote_id=external.id,
            options=options,
            state=external.state,
            resource_guid=armid.stable_guid(self._seed, "link", *sorted((network.resource_guid, external.id))),
            peered_remote=external.address_space,
            known_remote=external.address_space,
            known_local=network.address_space,
            external=external,
        )
        self._adopt(network, peering)
        self._note_link(network, peering)
        return peering

    def delete_peering(self, network: LiveNetwork, peering: LivePeering) -> LivePeering | None:
        """Delete a side; returns the other side when this has made it Disconnected."""
        remote, other = self.counterpart(network, peering)
        network.drop(peering)
        self._forget_referrer(network, peering)
        self._dirty(network)
        self.links.set_carrying(network.key, peering.remote_key, carrying=False)
        if remote is None or other is None:
            return None
        self._remember(remote, other, network)
        was, other.state = other.state, "Disconnected"
        self._dirty(remote)
        return other if was != "Disconnected" else None

    def set_options(self, network: LiveNetwork, peering: LivePeering, options: PeeringOptions) -> None:
        """Replace a side's flags and subnet choice without asking the rules."""
        peering.options = options
        self._dirty_pair(network, peering)
        self._note_link(network, peering)

    def override(self, network: LiveNetwork, peering: LivePeering, values: dict[str, Any]) -> None:
        """Answer these properties of a side verbatim from now on."""
        peering.override = dict(values)
        self._dirty(network)

    def sync_peering(self, network: LiveNetwork, peering: LivePeering) -> bool:
        """Let a side learn the remote's present prefixes; False when there was nothing to learn."""
        remote = self.networks.get(peering.remote_key)
        if remote is None:
            return False
        present = remote_prefixes(remote, peering.options)
        if set(present) == set(peering.peered_remote):
            return False
        peering.peered_remote = peering.known_remote = present
        self._dirty_pair(network, peering)
        return True

    def counterpart(
        self, network: LiveNetwork, peering: LivePeering
    ) -> tuple[LiveNetwork | None, LivePeering | None]:
        """The remote network and its side of the same link, as far as they exist."""
        remote = self.networks.get(peering.remote_key)
        return remote, (remote.by_remote.get(network.key) if remote is not None else None)

    def view(self, network: LiveNetwork, peering: LivePeering) -> SideView:
        """The side's address spaces and sync level."""
        return side_view(network, peering, *self.counterpart(network, peering))

    def subscription(self, text: str) -> LiveSubscription | None:
        """The subscription of this id."""
        return self.subscriptions.get(armid.key(text))

    def _adopt(self, network: LiveNetwork, peering: LivePeering) -> None:
        network.add(peering)
        self._referrers.setdefault(peering.remote_key, {})[network.key] = None
        self._dirty(network)

    def _forget_referrer(self, network: LiveNetwork, peering: LivePeering) -> None:
        self._referrers.get(peering.remote_key, {}).pop(network.key, None)

    def _neighbours(self, key: str) -> Iterator[LiveNetwork]:
        for referrer in tuple(self._referrers.get(key, ())):
            neighbour = self.networks.get(referrer)
            if neighbour is not None and key in neighbour.by_remote:
                yield neighbour

    def _remember(self, network: LiveNetwork, peering: LivePeering, remote: LiveNetwork) -> None:
        # The other side is about to go: what it showed of both networks is the last that can be shown.
        other = remote.by_remote.get(network.key)
        peering.known_remote = remote_prefixes(remote, peering.options)
        if other is not None:
            peering.known_local = other.peered_remote

    def _note_link(self, network: LiveNetwork, peering: LivePeering) -> None:
        _, other = self.counterpart(network, peering)
        ends = [side for side in (peering, other) if side is not None]
        carrying = all(side.state == "Connected" and side.options.allow_virtual_network_access for side in ends)
        self.links.set_carrying(network.key, peering.remote_key, carrying=carrying)

    def _link_guid(self, one: LiveNetwork, two: LiveNetwork) -> str:
        return armid.stable_guid(self._seed, "link", *sorted((one.resource_guid, two.resource_guid)))

    def _dirty(self, *networks: LiveNetwork) -> None:
        for network in networks:
            network.encoded = None
            network.revision += 1

    def _dirty_pair(self, network: LiveNetwork, peering: LivePeering) -> None:
        remote = self.networks.get(peering.remote_key)
        self._dirty(network, *([remote] if remote is not None else []))

    def _dirty_around(self, network: LiveNetwork) -> None:
        self._dirty(network, *self._neighbours(network.key))


__all__ = ["Cloud", "RefusalError"]
