"""What the page Inside a GPT computes of a model and a text, cached by content."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import corpora
from lmcore.corpora import CorpusError
from lmcore.models.gpt_config import GPTConfig
from lmcore.probes import heads as head_probe
from lmcore.probes import what_if
from lmcore.probes.attention import Attention, gathered
from lmcore.probes.context_length import held_out
from lmcore.probes.gates import WhatIf
from lmcore.probes.heads import Heads
from lmcore.probes.logit_lens import Lens, Norms, lens, norms, pushed
from pages.shared import models
from pages.shared.cache import Unhashed
from pages.shared.context_copies import passages
from pages.shared.models import Loaded

MAX_SHOWN = 127  # tokens of the text that are looked into; with the start token 128 positions
MAX_BYTES = 3_000_000  # of attention
N_WINDOWS = 3  # of held-out text, on which heads are measured
ECHOES = 8  # repeats on which induction is measured, of a model whose text has such
START = "start"
KEPT = {  # of a trace, which is large: its attention is kept once, packed
    "token_embedding", "position_embedding", "embedding", "attn_out", "residual_mid", "mlp_hidden", "mlp_out",
    "residual", "log_probs",
}  # fmt: skip
SHORT = {"previous token": "previous", "first token": "first", "same token": "same"}

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """A GPT reading a text."""

    trace: dict[str, NDArray[Any]]
    attention: Attention
    lens: Lens
    norms: Norms

    @property
    def log_probs(self) -> NDArray[Any]:
        """(P, V) of the next token."""
        return self.trace["log_probs"]


def config_of(loaded: Loaded) -> GPTConfig:
    """The shape of a GPT that was picked by its family."""
    model: Any = loaded.model
    found: GPTConfig = model.config
    return found


def most_tokens(loaded: Loaded) -> int:
    """How much of a text is looked into: what this model sees at once, and what a browser is sent in one piece."""
    config = config_of(loaded)
    fits = math.isqrt(2 * MAX_BYTES // (config.n_layer * config.n_head)) - 1  # a head of P positions is P² / 2 bytes
    return max(1, min(MAX_SHOWN, config.block_size - 1, fits))


def tokens_of(loaded: Loaded, ids: Ids) -> list[str]:
    """The text of each position, that of the start token first."""
    return [START, *(loaded.tokenizer.itos[token] for token in ids)]


def seen(loaded: Loaded, ids: Ids) -> Seen:
    """Read a text and keep what is inside."""
    return _seen(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=16)
def _seen(content: str, ids: Ids, hidden: Unhashed) -> Seen:
    model = hidden.value
    trace = model.trace(ids)
    kept = {name: array for name, array in trace.items() if name.split(".")[-1] in KEPT}
    return Seen(kept, gathered(trace, model.config.n_layer), lens(model, trace), norms(trace))


def directly(loaded: Loaded, ids: Ids, name: str, place: int) -> NDArray[Any]:
    """(V,) how far a part moves each logit at a place, by itself."""
    return pushed(loaded.model, seen(loaded, ids).trace, name, place)


# Heads by what they do ---------------------------------------------------------------------------------------------


def heads(loaded: Loaded, ids: Ids) -> tuple[Heads | None, str]:
    """The heads measured on held-out text, and its name; on the typed text where that one is not to be had."""
    texts, where = _sample(loaded)
    if not texts:
        texts, where = (ids,), "this text"
    return _heads(loaded.hash, texts, echoes(loaded), Unhashed(loaded.model)), where


def echoes(loaded: Loaded) -> tuple[tuple[Ids, Ids, Ids], ...]:
    """Random words that come twice in the form that the model's text has for it: before, the words, between; or ()."""
    found = passages(loaded, "echo")
    if found is None:
        return ()
    words, before, between = found
    return tuple((before, passage, between) for passage in words[:ECHOES])


@functools.lru_cache(maxsize=64)
def _heads(
    content: str, texts: tuple[Ids, ...], echoes: tuple[tuple[Ids, Ids, Ids], ...], hidden: Unhashed
) -> Heads | None:
    try:
        return head_probe.measure(hidden.value, texts, echoes=echoes)
    except ValueError:  # no text, and a window too short for a random one
        return None


