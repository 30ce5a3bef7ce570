"""The memory race: an n-gram, an RNN and an LSTM learn the same recall at growing distance (lmcore/probes/recall.py).

For each distance every model begins anew and learns from the same lines in the same order, with the same optimiser,
learning rate and number of steps. The RNN has as many parameters as the LSTM, within 2%.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from lmcore.models import configure, model_class
from lmcore.probes import recall
from lmcore.training.config import TrainConfig

DISTANCES = (1, 2, 3, 4, 6, 8, 10, 12, 16)
RUNS = 2  # at each distance, from other first weights and other lines
NETWORKS: dict[str, dict[str, Any]] = {
    "rnn": {"n_embd": 16, "hidden_size": 64},
    "lstm": {"n_embd": 16, "hidden_size": 30},
}
ORDER = 5  # of the n-gram: it sees 4 tokens, so the bracket and 3 letters
TRAIN = TrainConfig(max_steps=300, batch_size=32, learning_rate=1e-2, min_lr_ratio=1.0, warmup_steps=20)
N_TESTED = 400  # lines that no model has seen
SOLVED = 0.02  # nats: a mean loss of the last LAST batches below this ends the training early
LAST = 10
ELSEWHERE = -100  # what torch's cross-entropy leaves out

Row = dict[str, Any]


def race(distances: tuple[int, ...] = DISTANCES, runs: int = RUNS, seed: int = 1) -> Iterator[Row]:
    """One row a model, distance and run: "model", "distance", "run", "accuracy" (0 to 1), "seconds"; and of a network
    "steps", after which it had learnt the task (None: it has not), and "arrives" (see there).

    Before them a row a model with "n_params" (for the n-gram, what it counts at the longest distance).
    """
    for family in NETWORKS:
        yield {"about": "model", "model": family, "n_params": _new(family, 0).n_params, **NETWORKS[family]}
    yield {"about": "model", "model": "ngram", "order": ORDER, "n_params": _count(max(distances), seed, 0).n_params}
    for distance in distances:
        for run in range(runs):
            given, closing = _tests(distance, seed, run)
            for family in ("ngram", *NETWORKS):
                began = time.perf_counter()
                model, steps = (
                    (_count(distance, seed, run), None) if family == "ngram" else _learn(family, distance, seed, run)
                )
                right = recall.accuracy(model, given, closing) if family == "ngram" else _asked(model, given, closing)
                yield {
                    "about": "race", "model": family, "distance": distance, "run": run, "accuracy": right,
                    "steps": steps, "arrives": arrives(family, distance, seed, run) if family in NETWORKS else None,
                    "seconds": time.perf_counter() - began,
                }  # fmt: skip


def batch(distance: int, seed: int, run: int, step: int) -> tuple[recall.Ints, recall.Ints]:
    """The lines of a step, counted from 1, the same for every model."""
    return recall.lines(np.random.default_rng([seed, run, distance, step]), distance, TRAIN.batch_size)


def arrives(family: str, distance: int, seed: int, run: int) -> float:
    """Of the gradient at the last position, the share that comes back to the opening bracket, before any training.

    |d loss / d x_1| / |d loss / d x_P| over a batch, x the embeddings: what there is to learn from.
    """
    import torch
    from torch.nn import functional as F

    model = _new(family, run)
    given, closing = batch(distance, seed, run, 1)
    x = model.wte(torch.from_numpy(given)).detach().requires_grad_(True)  # (B, P, E)
    hidden, _ = model.rnn(x)
    F.cross_entropy(model.lm_head(hidden[:, -1]), torch.from_numpy(closing)).backward()
    norms = x.grad.norm(dim=(0, 2))  # (P,)
    return float(norms[1] / norms[-1])


def _tests(distance: int, seed: int, run: int) -> tuple[recall.Ints, recall.Ints]:
    return recall.lines(np.random.default_rng([seed, run, distance, 0]), distance, N_TESTED)


def _count(distance: int, seed: int, run: int) -> Any:
    """An n-gram model that has counted all lines of a training."""
    given, closing = zip(*(batch(distance, seed, run, step) for step in range(1, TRAIN.max_steps + 1)), strict=True)
    model = model_class("ngram")(configure("ngram", {"order": ORDER}, recall.VOCAB_SIZE))
    return model.fit(recall.as_tokens(np.concatenate(given), np.concatenate(closing)))


def _new(family: str, run: int) -> Any:
    return model_class(family)(configure(family, NETWORKS[family], recall.VOCAB_SIZE), seed=run)


def _learn(family: str, distance: int, seed: int, run: int) -> tuple[Any, int | None]:
    """A network trained at one distance, and after how many steps it had learnt it.

    Its loss is that of the closing bracket alone: what the letters are cannot be learnt, and would only be noise.
    """
    import torch

    from lmcore.training.optimizers import make_optimizer
    from lmcore.training.trainer import update

    model = _new(family, run)
    optimizer, parameters = make_optimizer(model, TRAIN, torch.device("cpu")), list(model.parameters())
    losses: list[float] = []
    for step in range(1, TRAIN.max_steps + 1):
        given, closing = batch(distance, seed, run, step)
        targets = np.full_like(given, ELSEWHERE)
        targets[:, -1] = closing
        for group in optimizer.param_groups:
            group["lr"] = TRAIN.learning_rate_at(step)
        loss, _ = update(
            model, optimizer, parameters, torch.from_numpy(given), torch.from_numpy(targets), TRAIN.grad_clip
        )
        losses.append(float(loss))
        if step >= LAST and np.mean(losses[-LAST:]) < SOLVED:
            return model.eval(), step
    return model.eval(), None


def _asked(model: Any, given: recall.Ints, closing: recall.Ints) -> float:
    """`recall.accuracy` of a network on all lines at once."""
    import torch

    with torch.no_grad():
        logits = model(torch.from_numpy(given))[:, -1].numpy()  # (n, P) -> (n, P, V) -> (n, V)
    return recall.share_right(logits, closing)
