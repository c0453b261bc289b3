"""The one mutable reference that every reader shares: the latest published snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.metrics.exposition import Rendered
    from monitor.model import Snapshot


@dataclass(frozen=True, slots=True, repr=False)
class Published:
    """A snapshot and the metrics page made of it."""

    snapshot: Snapshot
    rendered: Rendered


class Store:
    """Holds what is served. Readers take ``latest`` once and use only that; it is replaced whole."""

    def __init__(self) -> None:
        self.latest: Published | None = None

    def publish(self, published: Published) -> None:
        """Replace what is served."""
        self.latest = published
