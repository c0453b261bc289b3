"""Reading subscriptions and virtual networks: whole listings page by page, and one network asked directly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from monitor.azure import failures, wire
from monitor.azure.arm import Arm, Service, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model import ArmId, Subscription, VirtualNetwork

T = TypeVar("T")

NETWORK_API_VERSION = "2026-03-01"
SUBSCRIPTIONS_API_VERSION = "2022-12-01"

DECODE_IN_THREAD_ABOVE = 64 * 1024
"""Bytes of a body above which decoding it would hold up the event loop noticeably."""

MAX_PAGES = 10_000
"""Pages after which a listing is taken for endless."""


@dataclass(frozen=True, slots=True, repr=False)
class Listing(Generic[T]):
    """A listing read to its end, with a sentence for each part of it that could not be read."""

    items: tuple[T, ...]
    problems: tuple[str, ...] = ()


async def list_subscriptions(arm: Arm) -> Listing[Subscription]:
    """List the subscriptions that the credential may see.

    Raises:
        AzureError: the listing could not be read to its end.

    """
    return await _list(
        arm,
        "/subscriptions",
        wire.subscriptions_page,
        api="subscriptions",
        service=Service.SUBSCRIPTIONS,
        api_version=SUBSCRIPTIONS_API_VERSION,
    )


async def list_virtual_networks(arm: Arm, subscription_id: str) -> Listing[VirtualNetwork]:
    """List a subscription's virtual networks; each carries its side of every peering, whole.

    Raises:
        AzureError: the listing could not be read to its end.

    """
    return await _list(
        arm,
        path_of(f"/subscriptions/{subscription_id}/providers/Microsoft.Network/virtualNetworks"),
        wire.vnets_page,
        api="virtual_networks",
        service=Service.NETWORK,
        api_version=NETWORK_API_VERSION,
        subscription_id=subscription_id,
    )


async def get_virtual_network(arm: Arm, vnet_id: ArmId, *, subscription_id: str) -> VirtualNetwork:
    """Ask for one virtual network; ``peerings_complete`` tells whether all of its peerings could be read.

    Raises:
        AzureError: it could not be read; ``status`` 404 with a code other than a subscription's says it is gone.

    """
    body = await arm.get(
        path_of(vnet_id.text),
        api="virtual_network",
        params={"api-version": NETWORK_API_VERSION},
        subscription_id=subscription_id,
    )
    return wire.vnet(body)


async def _list(
    arm: Arm,
    path: str,
    decode: Callable[[bytes], wire.Decoded[T]],
    *,
    api: str,
    service: Service,
    api_version: str,
    subscription_id: str = "",
) -> Listing[T]:
    items: list[T] = []
    problems: list[str] = []
    url: str | None = path
    params: dict[str, str] = {"api-version": api_version}
    seen: set[str] = set()
    while url is not None:
        if url in seen or len(seen) >= MAX_PAGES:
            raise failures.bad_response(f"the listing of {api} does not end: a nextLink leads back or on for ever")
        seen.add(url)
        body = await arm.get(url, api=api, service=service, params=params, subscription_id=subscription_id)
        try:
            if len(body) > DECODE_IN_THREAD_ABOVE:
                page = await asyncio.to_thread(decode, body)
            else:
                page = decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise failures.from_exception(error) from error
        items.extend(page.items)
        problems.extend(page.problems)
        url, params = page.next_link, {}
    return Listing(tuple(items), tuple(problems))
