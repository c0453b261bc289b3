"""What an estate declares: the tenant as it stands when the simulator starts, and what happens to it then.

These types are the YAML format, key for key; `estate_yaml` reads it and `estate_check` says what is wrong
with it. Everything is frozen: the model that lives and changes is built from it by `model.build`.

A virtual network or a route table is referred to by its name while that is unambiguous, else by
`group/name`, `subscription/group/name` (the subscription by name or id) or its whole id.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Literal

from msgspec import Struct, field

from monitor.simulator.armid import network_id, route_table_id
from monitor.simulator.events import GroupAnswer, TimedEvent  # noqa: TC001 - msgspec resolves it at run time

SubscriptionState = Literal["Enabled", "Warned", "PastDue", "Disabled", "Deleted"]
MetricsProfile = Literal["documented", "peering-bytes"]
NextHop = Literal["VirtualAppliance", "VirtualNetworkGateway", "VnetLocal", "Internet", "None"]
# How many choices a message names at most.
_SHOWN = 8
UnreadableAnswer = Literal["forbidden", "other-tenant", "not-found"]


class EstateError(Exception):
    """An estate, or an event on it, that cannot be: every problem with its path and the way out."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems; the message is all of them, one a line."""
        super().__init__("\n".join(problems))
        self.problems = problems


class Tenant(Struct, frozen=True, kw_only=True):
    """The Entra tenant and the principal that reads it, as they appear in error texts."""

    id: str = "72f1bf00-8e3a-4c51-9d2a-5a1be0c0ffee"
    name: str = "contoso.onmicrosoft.com"
    client_id: str = "5b3d1c0e-2f64-4a7b-8d59-0c1e9a7f3b21"
    object_id: str = "c7a94e52-6b1d-4f38-a0e2-94d75f8c6a13"


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription of the tenant."""

    id: str
    name: str
    state: SubscriptionState = "Enabled"


class ManagementGroup(Struct, frozen=True, kw_only=True):
    """A management group, named by its `id`, with the subscriptions right below it and not in another group.

    A group without `parent` is below the tenant's root group, whose id is the tenant's, and so is a subscription
    that no group has. `forbidden` refuses questions about it.
    """

    id: str
    name: str | None = None
    parent: str | None = None
    subscriptions: tuple[str, ...] = ()
    answer: GroupAnswer = "ok"


class Route(Struct, frozen=True, kw_only=True):
    """One route of a route table; `ip` is the appliance's address and belongs to VirtualAppliance only."""

    name: str
    prefix: str
    next_hop: NextHop
    ip: str | None = None


class RouteTable(Struct, frozen=True, kw_only=True):
    """A route table; subnets name it in `route_table`."""

    name: str
    subscription: str
    resource_group: str
    location: str
    disable_bgp_route_propagation: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()


class Subnet(Struct, frozen=True, kw_only=True):
    """A subnet with one `prefix`, or with several `prefixes`, and so many `network_interfaces` in it."""

    name: str
    prefix: str | None = None
    prefixes: tuple[str, ...] = ()
    route_table: str | None = None
    network_interfaces: int = 0

    @property
    def address_prefixes(self) -> tuple[str, ...]:
        """Its prefixes, whichever of the two keys declared them."""
        return (self.prefix,) if self.prefix is not None else self.prefixes


class Encryption(Struct, frozen=True, kw_only=True):
    """Virtual network encryption."""

    enabled: bool = False
    enforcement: Literal["AllowUnencrypted", "DropUnencrypted"] = "AllowUnencrypted"


