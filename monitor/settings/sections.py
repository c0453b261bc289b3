"""Every setting of this version: its default, its type and what it means."""

# Annotations are evaluated at run time by pydantic: no `from __future__ import annotations` here.

import difflib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from monitor.model import Severity
from monitor.settings.fields import (
    EVERYWHERE,
    Accepts,
    EndpointField,
    ExternalUrlField,
    Glob,
    Grain,
    GrainField,
    Listen,
    ListenField,
    LogLevel,
    ManagementGroupField,
    MetricName,
    NullIsEmpty,
    NullIsNoEntry,
    Seconds,
    Sentence,
    SubscriptionPattern,
    TenantField,
    Unique,
    UntilField,
    Whole,
    is_loopback,
)

MASK = "***"
"""What stands for a secret in everything that is shown."""

CHECK_NAMES = "check_names"
"""The key of the validation context under which the known checks are given."""

NOT_BUILT: Mapping[str, str] = MappingProxyType(
    {
        "azure.log_analytics_url": "reading Log Analytics",
        "collectors.traffic.log_analytics_workspace_id": "traffic by peering from flow logs",
        "collectors.routes": "reading routes",
        "collectors.activity": "reading the activity log",
        "expectations": "declaring the topology that must exist",
        "http.health_listen": "a separate port for the probes",
        "http.web_config_file": "TLS and authentication",
        "shard": "sharding",
    }
)
"""Known settings whose feature does not exist yet, with that feature: refused in words, never ignored."""


