"""The classifiers a person can use, shipped ones first; what each says of a text, and counting words beside it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from lmcore.corpora import CorpusError
from lmcore.corpora import labels as labelled
from lmcore.corpora.labels import Labelled, Row
from lmcore.models import word_counts
from lmcore.models.word_counts import WordCounts
from lmcore.probes.classifying import Verdict, leave_one_out
from lmcore.training import classify
from lmcore.training.labels import tokenize_labels
from pages.shared import models, texts
from pages.shared.cache import Unhashed
from pages.shared.models import Choice, Loaded
from pages.shared.view import View

DEFAULT, TOPIC = "classifier-sentiment", "classifier-topic"
MOST_COUNTED = 1_000
"""Lines from which counting words learns beside a person's own classifier: it is done while the page waits."""

Ids = tuple[int, ...]


def shipped() -> dict[str, Choice]:
    """The classifiers that come with the playground, the one of sentiment first."""
    found = models.shipped(("classifier",))
    return dict(sorted(found.items(), key=lambda item: item[0] != DEFAULT))


def picker(label: str, view: View, name: str) -> Loaded:
    """A select box of all classifiers, shipped ones first; the picked one, loaded."""
    return models.pick(label, view, name, shipped() | models.own(("classifier",)), DEFAULT)


def labels_of(loaded: Loaded) -> tuple[str, ...]:
    model: Any = loaded.model
    return tuple(model.config.labels)


# Lines ----------------------------------------------------------------------------------------------------------------


def lines_of(loaded: Loaded) -> Labelled | None:
    """The lines that a classifier learnt from; None when they are no longer in this person's library."""
    name = str(loaded.card.get("corpus", {}).get("name", ""))
    if name in classify.SHIPPED:
        return labelled.shipped(classify.SHIPPED[name])
    sha256 = str(loaded.card.get("corpus", {}).get("sha256", ""))
    text = texts.own_text(sha256)
    try:
        return None if text is None else _parsed(sha256, Unhashed(text))
    except CorpusError:
        return None


@functools.lru_cache(maxsize=16)
def _parsed(sha256: str, hidden: Unhashed) -> Labelled:
    return labelled.parse(hidden.value)


def counted(loaded: Loaded, lines: Labelled | None) -> WordCounts | None:
    """Logistic regression on the words of the same lines."""
    if lines is None or lines.labels != labels_of(loaded):
        return None
    return _counted(loaded.hash, Unhashed((loaded, lines)))


@functools.lru_cache(maxsize=16)
def _counted(content: str, hidden: Unhashed) -> WordCounts:
    loaded, lines = hidden.value
    data = tokenize_labels(
        loaded.tokenizer, lines.split()[0][:MOST_COUNTED], lines.labels, loaded.model.config.block_size
    )
    return word_counts.fit(data.ids, data.y, loaded.tokenizer.vocab_size, len(lines.labels))


# Asking ---------------------------------------------------------------------------------------------------------------


def ids_of(loaded: Loaded, text: str) -> tuple[Ids, int]:
    """The tokens that are read of a text, and how many more there are."""
    model: Any = loaded.model
    ids, most = tuple(loaded.tokenizer.encode(" ".join(text.lower().split()))), model.config.block_size - 1
    return ids[:most], max(0, len(ids) - most)


def verdict(loaded: Loaded, ids: Ids) -> Verdict:
    """The network's, with each token left out once."""
    return _verdict(loaded.hash, ids, Unhashed(loaded.model))


def counts_verdict(loaded: Loaded, counts: WordCounts, ids: Ids) -> Verdict:
    """The counter's, likewise."""
    return _verdict(f"counts {loaded.hash}", ids, Unhashed(counts))


@functools.lru_cache(maxsize=512)
def _verdict(content: str, ids: Ids, hidden: Unhashed) -> Verdict:
    return leave_one_out(hidden.value, ids)


@dataclass(frozen=True)
class Tested:
    """The held-out lines before both classifiers."""

    rows: list[Row]
    y: list[int]
    network: np.ndarray
    counts: np.ndarray | None


def tested(loaded: Loaded, lines: Labelled, counts: WordCounts | None) -> Tested:
    """p(label | text) of all held-out lines by both."""
    return _tested(loaded.hash, Unhashed((loaded, lines, counts)))


@functools.lru_cache(maxsize=16)
def _tested(content: str, hidden: Unhashed) -> Tested:
    loaded, lines, counts = hidden.value
    rows = lines.split()[1]
    data = tokenize_labels(loaded.tokenizer, rows, lines.labels, loaded.model.config.block_size)
    probs = np.asarray(loaded.model.probabilities(data.ids), np.float64)
    return Tested(rows, data.y, probs, None if counts is None else counts.probabilities(data.ids))
