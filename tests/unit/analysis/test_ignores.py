"""What ``checks.ignore`` takes out of the findings, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.engine import AnalysisOptions, analyse
from monitor.analysis.registry import CHECKS
from monitor.model import HalfUnseen, Ignore, PeeringState, Reason, VirtualNetwork
from tests.unit.analysis.builders import network, peering, vnet_id

if TYPE_CHECKING:
    from monitor.analysis.engine import Analysis

NOW = 1_000.0
BLOCKED = "link/access-blocked"
OVERLAP = "vnet/address-overlap"


def ignore(until: float = NOW + 1, reason: str = "Known.", **globs: Any) -> Ignore:
    return Ignore(until, reason, **globs)


def estate(**facts: Any) -> tuple[VirtualNetwork, ...]:
    """vnet-a and vnet-b, peered, and a network that shares an address with vnet-b; facts are of vnet-a's side."""
    blocked = {"allow_virtual_network_access": False} | facts
    return (
        network("vnet-a", peering("vnet-a", "vnet-b", **blocked), address_space=("10.1.0.0/16",)),
        network("vnet-b", peering("vnet-b", "vnet-a"), address_space=("10.2.0.0/16",)),
        network("vnet-c", peering("vnet-c", "vnet-a"), address_space=("10.2.0.0/16",)),
    )


def judged(
    *ignores: Ignore, vnets: tuple[VirtualNetwork, ...] | None = None, now: float = NOW, **off: Any
) -> Analysis:
    def absence(vnet: Any, _other: Any) -> HalfUnseen:
        return HalfUnseen(vnet, Reason.FORBIDDEN)

    return analyse(vnets or estate(), absence, options=AnalysisOptions(ignores=ignores, **off), now=now)


def ignored(*ignores: Ignore, **more: Any) -> list[str]:
    """The checks whose findings are ignored; the others all stand."""
    analysis = judged(*ignores, **more)
    everything = judged(**more)
    assert everything.ignored == ()
    stand = {(*finding.subject.key, finding.check) for finding in analysis.findings}
    taken = {(*one.finding.subject.key, one.finding.check) for one in analysis.ignored}
    assert not stand & taken
    assert stand | taken == {(*finding.subject.key, finding.check) for finding in everything.findings}
    return [one.finding.check for one in analysis.ignored]


def test_without_an_entry_everything_stands() -> None:
    assert [finding.check for finding in judged().findings] == [BLOCKED, OVERLAP]


@pytest.mark.parametrize(
    ("globs", "checks"),
    [
        ({"check": "link/access-blocked"}, [BLOCKED]),
        ({"check": "LINK/*"}, [BLOCKED]),
        ({"check": "vnet/*"}, [OVERLAP]),
        ({"check": "*"}, [BLOCKED, OVERLAP]),
        ({"check": "link/disconnected"}, []),
        ({"vnet": "VNET-A"}, [BLOCKED]),
        ({"vnet": "vnet-?"}, [BLOCKED, OVERLAP]),
        ({"vnet": "vnet-b"}, [BLOCKED, OVERLAP]),
        ({"vnet": "vnet-c"}, [OVERLAP]),
        ({"vnet": "vnet"}, []),
        ({"vnet": "*rg-net*"}, []),
        ({"vnet": "*/resourcegroups/RG-NET/*/vnet-a"}, [BLOCKED]),
        ({"vnet": str(vnet_id("vnet-c"))}, [OVERLAP]),
        ({"peering": "vnet-a-to-vnet-b"}, [BLOCKED]),
        ({"peering": "vnet-b-to-*"}, [BLOCKED]),
        ({"peering": "*/virtualNetworkPeerings/VNET-A-to-vnet-b"}, [BLOCKED]),
        ({"peering": "vnet-c-to-vnet-a"}, []),
        ({"vnet": "vnet-b", "peering": "vnet-b-to-vnet-a"}, [BLOCKED]),
        ({"vnet": "vnet-b", "peering": "vnet-a-to-vnet-b"}, []),
        ({"vnet": "vnet-b", "check": "link/*"}, [BLOCKED]),
    ],
    ids=str,
)
def test_an_entry_takes_out_what_it_names(globs: dict[str, Any], checks: list[str]) -> None:
    assert ignored(ignore(**globs)) == checks


def test_a_side_that_is_not_seen_is_named_by_its_network() -> None:
    alone = (network("vnet-a", peering("vnet-a", "vnet-b", state=PeeringState.DISCONNECTED)),)
    assert ignored(ignore(vnet="vnet-b"), vnets=alone) == ["link/disconnected"]
    assert ignored(ignore(vnet="vnet-b", peering="*-to-*"), vnets=alone) == []


@pytest.mark.parametrize(("until", "in_force"), [(NOW + 1, True), (NOW, False), (NOW - 1, False)])
def test_an_entry_ends_at_its_time_and_is_told_from_then_on(until: float, *, in_force: bool) -> None:
    entry = ignore(until=until, check="link/*")
    analysis = judged(entry)
    assert [one.ignore for one in analysis.ignored] == ([entry] if in_force else [])
    assert analysis.expired_ignores == (() if in_force else (entry,))
    assert [finding.check for finding in analysis.findings] == ([OVERLAP] if in_force else [BLOCKED, OVERLAP])


def test_of_several_entries_the_one_that_lasts_longest_is_told() -> None:
    short, long = ignore(NOW + 1, "Short.", vnet="vnet-a"), ignore(NOW + 9, "Long.", check="link/*")
    assert [one.ignore.reason for one in judged(short, long).ignored] == ["Long."]


def test_an_ignored_finding_silences_what_it_silenced_before() -> None:
    vnets = estate(state=PeeringState.DISCONNECTED)
    analysis = judged(ignore(check="link/disconnected"), vnets=vnets)
    assert [one.finding.check for one in analysis.ignored] == ["link/disconnected"]
    assert [finding.check for finding in analysis.findings] == [OVERLAP]


def test_a_check_that_is_off_has_nothing_to_ignore() -> None:
    assert judged(ignore(check="link/*"), disabled=frozenset({BLOCKED})).ignored == ()


GLOB = st.sampled_from(["*", "vnet-a", "VNET-*", "*b", "vnet-a-to-vnet-b", "*/vnet-b", "nothing"])
ENTRY = st.builds(
    Ignore,
    until=st.sampled_from([NOW - 1, NOW + 1]),
    reason=st.just("Known."),
    check=st.sampled_from(["*", "link/*", "vnet/*", *(check.name for check in CHECKS)]),
    vnet=GLOB,
    peering=GLOB,
)


@given(
    st.lists(ENTRY, max_size=4),
    st.sampled_from(PeeringState),
    st.sampled_from([True, False, None]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=200)
def test_findings_stand_or_are_ignored_and_none_is_lost_or_changed(
    entries: list[Ignore],
    state: PeeringState,
    flag: bool | None,  # noqa: FBT001 -- drawn
    random: Any,
) -> None:
    vnets = estate(state=state, allow_gateway_transit=flag)
    analysis, before = judged(*entries, vnets=vnets), judged(vnets=vnets)
    both = [*analysis.findings, *(one.finding for one in analysis.ignored)]
    assert sorted(both, key=str) == sorted(before.findings, key=str)
    assert (analysis.links, analysis.sides, analysis.checks) == (before.links, before.sides, before.checks)
    assert all(one.ignore.until > NOW for one in analysis.ignored)
    random.shuffle(entries)
    assert judged(*entries, vnets=vnets).findings == analysis.findings