def _sample(loaded: Loaded) -> tuple[tuple[Ids, ...], str]:
    """Windows of what was held out of a shipped text: (ids of each, its name in words)."""
    name = loaded.card.get("corpus", {}).get("name", "")
    if name not in corpora.CATALOG:
        return (), ""
    return _held_out(name, most_tokens(loaded), loaded.tokenizer.to_json(), Unhashed(loaded.tokenizer))


@functools.lru_cache(maxsize=16)
def _held_out(name: str, n: int, tokenizer_json: str, hidden: Unhashed) -> tuple[tuple[Ids, ...], str]:
    try:
        text = held_out(name)
    except CorpusError:  # Shakespeare comes in a pack of its own
        return (), ""
    ids = tuple(hidden.value.encode(text[: 10 * N_WINDOWS * n])[: N_WINDOWS * n])
    return tuple(ids[i : i + n] for i in range(0, len(ids), n)), corpora.CATALOG[name].title


def labels(found: Heads | None, n_layer: int, n_head: int) -> list[tuple[str, str]] | None:
    """What the explorer writes below each head: (short, in full)."""
    if found is None:
        return None
    result = []
    for layer in range(n_layer):
        for head in range(n_head):
            name, score = found.name(layer, head)
            short, share = SHORT.get(name, name), f"{score:.0%}"
            if name == "mixed":
                result.append((short, f"mixed, no kind has more than {share} of its weight"))
            else:
                result.append((short, f"{name}, {share} of its weight"))
    return result


def strongest(found: Heads | None, kind: str) -> tuple[int, int]:
    """(layer, head) with the highest score of a kind."""
    if found is None:
        return 0, 0
    scores = np.nan_to_num(found.scores[..., head_probe.KINDS.index(kind)])
    layer, head = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(layer), int(head)


def where_it_shows(seen: Seen, layer: int, head: int) -> int | None:
    """The place from which a head gives most to the token before; None in a text without one."""
    back = np.diagonal(seen.attention.exact(layer, head), offset=-1)[1:]  # to the first token that is the start
    return int(back.argmax()) + 2 if back.size else None


# What if -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patch:
    """Row `at` of another text's stream in the place of row `position` of this one's, after so many blocks."""

    other: Ids
    after: int
    """0: the embedding."""
    position: int
    at: int

    @property
    def name(self) -> str:
        """What `trace` calls it."""
        return "embedding" if self.after == 0 else f"block.{self.after - 1}.residual"


def changed(loaded: Loaded, ids: Ids, off: tuple[str, ...], patch: Patch | None) -> WhatIf:
    """The same text with parts switched off and a moment of another text patched in."""
    return _changed(loaded.hash, ids, off, patch, Unhashed(loaded))


@functools.lru_cache(maxsize=256)
def _changed(content: str, ids: Ids, off: tuple[str, ...], patch: Patch | None, hidden: Unhashed) -> WhatIf:
    loaded: Loaded = hidden.value
    config, here = config_of(loaded), seen(loaded, ids)
    held = what_if.off([what_if.part(code, config.n_layer, config.n_head) for code in off], config.n_head)
    if patch is not None:
        source = seen(loaded, patch.other).trace[patch.name]
        held |= what_if.patch(here.trace, patch.name, patch.position, source, patch.at)
    return what_if.what_if(loaded.model, ids, held, here.log_probs)


# Through the training -----------------------------------------------------------------------------------------------


def best_scores(loaded: Loaded, ids: Ids) -> dict[str, float]:
    """The highest score of each kind that a head of this model has, on less text: a curve asks for many models."""
    texts = (_sample(loaded)[0] or (ids,))[:1]
    found = _heads(loaded.hash, texts, echoes(loaded)[:1], Unhashed(loaded.model))
    if found is None:
        return dict.fromkeys(head_probe.KINDS, float("nan"))
    best = np.nan_to_num(found.scores).max(axis=(0, 1))
    return dict(zip(head_probe.KINDS, best.tolist(), strict=True))


def warm_up() -> None:
    """Measure the heads of the model that the page opens with, before the first visitor comes."""
    choice = models.shipped().get(models.DEFAULT)
    if choice is not None:
        heads(models.load(choice), ())
