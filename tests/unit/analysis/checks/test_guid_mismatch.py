from __future__ import annotations

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import words_of


def test_finding_when_the_sides_were_not_made_for_each_other() -> None:
    finding = only(link(a(resource_guid="one"), b(resource_guid="two")))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/guid-mismatch",
        "different",
        "vnet-a-to-vnet-b",
    )
    assert [words[4] for words in words_of(finding.repair)] == ["delete", "delete", "create", "create"]


def test_clean_when_guids_differ_in_case_only() -> None:
    assert checks_of(link(a(resource_guid="9A1B"), b(resource_guid="9a1b"))) == []


@pytest.mark.parametrize("nothing", [None, ""])
def test_clean_when_a_side_does_not_say(nothing: str | None) -> None:
    assert checks_of(link(a(resource_guid=nothing), b())) == []


def test_unseen_other_side_gives_nothing_to_compare() -> None:
    assert checks_of(link(a(resource_guid="one"), unseen())) == []
