from __future__ import annotations

from monitor.model import ArmId, Snapshot, VirtualNetwork


def test_a_large_snapshot_has_a_short_repr() -> None:
    """asyncio writes the repr of a task's result into its messages: gigabytes, and half a minute of `check`."""
    networks = tuple(VirtualNetwork(ArmId(f"/subscriptions/s/{number}")) for number in range(1000))
    assert len(repr(Snapshot(0.0, virtual_networks=networks))) < 200


def test_an_id_names_its_parts_whatever_their_case() -> None:
    vnet = ArmId("/SUBSCRIPTIONS/S1/resourcegroups/Rg/providers/Microsoft.Network/virtualNetworks/Hub")
    assert (vnet.subscription_id, vnet.resource_group, vnet.name) == ("S1", "Rg", "Hub")
    assert vnet == ArmId(vnet.text.lower())
    assert (ArmId("/providers/x").subscription_id, ArmId("/providers/x").resource_group) == ("", "")
