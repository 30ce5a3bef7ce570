"""Whose turn it is, and how long the others wait. Pure functions.

Round robin over workspaces: who has the fewest jobs in workers goes first, then who was served longest ago, then age.
Somebody who asks for ten trainings and somebody who asks for one so start in turns: A1 B1 A2 A3 …
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """A job that waits."""

    job_id: str
    workspace: str
    number: int  # age: smaller is older
    lost: bool = False  # it ran already and lost its worker: it goes on before new ones start
    seconds: float | None = None  # how long it will probably run


def fair_order(waiting: Sequence[Turn], in_workers: Mapping[str, int], last_served: Mapping[str, int]) -> list[Turn]:
    """The order in which they will start, if nobody else comes.

    in_workers: how many jobs of each workspace run now. last_served: a number that grows with each start; missing
    means never served.
    """
    order = sorted((turn for turn in waiting if turn.lost), key=lambda turn: turn.number)
    rounds, served = dict(in_workers), dict(last_served)
    clock = max(served.values(), default=0)
    left = sorted((turn for turn in waiting if not turn.lost), key=lambda turn: turn.number)
    while left:
        turn = min(left, key=lambda turn: (rounds.get(turn.workspace, 0), served.get(turn.workspace, -1), turn.number))
        left.remove(turn)
        order.append(turn)
        clock += 1
        rounds[turn.workspace] = rounds.get(turn.workspace, 0) + 1
        served[turn.workspace] = clock
    return order


def expected_waits(order: Sequence[Turn], running: Sequence[float | None], n_workers: int) -> list[float | None]:
    """Seconds until each of `order` starts: every worker takes the next one as soon as it is free.

    running: seconds left of each running job. Once a duration on the way is unknown, so is what comes after it.
    """
    known = [seconds for seconds in running if seconds is not None]
    free: list[float] = [0.0] * max(0, n_workers - len(running)) + known
    heapq.heapify(free)
    waits: list[float | None] = []
    for turn in order:
        if not free:
            waits.append(None)
            continue
        start = heapq.heappop(free)
        waits.append(start)
        if turn.seconds is not None:
            heapq.heappush(free, start + turn.seconds)
    return waits


class Pace:
    """Measured seconds per step (or per job, for jobs without steps), by kind of job."""

    def __init__(self) -> None:
        self._measured: dict[str, list[float]] = {}

    def note(self, kind: str, seconds: float, steps: int) -> None:
        """A job of this kind took so long for so many steps."""
        if seconds > 0:
            self._measured.setdefault(kind, []).append(seconds / max(1, steps))
            del self._measured[kind][:-20]

    def seconds(self, kind: str, steps: int | None) -> float | None:
        """The expected duration: from the same kind, else from all kinds, else None."""
        measured = self._measured.get(kind) or [s for some in self._measured.values() for s in some]
        return statistics.median(measured) * max(1, steps or 1) if measured else None

    def of_kind(self, kind: str) -> float | None:
        """Seconds a step of this very kind, else None."""
        measured = list(self._measured.get(kind, ()))
        return statistics.median(measured) if measured else None
