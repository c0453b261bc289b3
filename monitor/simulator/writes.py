"""PUT and DELETE of networks and peerings, as long-running operations that are done when first asked about."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec

from monitor.simulator import answers, armid
from monitor.simulator.answers import Answer, ArmError
from monitor.simulator.estate import Encryption, Subnet
from monitor.simulator.model import rules
from monitor.simulator.model.state import LiveNetwork, PeeringOptions, RefusalError
from monitor.simulator.routes import Api

if TYPE_CHECKING:
    from monitor.simulator.arm import ArmRequest
    from monitor.simulator.model.cloud import Cloud
    from monitor.simulator.payloads import Payloads

Json = dict[str, Any]


class Writes:
    """Carries out writes on one cloud."""

    def __init__(self, cloud: Cloud, payloads: Payloads, route_table_names: dict[str, str]) -> None:
        """`route_table_names` maps a route table's id, in lower case, to what the estate calls it."""
        self._cloud = cloud
        self._payloads = payloads
        self._route_table_names = route_table_names
        self._numbers = itertools.count(1)
        self._operations: dict[str, str] = {}

    def answer(self, request: ArmRequest) -> Answer:
        """The response to a PUT or DELETE of a network or peering."""
        try:
            if request.target.api is Api.PEERING:
                change = self._put_peering if request.method == "PUT" else self._delete_peering
            else:
                change = self._put_network if request.method == "PUT" else self._delete_network
            return change(request)
        except RefusalError as refusal:
            raise ArmError(refusal.status, refusal.code, refusal.message, details=True) from refusal

    def operation(self, request: ArmRequest) -> Answer:
        """The state of an operation that was begun here: it has succeeded."""
        name = request.target.name or ""
        if name not in self._operations:
            raise answers.child_not_found(request.path)
        if "operationresults" in request.path.lower():
            return Answer(status=204, content_type=None)
        return Answer.of({"status": "Succeeded"})

    def _put_peering(self, request: ArmRequest) -> Answer:
        network = self._network(request)
        name = request.target.child or ""
        properties = _properties(request)
        existing = network.peerings.get(armid.key(name))
        remote_id = _text(properties.get("remoteVirtualNetwork"), "id")
        if remote_id is None:
            raise _invalid("Required property 'remoteVirtualNetwork.id' was not found in the request body.")
        if existing is not None and existing.external is not None:
            self._cloud.set_options(network, existing, _options(properties))
        else:
            sync = request.query.get("syncRemoteAddressSpace", "").lower() == "true"
            self._cloud.put_peering(network, name, remote_id, _options(properties), sync=sync)
        body = self._payloads.peering(network, network.peerings[armid.key(name)])
        return self._accepted(request, network.location, body, created=existing is None)

    def _delete_peering(self, request: ArmRequest) -> Answer:
        network = self._network(request)
        peering = network.peerings.get(armid.key(request.target.child or ""))
        if peering is None:
            return Answer(status=204, content_type=None)
        self._cloud.delete_peering(network, peering)
        return self._accepted(request, network.location, None, created=False)

    def _put_network(self, request: ArmRequest) -> Answer:
        target = request.target
        subscription = self._cloud.subscriptions[armid.key(target.subscription or "")]
        group = subscription.groups[armid.key(target.group or "")]
        network_id = armid.network_id(subscription.id, group, target.name or "")
        network = self._cloud.networks.get(armid.key(network_id))
        properties = _properties(request)
        space = properties.get("addressSpace")
        prefixes = space.get("addressPrefixes") if isinstance(space, dict) else None
        if not prefixes:
            raise _invalid("Required property 'addressSpace.addressPrefixes' was not found in the request body.")
        subnets = tuple(self._subnet(item) for item in properties.get("subnets") or ())
        rules.check_network_put(self._cloud.networks, network, network_id, tuple(prefixes), subnets)
        body = _document(request)
        encryption = properties.get("encryption")
        wanted = msgspec.convert(encryption, Encryption) if encryption else None
        created = network is None
        if network is None:
            location = _text(body, "location")
            if location is None:
                raise _invalid("The location property is required for this definition.", "LocationRequired")
            network = self._cloud.add_network(
                subscription=subscription.id,
                group=group,
                name=target.name or "",
                location=location,
                address_space=tuple(prefixes),
            )
        if tuple(prefixes) != network.address_space:
            self._cloud.set_address_space(network, tuple(prefixes))
        self._cloud.set_subnets(network, subnets)
        self._attach_route_tables(network)
        self._cloud.set_tags(network, body.get("tags") or {})
        if wanted != network.encryption:
            self._cloud.set_encryption(network, wanted)
        return self._accepted(request, network.location, self._payloads.network(network), created=created)

    def _delete_network(self, request: ArmRequest) -> Answer:
        target = request.target
        network_id = armid.network_id(target.subscription or "", target.group or "", target.name or "")
        network = self._cloud.networks.get(armid.key(network_id))
        if network is None:
            return Answer(status=204, content_type=None)
        self._cloud.delete_network(network)
        return self._accepted(request, network.location, None, created=False)

    def _accepted(self, request: ArmRequest, location: str, body: Json | None, *, created: bool) -> Answer:
        number = armid.stable_guid("operation", next(self._numbers))
        self._operations[number] = location
        version = request.query.get("api-version", "")
        root = f"{request.base}/subscriptions/{request.target.subscription}/providers/Microsoft.Network"
        place = f"{root}/locations/{location}"
        headers = {
            "Azure-AsyncOperation": f"{place}/operations/{number}?api-version={version}",
            "Retry-After": "1",
        }
        if body is None:
            headers["Location"] = f"{place}/operationResults/{number}?api-version={version}"
            return Answer(status=202, headers=headers, content_type=None)
        body["properties"] = {**body["properties"], "provisioningState": "Updating"}
        return Answer.of(body, status=201 if created else 200, headers=headers)

    def _attach_route_tables(self, network: LiveNetwork) -> None:
        tables = self._cloud.subscriptions[armid.key(network.subscription)].route_tables
        below = f"{network.id}/subnets/"
        for table in tables.values():
            table.subnets = [subnet for subnet in table.subnets if not subnet.startswith(below)]
        ids = {armid.key(name): table_id for table_id, name in self._route_table_names.items()}
        for subnet in network.subnets:
            called = armid.key(subnet.route_table or "")
            attached = tables.get(ids.get(called, called))
            if attached is not None:
                attached.subnets.append(f"{below}{subnet.name}")

    def _network(self, request: ArmRequest) -> LiveNetwork:
        target = request.target
        group, name = target.group or "", target.name or ""
        network = self._cloud.networks.get(armid.key(armid.network_id(target.subscription or "", group, name)))
        if network is None:
            raise answers.resource_not_found("Microsoft.Network/virtualNetworks", name, group)
        return network

    def _subnet(self, item: Json) -> Subnet:
        properties = item.get("properties") or {}
        prefixes = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
        if not item.get("name") or not all(isinstance(prefix, str) for prefix in prefixes):
            raise _invalid("A subnet needs a name and an address prefix.")
        table_id = _text(properties.get("routeTable"), "id")
        table = self._route_table_names.get(table_id.lower(), table_id) if table_id is not None else None
        return Subnet(name=item["name"], prefixes=tuple(prefixes), route_table=table)


