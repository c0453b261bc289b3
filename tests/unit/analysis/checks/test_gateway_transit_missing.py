from __future__ import annotations

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


def test_finding_names_the_side_that_has_to_allow_transit() -> None:
    finding = only(link(a(use_remote_gateways=True), b()))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/gateway-transit-missing",
        "transit_not_allowed",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    assert options_of(words)["--vnet-name"] == "vnet-b"
    assert options_of(words)["--set"] == "allowGatewayTransit=true"


@pytest.mark.parametrize("transit", [True, None])
def test_clean_when_transit_is_allowed_or_not_said(*, transit: bool | None) -> None:
    assert checks_of(link(a(use_remote_gateways=True), b(allow_gateway_transit=transit))) == []


@pytest.mark.parametrize("use", [False, None])
def test_clean_when_no_gateway_is_used_or_that_is_not_said(*, use: bool | None) -> None:
    assert checks_of(link(a(use_remote_gateways=use), b())) == []


def test_unseen_other_side_may_well_allow_it() -> None:
    assert checks_of(link(a(use_remote_gateways=True), unseen())) == []
