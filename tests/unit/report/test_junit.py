"""JUnit XML as CI systems read it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from monitor.model import HalfPresent, HalfUnseen, Reason, Severity, VirtualNetwork
from monitor.report import junit
from tests.unit.report.snapshots import (
    APP,
    FORBIDDEN,
    PROD,
    VNET_HUB,
    finding,
    ignored,
    link,
    on_network,
    peering,
    read,
    side_of,
    snapshot,
)

if TYPE_CHECKING:
    from monitor.model import Snapshot

NAME = "vnet-hub (rg-networking, Connectivity) <-> vnet-app (rg-app, Production)"
COUNTS = ("tests", "failures", "errors", "skipped")


def parse(seen: Snapshot, fail_on: Severity | None = Severity.WARNING) -> ET.Element:
    text = junit.render(seen, fail_on=fail_on)
    assert text.isascii()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    return ET.fromstring(text)


def case(root: ET.Element, suite: str = "peerings") -> ET.Element:
    (only,) = root.findall(f"testsuite[@name='{suite}']/testcase")
    return only


def counts(element: ET.Element) -> list[int]:
    return [int(element.attrib[name]) for name in COUNTS]


def test_a_sound_link_is_a_passed_test() -> None:
    told = case(parse(snapshot()))
    assert told.attrib == {"classname": "peerings", "name": NAME, "time": "0"}
    assert list(told) == []


def test_a_finding_is_a_failure_that_says_everything() -> None:
    one = finding()
    (failure,) = case(parse(snapshot(one)))
    assert failure.tag == "failure"
    assert failure.attrib == {"type": "link/disconnected", "message": f"link/disconnected: {one.detail}"}
    assert (failure.text or "").splitlines() == [
        "critical link/disconnected (peer_missing)",
        one.detail,
        f"Side: {side_of(one).id}",
        "Repair:",
        *one.repair,
        f"Portal: {one.portal_url}",
    ]


def test_several_findings_are_one_failure_the_worst_first() -> None:
    """Jenkins and Azure Pipelines show only the first failure of a test."""
    mild = finding(check="link/initiated", severity=Severity.WARNING, detail="Mild.")
    (failure,) = case(parse(snapshot(mild, finding())))
    assert failure.attrib["type"] == "link/disconnected"
    assert failure.attrib["message"].endswith("; link/initiated: Mild.")
    assert "warning link/initiated" in (failure.text or "")


@pytest.mark.parametrize("fail_on", [Severity.CRITICAL, None])
def test_a_finding_below_the_level_is_output_of_a_passed_test(fail_on: Severity | None) -> None:
    root = parse(snapshot(finding(severity=Severity.WARNING)), fail_on)
    (output,) = case(root)
    assert output.tag == "system-out"
    assert "warning link/disconnected" in (output.text or "")
    assert counts(root) == [4, 0, 0, 0]


def test_a_link_whose_other_side_could_not_be_read_is_skipped_not_passed() -> None:
    half = HalfPresent(peering(), VirtualNetwork(APP))
    root = parse(snapshot(links=(link(half, HalfUnseen(VNET_HUB, Reason.FORBIDDEN)),)))
    (skipped,) = case(root)
    assert (skipped.tag, skipped.attrib) == ("skipped", {"message": "the other side could not be read: forbidden"})
    assert counts(root) == [4, 0, 0, 1]


def test_a_link_to_what_is_not_watched_is_a_passed_test() -> None:
    half = HalfPresent(peering(), VirtualNetwork(APP))
    assert list(case(parse(snapshot(links=(link(half, HalfUnseen(VNET_HUB)),))))) == []


def test_a_finding_outranks_what_could_not_be_read() -> None:
    half = HalfPresent(peering(), VirtualNetwork(APP))
    seen = snapshot(finding(), links=(link(half, HalfUnseen(VNET_HUB, Reason.FORBIDDEN)),))
    assert [element.tag for element in case(parse(seen))] == ["failure"]


def test_a_link_whose_only_findings_are_ignored_is_skipped_with_the_reason() -> None:
    root = parse(snapshot(ignored=(ignored(),)))
    skipped, output = case(root)
    assert (skipped.tag, output.tag) == ("skipped", "system-out")
    assert skipped.attrib["message"] == (
        "link/disconnected is ignored until 2023-11-14 22:23 UTC: The app team moves."
    )
    assert (output.text or "").startswith(
        "Ignored until 2023-11-14 22:23 UTC: The app team moves.\ncritical link/"
    )
    assert counts(root) == [4, 0, 0, 1]


def test_an_ignored_finding_beside_another_fails_only_for_the_other() -> None:
    root = parse(snapshot(finding(check="link/initiated", detail="Other."), ignored=(ignored(),)))
    failure, output = case(root)
    assert failure.attrib["message"] == "link/initiated: Other."
    assert "Ignored until" in (output.text or "")
    assert counts(root) == [4, 1, 0, 0]


def test_an_ignored_finding_of_a_network_is_skipped() -> None:
    one = ignored()
    root = parse(snapshot(ignored=(replace(one, finding=on_network()),)))
    (skipped, _) = case(root, "networks")
    assert skipped.tag == "skipped"
    assert counts(root) == [5, 0, 0, 1]


def test_a_failed_read_is_an_error() -> None:
    told = case(parse(snapshot(coverage=(FORBIDDEN,))), "coverage")
    assert told.attrib["name"] == f"topology of Production ({PROD})"
    (error,) = told
    assert error.attrib == {"type": "forbidden", "message": "could not be read: forbidden"}
    assert error.text == FORBIDDEN.detail


def test_no_coverage_at_all_is_an_error() -> None:
    (error,) = case(parse(snapshot(coverage=())), "coverage")
    assert (error.tag, error.attrib["message"]) == ("error", "nothing was read")


def test_the_counts_are_those_of_the_tests() -> None:
    root = parse(snapshot(finding(), finding(check="link/initiated"), coverage=(read(), FORBIDDEN, read(""))))
    assert counts(root) == [4, 1, 1, 0]
    assert {suite.attrib["name"]: counts(suite) for suite in root} == {
        "peerings": [1, 1, 0, 0],
        "coverage": [3, 0, 1, 0],
    }


def test_what_xml_cannot_carry_is_replaced_and_the_rest_is_kept() -> None:
    hostile = "\x00\x1b[31m\ud800\ufffe]]></failure>&amp; ü漢\U0001f600"
    seen = snapshot(
        finding(detail=hostile, reason=hostile, check=hostile), coverage=(read(PROD, Reason.NETWORK, hostile),)
    )
    root = parse(seen)
    kept = "\ufffd\ufffd[31m\ufffd\ufffd]]></failure>&amp; ü漢\U0001f600"
    (failure,) = case(root)
    assert failure.attrib["type"] == kept
    assert kept in (failure.text or "")
    assert case(root, "coverage")[0].text == kept
