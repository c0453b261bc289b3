from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.analysis.sides import sides
from monitor.model import HalfUnseen, Side
from tests.unit.analysis.builders import a, b, link, network, no_peering, no_vnet, unseen, vnet_id

if TYPE_CHECKING:
    from monitor.model import ArmId, Half, Link


def nowhere(_vnet: ArmId) -> None:
    return None


def first(*links: Link) -> Side:
    return sides(links, nowhere)[0]


def test_every_side_that_was_read_is_listed_by_its_id() -> None:
    both = sides([link(b(), a())], nowhere)
    assert [side.peering.name for side in both] == ["vnet-a-to-vnet-b", "vnet-b-to-vnet-a"]
    assert {side.link.id for side in both} == {link(a(), b()).key.id}


@pytest.mark.parametrize(
    ("other", "visible"),
    [(b(), True), (unseen(), False), (no_peering(), True), (no_vnet(), True)],
    ids=["present", "unseen", "no peering", "no network"],
)
def test_only_what_could_not_be_read_is_invisible(other: Half, *, visible: bool) -> None:
    assert first(link(a(), other)).remote_visible is visible


CONTRADICTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"allow_virtual_network_access": False}, {}),
    ({"use_remote_gateways": True}, {}),
    ({"peer_complete_vnets": False, "local_subnet_names": ("web",), "remote_subnet_names": ("sql",)}, {}),
    (
        {"peer_complete_vnets": False, "local_subnet_names": ("web",), "remote_subnet_names": ("sql",)},
        {"peer_complete_vnets": False, "local_subnet_names": ("sql",), "remote_subnet_names": ("api",)},
    ),
    # A contradiction counts even where another flag is unknown.
    ({"allow_virtual_network_access": False, "use_remote_gateways": None}, {}),
]
AGREEMENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"allow_virtual_network_access": False}, {"allow_virtual_network_access": False}),
    ({"use_remote_gateways": True}, {"allow_gateway_transit": True}),
    ({}, {"allow_gateway_transit": True}),
    ({"use_remote_gateways": True, "allow_gateway_transit": None}, {"allow_gateway_transit": True}),
    ({"allow_forwarded_traffic": True}, {}),
    ({"peer_complete_vnets": None}, {"peer_complete_vnets": None}),
    ({"peer_complete_vnets": None}, {}),
    (
        {"peer_complete_vnets": False, "local_subnet_names": ("web",), "remote_subnet_names": ("sql", "x")},
        {"peer_complete_vnets": False, "local_subnet_names": ("X", "SQL"), "remote_subnet_names": ("Web",)},
    ),
]
UNKNOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"allow_virtual_network_access": None}, {}),
    ({"use_remote_gateways": None}, {}),
    ({"use_remote_gateways": True}, {"allow_gateway_transit": None}),
    ({"peer_complete_vnets": None}, {"peer_complete_vnets": False}),
    ({"peer_complete_vnets": False}, {"peer_complete_vnets": False, "local_subnet_names": ("web",)}),
]


@pytest.mark.parametrize(
    ("one", "other", "consistent"),
    [
        *((*case, False) for case in CONTRADICTIONS),
        *((*case, True) for case in AGREEMENTS),
        *((*case, None) for case in UNKNOWN),
    ],
)
def test_sides_agree_contradict_or_cannot_be_told_the_same_from_both_ends(
    one: dict[str, Any], other: dict[str, Any], *, consistent: bool | None
) -> None:
    for joined in (link(a(**one), b(**other)), link(a(**other), b(**one))):
        assert [side.consistent for side in sides([joined], nowhere)] == [consistent, consistent]


@pytest.mark.parametrize("other", [unseen(), no_peering(), no_vnet()])
def test_a_side_alone_neither_agrees_nor_contradicts(other: Half) -> None:
    assert first(link(a(allow_virtual_network_access=False), other)).consistent is None


@pytest.mark.parametrize(
    ("local", "remote", "is_global"),
    [
        ("westeurope", "westeurope", False),
        ("westeurope", "West Europe", False),
        ("westeurope", "eastus", True),
        ("westeurope", None, None),
        ("westeurope", "", None),
        ("", "eastus", None),
    ],
)
def test_a_peering_is_global_where_both_regions_are_known_and_differ(
    local: str, remote: str | None, *, is_global: bool | None
) -> None:
    one = link(a(vnet={"location": local}), unseen())
    (side,) = sides([one], {vnet_id("vnet-b"): remote}.get)
    assert side.is_global is is_global


def test_a_network_that_only_a_direct_question_found_tells_its_region() -> None:
    other = HalfUnseen(vnet_id("vnet-b"), vnet=network("vnet-b", location="eastus"))
    assert first(link(a(), other)).is_global is True
