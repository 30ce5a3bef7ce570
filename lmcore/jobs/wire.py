"""What runs through the pipes between supervisor and worker: one JSON object a line, both ways."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from typing import Any

EVENTS_EVERY = 0.2  # seconds: at most five messages of steps a second


def jsonable(value: Any) -> Any:
    """The value with numpy numbers as plain ones and NaN or infinite ones as None, which JSON can carry."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if hasattr(value, "tolist"):  # numpy
        return jsonable(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def encode(message: dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode() + b"\n"


class Outbox:
    """The worker's way out. Steps wait for up to a fifth of a second; a later one that says as much replaces them.

    A step event is only dropped when the next one has a value for everything it had one for, so a held-out loss
    measured every 50 steps is never lost to the step after it. All other kinds go out at once and in order.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Condition()
        self._held: list[dict[str, Any]] = []
        self._job = ""
        self._sent_at = -math.inf
        threading.Thread(target=self._send_late_ones, daemon=True, name="outbox").start()

    def send(self, message: dict[str, Any]) -> None:
        """A message of the protocol, after all events before it."""
        with self._lock:
            self._flush()
            self._write(message)

    def event(self, job: str, event: dict[str, Any]) -> None:
        """An event of a job, with "kind"."""
        event = jsonable({**event, "at_ms": int(time.time() * 1000)})
        with self._lock:
            last = self._held[-1] if self._held else None
            if last and event["kind"] == "step" == last["kind"] and _says_as_much(event, last):
                self._held.pop()
            self._held.append(event)
            self._job = job
            if event["kind"] != "step" or time.monotonic() - self._sent_at >= EVENTS_EVERY:
                self._flush()
            else:
                self._lock.notify()

    def _flush(self) -> None:
        if self._held:
            self._write({"op": "events", "job": self._job, "events": self._held})
            self._held = []
            self._sent_at = time.monotonic()

    def _send_late_ones(self) -> None:
        with self._lock:
            while True:
                if self._held:
                    left = self._sent_at + EVENTS_EVERY - time.monotonic()
                    if left <= 0:
                        self._flush()
                    else:
                        self._lock.wait(left)
                else:
                    self._lock.wait()

    def _write(self, message: dict[str, Any]) -> None:
        data = encode(message)
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:  # the server is gone
            os._exit(3)


def _says_as_much(new: dict[str, Any], old: dict[str, Any]) -> bool:
    return all(new.get(key) is not None for key, value in old.items() if value is not None)
