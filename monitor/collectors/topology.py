"""The topology collector: one paged listing per subscription, then the direct questions that absence demands."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.analysis import estate as facts
from monitor.azure.failures import AzureError
from monitor.azure.networks import get_virtual_network, list_virtual_networks
from monitor.model import Failure, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitor.azure.arm import Arm
    from monitor.model import ArmId

COLLECTOR = "topology"


async def collect_topology(
    arm: Arm,
    previous: facts.Estate,
    *,
    readable: Sequence[str],
    unlisted: Mapping[str, Failure],
    clock: Callable[[], float],
    max_age: float,
) -> facts.Estate:
    """Read every readable subscription at once and return what is known afterwards.

    ``unlisted`` subscriptions are not asked; their facts are kept and the failure is said of them. ``max_age`` is
    how many seconds last good facts are kept.
    """
    read = await asyncio.gather(*(_list_one(arm, previous, one, clock) for one in readable))
    known = dict(previous.subscriptions) | dict(zip(readable, read, strict=True))
    for subscription_id, failure in unlisted.items():
        known[subscription_id] = facts.after_failure(known.get(subscription_id), failure)
    estate = facts.Estate(MappingProxyType(known))
    asked = facts.questions(estate, frozenset(readable))
    answers = await _ask(arm, asked)
    estate = facts.after_answers(estate, asked, answers, now=clock())
    return facts.expire(estate, watched=known.keys() & {*readable, *unlisted}, now=clock(), max_age=max_age)


async def _list_one(
    arm: Arm, previous: facts.Estate, subscription_id: str, clock: Callable[[], float]
) -> facts.SubscriptionFacts:
    before = previous.subscriptions.get(subscription_id)
    try:
        listing = await list_virtual_networks(arm, subscription_id)
    except AzureError as error:
        return facts.after_failure(before, error.failure)
    return facts.after_listing(before, listing.items, listing.problems, now=clock())


async def _ask(arm: Arm, asked: facts.Questions) -> dict[str, facts.Answer]:
    pairs = [(subscription_id, one) for subscription_id, ids in asked.ask.items() for one in ids]
    answers = await asyncio.gather(
        *(_ask_one(arm, vnet_id, subscription_id) for subscription_id, vnet_id in pairs)
    )
    return {vnet_id.key: answer for (_, vnet_id), answer in zip(pairs, answers, strict=True)}


async def _ask_one(arm: Arm, vnet_id: ArmId, subscription_id: str) -> facts.Answer:
    try:
        vnet = await get_virtual_network(arm, vnet_id, subscription_id=subscription_id)
    except AzureError as error:
        # A 404 about the subscription says that it cannot be seen, and one without Azure's own error code is not
        # Azure's word: neither means that the network is gone.
        if error.status == HTTPStatus.NOT_FOUND and error.code and "subscription" not in error.code.lower():
            return facts.Gone()
        return error.failure
    if vnet.id != vnet_id:
        return Failure(Reason.BAD_RESPONSE, f"asked for {vnet_id}, Azure answered with {vnet.id}")
    return vnet
