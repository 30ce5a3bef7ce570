"""The first minute of a server: until it is ready, and until Home lives on a screen."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from lmcore.bench.app import PATIENCE, free_port, served, start_driver
from lmcore.bench.row import Row, at_most


def run(size: str) -> Iterator[Row]:
    """Fresh servers, each with a fresh Chromium that waits for /readyz and then opens Home."""
    repeats = 3 if size == "full" else 1
    ready, alive, taken_over = [], [], []
    for _ in range(repeats):
        port = free_port()
        visitor = start_driver("home", f"http://127.0.0.1:{port}")
        try:
            if visitor.stdout is None or visitor.stdout.readline().strip() != "waiting":
                raise ValueError("Chromium did not start, see above")
            with served(port=port) as app:
                out, _ = visitor.communicate(timeout=PATIENCE)
                if visitor.returncode:
                    raise ValueError("Home did not come, see above")
                ready.append(app.seconds_to_ready)
                seconds = json.loads(out.strip().splitlines()[-1])
                alive.append(seconds["alive"])
                taken_over.append(seconds["taken_over"])
        finally:
            visitor.kill()
            visitor.wait()
    yield Row("server start to /readyz", statistics.median(ready), "s", repeats=repeats)
    yield Row(
        "/readyz to Home alive: one step of its sentence asked for and drawn", statistics.median(alive), "s",
        repeats=repeats, goal=at_most(1.5), note="Chromium running, its cache empty",
    )  # fmt: skip
    yield Row("/readyz to Streamlit's own Home in its place", statistics.median(taken_over), "s", repeats=repeats)
