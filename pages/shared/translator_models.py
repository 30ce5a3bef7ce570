"""The translators a person can use, shipped ones first, and what each makes of a sentence; computed once a sentence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lmcore.beam import Tree
from lmcore.corpora import french
from lmcore.models import TRANSLATORS
from lmcore.probes import translating
from lmcore.probes.translating import Written
from pages.shared import models
from pages.shared.cache import Unhashed
from pages.shared.models import Choice, Loaded
from pages.shared.view import View

DEFAULT, OLDER = "translator-french", "bahdanau-french"
FAMILY_NAMES = {"translator": "transformer", "bahdanau": "recurrent, with attention"}
MOST_SOURCE = 40
"""Source tokens; the sentences that the shipped models learnt from have up to about 20."""

Ids = tuple[int, ...]


def shipped() -> dict[str, Choice]:
    """The translators that come with the playground, the transformer first."""
    found = models.shipped(TRANSLATORS)
    return dict(sorted(found.items(), key=lambda item: item[0] != DEFAULT))


def picker(label: str, view: View, name: str, on_change: Callable[[], None] | None = None) -> Loaded:
    """A select box of all translators, shipped ones first; the picked one, loaded."""
    return models.pick(label, view, name, shipped() | models.own(TRANSLATORS), DEFAULT, on_change)


# Sentences ----------------------------------------------------------------------------------------------------------


def tidied(loaded: Loaded, sentence: str) -> str:
    """The sentence as the shipped models know them: a capital, a mark at the end. One's own models read it as it is."""
    text = " ".join(sentence.split())
    if loaded.id not in shipped() or not text:
        return text
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + "."


def source_of(loaded: Loaded, text: str) -> Ids:
    """The source as tokens."""
    tokenizer: Any = loaded.tokenizer
    return tuple(tokenizer.encode_source(text))


def pieces(loaded: Loaded, ids: Ids) -> tuple[str, ...]:
    """The source's tokens as text."""
    tokenizer: Any = loaded.tokenizer
    return tuple(tokenizer.source.itos[i] for i in ids)


def end_of(loaded: Loaded) -> int:
    """The end token."""
    tokenizer: Any = loaded.tokenizer
    return int(tokenizer.end_id)


def unknown_in(loaded: Loaded, text: str) -> list[str]:
    """The words of a source that the model does not know."""
    tokenizer: Any = loaded.tokenizer
    return list(tokenizer.unknown_source(text))


def written(loaded: Loaded, source: Ids, taken: Ids = (), beams: int = 1) -> tuple[Written, Tree | None]:
    """What the model writes for a source; ValueError when it cannot read it."""
    return _written(loaded.hash, source, taken, beams, end_of(loaded), Unhashed(loaded.model))


def text_of(loaded: Loaded, tokens: Ids) -> str:
    """Target tokens as a sentence."""
    return loaded.tokenizer.decode(list(tokens))


@functools.lru_cache(maxsize=128)
def _written(
    content: str, source: Ids, taken: Ids, beams: int, end: int, hidden: Unhashed
) -> tuple[Written, Tree | None]:
    given = _given(content, source, hidden)
    return translating.translate(given, end, len(source), taken=taken, num_beams=beams)


@functools.lru_cache(maxsize=64)
def _given(content: str, source: Ids, hidden: Unhashed) -> Any:
    return hidden.value.given(source)


def encoder_weights(loaded: Loaded, source: Ids) -> Any:
    """(L, H, S, S) who looks at whom in the encoder; None for one that has no attention there."""
    return _encoder(loaded.hash, source, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _encoder(content: str, source: Ids, hidden: Unhashed) -> Any:
    import numpy as np

    trace = hidden.value.trace(source)
    layers = [trace[name] for i in range(64) if (name := f"block.{i}.attn_weights") in trace]
    return np.stack(layers) if layers else None


def decoder_weights(loaded: Loaded, source: Ids, tokens: Ids) -> Any:
    """(L, H, P, P) who looks at whom among the written tokens, the start token first; None where there is none."""
    return _decoder(loaded.hash, source, tokens, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _decoder(content: str, source: Ids, tokens: Ids, hidden: Unhashed) -> Any:
    import numpy as np

    trace = _given(content, source, hidden).trace(tokens)
    layers = [trace[name] for i in range(64) if (name := f"block.{i}.attn_weights") in trace]
    return np.stack(layers) if layers else None


def warm_up() -> None:
    """Load the shipped ones, let each translate once, and have the held-out sentences at hand."""
    french.held_out_pairs()
    for choice in shipped().values():
        loaded = models.load(choice)
        written(loaded, source_of(loaded, "The cat sleeps."))
