"""What changed between two snapshots, told in the log: once when it begins, once when it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from monitor.model import OnLink, OnNetwork, Reason, Severity

if TYPE_CHECKING:
    from monitor.model import Coverage, Finding, Snapshot, Subject

log = structlog.get_logger(__name__)


def log_changes(before: Snapshot | None, after: Snapshot) -> None:
    """Log every finding that appeared or cleared, ignore that expired, and read that began or ceased to fail."""
    _log_expired_ignores(before, after)
    _log_findings(_findings(before), _findings(after))
    _log_coverage(_coverage(before), _coverage(after))


def _findings(snapshot: Snapshot | None) -> dict[tuple[str, ...], Finding]:
    return {
        (one.check, *one.subject.key, one.severity, one.reason): one
        for one in (snapshot.findings if snapshot else ())
    }


def _log_findings(before: dict[tuple[str, ...], Finding], after: dict[tuple[str, ...], Finding]) -> None:
    for key, finding in after.items():
        if key not in before:
            level = log.info if finding.severity is Severity.INFO else log.warning
            level("finding appeared", **_words(finding), detail=finding.detail)
    for key, finding in before.items():
        if key not in after:
            log.info("finding cleared", **_words(finding))


def _log_expired_ignores(before: Snapshot | None, after: Snapshot) -> None:
    known = before.expired_ignores if before else ()
    for one in after.expired_ignores:
        if one not in known:
            log.warning(
                "an entry of checks.ignore has expired and has no effect any more; renew or remove it",
                check=one.check,
                vnet=one.vnet,
                peering=one.peering,
                until=datetime.fromtimestamp(one.until, UTC).isoformat(),
                reason=one.reason,
            )


def _words(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "reason": finding.reason,
        **_subject(finding.subject),
    }


def _subject(subject: Subject) -> dict[str, str]:
    match subject:
        case OnLink(link=link, side=side):
            return {"link": link.id, "side": side.id.text}
        case OnNetwork(vnet=vnet):
            return {"virtual_network": vnet.text}


def _coverage(snapshot: Snapshot | None) -> dict[tuple[str, str], Coverage]:
    return {(one.collector, one.subscription_id): one for one in (snapshot.coverage if snapshot else ())}


def _log_coverage(before: dict[tuple[str, str], Coverage], after: dict[tuple[str, str], Coverage]) -> None:
    for key, row in after.items():
        was = before[key].reason if key in before else Reason.OK
        if row.reason is was:
            continue
        words = {"collector": row.collector, "subscription_id": row.subscription_id}
        if row.reason is Reason.OK:
            log.info("readable again", **words)
        else:
            log.warning("could not read everything", **words, reason=row.reason.value, detail=row.detail)
