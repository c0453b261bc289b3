"""What the monitor knows of the networks: the last good facts of every subscription, and how reads change them.

Absence is the delicate part. A network or a peering is *missing* only after a direct GET said so; until then,
and whenever a listing proves nothing, it is *unseen*. A failed read changes no fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from monitor.model import (
    Absence,
    ArmId,
    Coverage,
    Failure,
    HalfMissing,
    HalfUnseen,
    Reason,
    VirtualNetwork,
    ascii_lower,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

V = TypeVar("V")

MANY = 2
"""Networks from which on a listing that comes back empty is suspected rather than believed."""

QUESTIONS_PER_PASS = 200
"""Direct GETs for one subscription in one pass, well within Resource Manager's bucket (250, refilled by 25/s)."""


class Gone:
    """Azure's answer to a direct GET: the virtual network does not exist (404)."""


Answer = VirtualNetwork | Gone | Failure


def _empty() -> Mapping[str, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A network as last read, when that was, and whether the newest good listing contained it."""

    vnet: VirtualNetwork
    seen_at: float
    listed: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class SubscriptionFacts:
    """The last good facts of one subscription and how the newest read of it ended.

    ``gone`` are networks that a GET answered with 404; ``bare`` are pairs (network, remote network) of which a GET
    confirmed that the first has no peering to the second; ``unanswered`` why a GET could not decide. Keys are ids
    in lower case. ``whole`` says whether the newest listing may prove an absence at all.
    """

    vnets: Mapping[str, KnownNetwork] = field(default_factory=_empty)
    gone: frozenset[str] = frozenset()
    bare: frozenset[tuple[str, str]] = frozenset()
    unanswered: Mapping[str, Failure] = field(default_factory=_empty)
    asked_at: Mapping[str, float] = field(default_factory=_empty)
    read_at: float | None = None
    failure: Failure | None = None
    whole: bool = False

    def coverage(self, subscription_id: str) -> Coverage:
        """How the newest read ended, as the row that metrics and ``check`` show."""
        failure = self.failure or self._left_out()
        return Coverage(
            subscription_id,
            "topology",
            failure.reason if failure else Reason.OK,
            failure.detail if failure else "",
            self.read_at,
        )

    def _left_out(self) -> Failure | None:
        unlisted = sorted(key for key, known in self.vnets.items() if not known.listed)
        existing = [key for key in unlisted if key not in self.unanswered]
        if existing:
            return Failure(
                Reason.BAD_RESPONSE,
                f"the listing left out {len(unlisted)} known virtual networks, such as {existing[0]}",
            )
        for key in sorted(self.unanswered):
            failure = self.unanswered[key]
            return Failure(failure.reason, f"{key} could not be asked: {failure.detail}")
        return None


@dataclass(frozen=True, slots=True, repr=False)
class Estate:
    """The last good facts of every subscription, by subscription id in lower case."""

    subscriptions: Mapping[str, SubscriptionFacts] = field(default_factory=_empty)

    def networks(self) -> Iterator[VirtualNetwork]:
        """Every known network of every subscription."""
        for facts in self.subscriptions.values():
            for known in facts.vnets.values():
                yield known.vnet

    def absence(self, vnet_id: ArmId, other: ArmId) -> HalfMissing | HalfUnseen:
        """Say why network ``vnet_id`` shows no peering to ``other``: missing, or merely unseen."""
        facts = self.subscriptions.get(ascii_lower(vnet_id.subscription_id))
        if facts is None:
            return HalfUnseen(vnet_id)
        key = vnet_id.key
        if key in facts.gone:
            return HalfMissing(vnet_id, Absence.VNET)
        known = facts.vnets.get(key)
        if known is not None and (key, other.key) in facts.bare:
            return HalfMissing(vnet_id, Absence.PEERING, known.vnet)
        failure = facts.unanswered.get(key) or facts.failure
        reason = failure.reason if failure else Reason.BAD_RESPONSE
        return HalfUnseen(vnet_id, reason, known.vnet if known else None)


def after_failure(previous: SubscriptionFacts | None, failure: Failure) -> SubscriptionFacts:
    """Keep every fact: a failed read teaches nothing but that it failed."""
    return replace(previous or SubscriptionFacts(), failure=failure, whole=False)


def after_listing(
    previous: SubscriptionFacts | None,
    vnets: Sequence[VirtualNetwork],
    problems: Sequence[str],
    *,
    now: float,
) -> SubscriptionFacts:
    """Take in a listing that was read to its end; ``problems`` tell what in it could not be read.

    Known networks that the listing lacks are kept, unlisted, until a direct GET has said what became of them.
    """
    before = previous or SubscriptionFacts()
    if not vnets and not problems and len(before.vnets) >= MANY:
        return after_failure(
            before,
            Failure(
                Reason.BAD_RESPONSE,
                f"the listing came back empty although {len(before.vnets)} virtual networks were known",
            ),
        )
    known: dict[str, KnownNetwork] = {}
    for vnet in vnets:
        known[vnet.id.key] = KnownNetwork(_with_lost_peerings(vnet, before.vnets.get(vnet.id.key)), now)
    for key, old in before.vnets.items():
        if key not in known:
            known[key] = replace(old, listed=False)
    failure = None
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        failure = Failure(Reason.BAD_RESPONSE, f"{problems[0]}{more}")
    return SubscriptionFacts(
        vnets=MappingProxyType(known),
        gone=frozenset(key for key in before.gone if key not in known),
        bare=frozenset(pair for pair in before.bare if _still_bare(known.get(pair[0]), pair[1])),
        unanswered=_of_unlisted(before.unanswered, known),
        asked_at=_of_unlisted(before.asked_at, known),
        read_at=now,
        failure=failure,
        whole=not problems,
    )


def _with_lost_peerings(vnet: VirtualNetwork, old: KnownNetwork | None) -> VirtualNetwork:
    """Keep the last good facts of a peering whose newest ones could not be read."""
    if vnet.peerings_complete or old is None:
        return vnet
    read = {peering.id for peering in vnet.peerings}
    lost = tuple(peering for peering in old.vnet.peerings if peering.id not in read)
    return replace(vnet, peerings=vnet.peerings + lost, peerings_complete=old.vnet.peerings_complete)


def _has_peering_to(vnet: VirtualNetwork, remote: str) -> bool:
    return any(peering.remote_vnet.key == remote for peering in vnet.peerings)


def _still_bare(known: KnownNetwork | None, remote: str) -> bool:
    return known is not None and not _has_peering_to(known.vnet, remote)


def _of_unlisted(by_key: Mapping[str, V], known: Mapping[str, KnownNetwork]) -> Mapping[str, V]:
    return MappingProxyType(
        {key: value for key, value in by_key.items() if key not in known or not known[key].listed}
    )


@dataclass(frozen=True, slots=True, repr=False)
class Questions:
    """What a pass must ask before it may call anything missing.

    ``ask`` is by subscription, the most urgent first and bounded; ``demanded`` are all pairs (network, remote)
    whose absence matters now: every other old verdict is forgotten.
    """

    ask: Mapping[str, tuple[ArmId, ...]]
    demanded: frozenset[tuple[str, str]]


def questions(estate: Estate, read_now: AbstractSet[str]) -> Questions:
    """Find the networks to ask directly, among subscriptions whose listing was read whole in this pass."""
    whole = {key for key in read_now if key in estate.subscriptions and estate.subscriptions[key].whole}
    suspects: dict[str, dict[str, ArmId]] = {}
    demanded: set[tuple[str, str]] = set()
    remotes_of = {
        vnet.id.key: {peering.remote_vnet.key for peering in vnet.peerings} for vnet in estate.networks()
    }
    for vnet in estate.networks():
        for peering in vnet.peerings:
            remote = peering.remote_vnet
            if vnet.id.key in remotes_of.get(remote.key, ()):
                continue
            pair = (remote.key, vnet.id.key)
            demanded.add(pair)
            subscription_id = ascii_lower(remote.subscription_id)
            if subscription_id not in whole:
                continue
            facts = estate.subscriptions[subscription_id]
            if remote.key not in facts.gone and pair not in facts.bare:
                suspects.setdefault(subscription_id, {})[remote.key] = remote
    for subscription_id in whole:
        for key, known in estate.subscriptions[subscription_id].vnets.items():
            if not known.listed:
                suspects.setdefault(subscription_id, {})[key] = known.vnet.id
    ask = {
        subscription_id: _most_urgent(estate.subscriptions[subscription_id], found.values())
        for subscription_id, found in suspects.items()
    }
    return Questions(MappingProxyType(ask), frozenset(demanded))


def _most_urgent(facts: SubscriptionFacts, suspects: Iterable[ArmId]) -> tuple[ArmId, ...]:
    by_age = sorted(suspects, key=lambda vnet_id: (facts.asked_at.get(vnet_id.key, 0.0), vnet_id.key))
    return tuple(by_age[:QUESTIONS_PER_PASS])


def after_answers(estate: Estate, asked: Questions, answers: Mapping[str, Answer], *, now: float) -> Estate:
    """Take in the answers to :func:`questions`, by network id in lower case."""
    demanded_of: dict[str, set[str]] = {}
    for network, remote in asked.demanded:
        demanded_of.setdefault(network, set()).add(remote)
    changed = {}
    for subscription_id, facts in estate.subscriptions.items():
        mine = {vnet_id.key: answers[vnet_id.key] for vnet_id in asked.ask.get(subscription_id, ())}
        changed[subscription_id] = _after_answers(facts, mine, demanded_of, now)
    return Estate(MappingProxyType(changed))


def _after_answers(
    facts: SubscriptionFacts,
    answers: Mapping[str, Answer],
    demanded_of: Mapping[str, AbstractSet[str]],
    now: float,
) -> SubscriptionFacts:
    vnets = dict(facts.vnets)
    gone = {key for key in facts.gone if key in demanded_of}
    bare = {pair for pair in facts.bare if pair[1] in demanded_of.get(pair[0], ())}
    unanswered = {key: failure for key, failure in facts.unanswered.items() if key in vnets or key in demanded_of}
    for key, answer in answers.items():
        unanswered.pop(key, None)
        match answer:
            case Gone():
                vnets.pop(key, None)
                gone.add(key)
            case VirtualNetwork():
                was = vnets.get(key)
                vnet = _with_lost_peerings(answer, was)
                vnets[key] = KnownNetwork(vnet, now, listed=was is not None and was.listed)
                if answer.peerings_complete:
                    bare |= {(key, far) for far in demanded_of.get(key, ()) if not _has_peering_to(vnet, far)}
            case Failure():
                unanswered[key] = answer
    return replace(
        facts,
        vnets=MappingProxyType(vnets),
        gone=frozenset(gone),
        bare=frozenset(bare),
        unanswered=MappingProxyType(unanswered),
        asked_at=MappingProxyType(dict(facts.asked_at) | dict.fromkeys(answers, now)),
    )


def expire(estate: Estate, *, watched: AbstractSet[str], now: float, max_age: float) -> Estate:
    """Drop facts that were last read more than ``max_age`` seconds ago, and subscriptions nobody watches now."""
    kept: dict[str, SubscriptionFacts] = {}
    for subscription_id, facts in estate.subscriptions.items():
        vnets = {key: known for key, known in facts.vnets.items() if now - known.seen_at <= max_age}
        stale = facts.read_at is None or now - facts.read_at > max_age
        if not vnets and subscription_id not in watched:
            continue
        kept[subscription_id] = replace(
            facts,
            vnets=MappingProxyType(vnets),
            gone=frozenset() if stale else facts.gone,
            bare=frozenset() if stale else facts.bare,
        )
    return Estate(MappingProxyType(kept))
