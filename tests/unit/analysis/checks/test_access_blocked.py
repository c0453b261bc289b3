from __future__ import annotations

from typing import Any

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of

OFF: dict[str, Any] = {"allow_virtual_network_access": False}


def test_finding_when_one_side_blocks() -> None:
    finding = only(link(a(), b(**OFF)))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/access-blocked",
        "one_side",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    assert words[4] == "update"
    assert options_of(words)["--set"] == "allowVirtualNetworkAccess=true"


def test_finding_when_both_sides_block_is_one_with_both_repairs() -> None:
    finding = only(link(a(**OFF), b(**OFF)))
    assert (finding.reason, side_of(finding).name) == ("both_sides", "vnet-a-to-vnet-b")
    assert [options_of(words)["--vnet-name"] for words in words_of(finding.repair)] == ["vnet-a", "vnet-b"]


@pytest.mark.parametrize("access", [True, None])
def test_clean_when_access_is_on_or_not_said(*, access: bool | None) -> None:
    assert checks_of(link(a(allow_virtual_network_access=access), b())) == []


def test_unseen_other_side_does_not_hide_that_this_one_blocks() -> None:
    assert only(link(a(**OFF), unseen())).reason == "one_side"
    assert checks_of(link(a(), unseen())) == []
