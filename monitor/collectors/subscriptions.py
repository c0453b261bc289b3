"""Discovery: which subscriptions the settings select, and which of those are no longer in Azure's list.

Losing a role makes a subscription disappear from the list without an error anywhere, so one that was seen or is
named is remembered and reported. The same goes for what was below a management group: while that cannot be asked
about, its last known members stay.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.azure.failures import AzureError
from monitor.azure.networks import list_subscriptions
from monitor.azure.resource_graph import list_subscriptions_below
from monitor.model import Coverage, Failure, Reason, Subscription, ascii_lower
from monitor.printable import printable

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from monitor.azure.arm import Arm
    from monitor.azure.networks import Listing

COLLECTOR = "subscriptions"

REMEMBER_UNLISTED = 24 * 3600.0
"""Seconds for which a subscription that is no longer listed stays reported as ``not_found``."""

ASK_GROUPS_AGAIN_AFTER = 300.0
"""Seconds for which the members of a management group are good: Resource Graph itself lags behind by minutes."""

EVERY = ("*",)
"""The ``include`` that names nothing in particular."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_NO_MEMBERS: Mapping[str, Subscription] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which subscriptions to watch: ids, or globs on the display name (case does not matter).

    With ``management_groups``, those below them; ``include`` then adds to these, unless it is :data:`EVERY`.
    ``exclude`` goes for all of them.
    """

    include: tuple[str, ...] = EVERY
    exclude: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()

    @property
    def by_name(self) -> tuple[str, ...]:
        """The patterns that select whatever group a subscription is in."""
        return () if self.management_groups and self.include == EVERY else self.include

    def selects(self, subscription: Subscription, members: Container[str] = ()) -> bool:
        """Whether the settings ask for this subscription; ``members`` are the ids below the management groups."""
        chosen = subscription.id in members or _matches(subscription, self.by_name)
        return chosen and not _matches(subscription, self.exclude)

    def named(self, members: Mapping[str, Subscription] = _NO_MEMBERS) -> dict[str, Subscription]:
        """The subscriptions that are selected one by one: named by id, or below a management group."""
        ids = (ascii_lower(one) for one in self.by_name)
        named = {one: Subscription(one, "", "") for one in ids if _UUID.fullmatch(one)} | dict(members)
        return {key: one for key, one in sorted(named.items()) if not _matches(one, self.exclude)}


def _matches(subscription: Subscription, patterns: tuple[str, ...]) -> bool:
    name = subscription.display_name.casefold()
    return any(ascii_lower(one) == subscription.id or fnmatchcase(name, one.casefold()) for one in patterns)


@dataclass(frozen=True, slots=True)
class Watched:
    """A subscription to read; ``unlisted_since`` is when it was first missed, None while it is there.

    ``deselected`` tells that Azure still lists it, and that the settings do not select it any more.
    """

    subscription: Subscription
    unlisted_since: float | None = None
    deselected: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A management group: the subscriptions below it as last told, by id, and how the newest question ended."""

    members: Mapping[str, Subscription] = field(default_factory=lambda: _NO_MEMBERS)
    failure: Failure | None = None
    asked_at: float | None = None

    def is_fresh(self, now: float) -> bool:
        """Whether there is no need to ask again."""
        return (
            self.failure is None
            and self.asked_at is not None
            and 0 <= now - self.asked_at < ASK_GROUPS_AGAIN_AFTER
        )


@dataclass(frozen=True, slots=True)
class Directory:
    """What discovery knows: every watched subscription by id, and how the newest listing ended."""

    watched: Mapping[str, Watched] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    failure: Failure | None = None
    last_success: float | None = None
    ran: bool = False

    def readable(self) -> tuple[str, ...]:
        """The ids to read: listed, or named while no list could be had."""
        return tuple(key for key, one in self.watched.items() if one.unlisted_since is None)

    def unlisted(self) -> dict[str, Failure]:
        """The ids that Azure no longer lists, each with the failure to report."""
        return {
            key: Failure(
                Reason.NOT_FOUND,
                "not selected any more: it was renamed, or left the management groups in the settings"
                if one.deselected
                else "not in Azure's list of subscriptions: it was deleted, or the monitor's role on it removed",
            )
            for key, one in self.watched.items()
            if one.unlisted_since is not None
        }

    def coverage(self) -> tuple[Coverage, ...]:
        """The row of discovery itself, which is of no single subscription."""
        if not self.ran:
            return ()
        failure = self.failure or Failure(Reason.OK, "")
        return (Coverage("", COLLECTOR, failure.reason, failure.detail, self.last_success),)


