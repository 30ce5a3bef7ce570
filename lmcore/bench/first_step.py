"""Jobs: from Train to the first step with a warm worker, stopping, and how soon a worker's death is noticed."""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lmcore import corpora
from lmcore.bench.row import Row, at_most
from lmcore.jobs import Event
from lmcore.jobs.local import LocalRunner
from lmcore.library import Library
from lmcore.training import spec as specs

PATIENCE = 240.0  # seconds until something counts as missing
REST = 0.5  # seconds in which a worker that just stopped becomes idle
CASES = {
    "full": (("tales", "char"), ("tales", "word"), ("tales", "bpe"), ("shakespeare-1mb", "char")),
    "tiny": (("mouse", "word"),),
}


def run(size: str) -> Iterator[Row]:
    """Runs as the Train page asks for them, each with a seed of its own, stopped after some steps."""
    repeats = 5 if size == "full" else 1
    with tempfile.TemporaryDirectory(prefix="lm-playground-bench-") as folder:
        library = Library(folder=Path(folder))
        runner = LocalRunner(library, n_workers=1)
        runner.start()
        try:
            if not runner.wait_warm(PATIENCE):
                raise ValueError(f"no worker became warm: {runner.health()['problem']}")
            time.sleep(5 if size == "full" else 0)  # a warm worker reads the shipped texts while it is idle
            yield from _rows(runner, library.workspace_for("b" * 43), repeats, CASES[size])
        finally:
            runner.close()
            library.close()


def _rows(runner: LocalRunner, workspace: str, repeats: int, cases: tuple[tuple[str, str], ...]) -> Iterator[Row]:
    stops = []
    for name, kind in cases:
        firsts, updates = [], []
        long_run(name, kind, 0)  # the page that shows the button has read the text already
        for seed in range(repeats):
            time.sleep(REST)
            began = time.perf_counter()
            job = runner.submit(long_run(name, kind, seed), workspace).job_id
            seen = _until(runner, job, 0, lambda e: e.kind == "step")
            firsts.append(time.perf_counter() - began)
            seen = _until(runner, job, seen, lambda e: e.kind == "step" and e.payload["step"] > 0)
            updates.append(time.perf_counter() - began)
            began = time.perf_counter()
            runner.stop(job, workspace)
            _until(runner, job, seen, lambda e: e.kind == "stopped")
            stops.append(time.perf_counter() - began)
        yield Row(
            f"Train to the first step, {name} by {kind}", statistics.median(firsts), "s", repeats=repeats,
            goal=at_most(0.5), note=f"worst {max(firsts):.3g} s; first update {statistics.median(updates):.3g} s",
        )  # fmt: skip
    yield Row("Stop to stopped, its model kept", max(stops), "s", repeats=len(stops), goal=at_most(1), note="the worst")

    deaths, ons = [], []
    for seed in range(min(repeats, 3)):
        job = runner.submit(long_run(*cases[0], seed=100 + seed), workspace).job_id
        seen = _until(runner, job, 0, lambda e: e.kind == "step" and e.payload["step"] > 0)
        pid = next(e.payload["pid"] for e in runner.events(job) if e.kind == "started")
        began = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        seen = _until(runner, job, seen, lambda e: e.kind == "lost")
        deaths.append(time.perf_counter() - began)
        if repeats > 1:  # its new process takes some seconds to be warm
            seen = _until(runner, job, seen, lambda e: e.kind == "step")
            ons.append(time.perf_counter() - began)
        runner.stop(job, workspace)
        _until(runner, job, seen, lambda e: e.kind == "stopped")
    yield Row(
        "a worker's death (kill -9) to its notice", max(deaths), "s", repeats=len(deaths), goal=at_most(2),
        note="the worst" + (f"; the run goes on {max(ons):.3g} s after the kill, in a new process" if ons else ""),
    )  # fmt: skip


def long_run(name: str, kind: str, seed: int) -> dict[str, Any]:
    """A run of the smallest GPT that would take minutes."""
    spec = specs.make(corpora.load(name), tokenizer=kind, preset="tiny", max_steps=50_000, seed=seed)
    return {**spec, "task": "train"}


def _until(runner: LocalRunner, job: str, after: int, wanted: Callable[[Event], bool]) -> int:
    """Wait for the first wanted event after `after`; its number. ValueError when it does not come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for event in runner.wait(job, after, 1.0):
            if wanted(event):
                return event.seq
            if event.kind in ("failed", "done"):
                raise ValueError(f"the run ended before: {event.payload}")
            after = event.seq
    raise ValueError(f"nothing came for {PATIENCE:g} s: {runner.status(job)}")
