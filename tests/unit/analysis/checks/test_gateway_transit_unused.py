from __future__ import annotations

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


def test_finding_when_nobody_takes_up_the_permission() -> None:
    finding = only(link(a(), b(allow_gateway_transit=True)))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/gateway-transit-unused",
        "one_side",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    assert options_of(words)["--set"] == "allowGatewayTransit=false"


def test_finding_when_both_sides_allow_it_in_vain() -> None:
    finding = only(link(a(allow_gateway_transit=True), b(allow_gateway_transit=True)))
    assert (finding.reason, len(finding.repair)) == ("both_sides", 2)


@pytest.mark.parametrize("use", [True, None])
def test_clean_when_it_is_used_or_that_is_not_said(*, use: bool | None) -> None:
    assert checks_of(link(a(use_remote_gateways=use), b(allow_gateway_transit=True))) == []


def test_unseen_other_side_may_well_use_it() -> None:
    assert checks_of(link(a(allow_gateway_transit=True), unseen())) == []
