from __future__ import annotations

from monitor.analysis.checks.half_missing import link_half_missing
from monitor.model import PeeringState
from tests.unit.analysis.builders import a, b, checks_of, link, no_peering, no_vnet, only, unseen
from tests.unit.analysis.shell import options_of, words_of


def test_finding_when_the_other_network_has_no_peering_back() -> None:
    finding = only(link(a(), no_peering()))
    assert (finding.check, finding.reason) == ("link/half-missing", "peer_missing")
    assert "no peering back on vnet-b" in finding.detail


def test_finding_explains_initiated() -> None:
    finding = only(link(a(state=PeeringState.INITIATED), no_peering()))
    assert finding.reason == "never_completed"
    assert "which is why it is Initiated" in finding.detail


def test_finding_is_repaired_by_creating_the_missing_side_to_agree() -> None:
    here = a(
        name="hub-to-app",
        use_remote_gateways=True,
        allow_virtual_network_access=False,
        peer_complete_vnets=False,
        only_ipv6=True,
        local_subnet_names=("web", "api"),
        remote_subnet_names=("sql",),
    )
    (words,) = words_of(only(link(here, no_peering())).repair)
    assert words[:5] == ["az", "network", "vnet", "peering", "create"]
    assert options_of(words) == {
        "--subscription": "11111111-1111-1111-1111-111111111111",
        "--resource-group": "rg-net",
        "--vnet-name": "vnet-b",
        "--name": "app-to-hub",
        "--remote-vnet": here.vnet_id.text,
        "--allow-gateway-transit": "",
        "--peer-complete-vnets": "false",
        "--enable-only-ipv6": "true",
        "--local-subnet-names": "[sql]",
        "--remote-subnet-names": "[web,api]",
    }


def test_clean_when_both_sides_are_there() -> None:
    assert checks_of(link(a(), b())) == []


def test_clean_when_the_network_itself_is_gone() -> None:
    assert list(link_half_missing(link(a(), no_vnet()))) == []


def test_unseen_is_not_missing() -> None:
    assert checks_of(link(a(), unseen())) == []
