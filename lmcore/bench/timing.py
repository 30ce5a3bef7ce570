"""Measuring: turns with the peer, medians, percentiles."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long a call takes. What it left behind is collected before, not during."""
    gc.collect()
    began = clock()
    work()
    return clock() - began


def in_turns(
    works: Sequence[Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
    budget: float = 60.0,
) -> list[list[float]]:
    """Seconds of each work, `repeats` times: ours, peer, ours, peer, … so that a busy moment meets both.

    Whatever a first call builds or caches is done once before, unmeasured. On a machine so busy that `budget` seconds
    are over, there are fewer turns, but at least 3 (or as many as were asked for).
    """
    began = time.perf_counter()
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(repeats):
        if turn >= 3 and time.perf_counter() - began > budget:
            break
        for times, work in zip(taken, works, strict=True):
            times.append(seconds(work, clock))
    return taken


def ratio(peer: Sequence[float], ours: Sequence[float]) -> float:
    """How many times longer the peer takes: the median over the turns, each compared with its neighbour in time."""
    return statistics.median(p / o for p, o in zip(peer, ours, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that the given share of all lie at or below (nearest rank)."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
