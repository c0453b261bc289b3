"""Decoding a listing of virtual networks: the wire structs against ``json.loads`` and against the SDK's models.

All get the very same bytes.

- *wire structs*: the page, then each virtual network by itself, with the fields that the monitor uses.
- *facts*: :func:`monitor.azure.wire.vnets_page`, which goes on to check ids and to build the domain's types.
- *json.loads*: bytes to dictionaries of everything; nothing is read out of them, nothing is checked.
- *typed models*: what ``virtual_networks.list_all()`` of azure-mgmt-network does with each page, less its HTTP
  pipeline: the JSON parsed once, each item made a ``models.VirtualNetwork``. Nested models are built then, those
  in lists only when they are read, so a caller who wants the fields pays for reading them too: each field that the
  wire structs hold is read once. *made, nothing read* is without that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azure.mgmt.network import models

from monitor.azure import wire
from tests.bench import report
from tests.bench.contest import Task, contest
from tests.bench.report import Expectation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import VirtualNetwork
    from tests.bench.contest import Times

ROUNDS = 5
REPEATS = 5
"""How often each quick contestant runs in a round."""

SCAN, STRUCTS, FACTS = "ours: page cut into items", "ours: wire structs", "ours: wire structs and facts"
JSON = "json.loads"
MADE, READ = "typed models: made, nothing read", "typed models: made and read"


def measure(bodies: Sequence[bytes], *, title: str) -> dict[str, Times]:
    """Time all on the same bodies and print the table."""
    _agree(bodies)
    tasks = {
        SCAN: Task(lambda: [wire._decode_page(body) for body in bodies], REPEATS),
        STRUCTS: Task(lambda: [_structs(body) for body in bodies], REPEATS),
        FACTS: Task(lambda: [wire.vnets_page(body) for body in bodies], REPEATS),
        JSON: Task(lambda: [json.loads(body) for body in bodies], REPEATS),
        MADE: Task(lambda: [_models(body) for body in bodies]),
        READ: Task(lambda: [[_read(one) for one in _models(body)] for body in bodies]),
    }
    taken = contest(tasks, rounds=ROUNDS)
    total = sum(map(len, bodies))
    report.heading(f"Decode: {title}, {len(bodies)} pages, {report.size(total)}; medians of {ROUNDS} rounds")
    report.row("", "CPU", "MB/s", "x wire structs", "x with facts")
    for name, times in taken.items():
        report.row(
            name,
            report.milliseconds(times.median),
            f"{total / times.median / 1e6:,.0f}",
            report.times(times.ratio_to(taken[STRUCTS])),
            report.times(times.ratio_to(taken[FACTS])),
        )
    return taken


def expectations(taken: dict[str, Times]) -> list[Expectation]:
    own = taken[STRUCTS]
    return [
        Expectation("decoding to wire structs, against json.loads", 5, taken[JSON].ratio_to(own)),
        Expectation("decoding to wire structs, against typed models", 100, taken[READ].ratio_to(own)),
    ]


def _structs(body: bytes) -> list[Any]:
    return [*wire._decode_vnet_page(body).value]


def _models(body: bytes) -> list[models.VirtualNetwork]:
    return [models.VirtualNetwork(item) for item in json.loads(body)["value"]]


def _read(vnet: models.VirtualNetwork) -> tuple[Any, ...]:
    """Every field of the wire structs, read the cheapest way that the models offer."""
    own = vnet.properties
    assert own is not None
    return (
        vnet.id,
        vnet.location,
        own.address_space and own.address_space.address_prefixes,
        own.encryption and own.encryption.enabled,
        [_read_peering(peering) for peering in own.virtual_network_peerings or ()],
    )


def _read_peering(peering: models.VirtualNetworkPeering) -> tuple[Any, ...]:
    own = peering.properties
    assert own is not None
    remote, then, now = (
        own.remote_virtual_network,
        own.remote_address_space,
        own.remote_virtual_network_address_space,
    )
    return (
        peering.id,
        peering.name,
        remote and remote.id,
        own.peering_state,
        own.peering_sync_level,
        own.provisioning_state,
        own.allow_virtual_network_access,
        own.allow_forwarded_traffic,
        own.allow_gateway_transit,
        own.use_remote_gateways,
        own.peer_complete_vnets,
        own.enable_only_i_pv6_peering,
        own.resource_guid,
        then and then.address_prefixes,
        now and now.address_prefixes,
        own.local_subnet_names,
        own.remote_subnet_names,
    )


def _agree(bodies: Sequence[bytes]) -> None:
    """A contest between decoders that read different things would say nothing."""
    for body in bodies:
        decoded = wire.vnets_page(body)
        assert not decoded.problems
        assert [_facts(vnet) for vnet in decoded.items] == [_same(_read(vnet)) for vnet in _models(body)]


def _facts(vnet: VirtualNetwork) -> list[Any]:
    return [
        vnet.id.text,
        vnet.location,
        list(vnet.address_space),
        vnet.encryption,
        [
            [
                peering.id.text,
                peering.name,
                peering.remote_vnet.text,
                peering.state_text,
                peering.sync_level_text,
                peering.provisioning_state,
                peering.allow_virtual_network_access,
                peering.allow_forwarded_traffic,
                peering.allow_gateway_transit,
                peering.use_remote_gateways,
                peering.peer_complete_vnets,
                peering.only_ipv6,
                peering.resource_guid,
                list(peering.remote_address_space or ()),
                list(peering.remote_vnet_address_space or ()),
                list(peering.local_subnet_names) or None,
                list(peering.remote_subnet_names) or None,
            ]
            for peering in vnet.peerings
        ],
    ]


def _same(value: Any) -> Any:
    """What the models gave, in the plain values of JSON; their enumerations are strings already."""
    return [_same(each) for each in value] if isinstance(value, list | tuple) else value
