"""The report for scripts: one JSON document, whose keys are a promise: there may be more, never other ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from monitor.analysis.engine import order
from monitor.model import OnLink
from monitor.report.outcome import exit_code, unseen
from monitor.report.wording import by_severity

if TYPE_CHECKING:
    from monitor.model import Coverage, Finding, Ignore, Severity, Snapshot

SCHEMA_VERSION = 1


def document(snapshot: Snapshot, *, fail_on: Severity | None, external_url: str | None = None) -> dict[str, Any]:
    """The document as plain data; ``external_url`` is where the web page is found, if there is one."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": _rfc3339(snapshot.built_at),
        "exit_code": exit_code(snapshot, fail_on),
        "fail_on": fail_on or "never",
        "summary": {
            "subscriptions": len(snapshot.subscriptions),
            "virtual_networks": len(snapshot.virtual_networks),
            "links": len(snapshot.links),
            "peerings": len(snapshot.sides),
            "findings": {str(severity): number for severity, number in by_severity(snapshot).items()},
            "ignored_findings": len(snapshot.ignored),
            "reads": len(snapshot.coverage),
            "failed_reads": len(unseen(snapshot)),
        },
        "findings": [_finding(finding, ignore, external_url) for finding, ignore in _all_findings(snapshot)],
        "coverage": [_failed_read(row) for row in unseen(snapshot)],
        "expired_ignores": [_ignore(one) for one in snapshot.expired_ignores],
    }


def render(snapshot: Snapshot, *, fail_on: Severity | None, external_url: str | None = None) -> str:
    """The document as text: ASCII, so that no locale and no name can break it."""
    return json.dumps(document(snapshot, fail_on=fail_on, external_url=external_url), indent=2) + "\n"


def _all_findings(snapshot: Snapshot) -> list[tuple[Finding, Ignore | None]]:
    """Those that stand and those that are ignored, in one order."""
    found: list[tuple[Finding, Ignore | None]] = [(one, None) for one in snapshot.findings]
    found += [(one.finding, one.ignore) for one in snapshot.ignored]
    return sorted(found, key=lambda one: order(one[0]))


def _ignore(ignore: Ignore) -> dict[str, Any]:
    return {
        "check": ignore.check,
        "vnet": ignore.vnet,
        "peering": ignore.peering,
        "until": _rfc3339(ignore.until),
        "reason": ignore.reason,
    }


def _finding(finding: Finding, ignore: Ignore | None, external_url: str | None) -> dict[str, Any]:
    on = finding.subject
    link = on.link.id if isinstance(on, OnLink) else None
    return {
        "check": finding.check,
        "severity": str(finding.severity),
        "link": link,
        "side": on.side.id.text if isinstance(on, OnLink) else None,
        "virtual_network": (on.side.vnet if isinstance(on, OnLink) else on.vnet).text,
        "remote_virtual_network": on.side.remote_vnet.text if isinstance(on, OnLink) else None,
        "reason": finding.reason,
        "detail": finding.detail,
        "repair": list(finding.repair),
        "portal_url": finding.portal_url,
        "page_url": f"{external_url}/#link-{link}" if external_url and link else external_url,
        "ignored": ignore is not None,
        "ignored_until": _rfc3339(ignore.until) if ignore else None,
        "ignored_reason": ignore.reason if ignore else None,
    }


def _failed_read(row: Coverage) -> dict[str, Any]:
    return {
        "subscription_id": row.subscription_id,
        "collector": row.collector,
        "reason": str(row.reason),
        "detail": row.detail,
        "last_success_at": None if row.last_success is None else _rfc3339(row.last_success),
    }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
