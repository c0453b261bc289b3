"""A snapshot made ready for rendering: every label block that several families share, made once."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monitor.metrics.labels import escape
from monitor.model import ArmId, OnLink, OnNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model import Finding, MetricPoint, Side, Snapshot, VirtualNetwork


KEPT = 65_536
"""Label blocks kept between snapshots, so that only the first render makes them."""


class SideRow(NamedTuple):
    """One side of a peering, its id escaped, and the labels of the network it points to."""

    resource_id: str
    remote_labels: str
    side: Side


class LinkFindingRow(NamedTuple):
    """One finding about a link: the labels of the side to repair and of the network that side points to."""

    labels: str
    remote_labels: str
    link_id: str
    finding: Finding


class NetworkFindingRow(NamedTuple):
    """One finding about a network, and that network's labels."""

    labels: str
    finding: Finding


class Facts(NamedTuple):
    """The snapshot by identity labels: one entry for each, however often Azure's listing named it.

    ``points`` is by metric and then by the virtual network's labels.
    """

    snapshot: Snapshot
    sides: Mapping[str, SideRow]
    networks: Mapping[str, VirtualNetwork]
    link_findings: tuple[LinkFindingRow, ...]
    network_findings: tuple[NetworkFindingRow, ...]
    points: Mapping[str, Mapping[str, MetricPoint]]


class _Blocks(NamedTuple):
    """A network's identity labels: ``subscription_id`` and so on, and ``remote_subscription_id`` and so on."""

    own: str
    remote: str


@lru_cache(maxsize=KEPT)
def _network(key: str) -> _Blocks:
    """By a network's id in ASCII lower case, as :attr:`ArmId.key` has it; ids hardly change between snapshots."""
    escaped = ArmId(escape(key))  # escaping leaves the slashes alone, so the parts come out escaped
    subscription, group, name = escaped.subscription_id, escaped.resource_group, escaped.name
    return _Blocks(
        f'subscription_id="{subscription}",resource_group="{group}",vnet="{name}"',
        f'remote_subscription_id="{subscription}",remote_resource_group="{group}",remote_vnet="{name}"',
    )


@lru_cache(maxsize=KEPT)
def _side(key: str, network: str) -> tuple[str, str]:
    resource_id = escape(key)
    return resource_id, _peering_labels(_network(network).own, resource_id)


def _peering_labels(network: str, resource_id: str) -> str:
    """A network's labels and ``peering``, which the escaped id of a side ends with."""
    return f'{network},peering="{resource_id.rstrip("/").rpartition("/")[2]}"'


def prepare(snapshot: Snapshot) -> Facts:
    """Bring the facts under their labels. Of two with one identity the later stands, of two points the newer."""
    sides: dict[str, SideRow] = {}
    for side in snapshot.sides:
        peering = side.peering
        resource_id, labels = _side(peering.id.key, peering.vnet.key)
        sides[labels] = SideRow(resource_id, _network(peering.remote_vnet.key).remote, side)
    points: defaultdict[str, dict[str, MetricPoint]] = defaultdict(dict)
    for point in snapshot.metric_points:
        labels = _network(point.vnet.key).own
        of_metric = points[point.metric]
        held = of_metric.get(labels)
        if held is None or held.end <= point.end:
            of_metric[labels] = point
    return Facts(
        snapshot=snapshot,
        sides=sides,
        networks={_network(network.id.key).own: network for network in snapshot.virtual_networks},
        link_findings=tuple(
            LinkFindingRow(
                labels=_side(on.side.id.key, on.side.vnet.key)[1],
                remote_labels=_network(on.side.remote_vnet.key).remote,
                link_id=on.link.id,
                finding=finding,
            )
            for finding in snapshot.findings
            if isinstance(on := finding.subject, OnLink)
        ),
        network_findings=tuple(
            NetworkFindingRow(_network(on.vnet.key).own, finding)
            for finding in snapshot.findings
            if isinstance(on := finding.subject, OnNetwork)
        ),
        points=points,
    )
