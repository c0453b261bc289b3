from __future__ import annotations

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


def test_finding_names_the_side_that_drops_forwarded_traffic() -> None:
    finding = only(link(a(allow_forwarded_traffic=True), b()))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/forwarded-traffic-asymmetric",
        "one_side",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    assert options_of(words)["--set"] == "allowForwardedTraffic=true"


def test_clean_when_both_sides_do_the_same() -> None:
    assert checks_of(link(a(), b())) == []
    assert checks_of(link(a(allow_forwarded_traffic=True), b(allow_forwarded_traffic=True))) == []


def test_clean_when_one_flag_is_not_said() -> None:
    assert checks_of(link(a(allow_forwarded_traffic=None), b(allow_forwarded_traffic=True))) == []


def test_unseen_other_side_gives_nothing_to_compare() -> None:
    assert checks_of(link(a(allow_forwarded_traffic=True), unseen())) == []
