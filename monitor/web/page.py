"""The page at ``/``: what is broken and how to repair it, what could not be seen, and every peering."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor import __version__
from monitor.model import (
    SEVERITY_ORDER,
    HalfMissing,
    HalfPresent,
    HalfUnseen,
    OnLink,
    OnNetwork,
    PeeringState,
    Reason,
    Severity,
    SyncLevel,
    ascii_lower,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.model import ArmId, Coverage, Finding, Half, Ignore, IgnoredFinding, Link, Snapshot, Subject

STYLE = (files("monitor.web") / "assets" / "style.css").read_text("utf-8")

REFRESH_SECONDS = 15
TOPOLOGY = "topology"

_templates = Environment(
    loader=PackageLoader("monitor.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class _FindingRow:
    severity: str
    check: str
    networks: str
    subscriptions: str
    where: str
    reason: str
    detail: str
    repair: tuple[str, ...]
    portal_url: str


@dataclass(frozen=True, slots=True)
class _SideCell:
    network: str
    subscription: str
    peering: str
    state: str
    sync: str
    state_trouble: bool = False
    sync_trouble: bool = False


@dataclass(frozen=True, slots=True)
class _LinkRow:
    id: str
    worst: str
    low: _SideCell
    high: _SideCell


class Page:
    """Renders the page once per snapshot and keeps the text until the next one."""

    def __init__(self) -> None:
        self._template = _templates.get_template("index.html")
        self._lock = threading.Lock()
        self._of: Snapshot | None = None
        self._html: str | None = None

    def render(self, snapshot: Snapshot | None) -> str:
        """Give the page for a snapshot, or one that says that the first is still being read."""
        with self._lock:
            if self._html is None or self._of is not snapshot:
                self._html = self._template.render(
                    version=__version__,
                    refresh=REFRESH_SECONDS,
                    **(_content(snapshot) if snapshot else {"snapshot": None}),
                )
                self._of = snapshot
            return self._html


def _content(snapshot: Snapshot) -> dict[str, object]:
    names = {one.id: one.display_name for one in snapshot.subscriptions}
    findings = sorted(snapshot.findings, key=lambda one: -SEVERITY_ORDER[one.severity])
    blind = [row for row in snapshot.coverage if row.reason is not Reason.OK]
    worst: dict[str, Severity] = {}
    for one in reversed(findings):
        if isinstance(one.subject, OnLink):
            worst[one.subject.link.id] = one.severity
    counts = Counter(one.severity for one in findings)
    return {
        "snapshot": snapshot,
        "built_at": datetime.fromtimestamp(snapshot.built_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        "findings": [_finding_row(one, names) for one in findings],
        "counts": [(severity.value, counts[severity]) for severity in reversed(Severity)],
        "ignored": [_ignored_row(one, names) for one in snapshot.ignored],
        "expired": [_ignore_row(one) for one in snapshot.expired_ignores],
        "blind": [_blind_row(row, names) for row in blind],
        "links": [_link_row(link, worst, blind, names) for link in snapshot.links],
        "verdict": _verdict(findings, blind, ignored=bool(snapshot.ignored)),
    }


def _verdict(findings: list[Finding], blind: list[Coverage], *, ignored: bool) -> tuple[str, str]:
    if findings and findings[0].severity is not Severity.INFO:
        return findings[0].severity.value, "Something needs repair"
    if blind:
        return "warning", "Nothing wrong in what could be seen, but not everything could be"
    return "ok", "Nothing wrong but what is ignored" if ignored else "Every peering is healthy"


def _subscription(subscription_id: str, names: Mapping[str, str]) -> str:
    return names.get(ascii_lower(subscription_id)) or subscription_id


def _finding_row(finding: Finding, names: Mapping[str, str]) -> _FindingRow:
    networks, where = _place(finding.subject)
    return _FindingRow(
        finding.severity.value,
        finding.check,
        " ↔ ".join(one.name for one in networks),
        " ↔ ".join(dict.fromkeys(_subscription(one.subscription_id, names) for one in networks)),
        where,
        finding.reason,
        finding.detail,
        finding.repair,
        finding.portal_url,
    )


def _ignored_row(one: IgnoredFinding, names: Mapping[str, str]) -> dict[str, object]:
    return {"finding": _finding_row(one.finding, names), **_ignore_row(one.ignore)}


def _ignore_row(ignore: Ignore) -> dict[str, object]:
    return {
        "globs": [
            (key, glob)
            for key, glob in (("check", ignore.check), ("vnet", ignore.vnet), ("peering", ignore.peering))
            if glob != "*"
        ],
        "until": datetime.fromtimestamp(ignore.until, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "why": ignore.reason,
    }


def _place(subject: Subject) -> tuple[tuple[ArmId, ...], str]:
    match subject:
        case OnLink(link=link, side=side):
            return (link.low, link.high), f"side {side.vnet.name} / {side.name}"
        case OnNetwork(vnet=vnet):
            return (vnet,), f"resource group {vnet.resource_group}"


def _blind_row(row: Coverage, names: Mapping[str, str]) -> dict[str, str]:
    seen = row.last_success
    return {
        "subscription": _subscription(row.subscription_id, names) or "(the list of subscriptions)",
        "subscription_id": row.subscription_id,
        "collector": row.collector,
        "reason": row.reason.value,
        "detail": row.detail,
        "last_success": datetime.fromtimestamp(seen, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seen else "never",
    }


def _link_row(
    link: Link, worst: Mapping[str, Severity], blind: Iterable[Coverage], names: Mapping[str, str]
) -> _LinkRow:
    """``worst`` is a finding's severity; without one, a link is not ok while either end cannot be read."""
    ends = {ascii_lower(half.vnet_id.subscription_id) for half in (link.low, link.high)}
    unread = any(row.subscription_id in ends and row.collector == TOPOLOGY for row in blind)
    verdict = worst.get(link.key.id, "unknown" if unread else "ok")
    return _LinkRow(link.key.id, str(verdict), _side_cell(link.low, names), _side_cell(link.high, names))


def _side_cell(half: Half, names: Mapping[str, str]) -> _SideCell:
    network, subscription = half.vnet_id.name, _subscription(half.vnet_id.subscription_id, names)
    match half:
        case HalfPresent(peering=peering):
            return _SideCell(
                network,
                subscription,
                peering.name,
                peering.state_text or "not told",
                peering.sync_level_text or "not told",
                state_trouble=peering.state is not PeeringState.CONNECTED,
                sync_trouble=peering.sync_level_text not in {None, SyncLevel.FULLY_IN_SYNC.value},
            )
        case HalfMissing(absence=absence):
            return _SideCell(network, subscription, "—", f"missing ({absence.value})", "—", state_trouble=True)
        case HalfUnseen():
            why = f"unseen ({half.reason.value})" if half.reason else "unseen (not watched)"
            return _SideCell(network, subscription, "—", why, "—")
