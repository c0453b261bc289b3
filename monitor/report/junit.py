"""The report for CI systems: JUnit XML, a test case per link, per network with findings, and per read.

A test case carries at most one result, though a link may have several findings: Jenkins, Azure Pipelines and
others show only the first of several, and some refuse the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from monitor.model import HalfUnseen, OnLink, OnNetwork, Reason
from monitor.report.outcome import counts_as_failure
from monitor.report.wording import Names, moment, worst_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model import ArmId, Finding, IgnoredFinding, Link, LinkKey, Severity, Snapshot, Subject

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
    findings: defaultdict[LinkKey, list[Finding]] = defaultdict(list)
    ignored: defaultdict[LinkKey, list[IgnoredFinding]] = defaultdict(list)
    for finding in worst_first(snapshot):
        if isinstance(finding.subject, OnLink):
            findings[finding.subject.link].append(finding)
    for one in snapshot.ignored:
        if isinstance(one.finding.subject, OnLink):
            ignored[one.finding.subject.link].append(one)
    links: dict[LinkKey, Link | None] = {link.key: link for link in snapshot.links}
    for key in dict.fromkeys((*links, *findings, *ignored)):
        case = _case(suite, "peerings", f"{names.network(key.low)} <-> {names.network(key.high)}")
        judged = _judge(case, findings.get(key, ()), ignored.get(key, ()), fail_on)
        if not judged and (reason := _unread(links.get(key))):
            message = f"the other side could not be read: {reason}"
            ET.SubElement(case, "skipped", message=_legal(message))


def _networks(root: ET.Element, snapshot: Snapshot, names: Names, fail_on: Severity | None) -> None:
    findings: defaultdict[ArmId, list[Finding]] = defaultdict(list)
    ignored: defaultdict[ArmId, list[IgnoredFinding]] = defaultdict(list)
    for finding in worst_first(snapshot):
        if isinstance(finding.subject, OnNetwork):
            findings[finding.subject.vnet].append(finding)
    for one in snapshot.ignored:
        if isinstance(one.finding.subject, OnNetwork):
            ignored[one.finding.subject.vnet].append(one)
    suite = _suite(root, "networks", snapshot) if findings or ignored else root
    for vnet in dict.fromkeys((*findings, *ignored)):
        case = _case(suite, "networks", names.network(vnet))
        _judge(case, findings.get(vnet, ()), ignored.get(vnet, ()), fail_on)


def _judge(
    case: ET.Element, found: Sequence[Finding], ignored: Sequence[IgnoredFinding], fail_on: Severity | None
) -> bool:
    """Give a test case its result, if it has one, and say whether it has.

    One that fails in nothing but what is ignored is skipped, with the reason: it has not passed.
    """
    failures = [finding for finding in found if counts_as_failure(finding, fail_on)]
    output = [_told(finding) for finding in found if finding not in failures]
    output += [f"Ignored {_why(one)}\n{_told(one.finding)}" for one in ignored]
    if failures:
        _result(
            case,
            "failure",
            kind=failures[0].check,
            message="; ".join(f"{finding.check}: {finding.detail}" for finding in failures),
            text="\n\n".join(map(_told, failures)),
        )
    elif ignored:
        message = "; ".join(f"{one.finding.check} is ignored {_why(one)}" for one in ignored)
        ET.SubElement(case, "skipped", message=_legal(message))
    if output:
        ET.SubElement(case, "system-out").text = _legal("\n\n".join(output))
    return bool(failures or ignored)


def _why(one: IgnoredFinding) -> str:
    return f"until {moment(one.ignore.until)}: {one.ignore.reason}"


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
