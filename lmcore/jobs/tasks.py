"""The task table: which function does a job, by name, so that the web process never imports what it does.

A task's `run` is a generator `(spec, context) -> Iterator[event dict]`, imported in the worker only. Each event has a
"kind" ("step", "sample", "snapshot", …); the worker looks for a stop between two events. `context` is described
in lmcore.jobs.context. `check` and `identity` run in the web process: no torch.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lmcore
from lmcore.jobs.protocol import JobError, Spec

MAX_SPEC = 64_000  # characters of JSON


@dataclass(frozen=True)
class Task:
    """Each field is "module:function"."""

    run: str  # (spec, context) -> Iterator[dict]
    check: str | None = None  # (spec) -> spec, complete and canonical; ValueError with a sentence
    identity: str | None = None  # (spec) -> hex: equal for jobs that give equal results
    rescue: str | None = None  # (run folder) -> None: make its model/ of its full state; in the web process, no torch
    warm: str | None = None  # () called once in a fresh worker; a generator goes on after its first yield while idle


TASKS: dict[str, Task] = {
    "train": Task(
        run="lmcore.jobs.train:run",
        check="lmcore.jobs.train:check",
        identity="lmcore.jobs.train:identity",
        rescue="lmcore.jobs.train:rescue",
        warm="lmcore.jobs.train:warm",
    ),
    "translate": Task(
        run="lmcore.jobs.translate:run",
        check="lmcore.jobs.translate:check",
        identity="lmcore.jobs.translate:identity",
        rescue="lmcore.jobs.train:rescue",
    ),
    "classify": Task(
        run="lmcore.jobs.classify:run",
        check="lmcore.jobs.classify:check",
        identity="lmcore.jobs.classify:identity",
        rescue="lmcore.jobs.train:rescue",
    ),
    "count": Task(run="lmcore.jobs.count:run", check="lmcore.jobs.count:check", identity="lmcore.jobs.count:identity"),
    "count-report": Task(
        run="lmcore.jobs.count_report:run",
        check="lmcore.jobs.count:check",
        identity="lmcore.jobs.count_report:identity",
    ),
    "measure": Task(run="lmcore.jobs.measure:run", check="lmcore.jobs.measure:check"),
}


def load(target: str) -> Callable[..., Any]:
    """The function behind "module:function"."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def checked(spec: Any, tasks: Mapping[str, Task]) -> Spec:
    """The spec as its task completes it. JobError with a sentence when it makes no sense."""
    if not isinstance(spec, dict) or spec.get("task") not in tasks:
        raise JobError(f"A job needs a task: one of {', '.join(sorted(tasks))}.")
    if len(_canonical(spec)) > MAX_SPEC:
        raise JobError(f"The description of this job is too long; the limit is {MAX_SPEC} characters.")
    check = tasks[spec["task"]].check
    if check is None:
        return spec
    try:
        return {**load(check)(spec), "task": spec["task"]}
    except JobError:
        raise
    except ValueError as error:
        raise JobError(str(error)) from error


def identity(spec: Spec, tasks: Mapping[str, Task]) -> str:
    """64 hex digits, equal for specs that are the same job. The code's version is part of it."""
    special = tasks[spec["task"]].identity
    content = load(special)(spec) if special else f"{lmcore.__version__}\n{_canonical(spec)}"
    return hashlib.sha256(f"{spec['task']}\n{content}".encode()).hexdigest()


def text_of(spec: Spec) -> str | None:
    """The hash of the person's own text that a job reads, if it does."""
    corpus = spec.get("corpus")
    if isinstance(corpus, dict) and corpus.get("kind") == "text":
        return str(corpus.get("sha256", ""))
    return None


def start_of(spec: Spec) -> str | None:
    """The hash of the trained model that a job goes on from, if it does."""
    start = spec.get("start")
    return str(start.get("hash", "")) if isinstance(start, dict) else None


def steps_of(spec: Spec) -> int | None:
    """How many steps the spec asks for, if it says so."""
    train = spec.get("train")
    steps = train.get("max_steps") if isinstance(train, dict) else spec.get("max_steps")
    return steps if isinstance(steps, int) else None


def _canonical(spec: Spec) -> str:
    try:
        return json.dumps(spec, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise JobError("The description of a job may hold only what JSON can: text, finite numbers, lists.") from error
