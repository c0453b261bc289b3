"""The words that the reports for people share."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.model import SEVERITY_ORDER, Severity
from monitor.printable import printable
from monitor.report.outcome import unseen

if TYPE_CHECKING:
    from monitor.model import ArmId, Coverage, Finding, Ignore, OnLink, Snapshot

WORST_FIRST = sorted(Severity, key=lambda severity: -SEVERITY_ORDER[severity])


def counted(number: int, noun: str) -> str:
    """``1 peering``, ``2 peerings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Names:
    """Short names for people: networks by their own name, resource group and subscription."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._display = {row.id: row.display_name for row in snapshot.subscriptions}

    def subscription(self, subscription_id: str) -> str:
        """The display name, or the id where Azure gave none."""
        return printable(self._display.get(subscription_id.lower()) or subscription_id)

    def network(self, vnet: ArmId) -> str:
        """The network and where it is: ``vnet-hub (rg-networking, Production)``."""
        return f"{printable(vnet.name)} ({self._place(vnet)})"

    def _place(self, vnet: ArmId) -> str:
        return ", ".join(filter(None, (printable(vnet.resource_group), self.subscription(vnet.subscription_id))))

    def ends(self, on: OnLink) -> tuple[str, str]:
        """Both networks, the side's own first."""
        own, other = on.link.low, on.link.high
        if on.side.vnet == other:
            own, other = other, own
        return self.network(own), self.network(other)

    def read(self, row: Coverage) -> str:
        """What a coverage row is about: ``topology of Production (its id)``."""
        name = self.subscription(row.subscription_id)
        if name and name != row.subscription_id:
            name = f"{name} ({printable(row.subscription_id)})"
        return f"{printable(row.collector)} of {name or 'the tenant'}"


def moment(seconds: float) -> str:
    """A time as people read it: ``2030-12-31 18:00 UTC``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def globs(ignore: Ignore) -> str:
    """What an entry of ``checks.ignore`` names: ``check link/*, vnet vnet-dev``."""
    named = [("check", ignore.check), ("vnet", ignore.vnet), ("peering", ignore.peering)]
    return ", ".join(f"{key} {printable(glob)}" for key, glob in named if glob != "*")


def by_severity(snapshot: Snapshot) -> Counter[Severity]:
    """How many findings of each severity there are, also 0."""
    counter = Counter(dict.fromkeys(WORST_FIRST, 0))
    counter.update(finding.severity for finding in snapshot.findings)
    return counter


def worst_first(snapshot: Snapshot) -> list[Finding]:
    """The findings, the worst first, otherwise in the snapshot's order."""
    return sorted(snapshot.findings, key=lambda finding: -SEVERITY_ORDER[finding.severity])


def extent(snapshot: Snapshot) -> str:
    """How much was looked at."""
    return (
        f"{counted(len(snapshot.sides), 'peering')} in {counted(len(snapshot.virtual_networks), 'network')} "
        f"of {counted(len(snapshot.subscriptions), 'subscription')}"
    )


def verdict(snapshot: Snapshot) -> str:
    """The findings by severity in one phrase."""
    found = [f"{number} {severity}" for severity, number in by_severity(snapshot).items() if number]
    if not snapshot.coverage:
        return "nothing was read"
    if found:
        return ", ".join(found)
    return "no findings in what could be read" if unseen(snapshot) else "no findings"
