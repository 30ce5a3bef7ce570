"""How long something takes on this machine, for the pages that measure it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

TRIES = 3, 12  # at least and at most
ENOUGH = 0.3  # seconds of tries


def shortest(act: Callable[[], Any]) -> float:
    """Seconds of a core's work, the shortest of several tries; the first one warms up."""
    act()
    found: list[float] = []
    while len(found) < TRIES[0] or (len(found) < TRIES[1] and sum(found) < ENOUGH):
        began = time.thread_time()
        act()
        found.append(time.thread_time() - began)
    return min(found)
