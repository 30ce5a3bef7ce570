"""Clipping on and off: the same RNN, the same batches, and how far its gradient may reach in one step.

Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013),
https://arxiv.org/abs/1211.5063. As there, the steps are those of plain gradient descent: AdamW, which all other
trainings here use, divides each gradient by its usual size and hides most of the explosion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

TEXT = "tales-small"
MODEL: dict[str, Any] = {"n_embd": 32, "hidden_size": 64, "block_size": 64}
NONLINEARITIES = ("relu", "tanh")
LEARNING_RATE = 1.0  # of plain gradient descent
BATCH_SIZE = 16
MAX_STEPS = 200
CLIP = 1.0  # the longest gradient that is taken
EVERY = 4  # steps in a row of numbers
EARLY = 12  # up to this step each has its own


def runs(seed: int = 1, max_steps: int = MAX_STEPS) -> Iterator[Row]:
    """Rows "about" "run" (n_params, …), then "step": for a nonlinearity the "loss" and the longest "norm" of the
    gradient since the row before, without clipping and with it ("clipped_loss", "clipped_norm"). None where a number
    was no longer finite: from there on that run has ended.
    """
    import numpy as np

    from lmcore import batches, corpora, tokenizers

    text = corpora.load(TEXT).text
    tokenizer = tokenizers.train("char", text)
    tokens = batches.tokenize(tokenizer, text)
    data = batches.batches(tokens, batch_size=BATCH_SIZE, block_size=MODEL["block_size"], seed=seed)
    for nonlinearity in NONLINEARITIES:
        free, clipped = (_Run(nonlinearity, tokenizer.vocab_size, seed, longest) for longest in (0.0, CLIP))
        yield {
            "about": "run", "nonlinearity": nonlinearity, "n_params": free.model.n_params, "text": TEXT,
            "vocab_size": tokenizer.vocab_size, "learning_rate": LEARNING_RATE, "batch_size": BATCH_SIZE, "clip": CLIP,
            "max_steps": max_steps, **MODEL,
        }  # fmt: skip
        since: list[tuple[float, ...]] = []
        for step in range(1, max_steps + 1):
            batch = data.batch_at(step - 1)
            since.append((*free.learn(*batch), *clipped.learn(*batch)))
            if step > EARLY and step % EVERY and step < max_steps:
                continue
            loss, norm, clipped_loss, clipped_norm = np.array(since).T
            yield {
                "about": "step", "nonlinearity": nonlinearity, "step": step,
                "loss": _finite(loss[-1]), "norm": _finite(norm.max()),
                "clipped_loss": _finite(clipped_loss[-1]), "clipped_norm": _finite(clipped_norm.max()),
            }  # fmt: skip
            since.clear()


class _Run:
    """One training that ends where its loss or its gradient is no longer a finite number."""

    def __init__(self, nonlinearity: str, vocab_size: int, seed: int, longest: float):
        import torch

        from lmcore.models import configure, model_class

        config = configure("rnn", {**MODEL, "nonlinearity": nonlinearity}, vocab_size)
        self.model = model_class("rnn")(config, seed=seed)
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.SGD(self.parameters, lr=LEARNING_RATE)
        self.longest, self.ended = longest, False

    def learn(self, x: Any, y: Any) -> tuple[float, float]:
        """The loss of a batch x, y (B, T) and its gradient's length before clipping; NaN once it has ended."""
        import torch

        from lmcore.training.trainer import update

        if self.ended:
            return math.nan, math.nan
        # θ <- θ - η g · min(1, c / ||g||), without clipping θ <- θ - η g
        batch = torch.from_numpy(x), torch.from_numpy(y)
        loss, norm = map(float, update(self.model, self.optimizer, self.parameters, *batch, self.longest))
        self.ended = not (math.isfinite(loss) and math.isfinite(norm))
        return loss, norm


def _finite(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