class Section(BaseModel):
    """A map of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Azure(Section):
    """How Azure is reached."""

    cloud: Annotated[
        Literal["public", "usgovernment", "china"],
        Field(description="The Azure cloud that the tenant is in."),
    ] = "public"
    resource_manager_url: Annotated[
        EndpointField | None,
        Field(description="Another Azure Resource Manager endpoint; http:// only to this machine's loopback."),
    ] = None
    tenant_id: Annotated[
        TenantField | None,
        Field(description="The tenant's id or one of its domains; null: the credential's own."),
    ] = None
    credential: Annotated[
        Literal["default", "workload_identity", "managed_identity", "environment", "cli", "static"],
        Field(description="Where the identity comes from."),
    ] = "default"
    static_token: Annotated[
        SecretStr | None,
        Field(
            description="The bearer token of credential static; only with a loopback resource_manager_url.",
            validate_default=True,  # credential static cannot do without
        ),
    ] = None
    max_concurrency: Annotated[Whole, Field(ge=1, le=256, description="Requests in flight to Azure.")] = 16
    request_timeout: Annotated[Seconds, Field(description="How long one request to Azure may take.")] = 30.0

    @field_validator("static_token")
    @classmethod
    def _static_token_stays_at_home(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """A token in the settings is for the simulator: only with credential static, and only to loopback."""
        if "credential" not in info.data or "resource_manager_url" not in info.data:
            return token  # one of them is wrong itself, and that is said
        if info.data["credential"] != "static":
            if token is not None:
                raise ValueError("is used only with azure.credential static; set that, or remove the token")
            return None
        if token is None or not token.get_secret_value().strip():
            raise ValueError("is needed with azure.credential static")
        if token.get_secret_value() == MASK:
            raise ValueError("is the mask that `config show` prints, not a token")
        if not is_loopback(info.data["resource_manager_url"] or ""):
            raise ValueError(
                "is allowed only where azure.resource_manager_url is on this machine "
                "(127.0.0.0/8, ::1 or localhost); use another azure.credential for Azure itself"
            )
        return token


class Subscriptions(Section):
    """Which subscriptions are watched."""

    include: Annotated[
        tuple[SubscriptionPattern, ...],
        NullIsEmpty,
        Unique,
        Field(
            description="Subscription ids, or globs on the display name. With management_groups it adds to those "
            'below them, and ["*"] adds nothing.'
        ),
    ] = ("*",)
    exclude: Annotated[
        tuple[SubscriptionPattern, ...],
        NullIsEmpty,
        Unique,
        Field(description="Those of the selected that are left out: ids, or globs on the display name."),
    ] = ()
    management_groups: Annotated[
        tuple[ManagementGroupField, ...],
        NullIsEmpty,
        Unique,
        Field(
            description="Management groups, every subscription below which is watched, however deep. They are "
            "asked about every five minutes, and Azure Resource Graph, which answers, lags behind by some minutes."
        ),
    ] = ()

    @field_validator("include")
    @classmethod
    def _something_is_watched(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if not patterns:
            raise ValueError('must name at least one subscription; ["*"] is every readable one')
        return patterns


class Topology(Section):
    """The collector of networks and peerings."""

    interval: Annotated[Seconds, Field(description="How often the topology is read.")] = 30.0


class Traffic(Section):
    """The collector of Azure Monitor's metrics of virtual networks."""

    enabled: Annotated[bool, Field(description="Whether metrics are read.")] = True
    interval: Annotated[Seconds, Field(description="How often metrics are read.")] = 300.0
    grain: Annotated[
        GrainField,
        Field(description="Of each metric, the largest grain that Azure offers and that is not above this."),
    ] = Grain.FIVE_MINUTES
    metrics: Annotated[
        tuple[MetricName, ...], NullIsEmpty, Unique, Field(description="The metrics that are read.")
    ] = (
        "BytesInPeering",
        "BytesOutPeering",
        "PingMeshAverageRoundtripMs",
        "PingMeshProbesFailedPercent",
    )

    @field_validator("metrics")
    @classmethod
    def _something_is_read(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        if not metrics:
            raise ValueError("must name a metric; to read none, set collectors.traffic.enabled to false")
        return metrics


class Collectors(Section):
    """What is read, and how often."""

    topology: Topology = Topology()
    traffic: Traffic = Traffic()


class Staleness(Section):
    """How long facts outlive the reads that confirm them."""

    max_age: Annotated[
        Seconds, Field(description="How long the last good facts of an unreadable subscription are kept.")
    ] = 86400.0


def _known_check(name: str, info: ValidationInfo) -> str:
    known: frozenset[str] | None = (info.context or {}).get(CHECK_NAMES)
    if known is not None and name not in known:
        close = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else f"the checks are {', '.join(sorted(known))}"
        raise ValueError(f"there is no check {name!r} in this version; {hint}")
    return name


CheckName = Annotated[str, AfterValidator(_known_check), Accepts("the name of a [check](checks.md)")]


def _known_checks(pattern: str, info: ValidationInfo) -> str:
    known: frozenset[str] | None = (info.context or {}).get(CHECK_NAMES)
    if known is not None and not any(fnmatchcase(name, pattern.lower()) for name in known):
        close = difflib.get_close_matches(pattern.lower(), sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else f"the checks are {', '.join(sorted(known))}"
        raise ValueError(f"no check of this version matches {pattern!r}; {hint}")
    return pattern


_MATCHES_EVERYTHING = frozenset("*?/")


class Ignore(Section):
    """Findings that are known and accepted for a while; they stay visible as ignored."""

    check: Annotated[
        Glob, AfterValidator(_known_checks), Field(description="Glob on the check's name, without regard to case.")
    ] = "*"
    vnet: Annotated[
        Glob, Field(description="Glob on the name of a network of the finding; with a slash in it, on its id.")
    ] = "*"
    peering: Annotated[
        Glob, Field(description="Glob on the name of either side of the peering; with a slash in it, on its id.")
    ] = "*"
    until: Annotated[
        UntilField, Field(description="The last day (UTC) on which they are ignored, or the time when it ends.")
    ]
    reason: Annotated[Sentence, Field(description="Why, for whoever reads it next.")]

    @model_validator(mode="after")
    def _something_is_named(self) -> Self:
        if all(_MATCHES_EVERYTHING.issuperset(one) for one in (self.check, self.vnet, self.peering)):
            raise ValueError("would ignore every finding; name a check, a vnet or a peering")
        return self


class Checks(Section):
    """Which findings are made, and how much they matter."""

    disabled: Annotated[
        tuple[CheckName, ...], NullIsEmpty, Unique, Field(description="Names of the checks that are off.")
    ] = ()
    severity: Annotated[
        Mapping[CheckName, Severity],
        NullIsNoEntry,
        Field(description="Check name to severity, where the default does not fit."),
    ] = {}
    ignore: Annotated[
        tuple[Ignore, ...],
        NullIsEmpty,
        Field(description="Findings that are ignored for a while: {check, vnet, peering, until, reason}."),
    ] = ()


class Http(Section):
    """The HTTP server."""

    listen: Annotated[ListenField, Field(description="HOST:PORT to listen on.")] = Listen(EVERYWHERE, 9789)
    external_url: Annotated[
        ExternalUrlField | None,
        Field(description="The address that users type; page links in alerts and findings start with it."),
    ] = None


class Log(Section):
    """The log, on standard error."""

    level: Annotated[LogLevel, Field(description="The least severe level that is logged.")] = "info"
    format: Annotated[Literal["json", "console"], Field(description="json for machines, console for people.")] = (
        "json"
    )


class Settings(Section):
    """All settings, as :func:`monitor.settings.load_settings` makes them; the docstrings describe the sections."""

    azure: Azure = Azure()
    subscriptions: Subscriptions = Subscriptions()
    collectors: Collectors = Collectors()
    staleness: Staleness = Staleness()
    checks: Checks = Checks()
    http: Http = Http()
    log: Log = Log()
