"""What the tests of jobs share. Imported as a module of its own: conftest puts this folder on the path."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lmcore.jobs import Event, JobStatus, Task
from lmcore.jobs.local import LocalRunner

HERE = Path(__file__).parent
NAMES = ("count", "forever", "gate", "deaf", "wrap_up", "resumable", "flood", "fail", "eat", "read_text")
TASKS = {name: Task(run=f"fake_tasks:{name}") for name in NAMES}
PATIENCE = 120.0  # seconds: only a bound for what never comes


def follow(runner: LocalRunner, job_id: str, until: Callable[[Event], bool], after: int = 0) -> list[Event]:
    """Events up to the first for which `until` holds; fails when it never comes."""
    found: list[Event] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for event in runner.wait(job_id, found[-1].seq if found else after, deadline - time.monotonic()):
            found.append(event)
            if until(event):
                return found
            if event.kind in ("failed", "done", "stopped") and runner.status(job_id).last_seq == event.seq:
                pytest.fail(f"it ended before: {event}")
    pytest.fail(f"it never came; seen: {[(e.seq, e.kind) for e in found][-20:]}, {runner.health()}")


def kind(*names: str) -> Callable[[Event], bool]:
    return lambda event: event.kind in names


def to_end(runner: LocalRunner, job_id: str, after: int = 0) -> list[Event]:
    return follow(runner, job_id, kind("done", "failed", "stopped"), after)


def ended(pid_fd: int, timeout: float = PATIENCE) -> bool:
    """Has the process behind this pidfd ended (within the time)?"""
    return bool(select.select([pid_fd], [], [], timeout)[0])


def state(runner: LocalRunner, job_id: str) -> JobStatus:
    return runner.status(job_id)