class VirtualNetwork(Struct, frozen=True, kw_only=True):
    """A virtual network; `gateway` names the VPN or ExpressRoute gateway in it, if it has one."""

    name: str
    subscription: str
    resource_group: str
    location: str
    address_space: tuple[str, ...]
    subnets: tuple[Subnet, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    encryption: Encryption | None = None
    gateway: str | None = None


class PeeringSide(Struct, frozen=True, kw_only=True):
    """One side of a peering: the resource below `vnet`, with its flags.

    `local_subnets` and `remote_subnets` make it a subnet peering. `override` replaces properties of the
    answer verbatim (null included) and `omit` leaves properties out of it: for answers that the model
    itself never gives, such as a state that nobody knows yet.
    """

    vnet: str
    name: str
    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False
    do_not_verify_remote_gateways: bool = False
    local_subnets: tuple[str, ...] = ()
    remote_subnets: tuple[str, ...] = ()
    override: dict[str, Any] = field(default_factory=dict)
    omit: tuple[str, ...] = ()


class ExternalNetwork(Struct, frozen=True, kw_only=True):
    """A remote network that is not part of the estate and that nobody here can read.

    Its side of the peering is invisible, so the visible side's state is declared, not derived.
    """

    id: str
    address_space: tuple[str, ...]
    state: Literal["Initiated", "Connected", "Disconnected"] = "Connected"
    sync_level: Literal["FullyInSync", "RemoteNotInSync", "LocalNotInSync", "LocalAndRemoteNotInSync"] = (
        "FullyInSync"
    )
    answer: UnreadableAnswer = "forbidden"


class PeeringLink(Struct, frozen=True, kw_only=True):
    """A peering between two networks: both sides, or one side and the `remote` that it points at.

    With one side and a remote inside the estate, that side is Initiated, as in Azure.
    """

    sides: tuple[PeeringSide, ...]
    remote: str | ExternalNetwork | None = None


class Estate(Struct, frozen=True, kw_only=True):
    """A whole tenant: what exists, how it is paged and measured, and what happens when."""

    name: str = "estate"
    description: str = ""
    tenant: Tenant = field(default_factory=Tenant)
    metrics: MetricsProfile = "documented"
    page_size: int | tuple[int, ...] = 100
    seed: int = 1
    subscriptions: tuple[Subscription, ...]
    management_groups: tuple[ManagementGroup, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    networks: tuple[VirtualNetwork, ...] = ()
    peerings: tuple[PeeringLink, ...] = ()
    timeline: tuple[TimedEvent, ...] = ()


class References:
    """Finds what a name in an estate or an event refers to."""

    def __init__(self, estate: Estate) -> None:
        """Index the estate's subscriptions, groups, networks and route tables under all their spellings."""
        self._subscriptions: dict[str, list[str]] = {}
        self._groups = {group.id.lower(): [group.id] for group in estate.management_groups}
        self._groups.setdefault(estate.tenant.id.lower(), [estate.tenant.id])
        self._networks: dict[str, list[str]] = {}
        self._route_tables: dict[str, list[str]] = {}
        for subscription in estate.subscriptions:
            for spelling in {subscription.id.lower(), subscription.name.lower()}:
                self._subscriptions.setdefault(spelling, []).append(subscription.id)
        names = {s.id.lower(): s.name for s in estate.subscriptions}
        for kind, index, items in (
            (network_id, self._networks, estate.networks),
            (route_table_id, self._route_tables, estate.route_tables),
        ):
            for item in items:
                found = self._subscriptions.get(item.subscription.lower(), [item.subscription])[0]
                full = kind(found, item.resource_group, item.name)
                grouped = f"{item.resource_group}/{item.name}"
                subscription_name = names.get(found.lower(), found)
                for spelling in (
                    item.name,
                    grouped,
                    f"{found}/{grouped}",
                    f"{subscription_name}/{grouped}",
                    full,
                ):
                    ids = index.setdefault(spelling.lower(), [])
                    if full not in ids:
                        ids.append(full)

    def subscription(self, text: str) -> str:
        """The id of the subscription that the text names."""
        return _only(self._subscriptions, text, "subscription")

    def management_group(self, text: str) -> str:
        """The id of the management group that the text names; the root's is the tenant's."""
        return _only(self._groups, text, "management group")

    def network(self, text: str) -> str:
        """The id of the virtual network that the text names."""
        return _only(self._networks, text, "virtual network")

    def route_table(self, text: str) -> str:
        """The id of the route table that the text names."""
        return _only(self._route_tables, text, "route table")


def _only(index: dict[str, list[str]], text: str, what: str) -> str:
    found = index.get(text.lower(), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise EstateError([f"'{text}' names {len(found)} {what}s: write one of {', '.join(found)}"])
    raise EstateError([f"there is no {what} '{text}' in this estate: {_choices(index, text)}"])


def _choices(index: dict[str, list[str]], text: str) -> str:
    names = [name for name in index if "/" not in name]
    close = get_close_matches(text.lower(), names, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return (
        f"known are {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}" if names else "it has none"
    )
