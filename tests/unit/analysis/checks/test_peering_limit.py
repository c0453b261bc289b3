from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.model import PeeringState, VirtualNetwork
from tests.unit.analysis.builders import found_in, network, peering, vnet_of


def hub(peerings: int, *, managed: bool = False, complete: bool = True) -> VirtualNetwork:
    sides = [peering("vnet-hub", f"vnet-{number}") for number in range(peerings)]
    if managed:
        sides[0] = peering("vnet-hub", "vnet-0", name="anm_1A2B")
    return network("vnet-hub", *sides, peerings_complete=complete)


@pytest.mark.parametrize(
    ("used", "managed", "reason", "said"),
    [
        (400, False, "near", "vnet-hub has 400 of the 500 peerings that Azure allows on it. "),
        (499, False, "near", "before the last 1 are used."),
        (500, False, "reached", "vnet-hub has 500 of the 500 peerings that Azure allows on it: no further"),
        (800, True, "near", "vnet-hub has 800 of the 1,000 peerings"),
        (1000, True, "reached", "vnet-hub has 1,000 of the 1,000 peerings"),
    ],
)
def test_finding_from_80_percent_on(used: int, reason: str, said: str, *, managed: bool) -> None:
    (finding,) = found_in(hub(used, managed=managed))
    assert (finding.check, finding.severity, finding.reason) == ("vnet/peering-limit", "warning", reason)
    assert vnet_of(finding).name == "vnet-hub"
    assert said in finding.detail
    assert finding.repair == ()


@pytest.mark.parametrize(("used", "managed"), [(0, False), (399, False), (500, True), (799, True)])
def test_clean_below_80_percent_of_what_is_allowed(used: int, *, managed: bool) -> None:
    used = max(used, 1) if managed else used
    assert found_in(hub(used, managed=managed)) == ()


def test_clean_when_a_listing_names_a_peering_twice() -> None:
    once = hub(399)
    assert found_in(replace(once, peerings=once.peerings[:1] * 2 + once.peerings)) == ()


def test_finding_counts_every_state() -> None:
    sides = [peering("vnet-hub", f"vnet-{n}", state=PeeringState.DISCONNECTED) for n in range(400)]
    assert [finding.reason for finding in found_in(network("vnet-hub", *sides))] == ["near"]


def test_unseen_peerings_may_raise_the_limit_so_only_what_is_sure_is_said() -> None:
    assert found_in(hub(490, complete=False)) == ()
    (finding,) = found_in(hub(800, complete=False))
    assert finding.detail.startswith("vnet-hub has at least 800 of the 1,000 peerings")
