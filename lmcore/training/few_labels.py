"""How many labels does it take? A pre-trained body, the same network from scratch, and counting words, side by side.

All three learn from the same labelled opinions and are tested on the same 500 that say nothing they have heard before.
The numbers of labels grow, and each is tried with several seeds: other texts, another order, other new weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lmcore.corpora import labels as labelled
from lmcore.corpora import opinions
from lmcore.corpora.labels import Row
from lmcore.models import configure, model_class, word_counts
from lmcore.probes.calibration import summary
from lmcore.training import classify
from lmcore.training.config import TrainConfig
from lmcore.training.finetune import Start
from lmcore.training.labels import tokenize_labels, train

SIZES = (10, 20, 50, 100, 200, 500)
SEEDS = (0, 1, 2)
WAYS = ("pretrained", "scratch", "counts")


def race(
    open_body: Callable[[], Start],
    target: str = "sentiment",
    sizes: Sequence[int] = SIZES,
    seeds: Sequence[int] = SEEDS,
    **changed: Any,
) -> Iterator[dict[str, Any]]:
    """A row (target, n, seed, way, accuracy, loss, seconds) for each. `changed` are settings of TrainConfig, for tests.

    The trained ones take as many steps whatever the number of labels, as the lesson's do.
    """
    body = open_body()
    held_out = _rows(opinions.held_out(labelled.SHIPPED_HELD_OUT), target)
    labels = tuple(sorted({label for _, label in held_out}))
    for n in sizes:
        for seed in seeds:
            rows = _rows(opinions.labelled(n, seed), target)
            for way in WAYS:
                began = time.perf_counter()
                probs, y = _tried(way, body, rows, held_out, labels, seed, changed)
                found = summary(probs, y)
                yield {
                    "target": target, "n": n, "seed": seed, "way": way, "accuracy": found["accuracy"],
                    "loss": found["loss"], "seconds": time.perf_counter() - began,
                }  # fmt: skip


def _rows(told: Sequence[opinions.Opinion], target: str) -> list[Row]:
    return [(one.text, str(getattr(one, target))) for one in told]


def _tried(
    way: str, body: Start, rows: list[Row], held_out: list[Row], labels: tuple[str, ...], seed: int, changed: Any
) -> tuple[Any, list[int]]:
    """p(label | text) of the held-out texts, and their labels."""
    tokenizer, T = body.tokenizer, classify.SHAPE["block_size"]
    arrays = body.model.state_arrays() if way == "pretrained" else None
    data, tested = (tokenize_labels(tokenizer, part, labels, T, arrays) for part in (rows, held_out))
    if way == "counts":
        counted = word_counts.fit(data.ids, data.y, tokenizer.vocab_size, len(labels))
        return counted.probabilities(tested.ids), tested.y
    settings = {name: v for name, v in classify.MODEL.items() if name != "family"} | {"labels": labels}
    model = model_class("classifier")(configure("classifier", settings, tokenizer.vocab_size), seed=seed)
    rate = classify.LEARNING_RATES[way == "pretrained"]
    config = TrainConfig(
        **{**classify.TRAIN, "learning_rate": rate, "seed": seed, "n_snapshots": 0, "eval_every": 100_000, **changed}
    )
    for _ in train(model, data, tested, config):
        pass
    return np.asarray(model.eval().probabilities(tested.ids)), tested.y
