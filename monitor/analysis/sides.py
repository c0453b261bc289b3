"""What only the analysis can say of one side of a peering, because it takes both sides or both networks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.analysis.agreement import agree
from monitor.model import HalfPresent, HalfUnseen, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.model import ArmId, Half, Link


def sides(links: Iterable[Link], location_of: Callable[[ArmId], str | None]) -> tuple[Side, ...]:
    """Every side that was read, sorted by the peering's id.

    ``location_of`` says where a network is, None or empty where that is not known. A side that is known to be
    missing counts as visible: it was looked for and answered.
    """
    found = []
    for link in links:
        both = link.both()
        consistent = agree(both[0].peering, both[1].peering) if both else None
        for here, there in link.sides():
            found.append(
                Side(
                    here.peering,
                    link.key,
                    remote_visible=not isinstance(there, HalfUnseen),
                    consistent=consistent,
                    is_global=_crosses_regions(here, there, location_of),
                )
            )
    found.sort(key=lambda side: side.peering.id.key)
    return tuple(found)


def _crosses_regions(here: HalfPresent, there: Half, location_of: Callable[[ArmId], str | None]) -> bool | None:
    local = _region(here.vnet.location)
    remote = _region(location_of(there.vnet_id)) or (_region(there.vnet.location) if there.vnet else "")
    return local != remote if local and remote else None


@lru_cache(maxsize=256)
def _region(location: str | None) -> str:
    """One spelling of a region: Azure writes ``westeurope`` in some answers and ``West Europe`` in others."""
    return "".join(location.split()).lower() if location else ""
