"""Tasks for tests: run in real workers, need no torch. Found there through PYTHONPATH (see conftest.py)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lmcore.jobs.context import Context

Spec = dict[str, Any]


def check(spec: Spec) -> Spec:
    if spec.get("n", 0) > 1_000_000:
        raise ValueError("n must be at most 1,000,000.")
    return spec


def count(spec: Spec, context: Context) -> Iterator[Spec]:
    """Counts to n, saving each step; "die_at": kills itself there, once a time the file "deaths" allows."""
    n = spec.get("n", 3)
    first = context.resume[1]["step"] if context.resume else 0
    total = float(context.resume[0]["total"][0]) if context.resume else 0.0
    for step in range(first + 1, n + 1):
        total += step
        context.save({"total": np.array([total])}, {"step": step})
        yield {"kind": "step", "step": step, "max_steps": n, "total": total}
        if step in spec.get("die_at", ()) and not (context.folder / f"died-{step}").exists():
            (context.folder / f"died-{step}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if spec.get("always_die"):
            os.kill(os.getpid(), signal.SIGSEGV)
    context.result = {"total": total}


def forever(spec: Spec, context: Context) -> Iterator[Spec]:
    """Yields steps until it is stopped, saving its state then; goes on from it. A step takes about a millisecond."""
    context.wraps_up = True
    pause = threading.Event()
    step = context.resume[1]["step"] if context.resume else 0
    while True:
        step += 1
        yield {"kind": "step", "step": step, "max_steps": 10_000_000}
        if context.save_due() or step % 50 == 0:
            context.save({}, {"step": step})
            if context.stopping:
                return
            yield {"kind": "saved", "step": step}
        pause.wait(0.001)


def resumable(spec: Spec, context: Context) -> Iterator[Spec]:
    """Says at each step whether it is asked to stop."""
    context.wraps_up = True
    pause = threading.Event()
    yield {"kind": "first", "stopping": context.stopping}
    while not context.stopping:
        yield {"kind": "step", "step": 1}
        pause.wait(0.001)


def gate(spec: Spec, context: Context) -> Iterator[Spec]:
    """Runs until a file appears."""
    pause = threading.Event()
    yield {"kind": "step", "step": 1, "max_steps": 2}
    while not os.path.exists(spec["gate"]):
        pause.wait(0.005)
        yield {"kind": "waiting"} if spec.get("loud") else {"kind": "step", "step": 1, "max_steps": 2}
    yield {"kind": "step", "step": 2, "max_steps": 2}


def deaf(spec: Spec, context: Context) -> Iterator[Spec]:
    """Never comes back from its second step, once it has written that it is there into the named pipe "at"."""
    yield {"kind": "step", "step": 1, "max_steps": 2}
    if "at" in spec:
        Path(spec["at"]).write_text("in its second step")
    threading.Event().wait()
    yield {"kind": "step", "step": 2}


def wrap_up(spec: Spec, context: Context) -> Iterator[Spec]:
    """Ends by itself when asked to stop, leaving a file and a last event."""
    context.wraps_up = True
    pause = threading.Event()
    step = 0
    while not context.stopping:
        step += 1
        yield {"kind": "step", "step": step}
        pause.wait(0.001)
    context.model_folder.mkdir()
    (context.model_folder / "last").write_text(str(step))
    yield {"kind": "farewell", "step": step}


def flood(spec: Spec, context: Context) -> Iterator[Spec]:
    """n steps as fast as they go; a held-out value at every hundredth; a sample in the middle."""
    n = spec["n"]
    for step in range(1, n + 1):
        yield {"kind": "step", "step": step, "loss": 1 / step, "held_out_loss": 0.5 if step % 100 == 0 else None}
        if step == n // 2:
            yield {"kind": "sample", "step": step, "text": "<b>one</b> day\n"}
    yield {"kind": "numbers", "nan": float("nan"), "array": np.arange(3), "f": np.float32(0.5)}


def fail(spec: Spec, context: Context) -> Iterator[Spec]:
    yield {"kind": "step", "step": 1}
    if spec.get("how") == "value":
        raise ValueError("The learning rate is too high.")
    if spec.get("how") == "memory":
        raise MemoryError
    print("prints go to the log, not into the protocol")
    raise RuntimeError("something   broke")


def eat(spec: Spec, context: Context) -> Iterator[Spec]:
    """Takes ever more memory."""
    pause, eaten = threading.Event(), []
    for step in range(1, 10_000):
        eaten.append(np.ones(1_000_000))  # 8 MB
        yield {"kind": "step", "step": step}
        pause.wait(0.01)


def read_text(spec: Spec, context: Context) -> Iterator[Spec]:
    with open(context.folder.parent.parent / "texts" / f"{spec['corpus']['sha256']}.txt", encoding="utf-8") as file:
        yield {"kind": "text", "text": file.read()}