def _options(properties: Json) -> PeeringOptions:
    return PeeringOptions(
        allow_virtual_network_access=bool(properties.get("allowVirtualNetworkAccess", False)),
        allow_forwarded_traffic=bool(properties.get("allowForwardedTraffic", False)),
        allow_gateway_transit=bool(properties.get("allowGatewayTransit", False)),
        use_remote_gateways=bool(properties.get("useRemoteGateways", False)),
        do_not_verify_remote_gateways=bool(properties.get("doNotVerifyRemoteGateways", False)),
        local_subnets=tuple(properties.get("localSubnetNames") or ()),
        remote_subnets=tuple(properties.get("remoteSubnetNames") or ()),
    )


def _document(request: ArmRequest) -> Json:
    try:
        return msgspec.json.decode(request.body, type=Json)
    except msgspec.DecodeError as error:
        text = f"The request content was invalid and could not be deserialized: '{error}'."
        raise ArmError(400, "InvalidRequestContent", text) from error


def _properties(request: ArmRequest) -> Json:
    properties = _document(request).get("properties")
    return properties if isinstance(properties, dict) else {}


def _text(container: Any, name: str) -> str | None:
    value = container.get(name) if isinstance(container, dict) else None
    return value if isinstance(value, str) and value else None


def _invalid(message: str, code: str = "InvalidRequestFormat") -> ArmError:
    return ArmError(400, code, message, details=True)
