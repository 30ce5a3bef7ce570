"""What the page on LSTM gates computes of a model and a text, cached by content."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import corpora
from lmcore.corpora import CorpusError
from lmcore.probes import gates
from lmcore.probes.gates import Inside, WhatIf
from lmcore.probes.text_features import features
from pages.shared import models
from pages.shared.cache import Unhashed
from pages.shared.lstm_gates import Sorting
from pages.shared.models import Loaded

MAX_SHOWN = 240  # tokens of the text that are looked into
SAMPLE = 1000  # tokens on which units are measured
START = "start"
DEFAULT = "lstm-shakespeare-char"

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """A model reading a text."""

    insides: tuple[Inside, ...]  # a layer each
    log_probs: NDArray[Any]  # (P, V)
    loss: float  # nats a token


@dataclass(frozen=True)
class Measured:
    """What one layer's units do, measured on a longer text."""

    n_tokens: int
    where: str  # that text, in words
    forget: NDArray[np.float64]  # (H,) how open the forget gate is on average
    r: dict[str, NDArray[np.float64]]  # feature -> (H,) correlation of the cells with it
    varies: dict[str, bool]  # feature -> does it change at all in that text


def tokens_of(loaded: Loaded, ids: Sequence[int]) -> list[str]:
    """The text of each position, that of the start token first."""
    return [START, *(loaded.tokenizer.itos[token] for token in ids)]


def seen(loaded: Loaded, ids: Ids) -> Seen:
    """Read a text and keep what is inside."""
    return _seen(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _seen(content: str, ids: Ids, hidden: Unhashed) -> Seen:
    trace = hidden.value.trace(ids)
    layers = tuple(gates.inside(trace, layer) for layer in range(hidden.value.config.n_layer))
    return Seen(layers, trace["log_probs"], gates.loss(trace["log_probs"], ids))


def held(loaded: Loaded, ids: Ids, gate: str, value: int, units: tuple[int, ...] | None, layer: int) -> WhatIf:
    """The same text with a gate held."""
    return _held(loaded.hash, ids, gate, value, units, layer, Unhashed(loaded.model))


@functools.lru_cache(maxsize=128)
def _held(
    content: str, ids: Ids, gate: str, value: int, units: tuple[int, ...] | None, layer: int, hidden: Unhashed
) -> WhatIf:
    true = _seen(content, ids, hidden).log_probs
    return gates.held(hidden.value, ids, gate, value, units, layer, true)


def measured(loaded: Loaded, ids: Ids, layer: int) -> Measured:
    """The units on text that the model has not trained on; on the typed one where that text is not to be had."""
    sample, where = _sample(loaded)
    if len(sample) < 50:
        sample, where = ids, "this text"
    return _measured(loaded.hash, sample, where, layer, loaded.tokenizer.kind, Unhashed(loaded))


@functools.lru_cache(maxsize=64)
def _measured(content: str, ids: Ids, where: str, layer: int, kind: str, hidden: Unhashed) -> Measured:
    loaded: Loaded = hidden.value
    inside = _seen(content, ids, Unhashed(loaded.model)).insides[layer]
    found = features(kind, tokens_of(loaded, ids)[1:])
    return Measured(
        len(ids),
        where,
        gates.mean_open(inside.forget_gate),
        {name: gates.correlations(inside.cell[1:], feature) for name, feature in found.items()},
        {name: bool(np.ptp(feature) > 0) if feature.size else False for name, feature in found.items()},
    )


def _sample(loaded: Loaded) -> tuple[Ids, str]:
    """The first tokens of what was held out of a shipped text: (ids, its name in words)."""
    name = loaded.card.get("corpus", {}).get("name", "")
    if name not in corpora.CATALOG:
        return (), ""
    return _held_out(name, loaded.tokenizer.to_json(), Unhashed(loaded.tokenizer))


@functools.lru_cache(maxsize=16)
def _held_out(name: str, tokenizer_json: str, hidden: Unhashed) -> tuple[Ids, str]:
    try:
        corpus = corpora.load(name)
    except CorpusError:  # Shakespeare comes in a pack of its own
        return (), ""
    text = corpus.split()[1][: 8 * SAMPLE]
    return tuple(hidden.value.encode(text)[:SAMPLE]), corpus.title


def sortings(found: Measured) -> list[Sorting]:
    """The orders that the menu offers: by number, by the forget gate, by each feature that the text has."""
    H = len(found.forget)
    orders = [
        Sorting("open", "most open forget gate", "forget gate open on average", np.argsort(-found.forget), found.forget)
    ]
    for name, r in found.r.items():
        if found.varies[name]:
            title = f"correlation with “{name}”"
            orders.append(Sorting(slug(name), title, f"r with “{name}” =", gates.strongest_first(r), r))
    return [*orders, Sorting("number", "their number", "", np.arange(H), np.zeros(H))]


def slug(feature: str) -> str:
    """A feature's name in links."""
    return feature.replace(" ", "-")


def warm_up() -> None:
    """Measure the units of the model that the page opens with, before the first visitor comes."""
    choice = models.shipped().get(DEFAULT)
    if choice is not None:
        measured(models.load(choice), (), 0)
