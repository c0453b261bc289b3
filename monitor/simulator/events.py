"""What can happen to an estate: the events of its timeline, which `Simulator.apply` takes as well.

Each is plain data. `happenings` applies them to the model, and Azure's semantics do the rest: an event
says "this side was deleted", never "the other side is Disconnected now".
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Flag = Literal[
    "allow_virtual_network_access",
    "allow_forwarded_traffic",
    "allow_gateway_transit",
    "use_remote_gateways",
    "do_not_verify_remote_gateways",
]
Answer = Literal[
    "ok",
    "unauthorized",
    "forbidden",
    "not-found",
    "throttled",
    "timeout",
    "server-error",
    "disabled",
    "read-only",
]

GroupAnswer = Literal["ok", "forbidden"]


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class Happening(Struct, frozen=True, kw_only=True, tag_field="event", tag=_kebab):
    """The base of all events; in YAML the key `event` names the class in kebab case."""


class DeletePeering(Happening, frozen=True, kw_only=True):
    """One side of a peering is deleted; the other becomes Disconnected."""

    vnet: str
    peering: str


class CreatePeering(Happening, frozen=True, kw_only=True):
    """One side of a peering is created: Initiated, or Connected when the other side stands ready."""

    vnet: str
    peering: str
    remote: str
    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False


class RecreatePeering(Happening, frozen=True, kw_only=True):
    """What an operator does to a Disconnected link: delete what is left of it and create both sides anew.

    `vnet` and `peering` name one of its sides as the estate declares it; flags are those of the estate.
    """

    vnet: str
    peering: str


class SyncPeering(Happening, frozen=True, kw_only=True):
    """`az network vnet peering sync` on one side."""

    vnet: str
    peering: str


class SetFlag(Happening, frozen=True, kw_only=True):
    """One flag of one side is changed."""

    vnet: str
    peering: str
    flag: Flag
    value: bool


class DeleteVnet(Happening, frozen=True, kw_only=True):
    """A virtual network is deleted with its peerings; those that point at it become Disconnected."""

    vnet: str


class RecreateVnet(Happening, frozen=True, kw_only=True):
    """A deleted network is made again as the estate declares it: same id, new resourceGuid, no peerings."""

    vnet: str


class ResizeVnet(Happening, frozen=True, kw_only=True):
    """A virtual network's address space changes; its peerings go out of sync."""

    vnet: str
    address_space: tuple[str, ...]


class SubscriptionAnswers(Happening, frozen=True, kw_only=True):
    """How every request below a subscription is answered from now on.

    `disabled` refuses reads too; `read-only` is the milder form that refuses writes only.
    `retry_after` belongs to `throttled`.
    """

    subscription: str
    answer: Answer
    retry_after: int = 10


class HideSubscription(Happening, frozen=True, kw_only=True):
    """A subscription leaves Azure's list, as it does when the role on it is taken away.

    Requests below it then answer 403, unless `revoked` is false (the list alone forgets it).
    """

    subscription: str
    revoked: bool = True


class ShowSubscription(Happening, frozen=True, kw_only=True):
    """A hidden subscription is listed and readable again."""

    subscription: str


class MoveSubscription(Happening, frozen=True, kw_only=True):
    """A subscription is moved below another management group."""

    subscription: str
    group: str


class ManagementGroupAnswers(Happening, frozen=True, kw_only=True):
    """How questions about a management group are answered from now on."""

    group: str
    answer: GroupAnswer


class OmitFromListing(Happening, frozen=True, kw_only=True):
    """Listings leave these networks out although they exist and can be read one by one."""

    vnets: tuple[str, ...]


class EmptyListing(Happening, frozen=True, kw_only=True):
    """Listings of a subscription's networks come back empty."""

    subscription: str


class RestoreListing(Happening, frozen=True, kw_only=True):
    """Listings of a subscription's networks are complete again."""

    subscription: str


Event = (
    DeletePeering
    | CreatePeering
    | RecreatePeering
    | SyncPeering
    | SetFlag
    | DeleteVnet
    | RecreateVnet
    | ResizeVnet
    | SubscriptionAnswers
    | HideSubscription
    | ShowSubscription
    | MoveSubscription
    | ManagementGroupAnswers
    | OmitFromListing
    | EmptyListing
    | RestoreListing
)
EVENT_TYPES: tuple[type[Happening], ...] = (
    DeletePeering,
    CreatePeering,
    RecreatePeering,
    SyncPeering,
    SetFlag,
    DeleteVnet,
    RecreateVnet,
    ResizeVnet,
    SubscriptionAnswers,
    HideSubscription,
    ShowSubscription,
    MoveSubscription,
    ManagementGroupAnswers,
    OmitFromListing,
    EmptyListing,
    RestoreListing,
)


class TimedEvent(Struct, frozen=True):
    """An event and the second after the start at which it happens."""

    at: float
    event: Event
