from __future__ import annotations

from monitor.model import PeeringState
from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import words_of

UNKNOWN = PeeringState.UNKNOWN


def test_finding_when_azure_gave_no_state() -> None:
    finding = only(link(a(), b(state=UNKNOWN)))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/unknown-state",
        "absent",
        "vnet-b-to-vnet-a",
    )
    assert [words[4] for words in words_of(finding.repair)] == ["show"]


def test_finding_quotes_a_word_that_is_not_known() -> None:
    finding = only(link(a(state=UNKNOWN), b(state=UNKNOWN, state_text="Hibernating\n")))
    assert (finding.reason, side_of(finding).name) == ("unrecognized", "vnet-b-to-vnet-a")
    assert "does not know: Hibernating\\n." in finding.detail


def test_clean_when_states_are_known() -> None:
    assert checks_of(link(a(), b())) == []


def test_unseen_other_side_changes_nothing() -> None:
    assert only(link(a(state=UNKNOWN), unseen())).reason == "absent"
    assert checks_of(link(a(), unseen())) == []
