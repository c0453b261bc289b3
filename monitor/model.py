"""The domain's types: what Azure said, how both sides pair, and what the monitor made of it.

Everything here is frozen and uses the standard library only. Times are Unix seconds, names are Azure's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def ascii_lower(text: str) -> str:
    """Lower-case the ASCII letters only, as ARM compares ids; ``str.lower`` would fold other scripts too."""
    return text.lower() if text.isascii() else text.encode().lower().decode()


class ArmId:
    """A resource id of Azure Resource Manager: compared without regard to case, kept as Azure wrote it.

    ``text`` is for people, ``key`` (ASCII lower case) for comparing, sorting and labels.
    """

    __slots__ = ("_named", "_parts", "key", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.key = ascii_lower(text)
        self._parts: tuple[str, ...] | None = None
        self._named: dict[str, str] | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The segments of ``text``, without the empty one before the first slash."""
        if self._parts is None:
            self._parts = tuple(self.text.strip("/").split("/"))
        return self._parts

    def _after(self, keyword: str) -> str:
        if self._named is None:
            pairs = zip(self.parts[::2], self.parts[1::2], strict=False)
            self._named = {}
            for word, value in pairs:
                self._named.setdefault(ascii_lower(word), value)
        return self._named.get(keyword, "")

    @property
    def subscription_id(self) -> str:
        """As written; empty where the id is of no subscription."""
        return self._after("subscriptions")

    @property
    def resource_group(self) -> str:
        """As written; empty where the id is of no resource group."""
        return self._after("resourcegroups")

    @property
    def name(self) -> str:
        """The last segment: the resource's own name."""
        return self.parts[-1]

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, ArmId) else NotImplemented

    def __lt__(self, other: ArmId) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ArmId({self.text!r})"


class PeeringState(StrEnum):
    """``peeringState`` of one side; ``UNKNOWN`` where it is absent or not a value that this version knows."""

    CONNECTED = "Connected"
    INITIATED = "Initiated"
    DISCONNECTED = "Disconnected"
    UNKNOWN = "Unknown"


class SyncLevel(StrEnum):
    """``peeringSyncLevel`` of one side; ``UNKNOWN`` where it is absent (older answers) or not known."""

    FULLY_IN_SYNC = "FullyInSync"
    REMOTE_NOT_IN_SYNC = "RemoteNotInSync"
    LOCAL_NOT_IN_SYNC = "LocalNotInSync"
    LOCAL_AND_REMOTE_NOT_IN_SYNC = "LocalAndRemoteNotInSync"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How much a finding matters; see :data:`SEVERITY_ORDER` for comparing."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


SEVERITY_ORDER = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Reason(StrEnum):
    """How a read of Azure ended: the closed list behind every ``reason`` label of the coverage metrics."""

    OK = "ok"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    DISABLED = "disabled"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    UNAUTHENTICATED = "unauthenticated"
    SERVER_ERROR = "server_error"
    BAD_RESPONSE = "bad_response"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Failure:
    """A read that failed: the reason for machines, a sentence for people."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as Azure lists it: ``id`` in lower case, ``state`` such as ``Enabled``, ``Disabled``."""

    id: str
    display_name: str
    tenant_id: str
    state: str = "Enabled"


@dataclass(frozen=True, slots=True)
class Peering:
    """One side of a peering, as its own virtual network tells it. ``None`` means that Azure did not say.

    ``remote_address_space`` is what is peered, ``remote_vnet_address_space`` what the remote network has now;
    they differ until the peering is synced. ``*_text`` is Azure's own word where the enumeration lost it.
    """

    id: ArmId
    vnet: ArmId
    remote_vnet: ArmId
    state: PeeringState = PeeringState.UNKNOWN
    state_text: str | None = None
    sync_level: SyncLevel = SyncLevel.UNKNOWN
    sync_level_text: str | None = None
    provisioning_state: str | None = None
    allow_virtual_network_access: bool | None = None
    allow_forwarded_traffic: bool | None = None
    allow_gateway_transit: bool | None = None
    use_remote_gateways: bool | None = None
    peer_complete_vnets: bool | None = None
    only_ipv6: bool | None = None
    resource_guid: str | None = None
    remote_address_space: tuple[str, ...] | None = None
    remote_vnet_address_space: tuple[str, ...] | None = None
    local_subnet_names: tuple[str, ...] = ()
    remote_subnet_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The peering's own name, in display case."""
        return self.id.name


PEERING_LIMIT = 500
PEERING_LIMIT_MANAGED = 1000
_MANAGED = "/virtualnetworkpeerings/anm_"
"""In the ids of peerings that Azure Virtual Network Manager makes; it raises the limit."""


@dataclass(frozen=True, slots=True)
class VirtualNetwork:
    """A virtual network with its side of every peering; ``encryption`` is None where Azure did not say.

    ``peerings_complete`` is False when a peering in the answer could not be read, so that the absence of
    one proves nothing.
    """

    id: ArmId
    location: str = ""
    address_space: tuple[str, ...] = ()
    peerings: tuple[Peering, ...] = ()
    encryption: bool | None = None
    peerings_complete: bool = True

    @property
    def managed(self) -> bool:
        """Whether Azure Virtual Network Manager makes peerings on it, as far as they were read."""
        return any(_MANAGED in peering.id.key for peering in self.peerings)

    @property
    def peering_limit(self) -> int:
        """How many peerings Azure allows on it."""
        return PEERING_LIMIT_MANAGED if self.managed else PEERING_LIMIT


