"""What a job is, for those who ask for one: a JSON spec goes in, numbered events come out, somewhere else.

Everything here is JSON-ready, so that a runner on a cluster can stand behind the same calls as the local one.
A spec is a dict with "task" (a name of the task table) and whatever that task needs; lmcore.training.spec describes
those of "train". States:

    queued → running → done
                     → failed    the sentence says why; `resume` tries again from the last full state
                     → stopped   the last who watched it stopped it; `resume` goes on
             running → stopping  for one second at most
             running → lost      its worker or its server died; goes on by itself as soon as a worker is free

Events, in order of `seq` (1, 2, …), payload as JSON. From the runner: "queued", "started" {pid, attempt}, "resumed"
{step: the events of later steps before this one did not survive}, "lost" {sentence, attempt}, and one last "done"
{…result}, "failed" {sentence} or "stopped" {step}. From the task: "step" {step, max_steps, …} (a later one may replace
an earlier one that says nothing more, so at most five a second come), "sample", "snapshot" and any other (all come).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Spec = dict[str, Any]
WAITING = ("queued", "lost")
ACTIVE = ("queued", "running", "stopping", "lost")
ENDED = ("done", "failed", "stopped")


class JobError(ValueError):
    """The message is a sentence, ready to be shown."""


@dataclass(frozen=True)
class JobTicket:
    """What `submit` and `resume` answer."""

    job_id: str
    is_new: bool  # False: others asked for the same before, this workspace now watches their job
    replay: bool  # True: it is finished already; its events are all there and should be labelled as a replay


@dataclass(frozen=True)
class JobStatus:
    """A job at one moment, as one workspace sees it. Times are UTC seconds, durations seconds."""

    job_id: str
    task: str
    spec: Spec
    state: str
    position: int | None  # 1 is the next to start; None when it is not waiting
    expected_wait_s: float | None  # None: nothing like it was measured yet
    expected_left_s: float | None  # for a running job, from its own pace
    watchers: int
    watching: bool  # is the workspace that asks among them?
    replay: bool  # it was finished already when this workspace asked for it
    step: int
    max_steps: int | None
    created: int
    started: int | None
    finished: int | None
    error: str | None  # a sentence
    resumed_from: int | None  # the step of the full state from which it last went on
    deaths: int  # of its workers, since somebody last asked for it
    resumable: bool  # `resume` would go on from a full state instead of from the start
    last_seq: int

    @property
    def active(self) -> bool:
        """True as long as more events may come: poll; afterwards, stop polling."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Event:
    """One thing that happened in a job."""

    seq: int
    kind: str
    at_ms: int  # milliseconds since 1970
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """What a job left behind: a folder as lmcore.checkpoints writes it."""

    job_id: str
    folder: Path
    snapshots: list[Path]  # files, by step
    info: Mapping[str, Any]  # what the task said at its end


class JobRunner(Protocol):
    """Runs jobs. All calls return at once (except `wait`) and may come from any thread.

    A workspace is the handle that Library.workspace_for(token) gives. Errors are ValueErrors with a sentence: JobError,
    or LibraryError when nothing can be written or read.
    """

    def submit(self, spec: Spec, workspace: str, anew: bool = False) -> JobTicket:
        """Ask for a job. Identical specs are one job that many watch; a finished one is replayed unless `anew`.

        Errors: a spec that makes no sense, a text that is not this workspace's, too many jobs of this workspace or
        of all together.
        """
        ...

    def status(self, job_id: str, workspace: str | None = None) -> JobStatus:
        """How the job stands."""
        ...

    def events(self, job_id: str, after: int = 0) -> list[Event]:
        """All events with seq > after, oldest first."""
        ...

    def wait(self, job_id: str, after: int, timeout: float) -> list[Event]:
        """Block until there are events with seq > after, or the time is up. For scripts and tests, not for pages."""
        ...

    def stop(self, job_id: str, workspace: str) -> JobStatus:
        """Stop watching; the last who watches stops the job itself, within a second. An ended one stays as it is."""
        ...

    def resume(self, job_id: str, workspace: str) -> JobTicket:
        """Let a stopped or failed job go on from its last full state, or from the start if it has none."""
        ...

    def result(self, job_id: str) -> JobResult:
        """The model a job wrote: final when it is done, as far as it got when it ended before. JobError if none."""
        ...

    def seconds_a_step(self, spec: Spec) -> float | None:
        """What a step of such a job took, all its work shared out among its steps; None where none like it has run.

        The spec is one in full, as the validation of its task returns it.
        """
        ...

    def jobs(self, workspace: str) -> list[JobStatus]:
        """What this workspace watches, newest first."""
        ...
