"""Azure's peering semantics, without any HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.simulator import EstateError, PeeringLink, PeeringSide, Simulator, Subnet, events
from tests.unit.simulator.estates import SUBSCRIPTION, network, pair, small_estate

if TYPE_CHECKING:
    from monitor.simulator.model.state import LivePeering
    from monitor.simulator.model.sync import SideView


def _side(simulator: Simulator, vnet: str, name: str) -> LivePeering:
    group = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-net/providers/microsoft.network"
    return simulator.cloud.networks[f"{group}/virtualnetworks/{vnet}"].peerings[name]


def _view(simulator: Simulator, vnet: str, name: str) -> SideView:
    group = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-net/providers/microsoft.network"
    live = simulator.cloud.networks[f"{group}/virtualnetworks/{vnet}"]
    return simulator.cloud.view(live, live.peerings[name])


def _levels(simulator: Simulator) -> tuple[str, str]:
    return _view(simulator, "vnet-a", "a-to-b").sync_level, _view(simulator, "vnet-b", "b-to-a").sync_level


def test_a_declared_link_is_connected_and_in_sync_on_both_sides() -> None:
    simulator = Simulator(small_estate())

    assert _levels(simulator) == ("FullyInSync", "FullyInSync")
    assert _side(simulator, "vnet-a", "a-to-b").state == _side(simulator, "vnet-b", "b-to-a").state == "Connected"


def test_a_declared_single_side_is_initiated_and_its_remote_not_in_sync() -> None:
    link = PeeringLink(sides=(PeeringSide(vnet="vnet-a", name="a-to-b"),), remote="vnet-b")
    simulator = Simulator(small_estate(peerings=(link,)))

    assert _side(simulator, "vnet-a", "a-to-b").state == "Initiated"
    assert _view(simulator, "vnet-a", "a-to-b").sync_level == "RemoteNotInSync"


def test_both_networks_grown_put_both_sides_out_of_sync_both_ways() -> None:
    simulator = Simulator(small_estate())
    simulator.apply(events.ResizeVnet(vnet="vnet-a", address_space=("10.1.0.0/16", "10.91.0.0/16")))
    assert _levels(simulator) == ("RemoteNotInSync", "LocalNotInSync")
    simulator.apply(events.ResizeVnet(vnet="vnet-b", address_space=("10.2.0.0/16", "10.92.0.0/16")))
    assert _levels(simulator) == ("LocalAndRemoteNotInSync", "LocalAndRemoteNotInSync")
    simulator.apply(events.SyncPeering(vnet="vnet-a", peering="a-to-b"))
    assert _levels(simulator) == ("RemoteNotInSync", "LocalNotInSync")


def test_a_network_that_shrinks_back_is_in_sync_again_without_a_sync() -> None:
    simulator = Simulator(small_estate())
    simulator.apply(events.ResizeVnet(vnet="vnet-a", address_space=("10.1.0.0/16", "10.91.0.0/16")))
    simulator.apply(events.ResizeVnet(vnet="vnet-a", address_space=("10.1.0.0/16",)))

    assert _levels(simulator) == ("FullyInSync", "FullyInSync")


def test_a_disconnected_side_remembers_what_it_had_learned() -> None:
    simulator = Simulator(small_estate())
    simulator.apply(events.ResizeVnet(vnet="vnet-b", address_space=("10.2.0.0/16", "10.92.0.0/16")))
    told = simulator.apply(events.DeleteVnet(vnet="vnet-b"))
    view = _view(simulator, "vnet-a", "a-to-b")

    assert told == "virtual network vnet-b deleted: a-to-b now Disconnected"
    assert view.remote_peered == ("10.2.0.0/16",)
    assert view.remote_current == ("10.2.0.0/16", "10.92.0.0/16")
    assert view.local_peered == ("10.1.0.0/16",)


def test_a_rebuilt_network_has_another_guid_and_does_not_reconnect_by_itself() -> None:
    simulator = Simulator(small_estate())
    key = next(key for key in simulator.cloud.networks if key.endswith("vnet-b"))
    guid = simulator.cloud.networks[key].resource_guid
    simulator.apply(events.DeleteVnet(vnet="vnet-b"))
    simulator.apply(events.RecreateVnet(vnet="vnet-b"))

    assert simulator.cloud.networks[key].resource_guid != guid
    assert _side(simulator, "vnet-a", "a-to-b").state == "Disconnected"
    with pytest.raises(EstateError, match="RemotePeeringIsDisconnected"):
        simulator.apply(events.CreatePeering(vnet="vnet-b", peering="b-to-a", remote="vnet-a"))


def test_recreating_a_peering_brings_both_sides_back_with_the_estates_flags() -> None:
    simulator = Simulator(small_estate(peerings=(pair({"allow_forwarded_traffic": True}),)))
    before = _side(simulator, "vnet-a", "a-to-b").resource_guid
    simulator.apply(events.DeletePeering(vnet="vnet-a", peering="a-to-b"))
    told = simulator.apply(events.RecreatePeering(vnet="vnet-b", peering="b-to-a"))
    side = _side(simulator, "vnet-a", "a-to-b")

    assert told == "peering deleted and created again: a-to-b is Connected, b-to-a is Connected"
    assert side.options.allow_forwarded_traffic
    assert side.resource_guid == before == _side(simulator, "vnet-b", "b-to-a").resource_guid


def test_a_flag_changes_on_one_side_only() -> None:
    simulator = Simulator(small_estate())
    told = simulator.apply(
        events.SetFlag(vnet="vnet-a", peering="a-to-b", flag="allow_virtual_network_access", value=False)
    )

    assert told == "allow_virtual_network_access of peering a-to-b is now off"
    assert not _side(simulator, "vnet-a", "a-to-b").options.allow_virtual_network_access
    assert _side(simulator, "vnet-b", "b-to-a").options.allow_virtual_network_access


def test_a_subnet_peering_peers_the_chosen_prefixes_only() -> None:
    subnets = (Subnet(name="web", prefix="10.2.1.0/24"), Subnet(name="sql", prefix="10.2.2.0/24"))
    simulator = Simulator(
        small_estate(
            networks=(network("vnet-a", "10.1.0.0/16"), network("vnet-b", "10.2.0.0/16", subnets=subnets)),
            peerings=(pair({"remote_subnets": ("sql",)}, {"local_subnets": ("sql",)}),),
        )
    )
    view = _view(simulator, "vnet-a", "a-to-b")

    assert (view.remote_peered, view.sync_level) == (("10.2.2.0/24",), "FullyInSync")
    assert not _side(simulator, "vnet-a", "a-to-b").options.complete


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (events.DeletePeering(vnet="vnet-a", peering="no"), "has no peering 'no' at this moment: it has a-to-b"),
        (events.DeleteVnet(vnet="vnet-x"), "no virtual network 'vnet-x' in this estate: did you mean"),
        (events.RecreateVnet(vnet="vnet-a"), "exists; delete it first"),
        (events.RecreatePeering(vnet="vnet-a", peering="no"), "declares no peering 'no'"),
        (events.HideSubscription(subscription="sub-two"), "no subscription 'sub-two'"),
    ],
)
def test_an_event_that_cannot_happen_says_why(event: events.Event, message: str) -> None:
    with pytest.raises(EstateError, match=message):
        Simulator(small_estate()).apply(event)


def _random_event(name: str, vnet: str, octet: int) -> Any:
    peering, remote = ("a-to-b", "vnet-b") if vnet == "vnet-a" else ("b-to-a", "vnet-a")
    return {
        "delete": events.DeletePeering(vnet=vnet, peering=peering),
        "create": events.CreatePeering(vnet=vnet, peering=peering, remote=remote),
        "sync": events.SyncPeering(vnet=vnet, peering=peering),
        "resize": events.ResizeVnet(vnet=vnet, address_space=(f"10.{octet}.0.0/16",)),
        "delete-vnet": events.DeleteVnet(vnet=vnet),
        "recreate-vnet": events.RecreateVnet(vnet=vnet),
    }[name]


_STEPS = st.tuples(
    st.sampled_from(["delete", "create", "sync", "resize", "delete-vnet", "recreate-vnet"]),
    st.sampled_from(["vnet-a", "vnet-b"]),
    st.integers(20, 90),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEPS, max_size=12))
def test_whatever_happens_connected_means_two_sides_with_one_guid(steps: list[tuple[str, str, int]]) -> None:
    """And a lone side is never Connected, nor does one side's gap go unseen by the other."""
    simulator = Simulator(small_estate())
    for name, vnet, octet in steps:
        try:
            simulator.apply(_random_event(name, vnet, octet))
        except EstateError:
            continue
    for live in simulator.cloud.networks.values():
        for side in live.peerings.values():
            _, other = simulator.cloud.counterpart(live, side)
            assert (side.state == "Connected") == (other is not None and other.state == "Connected")
            if other is None:
                assert side.state in {"Initiated", "Disconnected"}
            elif side.state == "Connected":
                assert side.resource_guid == other.resource_guid
                mine = _view(simulator, live.name, side.name).sync_level
                theirs = _view(simulator, "vnet-b" if live.name == "vnet-a" else "vnet-a", other.name).sync_level
                assert {"LocalNotInSync": "RemoteNotInSync", "RemoteNotInSync": "LocalNotInSync"}.get(
                    mine, mine
                ) == theirs
