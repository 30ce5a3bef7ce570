"""Training word vectors, in numpy: on the whole table of pairs at once where there is room for one, else on batches.

Letters in shapes: V vocabulary, E n_embd, B words or pairs in a batch, K negatives, W words of a context.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Tokens, tokenize
from lmcore.corpora import kingdoms
from lmcore.models.word2vec import (
    MAX_TABLE,
    Batch,
    Word2Vec,
    batch_loss,
    chances,
    table,
    table_gradient,
    table_loss,
)
from lmcore.models.word2vec_config import Word2VecConfig
from lmcore.probes.embeddings import accuracy, neighbours, real_words
from lmcore.tokenizers import Tokenizer
from lmcore.training.config import TrainConfig
from lmcore.training.report import REPORT_SECONDS, Arrays, StepReport

SAMPLE_WORDS = ("queen", "prince", "father", "she", "France", "Rome", "speak", "water", "day", "old")
EPSILON = 1e-12  # far below the gradient of a rare word in a table whose numbers sum to 1
HELD_OUT_BATCHES = 4


def fits_a_table(config: Word2VecConfig) -> bool:
    """Whether the exact expectation of the loss is trained on, instead of samples of it."""
    return config.method == "skip-gram" and config.vocab_size <= MAX_TABLE


def train(
    model: Word2Vec,
    train_tokens: Tokens,
    held_out_tokens: Tokens,
    config: TrainConfig,
    *,
    resume: Mapping[str, NDArray[Any]] | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """Train with Adam and report as it goes, as `lmcore.training.trainer.train` does; losses in nats a pair.

    Of a table every step is the whole text, and batch_size says nothing; else it is `batch_size` pairs (skip-gram) or
    words with their context (CBOW).
    """
    loss_and_gradient, loss_at = _objective(model.config, train_tokens, config)
    held_out = _held_out(model.config, held_out_tokens)
    adam = Adam(model, config)
    step, seconds = (0, 0.0) if resume is None else adam.restore(resume)
    if step > config.max_steps:
        raise ValueError(f"the run to resume is at step {step:,}, past max_steps of {config.max_steps:,}")
    snapshot_steps, eval_steps = set(config.snapshot_steps()), config.eval_steps()
    sample_steps = config.sample_steps() if sample is not None else set()
    per_step = train_tokens.ids.size if fits_a_table(model.config) else config.batch_size

    def report(loss: float, norm: float, speed: float, stopped: str | None = None) -> StepReport:
        at = step
        return StepReport(
            step=at,
            loss=loss,
            grad_norm=norm,
            learning_rate=config.learning_rate_at(max(1, step)),
            tokens_per_second=speed,
            seconds=seconds,
            held_out_loss=held_out(model) if step in eval_steps or stopped else None,
            sample=sample(model) if sample is not None and (step in sample_steps or stopped) else None,
            snapshot=model.state_arrays() if step in snapshot_steps or (stopped and snapshot_steps) else None,
            stopped=stopped,
            state_arrays=lambda: adam.state(at, seconds),
        )

    if resume is None:
        yield report(loss_at(model, 0), 0.0, 0.0)
    good = model.state_arrays()
    since, busy = 0, 0.0
    while step < config.max_steps:
        began = time.perf_counter()
        gradient = loss_and_gradient(model, step)
        norm = adam.update(gradient, step + 1, config.learning_rate_at(step + 1))
        step += 1
        since += 1
        took = time.perf_counter() - began
        busy += took
        seconds += took
        if not (busy >= REPORT_SECONDS or step == 1 or step in eval_steps | snapshot_steps | sample_steps):
            continue
        sound = math.isfinite(norm) and all(np.isfinite(p.sum()) for p in (model.vectors, model.contexts))
        loss, speed = loss_at(model, step) if sound else math.nan, since * per_step / busy
        if not math.isfinite(loss):
            model.vectors[:], model.contexts[:] = good["vectors"], good["contexts"]
            reason = f"a number was no longer finite near step {step:,}; the last good vectors were kept"
            yield report(loss, norm, speed, f"Training stopped: {reason}. A lower learning rate may help.")
            return
        good = model.state_arrays()
        yield report(loss, norm, speed)
        since, busy = 0, 0.0


Gradient = tuple[NDArray[np.float32], NDArray[np.float32]]


def _objective(
    config: Word2VecConfig, tokens: Tokens, train: TrainConfig
) -> tuple[Callable[[Word2Vec, int], Gradient], Callable[[Word2Vec, int], float]]:
    """(the gradient at a step, the loss at a step) of this text."""
    if fits_a_table(config):
        whole = table(tokens, config)
        return (lambda model, step: table_gradient(model, whole)), (lambda model, step: table_loss(model, whole))
    sampler = Sampler(tokens, config, train.batch_size, train.seed)
    return (
        (lambda model, step: batch_loss(model, sampler.batch_at(step))[1:]),
        (lambda model, step: batch_loss(model, sampler.batch_at(step))[0]),
    )


def _held_out(config: Word2VecConfig, tokens: Tokens) -> Callable[[Word2Vec], float | None]:
    """The loss on a text that was not trained on; None where that text is too short to hold a pair."""
    try:
        if fits_a_table(config):
            whole = table(tokens, config)
            return lambda model: table_loss(model, whole)
        sampler = Sampler(tokens, config, 1024, seed=1)
        parts = [sampler.batch_at(i) for i in range(HELD_OUT_BATCHES)]
    except ValueError:
        return lambda model: None
    return lambda model: float(np.mean([batch_loss(model, part)[0] for part in parts]))


def held_out_loss(model: Word2Vec, tokens: Tokens) -> float | None:
    """Nats a pair of a text; None when it is too short."""
    return _held_out(model.config, tokens)(model)


def measure(model: Word2Vec, tokenizer: Tokenizer, text: str) -> dict[str, Any]:
    """The loss on a text in nats a pair, and the share of the analogies of `kingdoms` whose words are all known."""
    found = accuracy(model.vectors, _stoi(tokenizer), kingdoms.questions(), real_words(tokenizer.itos))
    loss = held_out_loss(model, tokenize(tokenizer, text))
    return {
        "held_out_loss": loss,
        "analogy_accuracy": found.share if found.n else None,
        "n_analogies": found.n,
        "n_chars": len(text),
    }


def sample_text(model: Word2Vec, tokenizer: Tokenizer) -> str:
    """A few words with those nearest to them, a line each."""
    stoi, among = _stoi(tokenizer), real_words(tokenizer.itos)
    asked = [stoi[word] for word in SAMPLE_WORDS if word in stoi] or among[:: max(1, len(among) // 8)][:8]
    near, cosines = neighbours(model.vectors, asked, 4, among)
    lines = []
    for word, others, values in zip(asked, near, cosines, strict=True):
        found = ", ".join(f"{tokenizer.itos[i]} {c:.2f}" for i, c in zip(others, values, strict=True))
        lines.append(f"{tokenizer.itos[word]}: {found}")
    return "\n".join(lines)


def _stoi(tokenizer: Tokenizer) -> dict[str, int]:
    return {word: i for i, word in enumerate(tokenizer.itos)}


# Adam ---------------------------------------------------------------------------------------------------------------


class Adam:
    """Kingma and Ba (2015), https://arxiv.org/abs/1412.6980, with AdamW's decay. It changes a model in place."""

    def __init__(self, model: Word2Vec, config: TrainConfig) -> None:
        self.model, self.config = model, config
        self.m = [np.zeros_like(p) for p in self._parameters]
        self.v = [np.zeros_like(p) for p in self._parameters]

    @property
    def _parameters(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.model.vectors, self.model.contexts

    def update(self, gradient: Gradient, step: int, learning_rate: float) -> float:
        """Take one step, the `step`-th counted from 1; the length of the gradient."""
        b1, b2 = self.config.beta1, self.config.beta2
        norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradient))
        shrink = self.config.grad_clip / norm if 0 < self.config.grad_clip < norm else 1.0
        for p, g, m, v in zip(self._parameters, gradient, self.m, self.v, strict=True):
            g *= shrink
            # m = β1 m + (1 - β1) g,   v = β2 v + (1 - β2) g²
            m += (1 - b1) * (g - m)
            np.multiply(g, g, out=g)
            v += (1 - b2) * (g - v)
            # p = p - η ( m / (1 - β1ᵗ) / (√(v / (1 - β2ᵗ)) + ε) + λ p )
            root = np.sqrt(v / np.float32(1 - b2**step))
            root += EPSILON
            if self.config.weight_decay:
                p *= np.float32(1 - learning_rate * self.config.weight_decay)
            p -= np.float32(learning_rate / (1 - b1**step)) * (m / root)
        return norm

    def state(self, step: int, seconds: float) -> Arrays:
        """Everything needed to go on."""
        names = ("vectors", "contexts")
        arrays = {f"weights/{name}": p.copy() for name, p in zip(names, self._parameters, strict=True)}
        arrays |= {f"exp_avg/{name}": m.copy() for name, m in zip(names, self.m, strict=True)}
        arrays |= {f"exp_avg_sq/{name}": v.copy() for name, v in zip(names, self.v, strict=True)}
        return arrays | {"step": np.array([step], np.int64), "seconds": np.array([seconds], np.float64)}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> tuple[int, float]:
        """Take up a `state`; its step and seconds. ValueError when it is another model's."""
        for prefix, kept in (("weights", self._parameters), ("exp_avg", self.m), ("exp_avg_sq", self.v)):
            for name, p in zip(("vectors", "contexts"), kept, strict=True):
                array = arrays.get(f"{prefix}/{name}")
                if array is None or array.shape != p.shape:
                    raise ValueError(f"the saved state does not fit this model: {prefix} of {name}")
                p[:] = array
        if "step" not in arrays:
            raise ValueError("the saved state does not say at which step it was")
        return int(arrays["step"][0]), float(arrays["seconds"][0]) if "seconds" in arrays else 0.0


