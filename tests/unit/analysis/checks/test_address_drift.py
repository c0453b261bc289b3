from __future__ import annotations

from typing import Any

import pytest

from tests.unit.analysis.builders import a, b, checks_of, link, only, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of


@pytest.mark.parametrize(
    ("peered", "reason", "said"),
    [
        (
            ("10.2.0.0/17",),
            "missing_and_stale",
            ["10.2.0.0/16 of vnet-b cannot", "10.2.0.0/17 is peered although"],
        ),
        (("10.2.0.0/16", "10.9.0.0/16"), "stale", ["10.9.0.0/16 is peered although vnet-b does not have it"]),
    ],
)
def test_finding_names_the_prefixes(peered: tuple[str, ...], reason: str, said: list[str]) -> None:
    finding = only(link(a(remote_address_space=peered), b()))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/address-drift",
        reason,
        "vnet-a-to-vnet-b",
    )
    for words in said:
        assert words in finding.detail
    (words_of_az,) = words_of(finding.repair)
    assert words_of_az[4] == "sync"
    assert options_of(words_of_az)["--name"] == "vnet-a-to-vnet-b"


def test_finding_when_the_remote_network_has_grown() -> None:
    grown = b(vnet={"address_space": ("10.2.0.0/16", "10.99.0.0/16")})
    finding = only(link(a(), grown))
    assert finding.reason == "missing"
    assert "10.99.0.0/16 of vnet-b cannot be reached" in finding.detail


def test_finding_of_both_sides_is_one_with_both_repairs() -> None:
    finding = only(link(a(remote_address_space=("10.8.0.0/16",)), b(remote_address_space=("10.9.0.0/16",))))
    assert side_of(finding).name == "vnet-a-to-vnet-b"
    assert len(finding.repair) == 2


def test_finding_of_a_prefix_that_cannot_be_read_compares_its_text() -> None:
    assert only(link(a(remote_address_space=("10.2.0.0/16", "ipam")), b())).reason == "stale"


@pytest.mark.parametrize(
    ("peered", "actual"),
    [
        (("10.2.0.0/16", "10.3.0.0/16"), ("10.3.0.0/16", "10.2.0.0/16")),
        (("10.2.0.0/16", "FD00:0:0::/48"), ("fd00::/48", "10.2.0.0/16 ")),
        (("IPAM",), ("ipam",)),
    ],
)
def test_clean_when_the_same_prefixes_are_written_differently(
    peered: tuple[str, ...], actual: tuple[str, ...]
) -> None:
    assert checks_of(link(a(remote_address_space=peered), b(vnet={"address_space": actual}))) == []


def test_clean_when_only_ipv6_is_peered_and_its_prefixes_agree() -> None:
    dual = {"address_space": ("10.2.0.0/16", "fd00:2::/48")}
    six = a(only_ipv6=True, remote_address_space=("fd00:2::/48",))
    assert checks_of(link(six, b(vnet=dual))) == []
    assert checks_of(link(a(remote_address_space=("fd00:2::/48",)), b(vnet=dual))) == ["link/address-drift"]


def test_clean_when_only_subnets_are_peered() -> None:
    part: dict[str, Any] = {"peer_complete_vnets": False, "remote_address_space": ("10.2.1.0/24",)}
    assert checks_of(link(a(**part), b(peer_complete_vnets=False))) == []


@pytest.mark.parametrize("nothing", [None, ()])
def test_clean_when_azure_did_not_say(nothing: tuple[str, ...] | None) -> None:
    assert checks_of(link(a(remote_address_space=nothing), b())) == []
    assert checks_of(link(a(remote_vnet_address_space=nothing), unseen())) == []


def test_unseen_network_is_judged_by_what_azure_says_it_has() -> None:
    drifted = a(remote_vnet_address_space=("10.2.0.0/16", "10.99.0.0/16"))
    assert only(link(drifted, unseen())).reason == "missing"
    assert checks_of(link(drifted, b())) == [], "the network itself knows better"
    assert checks_of(link(a(), unseen())) == []
