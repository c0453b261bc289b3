"""Keeping garbage collection from stalling the event loop."""

from __future__ import annotations

import gc


def keep_what_is_loaded() -> None:
    """Take everything loaded so far, mostly modules of the SDK, out of the collector's sight, for good.

    A full collection walks the whole heap and holds everything up meanwhile. To be called once, after start-up.
    """
    gc.collect()
    gc.freeze()