# Batches ------------------------------------------------------------------------------------------------------------


class Sampler:
    """Words met at random in a text, each batch fixed by the seed and its step alone."""

    def __init__(self, tokens: Tokens, config: Word2VecConfig, batch_size: int, seed: int) -> None:
        """ValueError when there is no pair to be met."""
        self.config, self.batch_size, self.seed = config, batch_size, seed
        self.ids = tokens.ids.astype(np.int64)
        N = self.ids.size
        self.passage = np.searchsorted(tokens.starts, np.arange(N), side="right")
        if N < 2 or not (self.passage[1:] == self.passage[:-1]).any():
            raise ValueError("no word of this text has a neighbour to learn from")
        self.keep, negative = chances(tokens, config)
        self.drawn = np.cumsum(negative) / negative.sum()

    def batch_at(self, step: int) -> Batch:
        """The batch of a step, counted from 0; at most `batch_size` rows, at least one."""
        rng = np.random.default_rng([self.seed, step])
        met = self._pairs(rng) if self.config.method == "skip-gram" else self._contexts(rng)
        inputs, weight, target = met[0][: self.batch_size], met[1][: self.batch_size], met[2][: self.batch_size]
        negatives = np.searchsorted(self.drawn, rng.random((target.size, self.config.negatives)), side="right")
        return Batch(inputs, weight, np.column_stack([target, np.minimum(negatives, self.keep.size - 1)]))

    def _pairs(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Pairs (w, c) as often as `pairs` of lmcore.models.word2vec expects them."""
        window, found = self.config.window, np.empty((0, 2), np.int64)
        reach = np.cumsum(np.arange(window, 0, -1)) / (window * (window + 1) / 2)  # P(d) ∝ window - d + 1
        while len(found) < self.batch_size:
            n = 4 * self.batch_size
            i = rng.integers(0, self.ids.size, n)
            d = np.minimum(np.searchsorted(reach, rng.random(n), side="right") + 1, window)
            j = i + np.where(rng.random(n) < 0.5, d, -d)
            inside = (j >= 0) & (j < self.ids.size)
            j = np.where(inside, j, i)
            w, c = self.ids[i], self.ids[j]
            met = inside & (self.passage[i] == self.passage[j]) & (rng.random(n) < self.keep[w] * self.keep[c])
            found = np.concatenate([found, np.column_stack([w, c])[met]])
        return found[:, :1], np.ones((len(found), 1), np.float32), found[:, 1]

    def _contexts(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Words with all that is met around them, up to a distance drawn from 1..window."""
        window, rows, weights, targets = self.config.window, [], [], []
        offsets = np.array([d for d in range(-window, window + 1) if d])
        n_found = 0
        while n_found < self.batch_size:
            n = 4 * self.batch_size
            i = rng.integers(0, self.ids.size, n)
            reach = rng.integers(1, window + 1, n)
            j = i[:, None] + offsets  # (n, 2 window)
            inside = (j >= 0) & (j < self.ids.size)
            j = np.where(inside, j, i[:, None])
            context = self.ids[j]
            met = inside & (self.passage[j] == self.passage[i][:, None]) & (np.abs(offsets) <= reach[:, None])
            met &= rng.random(met.shape) < self.keep[context]
            good = met.any(axis=1) & (rng.random(n) < self.keep[self.ids[i]])
            rows.append(context[good])
            weights.append(met[good].astype(np.float32))
            targets.append(self.ids[i][good])
            n_found += int(good.sum())
        return np.concatenate(rows), np.concatenate(weights), np.concatenate(targets)
