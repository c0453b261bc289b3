"""What a snapshot means for the one who asked: what could not be seen, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model import SEVERITY_ORDER, Reason

if TYPE_CHECKING:
    from monitor.model import Coverage, Finding, Severity, Snapshot

HEALTHY = 0
FINDINGS = 1
NOT_ALL_SEEN = 2


def unseen(snapshot: Snapshot) -> tuple[Coverage, ...]:
    """The reads that failed."""
    return tuple(row for row in snapshot.coverage if row.reason is not Reason.OK)


def counts_as_failure(finding: Finding, fail_on: Severity | None) -> bool:
    """Whether a finding is at or above the level; None is above every level."""
    return fail_on is not None and SEVERITY_ORDER[finding.severity] >= SEVERITY_ORDER[fail_on]


def exit_code(snapshot: Snapshot, fail_on: Severity | None) -> int:
    """0 nothing at or above the level, 1 findings, 2 not everything could be seen, whatever was found.

    No coverage at all means that nothing was looked at, which is no better than a failed read.
    """
    if unseen(snapshot) or not snapshot.coverage:
        return NOT_ALL_SEEN
    if any(counts_as_failure(finding, fail_on) for finding in snapshot.findings):
        return FINDINGS
    return HEALTHY
