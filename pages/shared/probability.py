"""What the Probability page computes, kept by content: outcomes by their settings, texts by model and tokens."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from lmcore import batches, corpora, models, tokenizers
from lmcore.corpora import Corpus
from lmcore.probes import chain, sequences
from lmcore.tokenizers.word import split
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded, load, shipped

STEPS = 20  # the coin's bias comes in steps of 1/20, so that it is a fraction
PASSAGE_CHARS = 16_000
PASSAGE_TOKENS = (400, 2000)
AFTERLIFE = 1.6  # how much further than the end of float64 the picture goes


@dataclass(frozen=True)
class World:
    """Something that has outcomes: its title on the page, what a step is called, and how long its sequences may be."""

    title: str
    step: str
    most: int


WORLDS = {
    "coin": World("A coin", "Throws", 8),
    "die": World("A die", "Throws", 4),
    "mouse": World("A toy language", "Tokens", 11),
    "pairs": World("Counted pairs", "Tokens", 6),
}


@functools.lru_cache(maxsize=64)
def outcomes(world: str, length: int, heads: int) -> tuple[sequences.Outcomes, Fraction]:
    """Every sequence of a world with its exact probability, and their sum; `heads` counts in STEPS, for the coin."""
    models: dict[str, Callable[[], sequences.Next]] = {
        "coin": lambda: sequences.coin(Fraction(heads, STEPS)),
        "die": sequences.die,
        "mouse": lambda: sequences.mouse_grammar,
        "pairs": _pairs,
    }
    found = sequences.every_sequence(models[world](), length)
    return found, sequences.total(found)


@functools.cache
def _pairs() -> sequences.Next:
    text = corpora.load("mouse").text
    tokenizer = tokenizers.train("word", text)
    model = models.build("ngram", {"order": 2, "smoothing": "add-k", "k": 0.0}, tokenizer.vocab_size)
    return sequences.counted(model.fit(batches.tokenize(tokenizer, text)), tokenizer.itos)


def unrolled(loaded: Loaded, ids: tuple[int, ...]) -> chain.Chain:
    """The chain rule for a text under a model."""
    return _unrolled(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=256)
def _unrolled(content: str, ids: tuple[int, ...], hidden: Unhashed) -> chain.Chain:
    found = chain.unroll(hidden.value, ids)
    for array in (found.log_factors, found.factors, found.products, found.log_sums):
        array.flags.writeable = False  # everybody shares them
    return found


def passage(corpus: Corpus, loaded: Loaded) -> tuple[tuple[int, ...], chain.Chain]:
    """The beginning of a text, long enough for a float64 product to underflow and a little more, under a model."""
    return _passage(corpus.sha256, loaded.hash, Unhashed(corpus), Unhashed(loaded))


@functools.lru_cache(maxsize=64)
def _passage(sha256: str, content: str, corpus: Unhashed, hidden: Unhashed) -> tuple[tuple[int, ...], chain.Chain]:
    loaded: Loaded = hidden.value
    ids = tuple(loaded.tokenizer.encode(corpus.value.text[:PASSAGE_CHARS]))
    for most in PASSAGE_TOKENS:  # a model that knows the text well needs more of it
        found = chain.unroll(loaded.model, ids[:most])
        if dead := chain.dies_at(found.products):
            break
    shown = min(len(found.factors), math.ceil(dead * AFTERLIFE)) if dead else len(found.factors)
    return ids[:shown], chain.chain(found.log_factors[:shown])


@functools.cache
def _after_the() -> list[bool]:
    """Of each word after a "the" in the mouse text, whether it is "mouse"."""
    words = split(corpora.load("mouse").text)
    return [after == "mouse" for word, after in itertools.pairwise(words) if word == "the"]


def mice(tries: int) -> int:
    """How many of the first words after "the" in the mouse text are "mouse"."""
    return sum(_after_the()[:tries])


def warm_up() -> None:
    """What the first visitor would wait for: all that can come out, and the shipped models on their own texts."""
    for name, world in WORLDS.items():
        outcomes(name, world.most, STEPS // 2)
    for choice in shipped().values():
        loaded = load(choice)
        name = loaded.card.get("corpus", {}).get("name", "")
        if name in corpora.CATALOG and corpora.CATALOG[name].available():
            passage(corpora.load(name), loaded)
