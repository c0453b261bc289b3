from __future__ import annotations

import pytest

from monitor.model import SyncLevel
from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of

LOCAL = SyncLevel.LOCAL_NOT_IN_SYNC
REMOTE = SyncLevel.REMOTE_NOT_IN_SYNC
BOTH = SyncLevel.LOCAL_AND_REMOTE_NOT_IN_SYNC
FULLY = SyncLevel.FULLY_IN_SYNC

FROM_A, FROM_B = "vnet-a-to-vnet-b", "vnet-b-to-vnet-a"


def synced(commands: tuple[str, ...]) -> list[str]:
    """The peerings on which a sync is run; the network whose peerings are listed in brackets."""
    calls = [(words[4], options_of(words)) for words in words_of(commands)]
    return [options["--name"] if verb == "sync" else f"[{options['--vnet-name']}]" for verb, options in calls]


@pytest.mark.parametrize(
    ("level_a", "level_b", "reason", "side", "syncs"),
    [
        (REMOTE, LOCAL, "local_not_in_sync", FROM_B, [FROM_B]),
        (LOCAL, REMOTE, "local_not_in_sync", FROM_A, [FROM_A]),
        (LOCAL, FULLY, "local_not_in_sync", FROM_A, [FROM_A]),
        (BOTH, BOTH, "both_not_in_sync", FROM_A, [FROM_A, FROM_B]),
        (LOCAL, LOCAL, "both_not_in_sync", FROM_A, [FROM_A, FROM_B]),
        (FULLY, BOTH, "both_not_in_sync", FROM_A, [FROM_A, FROM_B]),
        # Only the changed network's side says so: the sync belongs to the other one all the same.
        (REMOTE, FULLY, "local_not_in_sync", FROM_B, [FROM_B]),
        (SyncLevel.UNKNOWN, REMOTE, "local_not_in_sync", FROM_A, [FROM_A]),
    ],
)
def test_finding_names_the_side_to_run_the_sync_on(
    level_a: SyncLevel, level_b: SyncLevel, reason: str, side: str, syncs: list[str]
) -> None:
    finding = only(link(a(sync_level=level_a), b(sync_level=level_b)))
    assert (finding.check, finding.reason, side_of(finding).name) == ("link/out-of-sync", reason, side)
    assert synced(finding.repair) == syncs


def test_finding_quotes_a_level_that_is_not_known() -> None:
    finding = only(link(a(), b(sync_level=SyncLevel.UNKNOWN, sync_level_text="Dreaming")))
    assert (finding.reason, side_of(finding).name) == ("unrecognized", FROM_B)
    assert "Dreaming" in finding.detail
    assert [words[4] for words in words_of(finding.repair)] == ["show"]


def test_finding_on_a_subnet_peering_is_repaired_without_making_it_one_of_whole_networks() -> None:
    """``az network vnet peering sync`` writes peerCompleteVnets anew; ``update`` keeps what it does not name."""
    stale = a(sync_level=LOCAL, peer_complete_vnets=False, local_subnet_names=("web",))
    (words,) = words_of(only(link(stale, unseen())).repair)
    assert words[4] == "update"
    assert words[-2:] == ["--sync-remote", "true"]


def test_clean_when_fully_in_sync() -> None:
    assert checks_of(link(a(), b())) == []


def test_clean_when_an_older_answer_has_no_level() -> None:
    assert checks_of(link(a(sync_level=SyncLevel.UNKNOWN), b(sync_level=SyncLevel.UNKNOWN))) == []


@pytest.mark.parametrize(
    ("level", "reason", "syncs"),
    [
        (LOCAL, "local_not_in_sync", [FROM_A]),
        (REMOTE, "remote_not_in_sync", ["[vnet-b]"]),
        (BOTH, "both_not_in_sync", [FROM_A, "[vnet-b]"]),
    ],
)
def test_unseen_peering_to_sync_is_looked_for_and_not_named(
    level: SyncLevel, reason: str, syncs: list[str]
) -> None:
    finding = only(link(a(sync_level=level), unseen()))
    assert (finding.reason, side_of(finding).name) == (reason, FROM_A)
    assert synced(finding.repair) == syncs
    assert ("ask the owner of subscription" in finding.detail) is (level is not LOCAL)
    assert FROM_B not in finding.detail
