"""Applies events to the tenant and says in plain words what came of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monitor.simulator import armid, events
from monitor.simulator.estate import EstateError, References
from monitor.simulator.model.build import build_link, build_network
from monitor.simulator.model.state import LiveNetwork, LivePeering, LiveSubscription, PeeringOptions, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.simulator.estate import Estate, PeeringLink
    from monitor.simulator.model.cloud import Cloud


class Happenings:
    """Makes events happen to one cloud; names in them are resolved as the estate's are."""

    def __init__(self, estate: Estate, references: References, cloud: Cloud) -> None:
        """Keep the declaration at hand: `recreate-…` events go back to it."""
        self._estate = estate
        self._references = references
        self._cloud = cloud
        self._table: dict[type[events.Happening], Callable[[Any], str]] = {
            events.DeletePeering: self._delete_peering,
            events.CreatePeering: self._create_peering,
            events.RecreatePeering: self._recreate_peering,
            events.SyncPeering: self._sync_peering,
            events.SetFlag: self._set_flag,
            events.DeleteVnet: self._delete_vnet,
            events.RecreateVnet: self._recreate_vnet,
            events.ResizeVnet: self._resize_vnet,
            events.SubscriptionAnswers: self._subscription_answers,
            events.HideSubscription: self._hide_subscription,
            events.ShowSubscription: self._show_subscription,
            events.MoveSubscription: self._move_subscription,
            events.ManagementGroupAnswers: self._management_group_answers,
            events.OmitFromListing: self._omit_from_listing,
            events.EmptyListing: self._empty_listing,
            events.RestoreListing: self._restore_listing,
        }

    def apply(self, event: events.Event) -> str:
        """Apply one event; returns what happened. Raises EstateError where it cannot."""
        try:
            return self._table[type(event)](event)
        except RefusalError as refusal:
            raise EstateError([f"Azure refuses {type(event).__name__}: {refusal}"]) from refusal

    def _hide_subscription(self, event: events.HideSubscription) -> str:
        subscription = self._subscription(event.subscription)
        subscription.hidden, subscription.revoked = True, event.revoked
        return f"subscription {subscription.name} is no longer listed"

    def _show_subscription(self, event: events.ShowSubscription) -> str:
        subscription = self._subscription(event.subscription)
        subscription.hidden = subscription.revoked = False
        return f"subscription {subscription.name} is listed again"

    def _move_subscription(self, event: events.MoveSubscription) -> str:
        subscription = self._subscription(event.subscription)
        group = self._references.management_group(event.group)
        subscription.group = armid.key(group)
        return f"subscription {subscription.name} is now below management group {group}"

    def _management_group_answers(self, event: events.ManagementGroupAnswers) -> str:
        group = self._cloud.management_groups[armid.key(self._references.management_group(event.group))]
        group.answer = event.answer
        return f"questions about management group {group.id} {_ANSWERS[event.answer]}"

    def _empty_listing(self, event: events.EmptyListing) -> str:
        subscription = self._subscription(event.subscription)
        subscription.listing_empty = True
        return f"listings of subscription {subscription.name} come back empty"

    def _restore_listing(self, event: events.RestoreListing) -> str:
        subscription = self._subscription(event.subscription)
        subscription.listing_empty = False
        subscription.omitted.clear()
        return f"listings of subscription {subscription.name} are complete again"

    def _delete_peering(self, event: events.DeletePeering) -> str:
        network, peering = self._peering(event.vnet, event.peering)
        other = self._cloud.delete_peering(network, peering)
        told = f"peering {peering.name} deleted"
        return told if other is None else f"{told}: {other.name} is now Disconnected"

    def _create_peering(self, event: events.CreatePeering) -> str:
        network = self._network(event.vnet)
        options = PeeringOptions(
            allow_virtual_network_access=event.allow_virtual_network_access,
            allow_forwarded_traffic=event.allow_forwarded_traffic,
            allow_gateway_transit=event.allow_gateway_transit,
            use_remote_gateways=event.use_remote_gateways,
        )
        peering = self._cloud.put_peering(network, event.peering, self._references.network(event.remote), options)
        return f"peering {peering.name} created: it is {peering.state}"

    def _recreate_peering(self, event: events.RecreatePeering) -> str:
        link = self._declared_link(event)
        for side in link.sides:
            network = self._network(side.vnet)
            left = network.peerings.get(armid.key(side.name))
            if left is not None:
                self._cloud.delete_peering(network, left)
        build_link(self._cloud, self._references, link)
        states = [
            f"{side.name} is {self._network(side.vnet).peerings[armid.key(side.name)].state}"
            for side in link.sides
        ]
        return f"peering deleted and created again: {', '.join(states)}"

    def _sync_peering(self, event: events.SyncPeering) -> str:
        network, peering = self._peering(event.vnet, event.peering)
        healed = self._cloud.sync_peering(network, peering)
        level = self._cloud.view(network, peering).sync_level
        return f"peering {peering.name} synced: {'it is now' if healed else 'nothing changed, it is'} {level}"

    def _set_flag(self, event: events.SetFlag) -> str:
        network, peering = self._peering(event.vnet, event.peering)
        options = replace(peering.options)
        setattr(options, event.flag, event.value)
        self._cloud.set_options(network, peering, options)
        return f"{event.flag} of peering {peering.name} is now {'on' if event.value else 'off'}"

    def _delete_vnet(self, event: events.DeleteVnet) -> str:
        network = self._network(event.vnet)
        lost = self._cloud.delete_network(network)
        told = f"virtual network {network.name} deleted"
        return f"{told}: {', '.join(side.name for _, side in lost)} now Disconnected" if lost else told

    def _recreate_vnet(self, event: events.RecreateVnet) -> str:
        wanted = armid.key(self._references.network(event.vnet))
        if wanted in self._cloud.networks:
            raise EstateError([f"recreate-vnet: virtual network '{event.vnet}' exists; delete it first"])
        for declared in self._estate.networks:
            subscription = self._references.subscription(declared.subscription)
            if armid.key(armid.network_id(subscription, declared.resource_group, declared.name)) == wanted:
                network = build_network(self._cloud, self._references, declared)
                return f"virtual network {network.name} created again, without peerings"
        raise EstateError([f"recreate-vnet: the estate declares no virtual network '{event.vnet}'"])

    def _resize_vnet(self, event: events.ResizeVnet) -> str:
        network = self._network(event.vnet)
        self._cloud.set_address_space(network, event.address_space)
        told = f"virtual network {network.name} resized to {', '.join(event.address_space)}"
        behind = []
        for peering in network.peerings.values():
            remote, other = self._cloud.counterpart(network, peering)
            if remote is not None and other is not None:
                behind.append(f"{other.name} is {self._cloud.view(remote, other).sync_level}")
        return f"{told}: {', '.join(behind)}" if behind else told

    def _subscription_answers(self, event: events.SubscriptionAnswers) -> str:
        subscription = self._subscription(event.subscription)
        subscription.answer, subscription.retry_after = event.answer, event.retry_after
        return f"subscription {subscription.name} {_ANSWERS[event.answer]}"

    def _omit_from_listing(self, event: events.OmitFromListing) -> str:
        networks = [self._network(name) for name in event.vnets]
        for network in networks:
            self._cloud.subscriptions[armid.key(network.subscription)].omitted.add(network.key)
        return f"listings leave out {', '.join(network.name for network in networks)}"

    def _declared_link(self, event: events.RecreatePeering) -> PeeringLink:
        vnet = armid.key(self._references.network(event.vnet))
        for link in self._estate.peerings:
            for side in link.sides:
                same_name = armid.key(side.name) == armid.key(event.peering)
                if same_name and armid.key(self._references.network(side.vnet)) == vnet:
                    return link
        problem = f"the estate declares no peering '{event.peering}' on '{event.vnet}': use create-peering"
        raise EstateError([f"recreate-peering: {problem}"])

    def _subscription(self, text: str) -> LiveSubscription:
        return self._cloud.subscriptions[armid.key(self._references.subscription(text))]

    def _network(self, text: str) -> LiveNetwork:
        network = self._cloud.networks.get(armid.key(self._references.network(text)))
        if network is None:
            raise EstateError([f"virtual network '{text}' does not exist at this moment: it was deleted"])
        return network

    def _peering(self, vnet: str, name: str) -> tuple[LiveNetwork, LivePeering]:
        network = self._network(vnet)
        peering = network.peerings.get(armid.key(name))
        if peering is None:
            there = ", ".join(side.name for side in network.peerings.values()) or "none"
            raise EstateError([f"virtual network '{vnet}' has no peering '{name}' at this moment: it has {there}"])
        return network, peering


_ANSWERS: dict[str, str] = {
    "ok": "answers again",
    "unauthorized": "answers 401 from now on",
    "forbidden": "answers 403 AuthorizationFailed from now on",
    "not-found": "answers 404 SubscriptionNotFound from now on",
    "throttled": "answers 429 SubscriptionRequestsThrottled from now on",
    "timeout": "no longer answers at all",
    "server-error": "answers 500 from now on",
    "disabled": "is disabled: every request is refused",
    "read-only": "is disabled: writes are refused, reads go on",
}
