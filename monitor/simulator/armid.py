"""Azure Resource Manager ids: how they are written, and how they are taken apart again.

ARM compares ids without regard to case but answers with the text it was given at creation, so an id is
kept as written and compared by its `key`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import NamedTuple

_NETWORK = re.compile(
    r"^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Network/virtualNetworks/(?P<name>[^/]+)$",
    re.IGNORECASE,
)
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


class NetworkId(NamedTuple):
    """The three names inside a virtual network's id."""

    subscription: str
    group: str
    name: str


def key(text: str) -> str:
    """The form under which two spellings of one id or name are equal."""
    return text.lower()


def network_id(subscription: str, group: str, name: str) -> str:
    """A virtual network's id."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{name}"
    )


def route_table_id(subscription: str, group: str, name: str) -> str:
    """A route table's id."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/routeTables/{name}"


def gateway_id(subscription: str, group: str, name: str) -> str:
    """A virtual network gateway's id."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.Network/virtualNetworkGateways/{name}"
    )


def peering_id(network: str, name: str) -> str:
    """The id of one side of a peering, below its network's id."""
    return f"{network}/virtualNetworkPeerings/{name}"


def parse_network_id(text: str) -> NetworkId | None:
    """The names inside a virtual network's id, or None when the text is no such id."""
    found = _NETWORK.match(text)
    return NetworkId(found["subscription"], found["group"], found["name"]) if found else None


def is_guid(text: str) -> bool:
    """Whether the text is a GUID, as subscription and tenant ids are."""
    return _GUID.match(text) is not None


def stable_guid(*parts: object) -> str:
    """A GUID that depends on nothing but its parts, so that two runs of one estate answer alike."""
    digest = hashlib.sha256("\n".join(str(part) for part in parts).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
