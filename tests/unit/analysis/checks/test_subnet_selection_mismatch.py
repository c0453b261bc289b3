from __future__ import annotations

from typing import Any

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


def part(local: tuple[str, ...], remote: tuple[str, ...]) -> dict[str, Any]:
    return {"peer_complete_vnets": False, "local_subnet_names": local, "remote_subnet_names": remote}


def test_finding_when_one_side_joins_whole_networks_lets_that_one_follow() -> None:
    finding = only(link(a(**part(("web",), ("sql", "logs"))), b()))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/subnet-selection-mismatch",
        "peer_complete_vnets",
        "vnet-b-to-vnet-a",
    )
    (words,) = words_of(finding.repair)
    options = options_of(words)
    assert words[4] == "update"
    assert options["--vnet-name"] == "vnet-b"
    assert options["--peer-complete-vnets"] == "false"
    assert options["--local-subnet-names"] == "[sql,logs]"
    assert options["--remote-subnet-names"] == "[web]"


@pytest.mark.parametrize("there", [part(("sql",), ("api",)), part(("logs",), ("web",))])
def test_finding_when_the_named_subnets_are_not_mirrored(there: dict[str, Any]) -> None:
    finding = only(link(a(**part(("web",), ("sql",))), b(**there)))
    assert (finding.reason, side_of(finding).name) == ("subnet_names", "vnet-a-to-vnet-b")
    assert "(web) to (sql) here" in finding.detail
    options = options_of(words_of(finding.repair)[0])
    assert options["--local-subnet-names"] == f"[{there['remote_subnet_names'][0]}]"
    assert options["--remote-subnet-names"] == f"[{there['local_subnet_names'][0]}]"


def test_clean_when_the_sides_mirror_each_other_in_any_order_and_case() -> None:
    assert checks_of(link(a(**part(("web", "api"), ("sql",))), b(**part(("SQL",), ("API", "web"))))) == []


@pytest.mark.parametrize("complete", [True, None])
def test_clean_when_whole_networks_are_joined_or_nothing_is_said(*, complete: bool | None) -> None:
    assert checks_of(link(a(peer_complete_vnets=complete), b())) == []
    assert checks_of(link(a(peer_complete_vnets=complete), b(peer_complete_vnets=None))) == []


def test_clean_when_azure_left_out_the_names() -> None:
    assert checks_of(link(a(**part(("web",), ("sql",))), b(**part((), ())))) == []


def test_unseen_other_side_gives_nothing_to_compare() -> None:
    assert checks_of(link(a(**part(("web",), ("sql",))), unseen())) == []
