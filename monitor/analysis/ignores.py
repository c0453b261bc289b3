"""What ``checks.ignore`` takes out of the findings. It comes last: an ignored finding still silences others."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from monitor.model import ArmId, HalfPresent, IgnoredFinding, OnLink, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model import Finding, Ignore, Link, Subject

Place = tuple[ArmId, ArmId | None]
"""A network that a finding is about, and the peering of it; None where there is none, or none that is known."""


class Sorted(NamedTuple):
    """Findings that stand, findings that are ignored, and entries whose time is over, each in its order."""

    findings: tuple[Finding, ...]
    ignored: tuple[IgnoredFinding, ...]
    expired: tuple[Ignore, ...]


def apply_ignores(
    findings: Iterable[Finding], links: Iterable[Link], ignores: Sequence[Ignore], *, now: float
) -> Sorted:
    """Take out the findings that an entry matches, each with the entry that lasts longest.

    An entry names a peering by either of its sides, whichever of them the finding is on, and a finding about two
    networks by either of them. An entry whose time is over matches nothing.
    """
    in_force = sorted((one for one in ignores if now < one.until), key=lambda one: -one.until)
    expired = tuple(one for one in ignores if now >= one.until)
    if not in_force:
        return Sorted(tuple(findings), (), expired)
    link_of = {here.peering.id.key: link for link in links for here, _ in link.sides()}
    stand: list[Finding] = []
    ignored: list[IgnoredFinding] = []
    for finding in findings:
        places = tuple(_places(finding.subject, link_of))
        entry = next((one for one in in_force if _matches(one, finding.check, places)), None)
        if entry is None:
            stand.append(finding)
        else:
            ignored.append(IgnoredFinding(finding, entry))
    return Sorted(tuple(stand), tuple(ignored), expired)


def _places(subject: Subject, link_of: Mapping[str, Link]) -> Iterator[Place]:
    if not isinstance(subject, OnLink):
        yield subject.vnet, None
        if subject.about.rpartition("/")[0].endswith("/virtualnetworks"):
            yield ArmId(subject.about), None
        return
    link = link_of.get(subject.side.id.key)
    if link is None:
        yield subject.side.vnet, subject.side.id
        yield subject.side.remote_vnet, None
        return
    for half in (link.low, link.high):
        yield half.vnet_id, half.peering.id if isinstance(half, HalfPresent) else None


def _matches(entry: Ignore, check: str, places: Iterable[Place]) -> bool:
    return fnmatchcase(check, ascii_lower(entry.check)) and any(
        _named(entry.vnet, vnet) and _named(entry.peering, peering) for vnet, peering in places
    )


def _named(pattern: str, resource: ArmId | None) -> bool:
    """A pattern with a slash is one on the id, any other on the name: a resource group's name is no match."""
    if not pattern.strip("*"):
        return True
    if resource is None:
        return False
    text = resource.key.rstrip("/") if "/" in pattern else ascii_lower(resource.name)
    return fnmatchcase(text, ascii_lower(pattern))
