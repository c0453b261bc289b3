"""From networks to links, sides and findings: the analysis of one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.analysis.ignores import apply_ignores
from monitor.analysis.pairing import pair
from monitor.analysis.registry import CHECKS, LINK_CHECKS, NETWORK_CHECKS
from monitor.analysis.sides import sides
from monitor.model import CheckSetting, Finding, OnLink, OnNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from monitor.analysis.registry import Check
    from monitor.model import (
        ArmId,
        HalfMissing,
        HalfUnseen,
        Ignore,
        IgnoredFinding,
        Link,
        Severity,
        Side,
        VirtualNetwork,
    )


def _no_severities() -> Mapping[str, Severity]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisOptions:
    """Which checks are off or have another severity, what is ignored, and where links to the portal lead."""

    disabled: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=_no_severities)
    portal_url: str = "https://portal.azure.com"
    tenant_id: str | None = None
    ignores: tuple[Ignore, ...] = ()

    def severity_of(self, check: Check) -> Severity:
        """The severity in force."""
        return self.severity.get(check.name, check.severity)

    def portal_link(self, resource: ArmId) -> str:
        """Where people see a resource. Its id stands in the fragment, so what is unsafe there is encoded."""
        tenant = quote(self.tenant_id or "", safe="")
        return f"{self.portal_url.rstrip('/')}/#@{tenant}/resource{quote(resource.text, safe='/')}"


@dataclass(frozen=True, slots=True, repr=False)
class Analysis:
    """All that follows from the facts of one moment, every sequence sorted."""

    links: tuple[Link, ...]
    sides: tuple[Side, ...]
    findings: tuple[Finding, ...]
    checks: tuple[CheckSetting, ...]
    ignored: tuple[IgnoredFinding, ...] = ()
    expired_ignores: tuple[Ignore, ...] = ()


def analyse(
    vnets: Iterable[VirtualNetwork],
    absence: Callable[[ArmId, ArmId], HalfMissing | HalfUnseen],
    *,
    options: AnalysisOptions,
    now: float,
) -> Analysis:
    """Pair the networks' peerings and check every link, and the networks themselves.

    ``absence`` is what :func:`~monitor.analysis.pairing.pair` asks; ``now`` decides which ignores are in force.
    """
    networks = tuple(vnets)
    location = {vnet.id: vnet.location for vnet in networks}
    links = pair(networks, absence)
    found = (*findings(links, options=options), *network_findings(networks, options=options))
    judged = apply_ignores(sorted(found, key=order), links, options.ignores, now=now)
    return Analysis(
        links=links,
        sides=sides(links, location.get),
        findings=judged.findings,
        checks=settings(options),
        ignored=judged.ignored,
        expired_ignores=judged.expired,
    )


def findings(links: Iterable[Link], *, options: AnalysisOptions) -> tuple[Finding, ...]:
    """What is wrong with these links, sorted by check, link and side; at most one finding per check and link."""
    found = [finding for link in links for finding in _findings(link, options)]
    found.sort(key=order)
    return tuple(found)


def network_findings(vnets: Iterable[VirtualNetwork], *, options: AnalysisOptions) -> tuple[Finding, ...]:
    """What is wrong with these networks, sorted by check and network; of one listed twice the later stands."""
    networks = tuple({vnet.id.key: vnet for vnet in vnets}.values())
    found = [
        Finding(
            check=check.name,
            severity=options.severity_of(check),
            subject=OnNetwork(fault.vnet, fault.about),
            reason=fault.reason.value,
            detail=fault.detail,
            repair=fault.repair,
            portal_url=options.portal_link(fault.vnet),
        )
        for check in NETWORK_CHECKS
        if check.name not in options.disabled
        for fault in check.function(networks)
    ]
    found.sort(key=order)
    return tuple(found)


def order(finding: Finding) -> tuple[str, str, str]:
    """What findings are sorted by: the check, then what they are about."""
    return finding.check, *finding.subject.key


def settings(options: AnalysisOptions) -> tuple[CheckSetting, ...]:
    """The checks that are on, sorted by name."""
    return tuple(
        CheckSetting(check.name, options.severity_of(check))
        for check in sorted(CHECKS, key=lambda check: check.name)
        if check.name not in options.disabled
    )


def _findings(link: Link, options: AnalysisOptions) -> Iterator[Finding]:
    """A disabled check still runs and still silences: switching it off must not let its consequences speak."""
    faulty: set[str] = set()
    for check in LINK_CHECKS:
        if not faulty.isdisjoint(check.silenced_by):
            continue
        fault = next(check.function(link), None)
        if fault is None:
            continue
        faulty.add(check.name)
        if check.name not in options.disabled:
            yield Finding(
                check=check.name,
                severity=options.severity_of(check),
                subject=OnLink(link.key, fault.side),
                reason=fault.reason.value,
                detail=fault.detail,
                repair=fault.repair,
                portal_url=options.portal_link(fault.side.id),
            )
