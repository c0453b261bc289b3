"""Asking Azure Resource Graph: which subscriptions are below a management group.

Resource Graph lags behind Azure by some minutes, and leaves out without a word what the credential may not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from monitor.azure import failures, wire
from monitor.azure.networks import MAX_PAGES, Listing

if TYPE_CHECKING:
    from monitor.azure.arm import Arm
    from monitor.model import Subscription

API_VERSION = "2024-04-01"
PAGE_SIZE = 1000
"""The most rows that Resource Graph answers at once."""

SUBSCRIPTIONS = """resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| project id, name, subscriptionId, tenantId, state = tostring(properties.state)
| order by id asc"""
"""Without ``id`` among the columns there are no further pages, without an order they can overlap."""

_LIMIT_HIT = "x-ms-tenant-subscription-limit-hit"


async def list_subscriptions_below(arm: Arm, group: str) -> Listing[Subscription]:
    """List the subscriptions below a management group, however deep, that the credential may see.

    Raises:
        AzureError: the group could not be asked about, or the answer is not whole.

    """
    items: list[Subscription] = []
    problems: list[str] = []
    tokens: set[str] = set()
    token: str | None = None
    while True:
        options: dict[str, Any] = {"resultFormat": "objectArray", "$top": PAGE_SIZE}
        if token is not None:
            options["$skipToken"] = token
        document = {"managementGroups": [group], "query": SUBSCRIPTIONS, "options": options}
        answer = await arm.query(
            msgspec.json.encode(document), api="resource_graph", params={"api-version": API_VERSION}
        )
        try:
            page = wire.graph_subscriptions(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise failures.from_exception(error) from error
        items.extend(page.items)
        problems.extend(page.problems)
        if answer.headers.get(_LIMIT_HIT, "").lower() == "true":
            raise failures.bad_response(
                "it has more subscriptions than Resource Graph looks at; name smaller groups"
            )
        token = page.skip_token
        if token is None:
            break
        if token in tokens or len(tokens) >= MAX_PAGES:
            raise failures.bad_response("the result does not end: a $skipToken leads back or on for ever")
        tokens.add(token)
    read = len(items) + len(problems)
    if page.truncated or (page.total is not None and read < page.total):
        raise failures.bad_response(f"the result is not whole: {read} of {page.total} rows came")
    return Listing(tuple(items), tuple(problems))
