"""Dragging the temperature, in Chromium: what a finger's move costs, and that nothing is sent while it moves.

Script time and event-to-frame time are measured inside the component (data-script-ms, data-frame-ms of
assets/components/temperature_bench.js): the time in the input handler, and from the event until a message posted in the
frame's requestAnimationFrame is delivered, which is after the frame is painted.
"""

from __future__ import annotations

from collections.abc import Iterator

from lmcore.bench.app import HARNESS, drive, served
from lmcore.bench.row import Row, at_most
from lmcore.bench.timing import percentile


def run(size: str) -> Iterator[Row]:
    """The real page, then the component alone with 100 and with 5,000 tokens."""
    moves = 300 if size == "full" else 20
    with served() as app:
        page = drive("drag", f"{app.url}/temperature", moves)
    note = f"{page['tokens']:,} tokens, {page['events']} input events, {page['shown']} temperatures shown"
    yield Row(
        "websocket frames during a drag, real page", page["frames"], "frames", repeats=page["events"], goal=at_most(0),
        note=note,
    )  # fmt: skip
    yield from _times("real page", page, None, None)
    with served(HARNESS, ready="/_stcore/health") as app:
        for n, script, frame in ((100, 2.0, None), (5000, None, 33.0)):
            yield from _times(f"V = {n:,}", drive("drag", f"{app.url}/?n={n}", moves), script, frame)


def _times(where: str, found: dict, script: float | None, frame: float | None) -> Iterator[Row]:
    for what, name, goal in (
        ("script time of an input event, p95", "script_ms", script),
        ("input event to painted frame, p95", "frame_ms", frame),
    ):
        yield Row(
            f"{what}, {where}", percentile(found[name], 0.95), "ms", repeats=len(found[name]),
            goal=None if goal is None else at_most(goal), note=f"median {percentile(found[name], 0.5):.3g} ms",
        )  # fmt: skip
