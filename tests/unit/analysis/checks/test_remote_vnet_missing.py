from __future__ import annotations

import pytest

from monitor.model import PeeringState
from tests.unit.analysis.builders import a, b, checks_of, link, no_vnet, only, unseen
from tests.unit.analysis.shell import words_of


@pytest.mark.parametrize("state", [PeeringState.CONNECTED, PeeringState.INITIATED])
def test_finding_when_the_network_was_asked_for_and_is_not_there(state: PeeringState) -> None:
    finding = only(link(a(state=state), no_vnet()))
    assert (finding.check, finding.reason) == ("link/remote-vnet-missing", "vnet_missing")
    assert "network vnet-b does not exist any more" in finding.detail
    assert [words[4] for words in words_of(finding.repair)] == ["delete"]


def test_clean_when_both_sides_are_there() -> None:
    assert checks_of(link(a(), b())) == []


def test_unseen_is_not_missing() -> None:
    assert checks_of(link(a(), unseen())) == []
