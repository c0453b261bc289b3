"""Timing several ways of doing one thing so that a busy or a slow machine does not decide between them."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Task:
    """One contestant. A quick one is timed ``repeats`` times in each round, and the round's median counts."""

    run: Callable[[], object]
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Times:
    """CPU seconds of one contestant, one figure a round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def ratio_to(self, own: Times) -> float:
        """How many times as long as ``own``: the median of the rounds' ratios, whose two sides share the noise."""
        return statistics.median(theirs / ours for theirs, ours in zip(self.rounds, own.rounds, strict=True))


def contest(tasks: Mapping[str, Task], *, rounds: int) -> dict[str, Times]:
    """Let each have its turn in every round, a first round not counted.

    What counts is the thread's CPU time. The garbage collector runs for all as it runs in the daemon, but what
    was there before is out of its sight, and each finds it freshly emptied, so that none pays for another.
    """
    gc.collect()
    gc.freeze()
    try:
        taken: dict[str, list[float]] = {name: [] for name in tasks}
        for number in range(rounds + 1):
            for name, task in tasks.items():
                seconds = statistics.median(_time(task.run) for _ in range(task.repeats if number else 1))
                if number:
                    taken[name].append(seconds)
    finally:
        gc.unfreeze()
    return {name: Times(tuple(each)) for name, each in taken.items()}


def _time(run: Callable[[], object]) -> float:
    gc.collect()
    started = time.thread_time()
    result = run()
    seconds = time.thread_time() - started
    del result  # freeing it is nobody's work
    return seconds
