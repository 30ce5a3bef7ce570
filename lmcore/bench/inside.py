"""Looking inside a GPT: a full trace with lens and norms, packing attention for a picture, and the picture under a
pointer, in Chromium.

A move costs script (drawing what is pointed at) and the time until it is seen: from when the browser hands over the
event until a message posted in the frame's requestAnimationFrame is delivered, which is after the frame is painted.
From the event's own time it is up to a frame of the display longer: browsers hand over moves once a frame. Written by
assets/components/attention_explorer.js as data-script-ms, data-frame-ms and data-event-ms.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np
import torch

from lmcore import models
from lmcore.bench.app import HARNESS, drive, served
from lmcore.bench.machine import cores
from lmcore.bench.row import Row, at_most
from lmcore.bench.timing import in_turns, percentile
from lmcore.probes.attention import gathered, packed
from lmcore.probes.logit_lens import lens, norms

SHAPE = {"n_layer": 6, "n_head": 6, "n_embd": 192, "block_size": 256}
V = 1000
TINY = {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 16}


def run(size: str) -> Iterator[Row]:
    """6 layers of 6 heads, 192 wide, 1,000 tokens in the vocabulary; then 12 × 12 heads as those of GPT-2."""
    torch.set_num_threads(cores())
    full = size == "full"
    shape, n_tokens, repeats = (SHAPE, 127, 21) if full else (TINY, 7, 2)
    yield traced(shape, n_tokens, repeats)
    yield packing((12, 12, 128) if full else (2, 2, 8), repeats)
    if full:
        yield from pointed(150)


def traced(shape: dict[str, int], n_tokens: int, repeats: int) -> Row:
    """Every activation of one pass, every head packed, the lens after every block, the norms."""
    model = models.build("gpt", shape, V).eval()
    ids = np.random.default_rng(1).integers(1, V, n_tokens).tolist()

    def look() -> None:
        trace = model.trace(ids)
        gathered(trace, shape["n_layer"])
        lens(model, trace)
        norms(trace)

    (taken,) = in_turns([look], repeats)
    note = f"{shape['n_layer']} layers, {shape['n_head']} heads, {shape['n_embd']} wide, V = {V:,}"
    return Row(
        what=f"a full trace of {n_tokens + 1} positions, with lens and norms", ours=statistics.median(taken), unit="s",
        repeats=len(taken), goal=at_most(0.1), note=note,
    )  # fmt: skip


def packing(shape: tuple[int, int, int], repeats: int) -> Row:
    """Attention of all heads into the bytes that travel."""
    L, H, P = shape
    weights = np.tril(np.random.default_rng(0).random((L, H, P, P), np.float32))
    weights /= weights.sum(axis=-1, keepdims=True)
    (taken,) = in_turns([lambda: packed(weights, causal=True)], repeats)
    size = packed(weights, causal=True).codes.nbytes
    return Row(
        what=f"packing {L} × {H} heads of {P} tokens", ours=statistics.median(taken), unit="s", repeats=len(taken),
        note=f"{size / 1e6:.2g} MB",
    )  # fmt: skip


def pointed(moves: int) -> Iterator[Row]:
    """The explorer alone on a page, with 12 × 12 heads at 128 tokens."""
    with served(HARNESS.with_name("attention.py"), ready="/_stcore/health") as app:
        found = drive("attention", f"{app.url}/?layers=12&heads=12&tokens=128", moves)
    about = f"{found['heads']} heads, {found['tokens']} tokens"
    for where, over in (("matrix", "the matrix"), ("strip", "the text"), ("arcs", "the arcs")):
        times = found[where]
        for what, name, goal in (
            (f"hover to highlight over {over}, script, p95", "script_ms", None),
            (f"hover to highlight over {over}, painted, p95", "frame_ms", 16.0),
            (f"the same from the event's own time over {over}, p95", "event_ms", None),
        ):
            yield Row(
                what, percentile(times[name], 0.95), "ms", repeats=len(times[name]),
                goal=None if goal is None else at_most(goal),
                note=f"{about}, median {percentile(times[name], 0.5):.3g} ms",
            )  # fmt: skip
    yield Row("websocket frames while pointing", found["frames"], "frames", repeats=2 * moves, goal=at_most(0))
