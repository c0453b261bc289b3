from __future__ import annotations

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import words_of


@pytest.mark.parametrize(
    ("state", "reason"), [("Failed", "failed"), ("Canceled", "canceled"), ("FAILED", "failed")]
)
def test_finding_when_the_last_write_ended_badly(state: str, reason: str) -> None:
    finding = only(link(a(), b(provisioning_state=state)))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/provisioning-failed",
        reason,
        "vnet-b-to-vnet-a",
    )
    assert f"provisioningState {state}" in finding.detail
    assert [words[4] for words in words_of(finding.repair)] == ["update"]


def test_finding_of_both_sides_speaks_of_the_failed_one_and_repairs_both() -> None:
    finding = only(link(a(provisioning_state="Canceled"), b(provisioning_state="Failed")))
    assert (finding.reason, side_of(finding).name, len(finding.repair)) == ("failed", "vnet-b-to-vnet-a", 2)


@pytest.mark.parametrize("state", ["Succeeded", "Updating", "Creating", "Deleting", "Pondering", None])
def test_clean_when_it_has_not_failed(state: str | None) -> None:
    assert checks_of(link(a(provisioning_state=state), b())) == []


def test_unseen_other_side_changes_nothing() -> None:
    assert only(link(a(provisioning_state="Failed"), unseen())).reason == "failed"
    assert checks_of(link(a(), unseen())) == []
