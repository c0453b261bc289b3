"""The kinds of value that settings have: how each is written, what is accepted, and what is said when it is not.

A validator raises :func:`expected` where the value itself is wrong (the value is then quoted in the message) and
``ValueError`` where the sentence says everything.
"""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

EXPECTED = "expected"
"""The type of the validation errors that :func:`expected` makes."""


def expected(what: str) -> PydanticCustomError:
    """The error of a value that is not what is accepted: ``what`` completes the sentence "must be …"."""
    return PydanticCustomError(EXPECTED, "{what}", {"what": what})


@dataclass(frozen=True, slots=True)
class Accepts:
    """What the reference says that a type accepts, where the type itself does not tell; Markdown."""

    text: str


# Durations

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h)")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_HOURS = 8760


def parse_duration(value: object) -> float:
    """Seconds from ``30s``, ``5m`` or ``24h``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise expected("a duration with its unit, such as 30s, 5m or 24h")
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise expected("a whole number of seconds, minutes or hours, such as 30s, 5m or 24h")
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]]
    if not 1 <= seconds <= _LONGEST_HOURS * 3600:
        raise expected(f"at least 1s and at most {_LONGEST_HOURS}h")
    return float(seconds)


def format_duration(seconds: float) -> str:
    """The shortest text that :func:`parse_duration` reads back as the same."""
    whole = int(seconds)
    for unit in ("h", "m"):
        if whole and whole % _UNIT_SECONDS[unit] == 0:
            return f"{whole // _UNIT_SECONDS[unit]}{unit}"
    return f"{whole}s"


Seconds = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    Accepts(f"a duration such as `30s`, `5m` or `24h`, from `1s` to `{_LONGEST_HOURS}h`"),
]


class Grain(StrEnum):
    """The time grains that Azure Monitor offers."""

    ONE_MINUTE = "1m"
    FIVE_MINUTES = "5m"
    FIFTEEN_MINUTES = "15m"
    THIRTY_MINUTES = "30m"
    ONE_HOUR = "1h"
    SIX_HOURS = "6h"
    TWELVE_HOURS = "12h"
    ONE_DAY = "24h"

    @property
    def seconds(self) -> float:
        """How long the grain is."""
        return parse_duration(self.value)

    @property
    def iso(self) -> str:
        """The grain as Azure Monitor's ``interval`` parameter writes it."""
        return "P1D" if self is Grain.ONE_DAY else f"PT{self.value.upper()}"


_GRAIN_OF_SECONDS = {grain.seconds: grain for grain in Grain}


def _grain(value: object) -> Grain:
    try:
        return _GRAIN_OF_SECONDS[parse_duration(value)]
    except (KeyError, PydanticCustomError):
        raise expected(f"one of Azure Monitor's grains: {', '.join(Grain)}") from None


GrainField = Annotated[
    Grain,
    BeforeValidator(_grain),
    Accepts(f"a grain of Azure Monitor's: {', '.join(f'`{grain}`' for grain in Grain)}"),
]


# Addresses

EVERYWHERE = "0.0.0.0"  # noqa: S104 - an exporter is scraped from other machines
"""The host that stands for every IPv4 address of the machine."""

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9_-]{0,62})(\.[a-z0-9]([a-z0-9_-]{0,62}))*", re.IGNORECASE)
_LISTEN = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")
_LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a server listens; ``host`` is without brackets, port 0 leaves the choice to the system."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """The address that ``HOST:PORT``, ``[::1]:PORT`` or ``:PORT`` (every IPv4 address) names."""
        match = _LISTEN.fullmatch(text.strip())
        if match is None or int(match["port"]) > _LARGEST_PORT:
            raise _listen_expected()
        if match["v6"]:
            if _ip(match["v6"]) is None or ":" not in match["v6"]:
                raise _listen_expected()
            return cls(match["v6"], int(match["port"]))
        host = match["host"] or EVERYWHERE  # what ":9789" means to users of exporters
        if not _HOST_NAME.fullmatch(host):
            raise _listen_expected()
        return cls(host, int(match["port"]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _listen_expected() -> PydanticCustomError:
    return expected("HOST:PORT, such as 0.0.0.0:9789, localhost:9789 or [::1]:9789")


def _listen(value: object) -> Listen:
    if isinstance(value, Listen):
        return value
    if not isinstance(value, str):
        raise _listen_expected()
    return Listen.parse(value)


ListenField = Annotated[
    Listen,
    PlainValidator(_listen),
    PlainSerializer(str, return_type=str),
    Accepts("`HOST:PORT`, `[::1]:PORT`, or `:PORT` for every IPv4 address; port 0 takes a free one"),
]


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine: 127.0.0.0/8, ::1 or localhost."""
    host = urlsplit(url).hostname or ""
    address = _ip(host)
    return host == "localhost" if address is None else address.is_loopback


def _split_url(value: object, accepted: str) -> SplitResult:
    """The parts of a plain http(s) URL: no user, query or fragment, nothing that urlsplit would quietly drop."""
    refusal = expected(accepted)
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value.strip()) or re.search(r"[@?#\\]", value):
        raise refusal
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError:
        raise refusal from None
    host = parts.hostname or ""
    known_host = _ip(host) is not None if ":" in host else _HOST_NAME.fullmatch(host) is not None
    if parts.scheme not in {"http", "https"} or not known_host or port == 0 or parts.netloc.endswith(":"):
        raise refusal
    return parts


