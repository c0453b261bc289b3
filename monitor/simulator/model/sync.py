"""What one side of a peering shows of both networks: address spaces and the sync level that follows.

`remoteAddressSpace` is what is peered; `remoteVirtualNetworkAddressSpace` what the remote holds now. A side
that has not learned the remote's present prefixes is LocalNotInSync and is where the sync must run; the
other side sees the same gap as RemoteNotInSync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monitor.simulator.model.state import LiveNetwork, LivePeering, PeeringOptions, Prefixes


class SideView(NamedTuple):
    """The four address spaces of a side, and its sync level."""

    sync_level: str
    local_peered: Prefixes
    local_current: Prefixes
    remote_peered: Prefixes
    remote_current: Prefixes


def offered_prefixes(owner: LiveNetwork, subnets: tuple[str, ...]) -> Prefixes:
    """What a network brings into a peering: the chosen subnets' prefixes, or its whole address space."""
    return owner.subnet_prefixes(subnets) if subnets else owner.address_space


def remote_prefixes(remote: LiveNetwork, options: PeeringOptions) -> Prefixes:
    """What a side with these options has to learn of the remote network."""
    return offered_prefixes(remote, options.remote_subnets)


def side_view(
    network: LiveNetwork, peering: LivePeering, remote: LiveNetwork | None, other: LivePeering | None
) -> SideView:
    """Compare both sides as they are now; `remote` is None when it is gone or outside the estate."""
    local_current = offered_prefixes(network, peering.options.local_subnets)
    if peering.external is not None:
        external = peering.external
        return SideView(
            external.sync_level, local_current, local_current, peering.peered_remote, external.address_space
        )
    remote_current = peering.known_remote if remote is None else remote_prefixes(remote, peering.options)
    local_peered = peering.known_local if other is None else other.peered_remote
    local_behind = set(peering.peered_remote) != set(remote_current)
    remote_behind = other is None or set(other.peered_remote) != set(remote_prefixes(network, other.options))
    return SideView(
        _LEVELS[local_behind, remote_behind],
        local_peered,
        local_current,
        peering.peered_remote,
        remote_current,
    )


_LEVELS = {
    (False, False): "FullyInSync",
    (False, True): "RemoteNotInSync",
    (True, False): "LocalNotInSync",
    (True, True): "LocalAndRemoteNotInSync",
}
