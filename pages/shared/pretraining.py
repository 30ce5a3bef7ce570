"""What the page Pre-training computes of a model and a text, cached by content."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.probes import one_step, pairs
from lmcore.probes.one_step import OneWeight, Rule, Step
from lmcore.probes.pairs import Compared, Windows
from pages.shared import models, scrubber
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.pretraining_pairs import LONGEST, Cut

MAX_TOKENS = 160  # of a text that are cut into windows
MAX_WINDOWS = 8  # of a batch
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

Ids = tuple[int, ...]
Rows = tuple[Ids, ...]


@dataclass(frozen=True)
class Batch:
    """Up to 8 windows in a row of a text, as they are learnt from together."""

    x: Rows
    y: Rows
    first: int
    """How many windows of the text stand before them."""
    n_windows: int
    """Windows of the whole text."""

    @property
    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """x and y, (M, L)."""
        return np.array(self.x, np.int64), np.array(self.y, np.int64)

    @property
    def n_places(self) -> int:
        """M · L."""
        return len(self.x) * len(self.x[0])


def longest(loaded: Loaded) -> int:
    """The longest window: what a screen holds, and what this model reads at once."""
    model: Any = loaded.model
    return min(LONGEST, int(model.config.block_size))


def guess(loaded: Loaded) -> float:
    """ln V."""
    return pairs.guessing(loaded.model.vocab_size)


def cut_text(ids: Ids, cut: Cut) -> tuple[Windows, int]:
    """The windows of a text and the number of the one that is looked at: a link may ask for one that is not there."""
    found = pairs.windows(ids, cut.length, cut.stride)
    return found, min(cut.at, len(found.first) - 1)


def batch_of(windows: Windows, at: int) -> Batch:
    """The windows of a text that are drawn together with window `at`."""
    first = at // MAX_WINDOWS * MAX_WINDOWS
    x, y = (
        tuple(tuple(row) for row in array[first : first + MAX_WINDOWS].tolist()) for array in (windows.x, windows.y)
    )
    return Batch(x, y, first, len(windows.first))


def texts_of(loaded: Loaded, ids: Any) -> list[str]:
    """The tokens of ids; that of the start is the empty text."""
    return ["" if token == 0 else loaded.tokenizer.itos[token] for token in ids]


# One pass or many ----------------------------------------------------------------------------------------------------


def precise(loaded: Loaded) -> Any:
    """The model in float64, so that equal numbers are seen to be equal."""
    return _precise(loaded.hash, Unhashed(loaded.model))


@functools.lru_cache(maxsize=6)
def _precise(content: str, hidden: Unhashed) -> Any:
    return one_step.precise(hidden.value)


def compared(loaded: Loaded, x: Ids, y: Ids) -> Compared:
    """One window as padded pairs and as one causal pass."""
    return _compared(loaded.hash, x, y, Unhashed(loaded))


@functools.lru_cache(maxsize=64)
def _compared(content: str, x: Ids, y: Ids, hidden: Unhashed) -> Compared:
    return pairs.compare(precise(hidden.value), x, y)


# The loss through the training ---------------------------------------------------------------------------------------


def steps_of(finished: Loaded) -> list[int]:
    """The steps that can be looked at, as a view keeps them: the last is `scrubber.LAST`."""
    return [*scrubber.steps(finished)[:-1], scrubber.LAST]


def shown_steps(finished: Loaded) -> list[int]:
    """The same steps as numbers."""
    kept = scrubber.steps(finished)
    return kept if kept else [int(finished.card.get("steps", 0))]


def through(finished: Loaded, batch: Batch) -> NDArray[np.float64]:
    """(S, M, L) nats: what each place costs after each of `steps_of`."""
    return np.stack([losses(scrubber.at(finished, step), batch) for step in steps_of(finished)])


def losses(loaded: Loaded, batch: Batch) -> NDArray[np.float64]:
    """(M, L) nats of one model."""
    return _losses(loaded.hash, batch.x, batch.y, Unhashed(loaded.model))


@functools.lru_cache(maxsize=512)
def _losses(content: str, x: Rows, y: Rows, hidden: Unhashed) -> NDArray[np.float64]:
    found = pairs.losses(hidden.value, np.array(x, np.int64), np.array(y, np.int64))
    found.flags.writeable = False
    return found


# One step ------------------------------------------------------------------------------------------------------------


def step_of(loaded: Loaded, batch: Batch, rule: Rule) -> Step:
    """One step on the batch."""
    return _step(loaded.hash, batch, rule, Unhashed(loaded))


@functools.lru_cache(maxsize=8)  # a step keeps a gradient for every weight
def _step(content: str, batch: Batch, rule: Rule, hidden: Unhashed) -> Step:
    return one_step.take(precise(hidden.value), *batch.arrays, rule)


def by_rate(loaded: Loaded, batch: Batch, rule: Rule) -> list[float]:
    """The loss after the step with each of `RATES`."""
    return _by_rate(loaded.hash, batch, rule.name, Unhashed((loaded.model, step_of(loaded, batch, rule))))


@functools.lru_cache(maxsize=64)
def _by_rate(content: str, batch: Batch, name: str, hidden: Unhashed) -> list[float]:
    model, step = hidden.value
    return one_step.by_rate(model, *batch.arrays, step, Rule(name), RATES)  # float32 is enough for a curve


def one_weight(loaded: Loaded, batch: Batch, rule: Rule, name: str, cell: tuple[int, int]) -> OneWeight:
    """One weight, its gradient measured by difference."""
    grad = float(step_of(loaded, batch, rule).grads[name][cell])
    return _one_weight(loaded.hash, batch, rule, name, cell, grad, Unhashed(loaded))


@functools.lru_cache(maxsize=128)
def _one_weight(
    content: str, batch: Batch, rule: Rule, name: str, cell: tuple[int, int], grad: float, hidden: Unhashed
) -> OneWeight:
    return one_step.one_weight(precise(hidden.value), *batch.arrays, name, cell, rule, grad)


def weights_of(loaded: Loaded, name: str) -> NDArray[Any]:
    """A matrix of the model."""
    found: Any = loaded.model
    array: NDArray[Any] = dict(found.named_parameters())[name].detach().cpu().numpy()
    return array


def matrices(loaded: Loaded) -> dict[str, str]:
    """Name -> title of every matrix, in the order that a token passes them."""
    model: Any = loaded.model
    return {name: _title(name) for name, p in model.named_parameters() if p.dim() == 2}


def _title(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "h":
        kind = {
            "attn.c_attn": "queries, keys, values", "attn.c_proj": "output of attention", "mlp.c_fc": "into the MLP",
            "mlp.c_proj": "out of the MLP",
        }.get(".".join(parts[2:4]), ".".join(parts[2:-1]))  # fmt: skip
        return f"Block {int(parts[1]) + 1}: {kind}"
    return {"wte": "Token embedding, and the head", "wpe": "Positions"}.get(parts[0], ".".join(parts[:-1]))


# The gradient at the scores ------------------------------------------------------------------------------------------


def at_logits(loaded: Loaded, batch: Batch, place: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(V,) probabilities at a place of the batch, and (V,) the gradient of the batch's loss at its scores."""
    import torch

    L = len(batch.x[0])
    m, t = divmod(place, L)
    with torch.no_grad():
        logits = precise(loaded)(torch.tensor([batch.x[m]]))[0, t].numpy()
    probs = np.exp(logits - logits.max())
    return probs / probs.sum(), one_step.at_logits(logits, batch.y[m][t], batch.n_places)


def warm_up() -> None:
    """Open the kept steps of the model that the page opens with, before the first visitor comes."""
    choice = models.shipped().get(models.DEFAULT)
    if choice is not None:
        finished = models.load(choice)
        for step in steps_of(finished):
            scrubber.at(finished, step)
