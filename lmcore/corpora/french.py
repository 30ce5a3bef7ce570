"""English-French sentence pairs from a seed: a small grammar that says the same thing in both languages at once.

Articles and the gender of things, agreement in number, adjectives before and after the noun, ne … pas around the verb,
object pronouns before it, questions with est-ce que, du and au and l'. One English sentence has exactly one French one;
what English leaves open is decided once (`french_lexicon` says how). Parts: `french_lexicon` has the words,
`french_grammar` the rules of French, `french_phrases` who and what, `french_sentences` what is said of them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from random import Random
from typing import NamedTuple

from lmcore.corpora.french_sentences import sentence

MAX_PAIRS = 100_000
TRAINING, HELD_OUT, SEED = 20_000, 1_000, 1
TITLE = "English to French"
SOURCE = "Written for this project: a small grammar, told from a seed."
LICENCE = "MIT, like the rest of this project."


class Pair(NamedTuple):
    """A sentence and its translation, each with its capital and its full stop."""

    source: str
    target: str


@lru_cache(maxsize=2)
def _told(n: int, seed: int) -> tuple[Pair, ...]:
    rng = Random(seed)
    seen: dict[str, str] = {}
    while len(seen) < n:
        seen.setdefault(*sentence(rng))
    told = list(map(Pair._make, seen.items()))
    # Short sentences are exhausted first, so that the last ones are longer. Mixed by the one method that is promised
    # to give the same numbers in every Python.
    return tuple(pair for _, pair in sorted(zip((rng.random() for _ in told), told, strict=True)))


def pairs(n: int, seed: int) -> list[Pair]:
    """`n` pairs, no two with the same English. ValueError unless 1 <= n <= 100,000."""
    if not 1 <= n <= MAX_PAIRS:
        raise ValueError(f"there can be 1 to {MAX_PAIRS:,} pairs, not {n:,}")
    return list(_told(n, seed))


def split(seed: int, training: int = TRAINING, held_out: int = HELD_OUT) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from and pairs that are kept back: no English sentence stands in both."""
    told = iter(pairs(training + held_out, seed))
    return list(islice(told, training)), list(told)


def training_pairs(n: int = TRAINING, seed: int = SEED) -> list[Pair]:
    """The first `n` of the shipped 20,000 pairs to learn from; ValueError for more."""
    if not 1 <= n <= TRAINING:
        raise ValueError(f"there are {TRAINING:,} training pairs, so n must be 1 to {TRAINING:,}, not {n:,}")
    return split(seed)[0][:n]


def held_out_pairs(n: int = HELD_OUT, seed: int = SEED) -> list[Pair]:
    """The first `n` of the 1,000 pairs that the training pairs of the same seed do not hold; ValueError for more."""
    if not 1 <= n <= HELD_OUT:
        raise ValueError(f"there are {HELD_OUT:,} held-out pairs, so n must be 1 to {HELD_OUT:,}, not {n:,}")
    return split(seed)[1][:n]
