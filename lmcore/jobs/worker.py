"""A worker: a process that imports torch once, then does one job after another.

Started as `python -m lmcore.jobs.worker` and not by multiprocessing: its "spawn" imports the parent's __main__ again,
which under Streamlit is a page script. Orders come as JSON lines on stdin, answers leave as JSON lines on what was
stdout; prints go to stderr, which is the worker's log. When the server dies, stdin ends and so does the worker (on
Linux the kernel kills it besides), so none is ever left behind.

    in   {"op": "run", "job", "target", "spec", "folder", "texts", "resume"}, {"op": "stop", "job"}
    out  {"op": "ready", "seconds"}, {"op": "events", "job", "events"},
         {"op": "end", "job", "how": "done" | "stopped" | "failed", "sentence", "result"}
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lmcore.jobs.context import Context
from lmcore.jobs.tasks import load
from lmcore.jobs.wire import Outbox

NICE = 15
REST = 4.0  # seconds without work before a moment counts as idle: the first visitor of a new server has the cores


class Worker:
    """The loop: orders in, events out."""

    def __init__(self, orders: int, outbox: Outbox) -> None:
        self._orders = orders
        self._outbox = outbox
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stop = ""  # the job that shall stop
        threading.Thread(target=self._listen, daemon=True, name="orders").start()

    def _listen(self) -> None:
        buffer = b""
        while data := os.read(self._orders, 65536):
            *lines, buffer = (buffer + data).split(b"\n")
            for order in map(json.loads, lines):
                if order["op"] == "stop":
                    self._stop = order["job"]
                elif order["op"] == "run":
                    self._stop = ""  # this very job may have been stopped here before, and is resumed now
                    self._jobs.put(order)
        os._exit(0)  # the server closed the pipe or died: whatever runs here has nobody to report to

    def work(self, idle: list[Iterator[Any]]) -> None:
        """Do jobs until the server is gone; in between, turn by turn, what the warm-ups left for idle moments."""
        rest = REST
        while True:
            try:
                order = self._jobs.get(timeout=rest if idle else None)
            except queue.Empty:
                rest = 0.0
                try:
                    next(idle[0])
                except StopIteration:
                    del idle[0]
                except Exception:
                    traceback.print_exc()
                    del idle[0]
                continue
            rest = REST
            end = self._do(order)
            gc.collect()  # the model of this job goes before the next one comes
            self._outbox.send({"op": "end", "job": order["job"], **end})

    def _do(self, order: dict[str, Any]) -> dict[str, Any]:
        job = order["job"]
        try:
            stopping = lambda: self._stop == job  # noqa: E731
            context = Context(Path(order["folder"]), Path(order["texts"]), order["resume"], stopping)
            if order["resume"]:
                step = context.resume[1].get("step", 0) if context.resume else 0
                self._outbox.event(job, {"kind": "resumed", "step": step})
            events = load(order["target"])(order["spec"], context)
            stopped = self._follow(job, events, context)
        except MemoryError:
            return {"how": "failed", "sentence": "The job needed more memory than there is."}
        except ValueError as error:  # by convention a sentence for people
            traceback.print_exc()
            return {"how": "failed", "sentence": str(error)}
        except OSError as error:
            traceback.print_exc()
            return {"how": "failed", "sentence": f"A file could not be used: {error.strerror or 'unknown cause'}."}
        except Exception as error:
            traceback.print_exc()
            text = " ".join(str(error).split())[:200]
            return {
                "how": "failed",
                "sentence": f"The job ended with an unexpected error ({type(error).__name__}: {text}).",
            }
        return {"how": "stopped" if stopped else "done", "result": context.result}

    def _follow(self, job: str, events: Iterable[dict[str, Any]], context: Context) -> bool:
        """Send the events until the last one, or until a stop. True when it was stopped."""
        iterator = iter(events)
        for event in iterator:
            self._outbox.event(job, event)
            if context.stopping and not context.wraps_up:
                if close := getattr(iterator, "close", None):
                    close()
                break
        return context.stopping


def _end_with(parent: int) -> None:
    """Linux: have the kernel kill this process when its parent dies, even while Python is stuck in C code."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died before we asked
            os._exit(0)


def _limit_memory(n_bytes: int) -> None:
    """A fence behind the supervisor's own watch: one huge allocation fails here instead of filling the machine."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))


def _step_back() -> None:
    """Let everybody's pages go first. Linux is also told that nobody waits for what a worker does (SCHED_BATCH): it
    does not push a page's thread aside when it wakes. Not SCHED_IDLE: on a busy machine no training would ever start.
    """
    with contextlib.suppress(OSError):
        os.nice(NICE)
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def main() -> None:
    """Set the process up, warm up, say so, work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--memory", type=int, default=0, help="bytes")
    parser.add_argument("--warm", nargs="*", default=[], help="module:function")
    args = parser.parse_args()

    _end_with(args.parent)
    faulthandler.enable()
    _step_back()
    if args.memory:
        _limit_memory(args.memory)
    outbox = Outbox(os.dup(1))
    os.dup2(2, 1)
    worker = Worker(0, outbox)
    began = time.monotonic()
    idle = []
    for target in args.warm:
        try:
            warming = load(target)()
            if isinstance(warming, Iterator):
                next(warming, None)
                idle.append(warming)
        except Exception:  # then the first job is slower, or says in words what is wrong
            traceback.print_exc()
    gc.collect()
    gc.freeze()
    outbox.send({"op": "ready", "seconds": round(time.monotonic() - began, 3)})
    worker.work(idle)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # an orderly end would wait for the threads
