"""The report for CI systems: JUnit XML, a test case per link, per network with findings, and per read.

A test case carries at most one result, though a link may have several findings: Jenkins, Azure Pipelines and
others show only the first of several, and some refuse the file.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from monitor.model import HalfUnseen, OnLink, OnNetwork, Reason
from monitor.report.outcome import counts_as_failure
from monitor.report.wording import Names, worst_first

if TYPE_CHECKING:
    from monitor.model import ArmId, Finding, Link, LinkKey, Severity, Snapshot, Subject

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(snapshot: Snapshot, *, fail_on: Severity | None) -> str:
    """The document as text: ASCII with character references, so that no locale can break it."""
    root = ET.Element("testsuites", name="peering-monitor")
    names = Names(snapshot)
    _peerings(_suite(root, "peerings", snapshot), snapshot, names, fail_on)
    _networks(root, snapshot, names, fail_on)
    _reads(_suite(root, "coverage", snapshot), snapshot, names)
    for element in (*root, root):
        element.attrib |= {
            "tests": _count(element, "testcase"),
            "failures": _count(element, "failure"),
            "errors": _count(element, "error"),
            "skipped": _count(element, "skipped"),
            "time": "0",
        }
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="us-ascii").decode()}\n'


def _suite(root: ET.Element, name: str, snapshot: Snapshot) -> ET.Element:
    built = datetime.fromtimestamp(snapshot.built_at, UTC)
    return ET.SubElement(root, "testsuite", name=name, timestamp=built.strftime("%Y-%m-%dT%H:%M:%S"))


def _count(element: ET.Element, tag: str) -> str:
    return str(sum(1 for _ in element.iter(tag)))


def _peerings(suite: ET.Element, snapshot: Snapshot, names: Names, fail_on: Severity | None) -> None:
    findings: dict[LinkKey, list[Finding]] = {}
    for finding in worst_first(snapshot):
        if isinstance(finding.subject, OnLink):
            findings.setdefault(finding.subject.link, []).append(finding)
    links: dict[LinkKey, Link | None] = {link.key: link for link in snapshot.links}
    for key in (*links, *(key for key in findings if key not in links)):
        case = _case(suite, "peerings", f"{names.network(key.low)} <-> {names.network(key.high)}")
        failed = _judge(case, findings.get(key, []), fail_on)
        if not failed and (reason := _unread(links.get(key))):
            message = f"the other side could not be read: {reason}"
            ET.SubElement(case, "skipped", message=_legal(message))


def _networks(root: ET.Element, snapshot: Snapshot, names: Names, fail_on: Severity | None) -> None:
    findings: dict[ArmId, list[Finding]] = {}
    for finding in worst_first(snapshot):
        if isinstance(finding.subject, OnNetwork):
            findings.setdefault(finding.subject.vnet, []).append(finding)
    suite = _suite(root, "networks", snapshot) if findings else root
    for vnet, found in findings.items():
        _judge(_case(suite, "networks", names.network(vnet)), found, fail_on)


def _judge(case: ET.Element, found: list[Finding], fail_on: Severity | None) -> bool:
    """Give a test case its result, and say whether it failed."""
    failures = [finding for finding in found if counts_as_failure(finding, fail_on)]
    below = [finding for finding in found if finding not in failures]
    if failures:
        _result(
            case,
            "failure",
            kind=failures[0].check,
            message="; ".join(f"{finding.check}: {finding.detail}" for finding in failures),
            text="\n\n".join(map(_told, failures)),
        )
    if below:
        ET.SubElement(case, "system-out").text = _legal("\n\n".join(map(_told, below)))
    return bool(failures)


def _unread(link: Link | None) -> Reason | None:
    """Why a side could not be read although it should have been; what cannot be told is no passed test."""
    halves = () if link is None else (link.low, link.high)
    return next((half.reason for half in halves if isinstance(half, HalfUnseen) and half.reason), None)


def _told(finding: Finding) -> str:
    lines = [
        f"{finding.severity} {finding.check} ({finding.reason})",
        finding.detail,
        _about(finding.subject),
        *(["Repair:", *finding.repair] if finding.repair else []),
        f"Portal: {finding.portal_url}",
    ]
    return "\n".join(lines)


def _about(subject: Subject) -> str:
    match subject:
        case OnLink(side=side):
            return f"Side: {side.id}"
        case OnNetwork(vnet=vnet):
            return f"Network: {vnet}"


def _reads(suite: ET.Element, snapshot: Snapshot, names: Names) -> None:
    for row in snapshot.coverage:
        case = _case(suite, "coverage", names.read(row))
        if row.reason is not Reason.OK:
            message = f"could not be read: {row.reason}"
            _result(case, "error", kind=row.reason, message=message, text=row.detail or message)
    if not snapshot.coverage:
        message = "nothing was read"
        _result(
            _case(suite, "coverage", "anything"),
            "error",
            kind="no_coverage",
            message=message,
            text=message,
        )


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=classname, name=_legal(name), time="0")


def _result(case: ET.Element, tag: str, *, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, type=_legal(kind), message=_legal(message)).text = _legal(text)


def _legal(text: str) -> str:
    """The text with U+FFFD for everything that XML 1.0 cannot carry."""
    return _ILLEGAL.sub("\ufffd", text)
