"""The GETs of subscriptions, virtual networks, peerings and route tables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from monitor.simulator import answers, armid
from monitor.simulator.answers import Answer
from monitor.simulator.routes import Api, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.simulator.arm import ArmRequest
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.model.state import LiveNetwork, LiveRouteTable, LiveSubscription
    from monitor.simulator.paging import Pager
    from monitor.simulator.payloads import Payloads


class Reads:
    """Answers reads about one cloud."""

    def __init__(self, cloud: Cloud, payloads: Payloads, pager: Pager) -> None:
        """Every listing is cut by the same pager."""
        self._cloud = cloud
        self._payloads = payloads
        self._pager = pager

    def answer(self, request: ArmRequest) -> Answer:  # noqa: PLR0911 - the table of operations
        """The response to one of the operations below."""
        target = request.target
        match target.api:
            case Api.SUBSCRIPTIONS:
                return self._subscriptions(request)
            case Api.SUBSCRIPTION:
                return Answer.of(self._payloads.subscription(self._subscription(target)))
            case Api.NETWORKS:
                return self._networks(request)
            case Api.NETWORK:
                return Answer(body=self._payloads.encoded_network(self.find_network(target)))
            case Api.PEERINGS:
                network = self.find_network(target)
                items = [
                    msgspec.json.encode(self._payloads.peering(network, peering))
                    for peering in network.peerings.values()
                ]
                return self._listing(request, list(network.peerings), items)
            case Api.PEERING:
                return self._peering(target)
            case Api.ROUTE_TABLES:
                return self._route_tables(request)
            case _:
                return Answer.of(self._payloads.route_table(self._route_table(target)))

    def find_network(self, target: Target) -> LiveNetwork:
        """The network that the path names, or ARM's 404."""
        subscription, group, name = target.subscription or "", target.group or "", target.name or ""
        network = self._cloud.networks.get(armid.key(armid.network_id(subscription, group, name)))
        if network is None:
            raise answers.resource_not_found("Microsoft.Network/virtualNetworks", name, group)
        return network

    def _subscriptions(self, request: ArmRequest) -> Answer:
        shown = [subscription for subscription in self._cloud.subscriptions.values() if not subscription.hidden]
        keys = [subscription.id for subscription in shown]
        items = [msgspec.json.encode(self._payloads.subscription(subscription)) for subscription in shown]
        # Only this listing carries a count; its nextLink is absent on the last page like everywhere else.
        count = b'"count":{"type":"Total","value":%d}' % len(shown)
        return self._listing(request, keys, items, extra=count)

    def _networks(self, request: ArmRequest) -> Answer:
        target = request.target
        subscription = self._subscription(target)
        group = armid.key(target.group) if target.group is not None else None
        shown = [
            network
            for network in subscription.networks.values()
            if network.key not in subscription.omitted and (group is None or armid.key(network.group) == group)
        ]
        if subscription.listing_empty:
            shown = []
        page = self._pager.page([network.key for network in shown], _skip_token(request))
        items = [self._payloads.encoded_network(network) for network in shown[page.start : page.stop]]
        return Answer(body=_collection(request, items, page.next_token))

    def _peering(self, target: Target) -> Answer:
        network = self.find_network(target)
        child = target.child or ""
        peering = network.peerings.get(armid.key(child))
        if peering is None:
            raise answers.child_not_found(armid.peering_id(network.id, child))
        return Answer.of(self._payloads.peering(network, peering))

    def _route_tables(self, request: ArmRequest) -> Answer:
        subscription = self._subscription(request.target)
        group = request.target.group
        shown = [
            table
            for table in subscription.route_tables.values()
            if group is None or armid.key(table.table.resource_group) == armid.key(group)
        ]
        items = [msgspec.json.encode(self._payloads.route_table(table)) for table in shown]
        return self._listing(request, [table.key for table in shown], items)

    def _listing(
        self, request: ArmRequest, keys: Sequence[str], items: Sequence[bytes], *, extra: bytes = b""
    ) -> Answer:
        page = self._pager.page(keys, _skip_token(request))
        return Answer(body=_collection(request, items[page.start : page.stop], page.next_token, extra=extra))

    def _subscription(self, target: Target) -> LiveSubscription:
        # The front door has already answered for subscriptions that do not exist.
        return self._cloud.subscriptions[armid.key(target.subscription or "")]

    def _route_table(self, target: Target) -> LiveRouteTable:
        group, name = target.group or "", target.name or ""
        subscription = self._subscription(target)
        table = subscription.route_tables.get(armid.key(armid.route_table_id(subscription.id, group, name)))
        if table is None:
            raise answers.resource_not_found("Microsoft.Network/routeTables", name, group)
        return table


def _skip_token(request: ArmRequest) -> str | None:
    return next((value for name, value in request.query.items() if name.lower() == "$skiptoken"), None)


def _collection(
    request: ArmRequest, items: Sequence[bytes], next_token: str | None, *, extra: bytes = b""
) -> bytes:
    parts = [b'{"value":[', b",".join(items), b"]"]
    if extra:
        parts += [b",", extra]
    if next_token is not None:
        version = quote(request.query.get("api-version", ""), safe="")
        link = f"{request.base}{request.path}?api-version={version}&%24skipToken={next_token}"
        parts += [b',"nextLink":', msgspec.json.encode(link)]
    return b"".join([*parts, b"}"])
