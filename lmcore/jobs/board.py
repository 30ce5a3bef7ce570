"""What this process knows about its jobs without asking the database: a hundred people poll the same one."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from lmcore.jobs.protocol import Event

ENDED_KEPT = 32  # jobs that ended lately: everybody who watched comes once more


@dataclass
class Live:
    """A job in a worker, since it was put there."""

    base: int  # number of the last event before
    events: list[Event] = field(default_factory=list)
    step: int = 0
    max_steps: int | None = None
    left_s: float | None = None
    resumed_from: int | None = None
    ended: bool = False


class Board:
    """Written by the supervisor, read by anybody; readers can wait for a change."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._live: OrderedDict[str, Live] = OrderedDict()
        self._queue: dict[str, tuple[int, float | None]] = {}
        self.version = 0  # grows with every change of any job's state

    def open(self, job_id: str, base: int, step: int, max_steps: int | None) -> None:
        """A worker got the job."""
        with self._changed:
            self._live[job_id] = Live(base, step=step, max_steps=max_steps)
            self._live.move_to_end(job_id)
            ended = [name for name, live in self._live.items() if live.ended]
            for name in ended[:-ENDED_KEPT]:
                del self._live[name]

    def add(self, job_id: str, events: list[Event], step: int, max_steps: int | None, left_s: float | None) -> None:
        """More happened."""
        with self._changed:
            live = self._live[job_id]
            live.events += events
            live.step, live.max_steps, live.left_s = step, max_steps, left_s
            for event in events:
                if event.kind == "resumed":
                    live.resumed_from = event.payload["step"]
            self._changed.notify_all()

    def end(self, job_id: str) -> None:
        """The worker has it no more; the database knows why."""
        with self._changed:
            self._live[job_id].ended = True
            self._live[job_id].left_s = None
            self.changed()

    def changed(self) -> None:
        """Some job's row changed: look again."""
        with self._changed:
            self.version += 1
            self._changed.notify_all()

    def set_queue(self, queue: dict[str, tuple[int, float | None]]) -> None:
        """Place (from 1) and expected wait in seconds of each job that waits."""
        with self._changed:
            if queue != self._queue:
                self._queue = queue
                self.version += 1

    def place(self, job_id: str) -> tuple[int, float | None] | None:
        """Place and expected wait, if the supervisor of this process has counted it already."""
        return self._queue.get(job_id)

    def live(self, job_id: str) -> Live | None:
        """The job as it is in its worker now."""
        with self._changed:
            live = self._live.get(job_id)
            return None if live is None or live.ended else live

    def events(self, job_id: str, after: int) -> list[Event] | None:
        """Events with seq > after, or None when the database has to be asked."""
        with self._changed:
            live = self._live.get(job_id)
            if live is None or after < live.base:
                return None
            found = live.events[after - live.base :]
            return None if live.ended and not found else found  # it may have been asked for again since

    def wait(self, version: int, n_events: tuple[str, int], timeout: float) -> None:
        """Sleep until the version differs, the job has events after that one, or the time is up."""
        job_id, after = n_events
        until = time.monotonic() + timeout
        with self._changed:
            while self.version == version and not self.events(job_id, after):
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return
