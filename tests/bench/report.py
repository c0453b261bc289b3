"""The table on the terminal, and what was expected of it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expectation:
    """A ratio that must be reached."""

    claim: str
    at_least: float
    measured: float

    @property
    def met(self) -> bool:
        return self.measured >= self.at_least


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def heading(text: str) -> None:
    say(f"\n{text}")


def row(what: str, figure: str, *more: str) -> None:
    say(f"  {what:<54}{figure:>13}" + "".join(f"{each:>16}" for each in more))


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms" if seconds < 0.1 else f"{seconds * 1e3:,.0f} ms"


def size(count: float) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def times(ratio: float) -> str:
    return f"{ratio:.1f} x" if ratio < 100 else f"{ratio:.0f} x"


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as facts:  # noqa: PTH123 - a kernel's file, and Linux only
            model = next(
                (line.partition(":")[2].strip() for line in facts if line.startswith("model name")), model
            )
    except OSError:
        pass
    try:
        cores = len(os.sched_getaffinity(0))
        load = f"{os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):
        cores, load = os.cpu_count() or 0, "unknown"
    return (
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}; {model}; "
        f"{cores} cores, load {load} at the start"
    )


def verdict(expectations: list[Expectation]) -> int:
    """Print each expectation and how it stands; return the exit code."""
    heading("Expected")
    for one in expectations:
        row(one.claim, f">= {one.at_least:g} x", times(one.measured), "met" if one.met else "MISSED")
    missed = [one for one in expectations if not one.met]
    for one in missed:
        say(f"\nMISSED: {one.claim}: {times(one.measured)}, not {one.at_least:g} x")
    return 1 if missed else 0
