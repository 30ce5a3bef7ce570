"""What a longer context costs: multiplications counted, seconds measured, memory of the cache.

A layer of attention compares every token with every other: its part grows with L². Everything else, and an RNN, grows
with L. Vaswani et al., "Attention is all you need" (2017), table 1. https://arxiv.org/abs/1706.03762
Letters: L tokens, C width (n_embd), H units of an RNN, E width of its embedding.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from lmcore.probes.timing import TRIES, shortest

Row = dict[str, Any]

V = 65
LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
GPT = {"n_layer": 2, "n_head": 2, "n_embd": 64, "block_size": LENGTHS[-1]}
RNN = {"n_embd": 64, "hidden_size": 256}
BYTES = 4  # of a float32
STEPS = 8  # the last ones up to a length, of which the mean is taken


def linear_products(n_layer: int, n_embd: int, length: int) -> int:
    """Multiplications with weights in a pass over L tokens: 12 C² L a block (3 + 1 in attention, 4 + 4 in the MLP)."""
    return n_layer * 12 * n_embd**2 * length


def square_products(n_layer: int, n_embd: int, length: int) -> int:
    """Multiplications of tokens with tokens: 2 C L² a block, C L² for q · k and C L² for weights · v.

    Counted in full, as is usual; half of them are masked, and a fast attention leaves those out.
    """
    return n_layer * 2 * n_embd * length**2


def pass_products(n_layer: int, n_embd: int, length: int) -> int:
    """n_layer (12 C² L + 2 C L²): all blocks of a GPT over L tokens, the logits at the end not counted."""
    return linear_products(n_layer, n_embd, length) + square_products(n_layer, n_embd, length)


def step_products(n_layer: int, n_embd: int, length: int) -> int:
    """n_layer (12 C² + 2 C L): one more token as the L-th, with keys and values of those before it kept."""
    return n_layer * (12 * n_embd**2 + 2 * n_embd * length)


def cache_numbers(n_layer: int, n_embd: int, length: int) -> int:
    """2 n_layer C L: a key and a value a token and block."""
    return 2 * n_layer * n_embd * length


def rnn_products(n_embd: int, hidden_size: int, length: int) -> int:
    """L H (E + H): one layer over L tokens."""
    return length * hidden_size * (n_embd + hidden_size)


def slope(xs: list[float], ys: list[float]) -> float:
    """The slope between two lengths on log axes: 1 for "grows with L", 2 for "with L²". By least squares."""
    if len(xs) < 2 or min(*xs, *ys) <= 0:
        raise ValueError("a slope on log axes needs at least two points, all above 0")
    return float(np.polyfit(np.log(xs), np.log(ys), 1)[0])


def measure(lengths: tuple[int, ...] = LENGTHS) -> Iterator[Row]:
    """Rows "machine", "model", then for each length L a row "pass" a model and a row "step".

    Seconds are those that a core worked, on one thread: on a busy machine the clock would tell how busy it is. The
    weights are new: how long a product takes does not depend on them.
    """
    import torch

    from lmcore import models

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield {"about": "machine", "cores": os.cpu_count() or 1, "machine": platform.machine()}
        gpt, rnn = models.build("gpt", GPT, V).eval(), models.build("rnn", RNN, V).eval()
        yield {"about": "model", "model": "gpt", **GPT}
        yield {"about": "model", "model": "rnn", **RNN}
        for L in lengths:
            yield from _times(gpt, rnn, L)
    finally:
        torch.set_num_threads(before)


def _times(gpt: Any, rnn: Any, L: int) -> Iterator[Row]:
    import torch

    size, ids = (GPT["n_layer"], GPT["n_embd"], L), np.random.default_rng(L).integers(1, V, L)
    idx = torch.from_numpy(ids)[None]
    with torch.no_grad():
        anew = shortest(lambda: gpt.hidden(idx))
        one_by_one = shortest(lambda: rnn.rnn(rnn.wte(idx)))
    yield {"about": "pass", "model": "gpt", "L": L, "seconds": anew, "products": pass_products(*size)}
    products = rnn_products(RNN["n_embd"], RNN["hidden_size"], L)
    yield {"about": "pass", "model": "rnn", "L": L, "seconds": one_by_one, "products": products}

    def steps() -> None:
        state, _ = prompted  # a state goes on in place once; the second time its cache is copied, which is not timed
        for token in ids[:STEPS].tolist():
            state, _ = gpt.step(state, token)

    found = []
    for _ in range(TRIES[0] + 1):  # the first one warms up
        prompted = gpt.prompt(ids[: L - 1 - STEPS].tolist())  # with the start token L - STEPS positions
        began = time.thread_time()
        steps()
        found.append((time.thread_time() - began) / STEPS)
    yield {
        "about": "step", "L": L, "cached": min(found[1:]), "anew": anew, "cached_products": step_products(*size),
        "anew_products": pass_products(*size), "cache": cache_numbers(*size),
    }  # fmt: skip
