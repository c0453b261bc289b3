"""Everything that is wrong with an estate, each with its path and the way out."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from monitor.simulator import armid, events
from monitor.simulator.estate import EstateError, ExternalNetwork, References

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.simulator.estate import Estate, PeeringLink, Subnet, VirtualNetwork


def check_estate(estate: Estate) -> list[str]:
    """The problems of an estate, empty when it can be built."""
    return _Check(estate).problems


class _Check:
    def __init__(self, estate: Estate) -> None:
        self.problems: list[str] = []
        self._references = References(estate)
        self._check_scalars(estate)
        self._check_groups(estate)
        for index, network in enumerate(estate.networks):
            self._check_network(f"networks[{index}] ({network.name})", network)
        for index, table in enumerate(estate.route_tables):
            where = f"route_tables[{index}] ({table.name})"
            self._refer(where, "subscription", self._references.subscription, table.subscription)
            for number, route in enumerate(table.routes):
                here = f"{where}.routes[{number}] ({route.name})"
                self._check_prefix(here, route.prefix)
                if (route.next_hop == "VirtualAppliance") != (route.ip is not None):
                    self._say(
                        here, "`ip` belongs to next_hop VirtualAppliance, and only to it: add or remove `ip`"
                    )
        self._check_peerings(estate)
        self._check_timeline(estate)

    def _say(self, where: str, problem: str) -> None:
        self.problems.append(f"{where}: {problem}")

    def _check_scalars(self, estate: Estate) -> None:
        sizes = (estate.page_size,) if isinstance(estate.page_size, int) else estate.page_size
        if not sizes or min(sizes) < 0 or max(sizes) == 0:
            self._say("page_size", "write a size above 0, or several of which one is above 0 (0 is an empty page)")
        if not armid.is_guid(estate.tenant.id):
            self._say("tenant.id", f"'{estate.tenant.id}' is no GUID")
        if not estate.subscriptions:
            self._say("subscriptions", "an estate needs at least one subscription")
        self._check_names(
            "subscriptions",
            ((subscription.name, armid.key(subscription.id)) for subscription in estate.subscriptions),
        )
        for index, subscription in enumerate(estate.subscriptions):
            if not armid.is_guid(subscription.id):
                self._say(f"subscriptions[{index}].id", f"'{subscription.id}' is no GUID")
        for kind, items in (("networks", estate.networks), ("route_tables", estate.route_tables)):
            keys = ((i.name, armid.key(f"{i.subscription}/{i.resource_group}/{i.name}")) for i in items)
            self._check_names(kind, keys)

    def _check_groups(self, estate: Estate) -> None:
        self._check_names(
            "management_groups", ((group.id, armid.key(group.id)) for group in estate.management_groups)
        )
        parents = {armid.key(group.id): armid.key(group.parent or "") for group in estate.management_groups}
        homes: dict[str, str] = {}
        for index, group in enumerate(estate.management_groups):
            where = f"management_groups[{index}] ({group.id})"
            if group.parent is not None:
                self._refer(where, "parent", self._references.management_group, group.parent)
            above, seen = parents[armid.key(group.id)], {armid.key(group.id)}
            while above and above not in seen:
                seen.add(above)
                above = parents.get(above, "")
            if above:
                self._say(f"{where}.parent", f"'{group.parent}' leads back to it: a group cannot be above itself")
            for text in group.subscriptions:
                subscription = self._refer(where, "subscriptions", self._references.subscription, text)
                if subscription is not None and homes.setdefault(subscription, where) is not where:
                    self._say(
                        where, f"subscription '{text}' already is in {homes[subscription]}: it has one group"
                    )

    def _check_names(self, kind: str, named: Iterable[tuple[str, str]]) -> None:
        seen: dict[str, int] = {}
        for index, (name, key) in enumerate(named):
            if not name or "/" in name:
                self._say(f"{kind}[{index}].name", f"'{name}' cannot be a name: it is empty or holds a '/'")
            first = seen.setdefault(key, index)
            if first != index:
                self._say(
                    f"{kind}[{index}] ({name})",
                    f"is the same resource as {kind}[{first}]: remove one of them",
                )

    def _check_network(self, where: str, network: VirtualNetwork) -> None:
        self._refer(where, "subscription", self._references.subscription, network.subscription)
        if not network.address_space:
            self._say(f"{where}.address_space", "a network needs at least one prefix")
        good = [p for p in network.address_space if self._check_prefix(f"{where}.address_space", p)]
        space_is_good = len(good) == len(network.address_space)
        for index, subnet in enumerate(network.subnets):
            here = f"{where}.subnets[{index}] ({subnet.name})"
            self._check_subnet(here, network if space_is_good else None, subnet)

    def _check_subnet(self, where: str, network: VirtualNetwork | None, subnet: Subnet) -> None:
        if (subnet.prefix is None) == (not subnet.prefixes):
            self._say(where, "write either `prefix` or `prefixes`")
        if subnet.route_table is not None:
            self._refer(where, "route_table", self._references.route_table, subnet.route_table)
        for prefix in subnet.address_prefixes:
            if (
                self._check_prefix(where, prefix)
                and network is not None
                and not _inside(prefix, network.address_space)
            ):
                space = ", ".join(network.address_space)
                self._say(where, f"{prefix} lies outside the network's address space {space}")

    def _check_peerings(self, estate: Estate) -> None:
        taken: dict[tuple[str, str], str] = {}
        for index, link in enumerate(estate.peerings):
            where = f"peerings[{index}]"
            ends = self._check_link(where, link)
            if ends is None:
                continue
            for number, (side, end, remote) in enumerate(
                zip(link.sides, ends, _remotes(link, ends), strict=False)
            ):
                here = f"{where}.sides[{number}] ({side.name})"
                keys = [
                    (
                        (end, f"name {armid.key(side.name)}"),
                        f"'{side.vnet}' already has a peering of this name",
                    )
                ]
                if remote is not None:
                    keys.append(((end, remote), f"'{side.vnet}' already has a peering to this remote network"))
                for key, problem in keys:
                    first = taken.setdefault(key, here)
                    if first is not here:
                        self._say(here, f"{problem} ({first})")

    def _check_link(self, where: str, link: PeeringLink) -> list[str] | None:
        """The keys of the networks at its ends, the remote last; None when they cannot be told."""
        two_sides = len(link.sides) == 2  # noqa: PLR2004
        if not (two_sides and link.remote is None) and not (len(link.sides) == 1 and link.remote is not None):
            self._say(where, "write two `sides`, or one side and the `remote` that it points at")
            return None
        ends = [self._refer(where, "vnet", self._references.network, side.vnet) for side in link.sides]
        if isinstance(link.remote, ExternalNetwork):
            ends.append(link.remote.id)
            if armid.parse_network_id(link.remote.id) is None:
                self._say(f"{where}.remote.id", f"'{link.remote.id}' is no virtual network's id")
            for prefix in link.remote.address_space:
                self._check_prefix(f"{where}.remote.address_space", prefix)
        elif link.remote is not None:
            ends.append(self._refer(where, "remote", self._references.network, link.remote))
        known = [armid.key(end) for end in ends if end is not None]
        if len(known) != len(ends):
            return None
        if known[0] == known[1]:
            self._say(where, "a network cannot be peered with itself")
        return known

    def _check_timeline(self, estate: Estate) -> None:
        peerings = {armid.key(side.name) for link in estate.peerings for side in link.sides}
        peerings |= {
            armid.key(timed.event.peering)
            for timed in estate.timeline
            if isinstance(timed.event, events.CreatePeering)
        }
        for index, timed in enumerate(estate.timeline):
            event = timed.event
            where = f"timeline[{index}] ({event.__struct_config__.tag} at {timed.at:g}s)"
            if timed.at < 0:
                self._say(where, "`at` counts seconds from the start and cannot be negative")
            for name in ("vnet", "remote"):
                if hasattr(event, name):
                    self._refer(where, name, self._references.network, getattr(event, name))
            for vnet in getattr(event, "vnets", ()):
                self._refer(where, "vnets", self._references.network, vnet)
            if hasattr(event, "subscription"):
                self._refer(where, "subscription", self._references.subscription, event.subscription)
            if hasattr(event, "group"):
                self._refer(where, "group", self._references.management_group, event.group)
            if hasattr(event, "peering") and armid.key(event.peering) not in peerings:
                self._say(where, f"no peering '{event.peering}' is declared or created in this estate")
            for prefix in getattr(event, "address_space", ()):
                self._check_prefix(where, prefix)

    def _refer(self, where: str, key: str, find: Callable[[str], str], text: str) -> str | None:
        try:
            return find(text)
        except EstateError as error:
            self._say(f"{where}.{key}", error.problems[0])
            return None

    def _check_prefix(self, where: str, prefix: str) -> bool:
        try:
            ip_network(prefix)
        except ValueError as error:
            self._say(where, f"'{prefix}' is no prefix: {error}")
            return False
        return True


def _remotes(link: PeeringLink, ends: list[str]) -> list[str]:
    return ends[::-1] if link.remote is None else ends[1:]


def _inside(prefix: str, address_space: tuple[str, ...]) -> bool:
    inner = ip_network(prefix)
    for space in address_space:
        outer = ip_network(space)
        if outer.version == inner.version and (
            int(outer.network_address) <= int(inner.network_address)
            and int(inner.broadcast_address) <= int(outer.broadcast_address)
        ):
            return True
    return False
