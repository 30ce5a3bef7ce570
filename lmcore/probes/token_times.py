"""One after another, or all at once: the time a token takes an RNN and a GPT, as the text grows.

Vaswani et al., "Attention is all you need" (2017), table 1: an RNN needs L steps that wait for each other, a layer of
attention one, at the price of L² comparisons. https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from typing import Any

import numpy as np

from lmcore.probes.timing import shortest

Row = dict[str, Any]

V = 65
LENGTHS = (16, 32, 64, 128, 256, 512, 1024)
MODELS: dict[str, dict[str, Any]] = {  # within 5% as many multiplications a token, attention left out
    "rnn": {"n_embd": 64, "hidden_size": 256},
    "gpt": {"n_layer": 2, "n_head": 2, "n_embd": 64, "block_size": 1024},
}


def times(lengths: tuple[int, ...] = LENGTHS) -> Iterator[Row]:
    """Rows "about" "machine", "model" (n_params, products a token), then "time": for a model and a length L, the
    microseconds a token with the "whole" text in one pass, and in "steps" of one token.

    On one thread, in time that a core worked for it: on a busy machine the clock would tell how busy it is. The
    weights are new: how long a product takes does not depend on them.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # two that share a busy core wait for each other 50 times longer than they work
    try:
        yield {
            "about": "machine", "cores": os.cpu_count() or 1, "threads": torch.get_num_threads(),
            "machine": platform.machine(),
        }  # fmt: skip
        yield from _times(lengths)
    finally:
        torch.set_num_threads(before)


def _times(lengths: tuple[int, ...]) -> Iterator[Row]:
    networks = {name: _new(name) for name in MODELS}
    for name, model in networks.items():
        yield {"about": "model", "model": name, "n_params": model.n_params, "products": products(name), **MODELS[name]}
    for L in lengths:
        ids = np.random.default_rng(L).integers(1, V, L - 1).tolist()  # with the start token L positions
        for name, model in networks.items():
            whole, steps = shortest(lambda: _whole(model, ids)), shortest(lambda: _steps(model, ids))  # noqa: B023
            yield {"about": "time", "model": name, "L": L, "whole": 1e6 * whole / L, "steps": 1e6 * steps / L}


def products(name: str) -> int:
    """Multiplications of weights a token takes in a model of `MODELS`; what attention multiplies comes on top."""
    config = MODELS[name]
    if name == "rnn":
        H, E = config["hidden_size"], config["n_embd"]
        return H * (E + H) + V * H
    C = config["n_embd"]
    return config["n_layer"] * 12 * C * C + V * C


def _new(name: str) -> Any:
    from lmcore import models

    return models.build(name, MODELS[name], V).eval()


def _whole(model: Any, ids: list[int]) -> None:
    """All positions in one pass."""
    import torch

    with torch.no_grad():
        model(torch.tensor([[model.start_id, *ids]]))


def _steps(model: Any, ids: list[int]) -> None:
    """One token at a time, as when a text is generated: an RNN with its state, a GPT with its keys and values kept."""
    state, _ = model.start()
    for token in ids:
        state, _ = model.step(state, token)
