from __future__ import annotations

from monitor.model import PeeringState, Reason
from tests.unit.analysis.builders import a, b, checks_of, link, no_peering, only, side_of, unseen
from tests.unit.analysis.shell import words_of

INITIATED = PeeringState.INITIATED


def test_finding_when_a_side_waits_although_the_other_is_there() -> None:
    finding = only(link(a(), b(state=INITIATED)))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/initiated",
        "both_present",
        "vnet-b-to-vnet-a",
    )
    assert [words[4] for words in words_of(finding.repair)] == ["delete", "delete", "create", "create"]


def test_finding_names_the_first_side_when_both_wait() -> None:
    assert side_of(only(link(a(state=INITIATED), b(state=INITIATED)))).name == "vnet-a-to-vnet-b"


def test_clean_when_both_are_connected() -> None:
    assert checks_of(link(a(), b())) == []


def test_clean_when_a_missing_peering_explains_it() -> None:
    assert checks_of(link(a(state=INITIATED), no_peering())) == ["link/half-missing"]


def test_unseen_other_side_is_asked_of_its_owner() -> None:
    finding = only(link(a(state=INITIATED), unseen(reason=Reason.THROTTLED)))
    assert finding.reason == "unseen"
    assert "could not be read (throttled)" in finding.detail
    assert "Ask the owner of subscription" in finding.detail
    assert [words[4] for words in words_of(finding.repair)] == ["list"]
