"""A feed-forward model looked into at one place of a text: every number on the way from words to probabilities.

Letters in shapes: n window, E n_embd, H hidden_size, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NOTHING = -1
"""The token of a place in the window where the text had not begun."""


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What the model computes to predict the token after a text."""

    tokens: tuple[int, ...]
    """(n,) the window, oldest first; NOTHING where there is none."""
    n_before: int
    """Tokens of the text, the start token counted, that lie before the window and are not seen."""
    embedding: Floats
    """(n, E) their rows of the table; zeros for NOTHING."""
    sum: Floats
    """(H,) each hidden unit's sum, before tanh."""
    hidden: Floats
    """(H,) tanh of it."""
    logits: Floats
    """(V,)"""

    @property
    def probs(self) -> Doubles:
        """(V,) e^logit / Σ e^logit."""
        powers = np.exp(self.logits.astype(np.float64) - float(self.logits.max()))
        return powers / powers.sum()


@dataclass(frozen=True, eq=False)
class Sum:
    """A number as the sum it is: Σ weights · inputs + bias."""

    weights: Floats
    inputs: Floats
    bias: float

    @property
    def products(self) -> Doubles:
        """weights · inputs, one by one."""
        return self.weights.astype(np.float64) * self.inputs

    @property
    def total(self) -> float:
        """Their sum with the bias."""
        return float(self.products.sum()) + self.bias


def look_into(model: Any, ids: Sequence[int]) -> Pipeline:
    """What a FeedForward computes after a text, whose last n tokens are all that it sees."""
    n = model.config.window
    trace = model.trace(list(ids)[-n:])
    window = [NOTHING] * n + [model.start_id, *map(int, ids)]
    return Pipeline(
        tokens=tuple(window[-n:]),
        n_before=max(0, len(ids) + 1 - n),
        embedding=trace["embedding"][-1],
        sum=trace["sum"][-1],
        hidden=trace["hidden"][-1],
        logits=trace["logits"][-1],
    )


def unit_sum(model: Any, inside: Pipeline, unit: int) -> Sum:
    """One hidden unit's sum: its row of H (n·E,) on the embeddings side by side. ValueError when there is none."""
    return _row(model.hidden, inside.embedding.reshape(-1), unit, "hidden unit")


def logit_sum(model: Any, inside: Pipeline, token: int) -> Sum:
    """One token's logit: its row of U (H,) on the hidden layer. ValueError when there is none."""
    return _row(model.lm_head, inside.hidden, token, "token")


def parameter_counts(model: Any) -> dict[str, int]:
    """How many trained numbers each stage has; together they are the model's n_params."""
    sizes = {name: int(np.prod(shape)) for name, shape in model.config.shapes().items()}
    stages = {"embedding": "wte", "hidden": "hidden", "logits": "lm_head"}
    return {
        stage: sum(size for name, size in sizes.items() if name.startswith(f"{part}."))
        for stage, part in stages.items()
    }


def _row(layer: Any, inputs: Floats, index: int, called: str) -> Sum:
    weight, bias = layer.weight.detach(), layer.bias.detach()
    if not 0 <= index < len(bias):
        raise ValueError(f"there is no {called} {index}; there are 0 to {len(bias) - 1:,}")
    return Sum(weight[index].cpu().float().numpy().copy(), inputs, float(bias[index]))
