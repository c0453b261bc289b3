from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.pairing import pair
from monitor.model import (
    Absence,
    ArmId,
    HalfMissing,
    HalfPresent,
    HalfUnseen,
    Link,
    LinkKey,
    Peering,
    Reason,
    VirtualNetwork,
)
from tests.unit.analysis.builders import network, peering, vnet_id

if TYPE_CHECKING:
    from random import Random


def forbidden(vnet: ArmId, _other: ArmId) -> HalfUnseen:
    return HalfUnseen(vnet, Reason.FORBIDDEN)


def subnets(here: str, there: str, local: str, remote: str, name: str) -> Peering:
    return peering(
        here,
        there,
        name=name,
        peer_complete_vnets=False,
        local_subnet_names=(local,),
        remote_subnet_names=(remote,),
    )


def names_of(links: tuple[Link, ...]) -> list[tuple[str | None, str | None]]:
    return [
        (
            link.low.peering.name if isinstance(link.low, HalfPresent) else None,
            link.high.peering.name if isinstance(link.high, HalfPresent) else None,
        )
        for link in links
    ]


def test_both_sides_of_a_peering_become_one_link() -> None:
    here, there = network("vnet-a", peering("vnet-a", "vnet-b")), network("vnet-b", peering("vnet-b", "vnet-a"))
    (link,) = pair([there, here], forbidden)
    assert link.key == LinkKey.between(here.id, there.id)
    assert link.low == HalfPresent(here.peerings[0], here)
    assert link.high == HalfPresent(there.peerings[0], there)


def test_sides_pair_whatever_the_case_of_their_ids() -> None:
    shouting = peering(ArmId(vnet_id("vnet-b").text.upper()), ArmId(vnet_id("vnet-a").text.upper()), name="BACK")
    links = pair([network("vnet-a", peering("vnet-a", "vnet-b")), network("vnet-b", shouting)], forbidden)
    assert names_of(links) == [("vnet-a-to-vnet-b", "BACK")]


def test_a_side_that_is_not_found_is_asked_for_once_from_its_own_point_of_view() -> None:
    asked: list[tuple[ArmId, ArmId]] = []

    def absence(vnet: ArmId, other: ArmId) -> HalfMissing:
        asked.append((vnet, other))
        return HalfMissing(vnet, Absence.VNET)

    (link,) = pair([network("vnet-a", peering("vnet-a", "vnet-b"))], absence)
    assert asked == [(vnet_id("vnet-b"), vnet_id("vnet-a"))]
    assert link.high == HalfMissing(vnet_id("vnet-b"), Absence.VNET)


def test_the_missing_side_can_be_the_one_that_sorts_first() -> None:
    (link,) = pair([network("vnet-b", peering("vnet-b", "vnet-a"))], forbidden)
    assert link.low == HalfUnseen(vnet_id("vnet-a"), Reason.FORBIDDEN)
    assert isinstance(link.high, HalfPresent)


def test_subnet_peerings_between_two_networks_pair_by_their_mirrored_selection() -> None:
    here = network(
        "vnet-a",
        subnets("vnet-a", "vnet-b", "web", "sql", "1"),
        subnets("vnet-a", "vnet-b", "api", "logs", "2"),
    )
    there = network(
        "vnet-b",
        subnets("vnet-b", "vnet-a", "LOGS", "api", "x"),
        subnets("vnet-b", "vnet-a", "sql", "web", "y"),
    )
    links = pair([here, there], forbidden)
    assert names_of(links) == [("1", "y"), ("2", "x")]
    assert links[0].key == links[1].key


def test_subnet_peerings_that_do_not_mirror_pair_in_the_order_of_ids_and_none_is_lost() -> None:
    here = network(
        "vnet-a",
        subnets("vnet-a", "vnet-b", "jobs", "cache", "3"),
        subnets("vnet-a", "vnet-b", "api", "logs", "2"),
        subnets("vnet-a", "vnet-b", "web", "sql", "1"),
    )
    there = network(
        "vnet-b",
        subnets("vnet-b", "vnet-a", "logs", "api", "y"),
        subnets("vnet-b", "vnet-a", "old", "web", "x"),
    )
    assert names_of(pair([here, there], forbidden)) == [("1", "x"), ("2", "y"), ("3", None)]


def test_a_whole_peering_does_not_pair_with_one_of_subnets_while_its_own_kind_is_there() -> None:
    here = network("vnet-a", subnets("vnet-a", "vnet-b", "web", "sql", "1"), peering("vnet-a", "vnet-b", name="2"))
    there = network(
        "vnet-b", peering("vnet-b", "vnet-a", name="x"), subnets("vnet-b", "vnet-a", "sql", "web", "y")
    )
    assert names_of(pair([here, there], forbidden)) == [("1", "y"), ("2", "x")]


def test_a_peering_of_a_network_with_itself_is_a_link_whose_other_side_nobody_misses() -> None:
    def never(vnet: ArmId, other: ArmId) -> HalfMissing:
        raise AssertionError(f"asked for {vnet} to {other}")

    (link,) = pair([network("vnet-a", peering("vnet-a", "vnet-a"))], never)
    assert isinstance(link.low, HalfPresent)
    assert link.high == HalfUnseen(vnet_id("vnet-a"))


def test_networks_without_peerings_make_no_link() -> None:
    assert pair([network("vnet-a"), network("vnet-b")], forbidden) == ()


def test_an_answer_that_lists_a_network_or_a_peering_twice_makes_one_link() -> None:
    side = peering("vnet-a", "vnet-b")
    here = network("vnet-a", side, side)
    assert len(pair([here, here], forbidden)) == 1


NAMES = st.sampled_from(["vnet-a", "vnet-a-b", "vnet-b", "VNET-C"])
SUBNETS = st.sampled_from(["web", "sql"])
SIDES = st.lists(
    st.builds(
        lambda here, there, name, local, remote: subnets(here, there, local, remote, name),
        NAMES,
        NAMES,
        st.sampled_from(["1", "2", "3"]),
        SUBNETS,
        SUBNETS,
    ),
    unique_by=lambda side: side.id,
    max_size=12,
)


def estate(sides: list[Peering]) -> list[VirtualNetwork]:
    names = {side.vnet for side in sides}
    return [network(name, *(side for side in sides if side.vnet == name)) for name in sorted(names)]


@given(SIDES)
def test_every_peering_is_in_exactly_one_link_of_its_own_networks(sides: list[Peering]) -> None:
    links = pair(estate(sides), forbidden)
    assert sorted(here.peering.id for link in links for here, _ in link.sides()) == sorted(
        side.id for side in sides
    )
    for link in links:
        for here, there in link.sides():
            assert link.key == LinkKey.between(here.peering.vnet, here.peering.remote_vnet)
            assert there.vnet_id == here.peering.remote_vnet


@given(SIDES, st.randoms(use_true_random=False))
def test_the_order_in_which_azure_lists_changes_nothing(sides: list[Peering], random: Random) -> None:
    shuffled = list(sides)
    random.shuffle(shuffled)
    networks = estate(shuffled)
    random.shuffle(networks)
    keys = [[here.peering.id for here, _ in link.sides()] for link in pair(estate(sides), forbidden)]
    assert [[here.peering.id for here, _ in link.sides()] for link in pair(networks, forbidden)] == keys
    assert [link.key.id for link in pair(networks, forbidden)] == sorted(
        link.key.id for link in pair(networks, forbidden)
    )
