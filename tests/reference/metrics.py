"""What the page about the metrics holds: the families of facts, the live registry, and every label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.azure.arm import QUOTA_KIND, RATE_LIMIT_KINDS
from monitor.collectors.traffic import AGGREGATIONS
from monitor.metrics.families import FAMILIES, NETWORK, PEERING, REMOTE, SetFamily
from monitor.model import Reason, Severity
from monitor.runtime.passes import COLLECTORS
from monitor.runtime.telemetry import OUTCOMES, Telemetry
from tests.reference.markdown import UndocumentedError, described, listing, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prometheus_client.registry import Collector

    from monitor.metrics.families import Family

LABELS: dict[str, str] = {
    "subscription_id": "the subscription's id; empty where there is no single one (discovery, tenant limits)",
    "resource_group": "the network's resource group",
    "vnet": "the network's name",
    "peering": "the name of this side of the peering",
    "resource_id": "this side's whole Azure id",
    "remote_subscription_id": "the subscription of the network that this side points at",
    "remote_resource_group": "its resource group",
    "remote_vnet": "its name",
    "link": "both sides of one peering have the same: 16 hex digits, made of the two networks' ids",
    "location": "the network's region, as Azure writes it: `westeurope`",
    "direction": "seen from the network: `in`, `out`",
    "check": "a check's name: [checks](checks.md)",
    "severity": "the severity in force: " + listing(Severity),
    "metric": "Azure Monitor's name of the metric: " + listing(AGGREGATIONS),
    "collector": "what reads: " + listing(COLLECTORS),
    "reason": "how the read ended: " + listing(Reason),
    "display_name": "the subscription's name, in the case that Azure has it in",
    "tenant_id": "the tenant's id",
    "kind": "which limit: " + listing((*RATE_LIMIT_KINDS, QUOTA_KIND)),
    "version": "the monitor's version",
    "python_version": "the interpreter's version",
    "outcome": "how a run ended: " + listing(OUTCOMES),
    "api": "what is asked for, such as `virtual_networks`",
    "code": "the HTTP status, or the reason that there was none: "
    + listing(("timeout", "network"))
    + " and so on",
}
"""What each label holds; a set's members come from the family itself."""

PROCESS = {
    "process_cpu_seconds_total": ("counter", "User and system CPU time spent."),
    "process_max_fds": ("gauge", "File descriptors that may be open."),
    "process_open_fds": ("gauge", "File descriptors that are open."),
    "process_resident_memory_bytes": ("gauge", "Resident memory."),
    "process_start_time_seconds": ("gauge", "When the process started, in Unix time."),
    "process_virtual_memory_bytes": ("gauge", "Virtual memory."),
}
"""What prometheus_client says of the process; on Linux only, so that it cannot be asked everywhere."""

_UNITS = {
    "_timestamp_seconds": "Unix time",
    "_start_time_seconds": "Unix time",
    "_bytes_per_second": "bytes per second",
    "_bytes": "bytes",
    "_seconds": "seconds",
    "_seconds_total": "seconds",
    "_ratio": "0 to 1",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One metric family as the page tells it; ``names`` are its labels, ``meaning`` and ``absent`` Markdown."""

    name: str
    kind: str
    names: tuple[str, ...]
    unit: str
    meaning: str
    absent: str


def contents() -> dict[str, Any]:
    """Every family, grouped by what it is about, and every label."""
    about_side = [family for family in FAMILIES if set(PEERING) <= set(family.labels)]
    about_network = [
        family for family in FAMILIES if family not in about_side and family.name.startswith("azure_")
    ]
    about_reading = [family for family in FAMILIES if family not in (*about_side, *about_network)]
    live = live_rows(_exercised().registry)
    return {
        "groups": [
            ("One side of a peering", "side", PEERING, rows(about_side, PEERING)),
            ("One virtual network", "network", NETWORK, rows(about_network, NETWORK)),
            ("What could be read, and what was found", "", (), rows(about_reading)),
            ("The monitor at work", "", (), live),
            (
                "The process",
                "",
                (),
                [Row(name, kind, (), _unit(name), text, "") for name, (kind, text) in PROCESS.items()],
            ),
        ],
        "labels": labels(
            [
                *(label for family in FAMILIES for label in family.labels),
                *(label for row in live for label in row.names),
            ],
            {family.labels[-1]: family.members for family in FAMILIES if isinstance(family, SetFamily)},
        ),
        "remote": REMOTE,
    }


def rows(families: Iterable[Family | SetFamily], identity: Sequence[str] = ()) -> list[Row]:
    """The families of facts; their ``identity`` labels are told once for all of them."""
    return [
        Row(
            name=family.name,
            kind="gauge",
            names=tuple(label for label in family.labels if label not in identity),
            unit=_unit(family.name),
            meaning=marked(described(family.help, family.name)),
            absent=marked(family.absent),
        )
        for family in families
    ]


def _exercised() -> Telemetry:
    """A registry in which every family has a sample, from which its labels can be read."""
    telemetry = Telemetry(COLLECTORS)
    telemetry.run_ended(COLLECTORS[0], outcome=OUTCOMES[0], seconds=0, now=0)
    telemetry.request_done(api="virtual_networks", code="200", seconds=0)
    return telemetry


def live_rows(registry: Collector) -> list[Row]:
    """The families that live between snapshots, less those about the process."""
    found = []
    for metric in registry.collect():
        if metric.name.startswith("process_"):
            continue
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        meaning = described(metric.documentation, name)
        if not metric.samples:
            raise UndocumentedError(f"{name} has no sample here to read its labels from: let _exercised make one")
        names = tuple(label for label in metric.samples[0].labels if label != "le")
        found.append(Row(name, metric.type, names, _unit(name), marked(meaning), ""))
    return found


def labels(used: Iterable[str], sets: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Every label that is in use, with what it holds."""
    known = LABELS | {label: listing(members) for label, members in sets.items()}
    in_use = set(used)
    if unknown := sorted(in_use - known.keys()):
        raise UndocumentedError(
            f"labels without a description in tests/reference/metrics.py: {', '.join(unknown)}"
        )
    if unused := sorted(known.keys() - in_use):
        raise UndocumentedError(f"labels that are described and not in use: {', '.join(unused)}")
    return [(label, text) for label, text in known.items() if label in in_use]


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
