"""The living tenant: what exists right now. Plain mutable records; `cloud` is the only one that changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from monitor.simulator import armid

if TYPE_CHECKING:
    from monitor.simulator.estate import Encryption, ExternalNetwork, RouteTable, Subnet
    from monitor.simulator.events import Answer, GroupAnswer

PeeringState = Literal["Initiated", "Connected", "Disconnected"]
Prefixes = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class PeeringOptions:
    """The properties of a peering that its owner chooses."""

    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False
    do_not_verify_remote_gateways: bool = False
    local_subnets: tuple[str, ...] = ()
    remote_subnets: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether whole networks are peered, not chosen subnets."""
        return not (self.local_subnets or self.remote_subnets)


@dataclass(slots=True, kw_only=True)
class LivePeering:
    """One side of a peering.

    `peered_remote` are the remote prefixes that this side has learned; the sync level follows from comparing
    them with what the remote network holds now. `known_remote` and `known_local` are what was last seen of
    the two networks, for the time when the other side is gone.
    """

    name: str
    remote_id: str
    options: PeeringOptions
    state: PeeringState
    resource_guid: str
    peered_remote: Prefixes
    known_remote: Prefixes
    known_local: Prefixes
    external: ExternalNetwork | None = None
    override: dict[str, Any] = field(default_factory=dict)
    omit: tuple[str, ...] = ()

    @property
    def remote_key(self) -> str:
        """The remote network's id as a key."""
        return armid.key(self.remote_id)


@dataclass(slots=True, kw_only=True)
class LiveNetwork:
    """A virtual network with its peerings; `encoded` keeps its JSON until something in it changes."""

    subscription: str
    group: str
    name: str
    location: str
    address_space: Prefixes
    subnets: tuple[Subnet, ...]
    tags: dict[str, str]
    encryption: Encryption | None
    gateway: str | None
    resource_guid: str
    revision: int = 1
    peerings: dict[str, LivePeering] = field(default_factory=dict)
    by_remote: dict[str, LivePeering] = field(default_factory=dict)
    encoded: bytes | None = None
    id: str = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the id once: it is asked for in every comparison."""
        self.id = armid.network_id(self.subscription, self.group, self.name)
        self.key = armid.key(self.id)

    @property
    def etag(self) -> str:
        """Changes with every change of the network or of what it shows about its neighbours."""
        return f'W/"{armid.stable_guid("etag", self.key, self.resource_guid, self.revision)}"'

    def subnet_prefixes(self, names: tuple[str, ...]) -> Prefixes:
        """The prefixes of the named subnets, in the order of the names."""
        wanted = {subnet.name.lower(): subnet for subnet in self.subnets}
        found = (wanted[name.lower()] for name in names if name.lower() in wanted)
        return tuple(prefix for subnet in found for prefix in subnet.address_prefixes)

    def add(self, peering: LivePeering) -> None:
        """Index a side under its name and under its remote."""
        self.peerings[armid.key(peering.name)] = peering
        self.by_remote[peering.remote_key] = peering

    def drop(self, peering: LivePeering) -> None:
        """Forget a side."""
        del self.peerings[armid.key(peering.name)]
        self.by_remote.pop(peering.remote_key, None)


@dataclass(slots=True, kw_only=True)
class LiveManagementGroup:
    """A management group; `parent` is the key of the one above it, None of the root."""

    id: str
    name: str
    parent: str | None
    answer: GroupAnswer = "ok"


@dataclass(slots=True, kw_only=True)
class LiveSubscription:
    """A subscription, how it answers now, the key of its management group, and what its listings leave out."""

    id: str
    name: str
    tenant: str
    declared_state: str
    answer: Answer = "ok"
    retry_after: int = 10
    hidden: bool = False
    revoked: bool = False
    group: str = ""
    omitted: set[str] = field(default_factory=set)
    listing_empty: bool = False
    groups: dict[str, str] = field(default_factory=dict)
    networks: dict[str, LiveNetwork] = field(default_factory=dict)
    route_tables: dict[str, LiveRouteTable] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state that Azure's list shows."""
        return "Disabled" if self.answer in {"disabled", "read-only"} else self.declared_state


@dataclass(slots=True, kw_only=True)
class LiveRouteTable:
    """A route table, and the ids of the subnets that use it."""

    subscription: str
    table: RouteTable
    subnets: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id."""
        return armid.route_table_id(self.subscription, self.table.resource_group, self.table.name)

    @property
    def key(self) -> str:
        """Its id as a key."""
        return armid.key(self.id)


class RefusalError(Exception):
    """Azure refuses a change: its code and message, as ARM gives them."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        """Keep what the answer will say."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