@dataclass(frozen=True, slots=True)
class LinkKey:
    """The unordered pair of virtual networks that a peering joins; build it with :meth:`between`.

    ``id`` is the first 16 hex digits of SHA-256 over both ids in lower case, sorted, joined by a newline: the
    same in every replica, shard and view.
    """

    low: ArmId
    high: ArmId
    id: str = field(compare=False)

    @classmethod
    def between(cls, one: ArmId, other: ArmId) -> LinkKey:
        """The key of the link between two networks, whichever is named first."""
        low, high = (one, other) if one.key <= other.key else (other, one)
        digest = hashlib.sha256(f"{low.key}\n{high.key}".encode()).hexdigest()
        return cls(low, high, digest[:16])


@dataclass(frozen=True, slots=True)
class HalfPresent:
    """This side of the link was read."""

    peering: Peering
    vnet: VirtualNetwork

    @property
    def vnet_id(self) -> ArmId:
        """The network that this side belongs to."""
        return self.vnet.id


class Absence(StrEnum):
    """What is not there, where a side of a link is missing."""

    PEERING = "peering"
    VNET = "vnet"


@dataclass(frozen=True, slots=True)
class HalfMissing:
    """This side of the link does not exist: its subscription was read well and a direct GET confirmed it.

    ``vnet`` is the network without the peering, or None where the network itself is gone.
    """

    vnet_id: ArmId
    absence: Absence
    vnet: VirtualNetwork | None = None


@dataclass(frozen=True, slots=True)
class HalfUnseen:
    """Nothing can be said of this side. ``reason`` is None where nobody asked: it is outside what is watched.

    ``vnet`` is set where the network is known but not whether it has a peering back.
    """

    vnet_id: ArmId
    reason: Reason | None = None
    vnet: VirtualNetwork | None = None


Half = HalfPresent | HalfMissing | HalfUnseen


@dataclass(frozen=True, slots=True)
class Link:
    """Both sides of one peering, at least one present; ``low`` is of the network whose id sorts first."""

    key: LinkKey
    low: Half
    high: Half

    def sides(self) -> Iterator[tuple[HalfPresent, Half]]:
        """Each side that was read, together with the other half."""
        if isinstance(self.low, HalfPresent):
            yield self.low, self.high
        if isinstance(self.high, HalfPresent):
            yield self.high, self.low

    def both(self) -> tuple[HalfPresent, HalfPresent] | None:
        """Both sides where both were read, else None."""
        if isinstance(self.low, HalfPresent) and isinstance(self.high, HalfPresent):
            return self.low, self.high
        return None


@dataclass(frozen=True, slots=True)
class OnLink:
    """A finding about a link; ``side`` is the one to repair, else the one whose id sorts first."""

    link: LinkKey
    side: Peering

    @property
    def key(self) -> tuple[str, str]:
        """What findings are told apart and sorted by."""
        return self.link.id, self.side.id.key


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """A finding about one virtual network; ``about`` tells several of one check apart (a prefix, a route)."""

    vnet: ArmId
    about: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What findings are told apart and sorted by."""
        return self.vnet.key, self.about


Subject = OnLink | OnNetwork


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with its ``subject``.

    ``reason`` is one of the check's enumeration, ``detail`` a sentence, ``repair`` what is safe to paste.
    """

    check: str
    severity: Severity
    subject: Subject
    reason: str
    detail: str
    repair: tuple[str, ...]
    portal_url: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """An entry of the setting ``checks.ignore``: globs, without regard to case, the time when it ends, and why.

    A glob on a network or a peering is one on the id where it has a slash, else on the name.
    """

    until: float
    reason: str
    check: str = "*"
    vnet: str = "*"
    peering: str = "*"


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """A finding that an entry in force takes out."""

    finding: Finding
    ignore: Ignore


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a peering with what only the analysis knows of it; None where it cannot be told."""

    peering: Peering
    link: LinkKey
    remote_visible: bool
    consistent: bool | None = None
    is_global: bool | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the newest read of one subscription by one collector ended.

    ``subscription_id`` is in lower case and empty where the read was not of one subscription (discovery).
    ``last_success`` is when facts were last read, None if never.
    """

    subscription_id: str
    collector: str
    reason: Reason
    detail: str = ""
    last_success: float | None = None


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """The newest complete grain of one metric of one network, in Azure's unit; ``end`` is the grain's end."""

    vnet: ArmId
    metric: str
    value: float
    grain_seconds: float
    end: float


@dataclass(frozen=True, slots=True)
class MetricSupport:
    """Whether Azure offers a metric on the virtual networks of a subscription."""

    subscription_id: str
    metric: str
    supported: bool


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What Azure's last answer said is left of one of a subscription's budgets."""

    subscription_id: str
    kind: str
    remaining: int


@dataclass(frozen=True, slots=True)
class CheckSetting:
    """A check that is on, with the severity in force."""

    name: str
    severity: Severity


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """Everything that users see, at one moment. Every sequence is sorted, so that views are stable.

    ``findings`` are those that nobody ignores. It has no repr of its contents: asyncio writes the repr of a task's
    result into messages that nobody reads, which for a large estate takes gigabytes.
    """

    built_at: float
    virtual_networks: tuple[VirtualNetwork, ...] = ()
    sides: tuple[Side, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[CheckSetting, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    metric_points: tuple[MetricPoint, ...] = ()
    metric_support: tuple[MetricSupport, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    ignored: tuple[IgnoredFinding, ...] = ()
    expired_ignores: tuple[Ignore, ...] = ()
