"""The village: running text, without end, that a chatbot's base learns from before it has seen a conversation.

Tales, pages of the world book, and short scenes that are told and then told again in other words: whoever predicts the
second telling learns to look back for who did what. Nobody asks and nobody answers here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

from lmcore.corpora import tales
from lmcore.corpora.base import Corpus
from lmcore.corpora.tales_grammar import pick
from lmcore.corpora.tales_lexicon import article
from lmcore.corpora.told import Scene, scenes
from lmcore.corpora.world_book import facts

TITLE = "The village: tales, a world book and scenes told twice"
RETOLD = (
    "It was {name} who {did} the {thing}.",
    "{name} {did} the {thing}.",
    "The {thing} was {color}.",
    "The {thing} of {name} was {color}.",
    "The {thing} was {where}.",
    "{name} was {where}.",
    "It was the {thing} that {name} {did}.",
    "What {name} {did} was {colored}.",
    "{name} {did} the {thing} {where}.",
    "The color of the {thing} was {color}.",
    "The {color} thing was the {thing}.",
)  # fmt: skip


def scene(rng: Random) -> str:
    """One or two scenes, and then what happened in other words, again and again."""
    happened = scenes(rng, 1 + (rng.random() < 0.7))
    again = [(one, text) for one in happened for text in RETOLD]
    said = [one.told(rng) for one in happened]
    for _ in range(4 + int(rng.random() * 5)):
        one, text = again.pop(int(rng.random() * len(again)))
        said.append(_again(one, text))
    return " ".join(said)


def _again(one: Scene, text: str) -> str:
    colored = f"{article(one.color)} {one.thing}"
    return text.format(name=one.name, did=one.did, thing=one.thing, color=one.color, where=one.where, colored=colored)


def page(rng: Random) -> str:
    """Some facts of the world book, one after the other."""
    plain, sums = _statements()
    draw = rng.random()
    pool = plain if draw < 0.5 else sums
    return " ".join(pick(rng, pool) for _ in range(4 + int(rng.random() * 5)))


@lru_cache(maxsize=1)
def _statements() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The statements of the book: all but sums, and sums."""
    found = facts()
    return (
        tuple(text for fact in found if fact.kind != "sum" for text in fact.statements),
        tuple(text for fact in found if fact.kind == "sum" for text in fact.statements),
    )


def passages(seed: int) -> Iterator[str]:
    """Tales, scenes and pages without end; the same seed gives the same ones."""
    rng = Random(seed)
    while True:
        draw = rng.random()
        yield tales.story(rng) if draw < 0.15 else scene(rng) if draw < 0.75 else page(rng)


def generate(n_chars: int, seed: int) -> str:
    """Whole passages, a blank line between them, together about `n_chars` characters."""
    found, length = [], 0
    for passage in passages(seed):
        found.append(passage)
        length += len(passage) + 2
        if length >= n_chars:
            return "\n\n".join(found) + "\n"
    raise AssertionError("passages never end")


def corpus(n_chars: int = 4_000_000, seed: int = 1) -> Corpus:
    """The text as a corpus."""
    return Corpus("village", TITLE, generate(n_chars, seed), tales.SOURCE, tales.LICENCE)
