from __future__ import annotations

import pytest

from monitor.analysis import wording
from monitor.model import ArmId, HalfUnseen, Reason
from tests.unit.analysis.builders import network, peering, vnet_id


def test_a_network_is_called_by_its_name() -> None:
    assert wording.network(vnet_id("vnet-a"), vnet_id("vnet-b")) == "vnet-a"


def test_namesakes_are_told_apart_by_resource_group_else_by_subscription() -> None:
    here = vnet_id("vnet-a", group="rg-1")
    assert wording.network(here, vnet_id("VNET-A", group="rg-2")) == "vnet-a (resource group rg-1)"
    assert wording.network(here, vnet_id("VNET-A", group="RG-1", subscription="x")).startswith(
        "vnet-a (subscription 1"
    )


@pytest.mark.parametrize(
    ("half", "said"),
    [
        (HalfUnseen(vnet_id("vnet-b", subscription="s")), "vnet-b is in subscription s, which is not watched"),
        (
            HalfUnseen(vnet_id("vnet-b", subscription="s"), Reason.TIMEOUT),
            "vnet-b is in subscription s, which could not be read (timeout)",
        ),
        (
            HalfUnseen(vnet_id("vnet-b", subscription="s"), Reason.BAD_RESPONSE),
            "vnet-b is in subscription s, whose answers did not show it",
        ),
        (
            HalfUnseen(vnet_id("vnet-b"), Reason.BAD_RESPONSE, network("vnet-b")),
            "whether vnet-b has a peering back could not be read",
        ),
        (HalfUnseen(ArmId("odd")), "vnet-b is in subscription (unknown), which is not watched"),
    ],
)
def test_why_a_side_is_unseen(half: HalfUnseen, said: str) -> None:
    assert wording.unseen(half, peering("vnet-a", "vnet-b")) == said


def test_a_long_list_is_cut_and_counted() -> None:
    assert wording.listing({"b", "a"}) == "a, b"
    assert wording.listing({str(number) for number in range(10)}) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
