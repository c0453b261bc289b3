from __future__ import annotations

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, no_peering, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


@pytest.mark.parametrize("off", [False, None])
def test_finding_names_the_network_without_encryption(*, off: bool | None) -> None:
    finding = only(link(a(vnet={"encryption": True}), b(vnet={"encryption": off})))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/encryption-mismatch",
        "one_side",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    assert words[:4] == ["az", "network", "vnet", "update"]
    assert options_of(words)["--name"] == "vnet-b"


@pytest.mark.parametrize("encryption", [True, False, None])
def test_clean_when_both_networks_do_the_same(*, encryption: bool | None) -> None:
    assert checks_of(link(a(vnet={"encryption": encryption}), b(vnet={"encryption": encryption}))) == []


def test_unseen_network_may_well_be_encrypted() -> None:
    assert checks_of(link(a(vnet={"encryption": True}), unseen())) == []
    assert checks_of(link(a(vnet={"encryption": True}), no_peering())) == ["link/half-missing"]