def _endpoint(value: object) -> str:
    accepted = "scheme://host[:port] and nothing after it, such as https://management.azure.com"
    parts = _split_url(value, accepted)
    if parts.path not in {"", "/"}:
        raise expected(accepted)
    url = f"{parts.scheme}://{parts.netloc.lower()}"
    if parts.scheme == "http" and not is_loopback(url):
        raise expected("an https:// URL (tokens are sent there; http:// only to this machine's loopback)")
    return url


def _external_url(value: object) -> str:
    parts = _split_url(value, "an http:// or https:// URL such as https://peerings.example.com, without a query")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


EndpointField = Annotated[
    str,
    BeforeValidator(_endpoint),
    Accepts("`https://host[:port]` and nothing after it; `http://` only to this machine's loopback"),
]
ExternalUrlField = Annotated[
    str, BeforeValidator(_external_url), Accepts("an `http://` or `https://` URL, with a path if need be")
]


# Names

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _tenant(value: object) -> str:
    text = value.strip().lower() if isinstance(value, str) else ""
    if not (_UUID.fullmatch(text) or ("." in text and _HOST_NAME.fullmatch(text))):
        raise expected("the tenant's id (a UUID) or one of its domains, such as contoso.onmicrosoft.com")
    return text


def _subscription(value: object) -> str:
    if not isinstance(value, str):
        raise expected("text (put numbers and the like in quotes)")
    text = value.strip()
    if not text or not text.isprintable():
        raise expected("a subscription id or a glob on the display name, such as prod-*")
    if "/subscriptions/" in text.lower():
        raise expected("the subscription's id alone, without /subscriptions/")
    return text.lower() if _UUID.fullmatch(text) else text


_GROUP = re.compile(r"[A-Za-z0-9_().-]{1,90}")
_GROUP_PATH = re.compile(r"/?(providers/)?microsoft\.management/managementgroups/", re.IGNORECASE)


def _management_group(value: object) -> str:
    if not isinstance(value, str):
        raise expected("text (put numbers and the like in quotes)")
    text = value.strip()
    if _GROUP_PATH.match(text):
        raise expected("the management group's id alone, without the path before it")
    if not _GROUP.fullmatch(text) or text.endswith("."):
        raise expected("the id of a management group (not its display name), such as mg-platform")
    return text.lower()


TenantField = Annotated[str, BeforeValidator(_tenant), Accepts("a tenant's id, or one of its domains")]
SubscriptionPattern = Annotated[
    str, BeforeValidator(_subscription), Accepts("a subscription's id, or a glob on its display name: `prod-*`")
]
ManagementGroupField = Annotated[
    str,
    BeforeValidator(_management_group),
    Accepts("a management group's id, not its display name: `mg-platform`"),
]


# What is ignored

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    rf"{_DATE.pattern}[Tt ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})"
)


@dataclass(frozen=True, slots=True)
class Until:
    """The time when something ends, in Unix seconds, and as it was written: a date ends with its day in UTC."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return self.text


def _until(value: object) -> Until:
    refusal = expected("a date such as 2030-12-31, or a time with its offset such as 2030-12-31T18:00:00Z")
    if isinstance(value, Until):
        return value
    try:
        moment = _moment(value)
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise refusal
            return Until(moment.isoformat().replace("+00:00", "Z"), moment.timestamp())
        midnight = datetime.combine(moment, time(), UTC) + timedelta(days=1)
        return Until(moment.isoformat(), midnight.timestamp())
    except (ValueError, OverflowError, TypeError):
        raise refusal from None


def _moment(value: object) -> date:
    """The date or time that YAML has read, or that stands in the text."""
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    if _TIME.fullmatch(text):
        return datetime.fromisoformat(text.upper())
    raise ValueError(text)


def _glob(value: object) -> str:
    if not isinstance(value, str):
        raise expected("text (put numbers and the like in quotes)")
    text = value.strip().rstrip("/")
    if not text or not text.isprintable():
        raise expected("a name or a glob such as vnet-dev-*")
    return text


def _sentence(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise expected("a sentence that says why")
    return " ".join(value.split())


UntilField = Annotated[
    Until,
    PlainValidator(_until),
    PlainSerializer(str, return_type=str),
    Accepts("a day such as `2030-12-31`, or a time with its offset such as `2030-12-31T18:00:00Z`"),
]
Glob = Annotated[str, BeforeValidator(_glob)]
Sentence = Annotated[str, BeforeValidator(_sentence)]


# Everything else

MetricName = Literal[
    "BytesInPeering", "BytesOutPeering", "PingMeshAverageRoundtripMs", "PingMeshProbesFailedPercent"
]


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise expected("a whole number")
    return value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _null_is_empty(value: Any) -> Any:
    return () if value is None else value


def _null_is_no_entry(value: Any) -> Any:
    return {} if value is None else value


Whole = Annotated[int, BeforeValidator(_no_bool)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
NullIsEmpty = BeforeValidator(_null_is_empty)
NullIsNoEntry = BeforeValidator(_null_is_no_entry)
Unique = AfterValidator(lambda values: tuple(dict.fromkeys(values)))
