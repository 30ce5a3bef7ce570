"""What the tests of jobs share. Imported as a module of its own: conftest puts this folder on the path."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lmcore import checkpoints
from lmcore.checkpoints import Checkpoint
from lmcore.jobs import Event, JobStatus, Task, context, train
from lmcore.jobs.context import Context
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


def cut_and_resumed(
    task: ModuleType, spec: dict[str, Any], texts: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> Checkpoint:
    """Cut a run at a step, rescue its model and resume it: it must end in the weights of an uncut run. The rescued."""
    whole = Context(folder / "whole", texts)
    list(task.run(spec, whole))
    monkeypatch.setattr(context, "SAVE_EVERY", -1.0)
    monkeypatch.setattr(context, "SAVE_SHARE", 1e9)  # at every step, however slow the disk is
    for event in task.run(spec, Context(folder / "cut", texts)):
        if event["kind"] == "step" and event["step"] == at:
            break
    train.rescue(folder / "cut")
    rescued = checkpoints.load(folder / "cut" / "model")  # its names and shapes are checked
    resumed = Context(folder / "cut", texts, resume=True)
    assert resumed.resume
    step = resumed.resume[1]["step"]
    assert 0 < step < at  # that of the report before, which a fast machine gives less often
    assert rescued.card["stopped"].startswith(f"Ended at step {step} of {spec['train']['max_steps']}")
    start, *_rest = task.run(spec, resumed)
    assert start["resumed_from"] == step
    assert resumed.result["hash"] == whole.result["hash"]
    return rescued


def ended(pid_fd: int, timeout: float = PATIENCE) -> bool:
    """Has the process behind this pidfd ended (within the time)?"""
    return bool(select.select([pid_fd], [], [], timeout)[0])


def state(runner: LocalRunner, job_id: str) -> JobStatus:
    return runner.status(job_id)
