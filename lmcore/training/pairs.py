"""Training on pairs of sentences: batches of about equal length, padded; how many held-out sentences come out right.

The loop is that of `trainer.py`; only what a batch is, and what is measured on the way, is different.

Letters in shapes: B pairs in a batch, S tokens of the longest source, T tokens of the longest target with its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Ints
from lmcore.tokenizers.base import START_ID
from lmcore.tokenizers.pairs import PairTokenizer
from lmcore.training.config import TrainConfig
from lmcore.training.report import StepReport

Pair = tuple[str, str]
PairIds = tuple[list[int], list[int]]  # source, and target with its end token
Batch = tuple[tuple[Ints, Ints], Ints]

IGNORED = -100  # where nothing is to be predicted: torch's cross-entropy leaves it out
POOL = 16  # batches whose pairs are sorted by length together
UNKNOWN = 0.01  # of source words are read as <unk> in training, so that the model has met it
WATCHED = 100  # held-out sentences that are translated at each look on the way
SHOWN = 4  # of them in a sample
MEASURED = 1000  # in the metrics of a finished run
LONGER = 2.0  # a translation is stopped at this many times its source's length, and 10 tokens


@dataclass(frozen=True)
class PairData:
    """Pairs of sentences, tokenized; those that are too long left out."""

    tokenizer: PairTokenizer
    pairs: list[Pair]
    ids: list[PairIds]
    n_dropped: int = 0
    """How many had a side without a token, or longer than block_size."""

    @property
    def n_tokens(self) -> int:
        """Target tokens, ends counted: what there is to be predicted."""
        return sum(len(target) for _, target in self.ids)


def tokenize_pairs(tokenizer: PairTokenizer, pairs: Sequence[Pair], block_size: int) -> PairData:
    """Both sides as indices. ValueError when no pair is left that fits into block_size."""
    sources = tokenizer.source.encode_many([source for source, _ in pairs])
    targets = tokenizer.target.encode_many([target for _, target in pairs])
    kept, ids = [], []
    for pair, source, target in zip(pairs, sources, targets, strict=True):
        if 0 < len(source) <= block_size and 0 < len(target) < block_size:
            kept.append(pair)
            ids.append((source, [*target, tokenizer.end_id]))
    if not kept:
        raise ValueError(f"none of the {len(pairs):,} pairs has two sides of 1 to {block_size - 1} tokens")
    return PairData(tokenizer, kept, ids, len(pairs) - len(kept))


def padded(ids: Sequence[PairIds]) -> Batch:
    """Source (B, S), idx (B, T) from the start token on, and y (B, T): shorter ones filled up with 0, 0 and -100."""
    S, T = (max(map(len, side)) for side in zip(*ids, strict=True))
    source, idx = np.zeros((len(ids), S), np.int64), np.zeros((len(ids), T), np.int64)
    y = np.full((len(ids), T), IGNORED, np.int64)
    for row, (read, written) in enumerate(ids):
        source[row, : len(read)] = read
        idx[row, 0], idx[row, 1 : len(written)] = START_ID, written[:-1]
        y[row, : len(written)] = written
    return (source, idx), y


class PairBatches:
    """Every pair once in each round, in a new order; a batch is fixed by the seed and its step alone."""

    def __init__(self, data: PairData, *, batch_size: int, seed: int) -> None:
        self.ids, self.seed = data.ids, seed
        self.unk = data.tokenizer.source.unk_id
        self.batch_size = min(batch_size, len(data.ids))
        self.lengths = np.array([len(source) + len(target) for source, target in data.ids])
        self._round: tuple[int, NDArray[np.int64]] = (-1, np.empty((0, 0), np.int64))

    def batch_at(self, step: int) -> Batch:
        """(source (B, S), idx (B, T)) and y (B, T) of a step, counted from 0."""
        n = len(self.ids) // self.batch_size
        if self._round[0] != step // n:
            self._round = step // n, self._order(step // n)
        (source, idx), y = padded([self.ids[i] for i in self._round[1][step % n]])
        if self.unk is not None:
            hidden = np.random.default_rng([self.seed, 1, step]).random(source.shape) < UNKNOWN
            source[hidden & (source != 0)] = self.unk
        return (source, idx), y

    def _order(self, round_: int) -> NDArray[np.int64]:
        """(batches, B) places of pairs: shuffled, sorted by length within pools, and the batches shuffled."""
        rng = np.random.default_rng([self.seed, 0, round_])
        B, N = self.batch_size, len(self.ids)
        order = rng.permutation(N)[: N // B * B]
        pools = [order[i : i + POOL * B] for i in range(0, order.size, POOL * B)]
        order = np.concatenate([pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools])
        return rng.permutation(order.reshape(-1, B))


def train(
    model: Any,
    data: PairData,
    held_out: PairData,
    config: TrainConfig,
    *,
    resume: Mapping[str, NDArray[Any]] | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """As `trainer.train`, on pairs. With each held-out loss comes "exact", the share of 100 held-out sentences that are
    translated to the letter; samples are translations of held-out sentences, whatever `sample` would write.
    """
    from lmcore.training.trainer import learn

    watched = PairData(held_out.tokenizer, held_out.pairs[:WATCHED], held_out.ids[:WATCHED])
    batches = PairBatches(data, batch_size=config.batch_size, seed=config.seed)
    evaluated = held_out.ids[: config.eval_windows * config.batch_size]
    for report in learn(
        model,
        batches,
        lambda model: held_out_loss(model, evaluated, config.batch_size),
        config,
        resume=resume,
        sample=lambda model: sample_text(model, watched),
    ):
        if report.held_out_loss is not None:
            report = replace(report, more={"exact": exact_share(translations(model, watched), watched)})
        yield report


def held_out_loss(model: Any, ids: Sequence[PairIds], batch_size: int) -> float:
    """Mean loss in nats a target token, ends counted; padding is not."""
    import torch
    from torch.nn import functional as F

    total, n = 0.0, 0
    ids = sorted(ids, key=lambda pair: (len(pair[0]), len(pair[1])))
    with model._observing():
        for i in range(0, len(ids), batch_size):
            (source, idx), y = padded(ids[i : i + batch_size])
            logits = model(*(torch.from_numpy(array).to(model.device) for array in (source, idx)))
            targets = torch.from_numpy(y).flatten().to(model.device)
            total += F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=IGNORED, reduction="sum").item()
            n += int((y != IGNORED).sum())
    return total / n


def translations(model: Any, data: PairData) -> list[str]:
    """Every source by the likeliest token each time, about equally long ones together."""
    ids, end = data.ids, data.tokenizer.end_id
    order = sorted(range(len(ids)), key=lambda i: len(ids[i][0]))
    found = [""] * len(ids)
    for i in range(0, len(order), 128):
        part = order[i : i + 128]
        sources = [ids[j][0] for j in part]
        most = int(LONGER * len(sources[-1])) + 10
        for j, written in zip(part, model.greedy(sources, end, most), strict=True):
            found[j] = data.tokenizer.decode(written)
    return found


def exact_share(found: Sequence[str], data: PairData) -> float:
    """The share of translations that are the target to the letter."""
    return sum(a == target for a, (_, target) in zip(found, data.pairs, strict=True)) / len(data.pairs)


def sample_text(model: Any, data: Any) -> str:
    """A few held-out sentences, each with what the model makes of it, a line each."""
    if not isinstance(data, PairData):  # the tokenizer alone: there is nothing to translate
        return ""
    shown = PairData(data.tokenizer, data.pairs[:SHOWN], data.ids[:SHOWN])
    return "\n".join(
        f"{source} → {found}" for (source, _), found in zip(shown.pairs, translations(model, shown), strict=True)
    )


def measure(model: Any, tokenizer: PairTokenizer, pairs: Sequence[Pair]) -> dict[str, Any]:
    """held_out_loss (nats a target token), exact (share of sentences), chrf and bleu (0 to 100) of held-out pairs."""
    from lmcore.probes.translation import bleu, chrf

    data = tokenize_pairs(tokenizer, pairs[:MEASURED], model.config.block_size)
    found = translations(model, data)
    targets = [target for _, target in data.pairs]
    return {
        "held_out_loss": held_out_loss(model, data.ids, 64),
        "exact": exact_share(found, data),
        "chrf": chrf(found, targets),
        "bleu": bleu(found, targets),
        "n_pairs": len(data.pairs),
    }
