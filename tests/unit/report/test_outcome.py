from __future__ import annotations

import pytest

from monitor.model import Reason, Severity
from monitor.report.outcome import exit_code, unseen
from tests.unit.report.snapshots import FORBIDDEN, finding, read, snapshot

INFO, WARNING, CRITICAL, NEVER = Severity.INFO, Severity.WARNING, Severity.CRITICAL, None


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (INFO, INFO, 1),
        (INFO, WARNING, 0),
        (INFO, CRITICAL, 0),
        (INFO, NEVER, 0),
        (WARNING, INFO, 1),
        (WARNING, WARNING, 1),
        (WARNING, CRITICAL, 0),
        (WARNING, NEVER, 0),
        (CRITICAL, INFO, 1),
        (CRITICAL, WARNING, 1),
        (CRITICAL, CRITICAL, 1),
        (CRITICAL, NEVER, 0),
    ],
)
def test_a_finding_counts_from_the_level_on(severity: Severity, fail_on: Severity | None, code: int) -> None:
    assert exit_code(snapshot(finding(severity=severity)), fail_on) == code


def test_the_worst_finding_decides() -> None:
    assert exit_code(snapshot(finding(severity=INFO), finding(severity=CRITICAL)), CRITICAL) == 1


def test_nothing_found_and_everything_read_is_0() -> None:
    assert exit_code(snapshot(), INFO) == 0


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
@pytest.mark.parametrize("fail_on", [INFO, NEVER])
def test_a_failed_read_is_2_whatever_was_found(reason: Reason, fail_on: Severity | None) -> None:
    failed = read(reason=reason)
    seen = snapshot(finding(), coverage=(read(), failed))
    assert exit_code(seen, fail_on) == 2
    assert unseen(seen) == (failed,)


def test_a_failed_discovery_is_2() -> None:
    assert exit_code(snapshot(coverage=(read("", Reason.UNAUTHENTICATED, collector="subscriptions"),)), NEVER) == 2


def test_no_coverage_at_all_is_2() -> None:
    assert exit_code(snapshot(coverage=()), NEVER) == 2


def test_what_was_read_is_not_unseen() -> None:
    assert unseen(snapshot(coverage=(read(), FORBIDDEN))) == (FORBIDDEN,)
