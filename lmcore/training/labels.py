"""Training on labelled texts: batches of texts, one label each, and how many held-out labels come out right.

The loop is that of `trainer.py`; only what a batch is, and what is measured on the way, is different. No torch at
import. Letters in shapes: B texts in a batch, T positions of the longest, K labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.batches import Ints
from lmcore.corpora.labels import Row, texts_of
from lmcore.probes.calibration import summary
from lmcore.training.config import TrainConfig
from lmcore.training.report import StepReport

Arrays = Mapping[str, NDArray[Any]]

UNKNOWN = 0.02  # of the words are read as <unk> in training, so that the model has met it


@dataclass(frozen=True)
class LabelData:
    """Labelled texts as indices."""

    ids: list[list[int]]
    y: list[int]
    """The place of each text's label among the labels."""
    unk_id: int = 1
    """What stands for a word that is not known."""
    n_cut: int = 0
    """How many texts are longer than block_size, so that their ends are not read."""
    body: Arrays | None = field(default=None, repr=False)
    """The weights that the body begins with; None for new ones."""

    @property
    def n_tokens(self) -> int:
        return sum(map(len, self.ids))


def tokenize_labels(
    tokenizer: Any, rows: Sequence[Row], labels: Sequence[str], block_size: int, body: Arrays | None = None
) -> LabelData:
    """Texts in lower case, as indices, cut where the model cannot read on."""
    whole = tokenizer.encode_many(texts_of(rows))
    place = {label: k for k, label in enumerate(labels)}
    cut = sum(len(ids) >= block_size for ids in whole)
    read = [ids[: block_size - 1] for ids in whole]
    return LabelData(read, [place[label] for _, label in rows], tokenizer.unk_id, cut, body)


class LabelBatches:
    """Every text once in each round, in a new order; a batch is fixed by the seed and its step alone."""

    def __init__(self, data: LabelData, *, batch_size: int, block_size: int, seed: int) -> None:
        self.data, self.block_size, self.seed = data, block_size, seed
        self.batch_size = min(batch_size, len(data.ids))

    def batch_at(self, step: int) -> tuple[Ints, Ints]:
        """idx (B, T) and y (B, 1) of a step, counted from 0."""
        from lmcore.models.classifier import padded

        per_round = len(self.data.ids) // self.batch_size
        order = np.random.default_rng([self.seed, step // per_round]).permutation(len(self.data.ids))
        first = step % per_round * self.batch_size
        chosen = order[first : first + self.batch_size]
        idx = padded([self.data.ids[i] for i in chosen], self.block_size)
        hidden = np.random.default_rng([self.seed, 1, step]).random(idx.shape) < UNKNOWN
        idx[hidden & (idx != 0)] = self.data.unk_id
        return idx, np.array([[self.data.y[i]] for i in chosen], np.int64)


def train(
    model: Any,
    data: LabelData,
    held_out: LabelData,
    config: TrainConfig,
    *,
    resume: Arrays | None = None,
    sample: Callable[[Any], str] | None = None,
) -> Iterator[StepReport]:
    """As `trainer.train`, on labelled texts. With each held-out loss comes "accuracy", the share of held-out texts that
    get their label. A loss is in nats a text; there are no samples.
    """
    from lmcore.training.trainer import learn

    if resume is None and data.body is not None:
        model.load_body(data.body)
    block_size = model.config.block_size
    batches = LabelBatches(data, batch_size=config.batch_size, block_size=block_size, seed=config.seed)
    found: dict[str, Any] = {}

    def evaluate(model: Any) -> float:
        found.update(summary(model.probabilities(held_out.ids), held_out.y))
        return float(found["loss"])

    for report in learn(model, batches, evaluate, config, resume=resume):
        if report.held_out_loss is not None:
            report = replace(report, more={"accuracy": found["accuracy"]})
        yield report


def sample_text(model: Any, tokenizer: Any) -> str:
    """A classifier writes nothing."""
    return ""


def measure(model: Any, tokenizer: Any, rows: Sequence[Row]) -> dict[str, Any]:
    """held_out_loss (nats a text), accuracy and calibration_error (0 to 1), and n_texts, of held-out rows."""
    data = tokenize_labels(tokenizer, rows, model.config.labels, model.config.block_size)
    found = summary(model.probabilities(data.ids), data.y)
    return {
        "held_out_loss": found["loss"],
        "accuracy": found["accuracy"],
        "calibration_error": found["calibration_error"],
        "n_texts": found["n"],
    }
