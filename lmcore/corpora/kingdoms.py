"""Kingdoms: short sentences about who people are and where they live, told from a seed, for learning what words mean.

Nobody says "a king is to a queen as a man is to a woman", or names two countries in one line. Who wears a crown, who is
"he" and who "she", which town lies in which country: each line says one such thing, and all else must be found.
`kingdoms_lexicon` has the words. The analogies that can be asked afterwards are `questions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from random import Random

from lmcore.corpora.base import Corpus, Entry
from lmcore.corpora.kingdoms_lexicon import (
    ABOUT_PEOPLE,
    ABOUT_PLACES,
    ABOUT_ROYALS,
    COUNTRIES,
    DEEDS,
    GENDERS,
    KINDS,
    PAIRS,
)
from lmcore.corpora.tales_grammar import pick

__all__ = ["ENTRIES", "MAX_CHARS", "Question", "generate", "kinds", "line", "questions", "tasks_text"]

MAX_CHARS = 5_000_000
"""The longest text that `generate` makes, in characters."""
PEOPLE_SHARE = 0.6
"""Six lines in ten are about a person or an animal, the others about a place."""
NEIGHBOURS = 6
"""How many other countries each country is compared with in a category of `questions`."""


# Telling ------------------------------------------------------------------------------------------------------------


def line(rng: Random) -> str:
    """One line: a sentence about one person, one animal or one country."""
    if rng.random() < PEOPLE_SHARE:
        return _about_somebody(rng)
    country, capital, adjective, river, food = pick(rng, COUNTRIES)
    template = pick(rng, ABOUT_PLACES)
    return _fill(template, {"C": country, "K": capital, "A": adjective, "R": river, "F": food})


def _about_somebody(rng: Random) -> str:
    group = pick(rng, ("royalty", "royalty", "family", "family", "family", "people", "people", "people", "animals"))
    pair = pick(rng, PAIRS[group])
    gender = int(rng.random() * 2)
    deeds = DEEDS[pair]
    first = int(rng.random() * len(deeds))
    second = (first + 1 + int(rng.random() * (len(deeds) - 1))) % len(deeds)  # another one
    country, _, adjective, _, _ = pick(rng, COUNTRIES)
    words = {"X": pair[gender], "D": deeds[first], "E": deeds[second], "C": country, "A": adjective}
    for letter, forms in GENDERS.items():
        words[letter] = pick(rng, forms[gender])
    templates: tuple[str, ...] = ABOUT_PEOPLE
    if group == "royalty":
        templates = (*templates, *ABOUT_ROYALS)
    if group == "animals":
        templates = templates[:5]  # without names and clothes
    return _fill(pick(rng, templates), words)


def _fill(template: str, words: dict[str, str]) -> str:
    """A template with its letters replaced, "an" where it must be, and the full stop."""
    filled = [words.get(word, word) for word in template.split(" ")]
    for i, word in enumerate(filled[1:]):
        if filled[i] == "a" and (word[0] in "aeiouAEIOU" or word in ("heir", "heiress")):
            filled[i] = "an"
    return " ".join(filled).replace(" ,", ",") + "."


def generate(n_chars: int, seed: int) -> str:
    """Whole lines, together at most `n_chars` characters but at least one line.

    ValueError unless 1 <= n_chars <= 5,000,000.
    """
    if not 1 <= n_chars <= MAX_CHARS:
        raise ValueError(f"kingdoms can be 1 to {MAX_CHARS:,} characters long, not {n_chars:,}")
    rng = Random(seed)
    told = [line(rng)]
    length = len(told[0]) + 1
    while length < n_chars:
        told.append(line(rng))
        length += len(told[-1]) + 1
    if length > n_chars and len(told) > 1:
        told.pop()
    return "\n".join(told) + "\n"


# Asking -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """a is to b as c is to d; whoever is asked sees a, b and c."""

    category: str
    a: str
    b: str
    c: str
    d: str


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """Some hundred analogies in six categories. None of them stands in any text of this module."""
    asked = list(_of_pairs("royalty", PAIRS["royalty"]))
    asked += _of_pairs("family", PAIRS["family"])
    asked += _of_pairs("gender", (("male", "female"), *PAIRS["royalty"][:2], *PAIRS["people"]))
    asked += _of_pairs("animals", PAIRS["animals"])
    for category, part in (("capitals", 1), ("languages", 2)):
        n = len(COUNTRIES)
        for i, one in enumerate(COUNTRIES):
            for other in (COUNTRIES[(i + step) % n] for step in range(1, NEIGHBOURS + 1)):
                asked.append(Question(category, one[0], one[part], other[0], other[part]))
    return tuple(asked)


def _of_pairs(category: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[Question]:
    """From every pair to every other one, from him to her and from her to him."""
    for one, other in permutations(pairs, 2):
        yield Question(category, one[0], one[1], other[0], other[1])
        yield Question(category, one[1], one[0], other[1], other[0])


def tasks_text() -> str:
    """The questions in the format of word2vec's questions-words.txt, which gensim reads too."""
    lines: list[str] = []
    for i, asked in enumerate(questions()):
        if i == 0 or asked.category != questions()[i - 1].category:
            lines.append(f": {asked.category}")
        lines.append(f"{asked.a} {asked.b} {asked.c} {asked.d}")
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=1)
def kinds() -> dict[str, str]:
    """Word -> what kind of word it is, for the words that have one: "royalty", "family", …, "capital", "river"."""
    found = {word: group for group, pairs in PAIRS.items() for pair in pairs for word in pair}
    for place in COUNTRIES:
        found |= dict(zip(place, KINDS, strict=True))
    return found


_TITLE = "Kingdoms"
_SOURCE = "Written for this project: a small grammar, told from a seed."
_LICENCE = "MIT, like the rest of this project."
ENTRIES = (
    Entry(
        "kingdoms",
        _TITLE,
        "About 500 kB of plain sentences about kings and queens, families, countries and capitals, for word vectors.",
        _SOURCE,
        _LICENCE,
        load=lambda: Corpus("kingdoms", _TITLE, generate(500_000, seed=1), _SOURCE, _LICENCE),
    ),
)
