from __future__ import annotations

from monitor.model import PeeringState
from tests.unit.analysis.builders import a, b, checks_of, link, no_peering, no_vnet, only, peering, side_of, unseen
from tests.unit.analysis.shell import options_of, words_of

GONE = PeeringState.DISCONNECTED


def calls(commands: tuple[str, ...]) -> list[tuple[str, str]]:
    """Verb and peering of each command."""
    return [(words[4], options_of(words).get("--name", "")) for words in words_of(commands)]


def test_finding_when_the_peering_back_was_deleted() -> None:
    finding = only(link(a(state=GONE), no_peering()))
    assert (finding.check, finding.reason, side_of(finding).name) == (
        "link/disconnected",
        "peer_missing",
        "vnet-a-to-vnet-b",
    )
    assert "vnet-b has no peering back" in finding.detail
    assert calls(finding.repair) == [
        ("delete", "vnet-a-to-vnet-b"),
        ("create", "vnet-a-to-vnet-b"),
        ("create", "vnet-b-to-vnet-a"),
    ]


def test_finding_when_the_other_network_was_deleted() -> None:
    finding = only(link(a(state=GONE), no_vnet()))
    assert finding.reason == "vnet_missing"
    assert "network vnet-b does not exist any more" in finding.detail
    assert calls(finding.repair) == [("delete", "vnet-a-to-vnet-b")]


def test_finding_when_both_sides_are_there() -> None:
    finding = only(link(a(), b(state=GONE)))
    assert (finding.reason, side_of(finding).name) == ("both_present", "vnet-b-to-vnet-a")
    assert calls(finding.repair) == [
        ("delete", "vnet-b-to-vnet-a"),
        ("delete", "vnet-a-to-vnet-b"),
        ("create", "vnet-b-to-vnet-a"),
        ("create", "vnet-a-to-vnet-b"),
    ]


def test_finding_names_the_first_side_when_both_are_disconnected() -> None:
    assert side_of(only(link(a(state=GONE), b(state=GONE)))).name == "vnet-a-to-vnet-b"


def test_finding_recreates_the_survivor_with_its_own_flags_and_the_lost_side_to_agree() -> None:
    survivor = a(state=GONE, use_remote_gateways=True, allow_forwarded_traffic=True)
    delete, first, second = words_of(only(link(survivor, no_peering())).repair)
    assert delete[4] == "delete"
    lost, kept = options_of(first), options_of(second)
    assert lost["--name"] == "vnet-b-to-vnet-a", "the side that shares its gateway comes first"
    assert "--allow-gateway-transit" in lost
    assert "--use-remote-gateways" not in lost
    assert kept["--name"] == "vnet-a-to-vnet-b"
    assert {"--use-remote-gateways", "--allow-vnet-access", "--allow-forwarded-traffic"} <= kept.keys()


def test_finding_says_what_could_not_be_known_of_the_lost_side() -> None:
    detail = only(link(a(state=GONE, allow_gateway_transit=True), no_peering())).detail
    assert "The other side's name is not known" in detail
    assert "used the gateway (taken as no)" in detail
    assert "gateway" not in only(link(a(state=GONE), no_peering())).detail


def test_finding_does_not_take_a_name_that_the_other_network_has_already() -> None:
    other = no_peering("vnet-b", peering("vnet-b", "vnet-c", name="VNET-B-to-vnet-a"))
    assert calls(only(link(a(state=GONE), other)).repair)[-1] == ("create", "vnet-b-to-vnet-a-2")


def test_clean_when_no_side_is_disconnected() -> None:
    assert checks_of(link(a(), b())) == []


def test_unseen_other_side_is_named_as_such_and_its_peering_is_not_invented() -> None:
    finding = only(link(a(state=GONE), unseen()))
    assert finding.reason == "unseen"
    assert "Ask the owner of subscription 11111111-1111-1111-1111-111111111111" in finding.detail
    assert "could not be read (forbidden)" in finding.detail
    assert calls(finding.repair) == [
        ("list", ""),
        ("delete", "vnet-a-to-vnet-b"),
        ("create", "vnet-a-to-vnet-b"),
    ]
    assert options_of(words_of(finding.repair)[0])["--vnet-name"] == "vnet-b"
