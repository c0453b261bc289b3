"""What holds for every link, however odd the facts on its two sides are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.engine import AnalysisOptions, findings
from monitor.analysis.registry import LINK_CHECKS
from monitor.model import (
    Absence,
    ArmId,
    HalfMissing,
    HalfPresent,
    HalfUnseen,
    Peering,
    PeeringState,
    Reason,
    Severity,
    SyncLevel,
)
from tests.unit.analysis.builders import link, no_peering, no_vnet, present, unseen

if TYPE_CHECKING:
    from monitor.model import Finding, Half, Link

FLAG = st.sampled_from([True, False, None])
PREFIXES = st.lists(
    st.sampled_from(["10.1.0.0/16", "10.2.0.0/16", "fd00::/48", "FD00:0::/48", "none"]), max_size=2
).map(tuple)
SUBNETS = st.lists(st.sampled_from(["web", "WEB", "sql"]), max_size=2).map(tuple)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(PeeringState),
        "state_text": st.sampled_from([None, "", "Odd"]),
        "sync_level": st.sampled_from(SyncLevel),
        "sync_level_text": st.sampled_from([None, "", "Odd"]),
        "provisioning_state": st.sampled_from(["Succeeded", "Failed", "canceled", "Updating", None]),
        "allow_virtual_network_access": FLAG,
        "allow_forwarded_traffic": FLAG,
        "allow_gateway_transit": FLAG,
        "use_remote_gateways": FLAG,
        "peer_complete_vnets": FLAG,
        "only_ipv6": FLAG,
        "resource_guid": st.sampled_from(["one", "ONE", "two", "", None]),
        "remote_address_space": st.none() | PREFIXES,
        "remote_vnet_address_space": st.none() | PREFIXES,
        "local_subnet_names": SUBNETS,
        "remote_subnet_names": SUBNETS,
        "vnet": st.fixed_dictionaries({}, optional={"encryption": FLAG, "address_space": PREFIXES}),
    },
)
ABSENT = st.sampled_from(["unseen", "not watched", "no peering", "no network"])


def half(kind: str, name: str) -> Half:
    match kind:
        case "unseen":
            return unseen(name, reason=Reason.FORBIDDEN)
        case "not watched":
            return unseen(name, reason=None)
        case "no peering":
            return no_peering(name)
        case _:
            return no_vnet(name)


def joined(here: dict[str, Any], there: dict[str, Any] | str, *, swapped: bool = False) -> Link:
    """A link with the facts ``here`` on vnet-a and ``there`` on vnet-b, or the other way round."""
    one, other = ("vnet-b", "vnet-a") if swapped else ("vnet-a", "vnet-b")
    far = half(there, other) if isinstance(there, str) else side(other, one, there)
    return link(side(one, other, here), far)


def side(here: str, there: str, facts: dict[str, Any]) -> HalfPresent:
    """Unless ``facts`` say otherwise, both networks have the same prefix, so that they can be swapped."""
    space = ("10.1.0.0/16",)
    usual = {"remote_address_space": space, "remote_vnet_address_space": space}
    vnet = {"address_space": space} | facts.get("vnet", {})
    return present(here, there, **(usual | facts | {"vnet": vnet}))


ENDS = st.tuples(FACTS, FACTS | ABSENT)


def find(one: Link) -> tuple[Finding, ...]:
    return findings([one], options=AnalysisOptions())


def peerings_of(one: Link) -> list[Peering]:
    return [here.peering for here, _ in one.sides()]


@given(ENDS)
@settings(max_examples=400)
def test_a_check_says_one_thing_at_most_about_a_side_of_the_link_and_in_its_own_words(ends: Any) -> None:
    one = joined(*ends)
    for check in LINK_CHECKS:
        faults = list(check.function(one))
        assert len(faults) <= 1, check.name
        for fault in faults:
            assert isinstance(fault.reason, check.reasons)
            assert fault.side in peerings_of(one)
            assert fault.detail.isprintable()
            assert fault.detail[0].isupper() or fault.detail.startswith("vnet-")
            assert fault.detail.endswith(".")
            assert "vnet-a" in fault.detail
            assert "vnet-b" in fault.detail
            assert fault.repair, f"{check.name} gives no repair"


@given(ENDS)
@settings(max_examples=400)
def test_it_does_not_matter_which_network_sorts_first(ends: Any) -> None:
    seen = [(finding.check, finding.severity, finding.reason) for finding in find(joined(*ends))]
    assert [(f.check, f.severity, f.reason) for f in find(joined(*ends, swapped=True))] == seen


def shouted(one: Half) -> Half:
    def loud(identity: ArmId) -> ArmId:
        return ArmId(identity.text.upper())

    match one:
        case HalfPresent(peering=side, vnet=vnet):
            side = replace(
                side,
                id=loud(side.id),
                vnet=loud(side.vnet),
                remote_vnet=loud(side.remote_vnet),
            )
            return HalfPresent(side, replace(vnet, id=loud(vnet.id), peerings=(side,)))
        case HalfMissing(vnet=vnet):
            loud_vnet = replace(vnet, id=loud(vnet.id)) if vnet else None
            return HalfMissing(loud(one.vnet_id), one.absence, loud_vnet)
        case _:
            return HalfUnseen(loud(one.vnet_id), one.reason)


@given(ENDS, st.booleans(), st.booleans())
@settings(max_examples=200)
def test_the_case_of_ids_changes_nothing(ends: Any, here: bool, there: bool) -> None:  # noqa: FBT001 -- drawn
    one = joined(*ends)
    other = link(shouted(one.low) if here else one.low, shouted(one.high) if there else one.high)

    def told(of: Link) -> list[tuple[str, str, str, str, str, list[str]]]:
        return [
            (f.check, f.reason, *f.subject.key, f.detail.lower(), [line.lower() for line in f.repair])
            for f in find(of)
        ]

    assert told(other) == told(one)


@given(FACTS, FACTS, st.sampled_from([None, Reason.FORBIDDEN, Reason.TIMEOUT]))
@settings(max_examples=400)
def test_a_side_that_turns_unseen_never_adds_a_critical_finding(
    here: dict[str, Any], there: dict[str, Any], reason: Reason | None
) -> None:
    """What was said of the seen side remains or vanishes; its reason may change.

    A finding that only the lost side's root cause had silenced may come back, so silence does not count here.
    """
    before = joined(here, there)
    after = link(before.low, unseen("vnet-b", reason=reason))
    critical = [check for check in LINK_CHECKS if check.severity is Severity.CRITICAL]
    said = {check.name for check in critical if list(check.function(before))}
    assert {check.name for check in critical if list(check.function(after))} <= said
    assert {f.check for f in find(after) if f.severity is Severity.CRITICAL} <= said


@given(FACTS)
@settings(max_examples=200)
def test_missing_is_said_only_of_what_is_missing(facts: dict[str, Any]) -> None:
    for kind in ("unseen", "not watched"):
        checks = {finding.check for finding in find(joined(facts, kind))}
        assert not checks & {"link/half-missing", "link/remote-vnet-missing"}
        for finding in find(joined(facts, kind)):
            assert finding.reason not in {"peer_missing", "vnet_missing"}


@given(ENDS)
@settings(max_examples=400)
def test_disconnected_is_never_silenced_and_has_one_finding(ends: Any) -> None:
    one = joined(*ends)
    disconnected = any(side.state is PeeringState.DISCONNECTED for side in peerings_of(one))
    assert [finding.check for finding in find(one)].count("link/disconnected") == disconnected


@given(ENDS, st.sets(st.sampled_from([check.name for check in LINK_CHECKS])))
@settings(max_examples=200)
def test_disabling_checks_takes_their_findings_away_and_changes_no_other(ends: Any, off: set[str]) -> None:
    one = joined(*ends)
    kept = tuple(finding for finding in find(one) if finding.check not in off)
    assert findings([one], options=AnalysisOptions(disabled=frozenset(off))) == kept


@given(st.lists(ENDS, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_links_changes_nothing(ends: Any, random: Any) -> None:
    links = [joined(*pair) for pair in ends]
    shuffled = list(links)
    random.shuffle(shuffled)
    options = AnalysisOptions()

    def told(of: list[Link]) -> list[tuple[str, str, str]]:
        return [(f.check, *f.subject.key) for f in findings(of, options=options)]

    assert told(shuffled) == told(links)
    assert sorted(told(links)) == told(links)


@given(ENDS)
@settings(max_examples=200)
def test_an_orphan_is_only_ever_deleted(ends: Any) -> None:
    one = joined(ends[0], "no network")
    assert isinstance(one.high, HalfMissing)
    assert one.high.absence is Absence.VNET
    for finding in find(one):
        if finding.check in {"link/disconnected", "link/remote-vnet-missing"}:
            assert all(" peering delete " in command for command in finding.repair)
