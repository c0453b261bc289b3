"""Discovery: which subscriptions the settings select, and which of those are no longer in Azure's list.

Losing a role makes a subscription disappear from the list without an error anywhere, so one that was seen or is
named is remembered and reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.azure.failures import AzureError
from monitor.azure.networks import list_subscriptions
from monitor.model import Coverage, Failure, Reason, Subscription, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.azure.arm import Arm

COLLECTOR = "subscriptions"

REMEMBER_UNLISTED = 24 * 3600.0
"""Seconds for which a subscription that is no longer listed stays reported as ``not_found``."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which subscriptions to watch: ids, or globs on the display name (case does not matter)."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()

    def selects(self, subscription: Subscription) -> bool:
        """Whether the settings ask for this subscription."""
        return _matches(subscription, self.include) and not _matches(subscription, self.exclude)

    def named(self) -> frozenset[str]:
        """The subscriptions that the settings name by id."""
        ids = {ascii_lower(one) for one in self.include}
        excluded = {ascii_lower(one) for one in self.exclude}
        return frozenset(one for one in ids - excluded if _UUID.fullmatch(one))


def _matches(subscription: Subscription, patterns: tuple[str, ...]) -> bool:
    name = subscription.display_name.casefold()
    return any(ascii_lower(one) == subscription.id or fnmatchcase(name, one.casefold()) for one in patterns)


@dataclass(frozen=True, slots=True)
class Watched:
    """A subscription to read; ``unlisted_since`` is when Azure's list first lacked it, None while it is there."""

    subscription: Subscription
    unlisted_since: float | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """What discovery knows: every watched subscription by id, and how the newest listing ended."""

    watched: Mapping[str, Watched] = field(default_factory=lambda: MappingProxyType({}))
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
                "not in Azure's list of subscriptions: it was deleted, or the monitor's role on it was removed",
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
    try:
        listing = await list_subscriptions(arm)
    except AzureError as error:
        return after_failure(previous, selection, error.failure)
    return after_listing(previous, selection, listing.items, listing.problems, now=now)


def after_failure(previous: Directory, selection: Selection, failure: Failure) -> Directory:
    """Keep the directory. Subscriptions named by id are read even if no list was ever had."""
    watched = dict(previous.watched)
    for key in sorted(selection.named()):
        watched.setdefault(key, Watched(Subscription(key, "", "")))
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
    found = {one.id: Watched(one) for one in listed if selection.selects(one)}
    watched = dict(found)
    for key in sorted(selection.named() - found.keys()):
        watched[key] = _missed(previous.watched.get(key) or Watched(Subscription(key, "", "")), now, problems)
    for key, one in previous.watched.items():
        if key in watched:
            continue
        missed = _missed(one, now, problems)
        if missed.unlisted_since is None or now - missed.unlisted_since <= REMEMBER_UNLISTED:
            watched[key] = missed
    failure = None
    if problems:
        failure = Failure(Reason.BAD_RESPONSE, problems[0])
    elif not found:
        failure = Failure(
            Reason.NOT_FOUND,
            f"none of the {len(listed)} subscriptions that Azure lists matches subscriptions.include"
            if listed
            else "Azure lists no subscription for this credential: assign it the Reader role or the custom role",
        )
    return Directory(
        MappingProxyType(dict(sorted(watched.items()))),
        failure,
        now if found else previous.last_success,
        ran=True,
    )


def _missed(one: Watched, now: float, problems: Sequence[str]) -> Watched:
    if problems and one.unlisted_since is None:
        return one  # the item that could not be read may be this one
    return one if one.unlisted_since is not None else replace(one, unlisted_since=now)
