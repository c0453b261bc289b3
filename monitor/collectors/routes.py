"""The routes collector: one paged listing of route tables per subscription.

A table that a listing leaves out is kept like any last good fact. Azure refuses to delete one that a subnet uses,
and one that no subnet uses is looked at by nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.azure.failures import AzureError
from monitor.azure.networks import list_route_tables
from monitor.model import Coverage, Failure, Reason, RouteTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from monitor.azure.arm import Arm
    from monitor.azure.networks import Listing

COLLECTOR = "routes"


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A route table as last read, and when that was."""

    table: RouteTable
    seen_at: float


@dataclass(frozen=True, slots=True)
class Routes:
    """What is known of routes: last good tables by id and read outcomes, both by subscription."""

    tables: Mapping[str, Mapping[str, KnownTable]] = field(default_factory=lambda: MappingProxyType({}))
    coverage: Mapping[str, Coverage] = field(default_factory=lambda: MappingProxyType({}))

    def route_tables(self) -> Iterator[RouteTable]:
        """Every known table of every subscription."""
        for known in self.tables.values():
            for one in known.values():
                yield one.table


async def collect_routes(
    arm: Arm,
    previous: Routes,
    *,
    readable: Sequence[str],
    unlisted: Mapping[str, Failure],
    clock: Callable[[], float],
    max_age: float,
) -> Routes:
    """Read the route tables of every readable subscription; failures keep the last good ones and are told.

    ``unlisted`` subscriptions are not asked. ``max_age`` is how many seconds last good facts are kept.
    """
    read = await asyncio.gather(*(_list(arm, one) for one in readable))
    now = clock()
    outcomes: dict[str, Listing[RouteTable] | Failure] = {**unlisted, **dict(zip(readable, read, strict=True))}
    tables = {}
    coverage = {}
    for subscription_id, outcome in outcomes.items():
        known = {
            key: one
            for key, one in previous.tables.get(subscription_id, {}).items()
            if now - one.seen_at <= max_age
        }
        before = previous.coverage.get(subscription_id)
        if isinstance(outcome, Failure):
            failure, last_success = outcome, before.last_success if before else None
        else:
            known |= {table.id.key: KnownTable(table, now) for table in outcome.items}
            failure, last_success = _problem(outcome.problems), now
        tables[subscription_id] = MappingProxyType(known)
        coverage[subscription_id] = Coverage(
            subscription_id, COLLECTOR, failure.reason, failure.detail, last_success
        )
    return Routes(MappingProxyType(tables), MappingProxyType(coverage))


async def _list(arm: Arm, subscription_id: str) -> Listing[RouteTable] | Failure:
    try:
        return await list_route_tables(arm, subscription_id)
    except AzureError as error:
        return error.failure


def _problem(problems: Sequence[str]) -> Failure:
    if not problems:
        return Failure(Reason.OK, "")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Failure(Reason.BAD_RESPONSE, f"{problems[0]}{more}")
