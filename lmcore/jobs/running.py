"""How much jobs may take, and what the supervisor knows of one that is in a worker."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from lmcore.jobs.process import cores, machine_memory


@dataclass(frozen=True)
class Settings:
    """How much the jobs may take."""

    n_workers: int = field(default_factory=lambda: max(1, cores() - 1))
    n_threads: int = 0  # of each worker; 0: LM_PLAYGROUND_THREADS, else its share of the cores
    memory: int = 0  # bytes a worker; 0: its share of 70% of the machine, at least 1.5 GB
    max_seconds: float = 6 * 3600  # a job in a worker
    silent_seconds: float = 600  # between two events of a job
    python_path: tuple[str | Path, ...] = ()

    @property
    def worker_memory(self) -> int:
        """Bytes."""
        return self.memory or max(1_500_000_000, int(machine_memory() * 0.7 / self.n_workers))

    @property
    def threads(self) -> int:
        """A worker's share of the cores."""
        return self.n_threads or int(os.environ.get("LM_PLAYGROUND_THREADS") or 0) or max(1, cores() // self.n_workers)


@dataclass
class Running:
    """A job in a worker."""

    job_id: str
    kind: str  # of its pace
    workspace: str
    deaths: int
    max_steps: int | None
    seq: int
    step: int
    began: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    first_step: int | None = None  # of this turn
    first_step_at: float = 0.0
    stop_by: float | None = None
    pausing: bool = False  # stopped because the server ends, not because anybody wished it

    def left(self) -> float | None:
        """Seconds until its end at its own pace."""
        if self.max_steps is None or self.first_step is None or self.step <= self.first_step:
            return None
        pace = (time.monotonic() - self.first_step_at) / (self.step - self.first_step)
        return max(0.0, (self.max_steps - self.step) * pace)


def kind_of(spec_json: str) -> str:
    """Jobs of one kind take the same time a step: the same task, model and batch."""
    spec = json.loads(spec_json)
    train = spec.get("train") if isinstance(spec.get("train"), dict) else {}
    parts = [spec.get("task"), spec.get("model"), train.get("batch_size"), train.get("precision")]
    return json.dumps(parts, sort_keys=True)