async def discover(arm: Arm, previous: Directory, selection: Selection, *, now: float) -> Directory:
    """Ask Azure for its subscriptions; a failure keeps what was known and is part of the result."""
    listing, groups = await asyncio.gather(
        _list(arm), _ask_all(arm, previous.groups, selection.management_groups, now)
    )
    previous = replace(previous, groups=groups)
    if isinstance(listing, Failure):
        return after_failure(previous, selection, listing)
    return after_listing(previous, selection, listing.items, listing.problems, now=now)


async def _list(arm: Arm) -> Listing[Subscription] | Failure:
    try:
        return await list_subscriptions(arm)
    except AzureError as error:
        return error.failure


async def _ask_all(
    arm: Arm, previous: Mapping[str, Group], names: Sequence[str], now: float
) -> Mapping[str, Group]:
    groups = await asyncio.gather(*(_ask(arm, previous.get(name, Group()), name, now) for name in names))
    return MappingProxyType(dict(zip(names, groups, strict=True)))


async def _ask(arm: Arm, previous: Group, name: str, now: float) -> Group:
    if previous.is_fresh(now):
        return previous
    try:
        listing = await list_subscriptions_below(arm, name)
    except AzureError as error:
        return replace(previous, failure=_of_group(name, error.failure.reason, error.failure.detail))
    return after_answer(previous, name, listing, now=now)


def after_answer(previous: Group, name: str, listing: Listing[Subscription], *, now: float) -> Group:
    """Take in what is below a group. Nothing at all is a failure, and takes no member away."""
    members = {one.id: one for one in listing.items}
    if listing.problems:
        failure = _of_group(name, Reason.BAD_RESPONSE, listing.problems[0])
        return Group(MappingProxyType(dict(previous.members) | members), failure, now)
    if not members:
        told = "no subscription below it can be seen: it has none, or the monitor has no role on them"
        return replace(previous, failure=_of_group(name, Reason.NOT_FOUND, told), asked_at=now)
    return Group(MappingProxyType(members), None, now)


def _of_group(name: str, reason: Reason, detail: str) -> Failure:
    return Failure(reason, f"management group {printable(name)}: {detail}")


def _members(groups: Mapping[str, Group]) -> dict[str, Subscription]:
    return {key: one for group in groups.values() for key, one in group.members.items()}


def after_failure(previous: Directory, selection: Selection, failure: Failure) -> Directory:
    """Keep the directory. Subscriptions that are selected one by one are read even if no list was ever had."""
    watched = dict(previous.watched)
    for key, subscription in selection.named(_members(previous.groups)).items():
        watched.setdefault(key, Watched(subscription))
    return replace(previous, watched=MappingProxyType(watched), failure=failure, ran=True)


def after_listing(
    previous: Directory,
    selection: Selection,
    listed: Sequence[Subscription],
    problems: Sequence[str],
    *,
    now: float,
) -> Directory:
    """Take in a list that was read to its end. No matching subscription at all is a failure."""
    members = _members(previous.groups)
    found = {one.id: Watched(one) for one in listed if selection.selects(one, members)}
    watched = dict(found)
    for key, subscription in selection.named(members).items():
        if key not in found:
            watched[key] = _missed(previous.watched.get(key) or Watched(subscription), now, problems)
    in_list = {one.id for one in listed}
    for key, one in previous.watched.items():
        if key in watched:
            continue
        missed = replace(_missed(one, now, problems), deselected=key in in_list)
        if missed.unlisted_since is None or now - missed.unlisted_since <= REMEMBER_UNLISTED:
            watched[key] = missed
    return Directory(
        MappingProxyType(dict(sorted(watched.items()))),
        previous.groups,
        _failure(previous.groups, listed, found, problems),
        now if found else previous.last_success,
        ran=True,
    )


def _failure(
    groups: Mapping[str, Group],
    listed: Sequence[Subscription],
    found: Mapping[str, Watched],
    problems: Sequence[str],
) -> Failure | None:
    """What discovery failed at, the most telling first."""
    if problems:
        return Failure(Reason.BAD_RESPONSE, problems[0])
    failed = [group.failure for group in groups.values() if group.failure is not None]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return replace(failed[0], detail=failed[0].detail + more)
    if found:
        return None
    if not listed:
        told = "Azure lists no subscription for this credential: assign it the Reader role or the custom role"
    elif groups:
        told = f"none of the {len(listed)} subscriptions that Azure lists is selected by the settings"
    else:
        told = f"none of the {len(listed)} subscriptions that Azure lists matches subscriptions.include"
    return Failure(Reason.NOT_FOUND, told)


def _missed(one: Watched, now: float, problems: Sequence[str]) -> Watched:
    if problems and one.unlisted_since is None:
        return one  # the item that could not be read may be this one
    return one if one.unlisted_since is not None else replace(one, unlisted_since=now)
