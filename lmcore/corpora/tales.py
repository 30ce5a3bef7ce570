"""Tales: little stories told from a seed by a small grammar, which can also tell whether a sentence is its own.

`tales_lexicon` has the people and things, `tales_plots` what can happen and the sentences for it, `tales_grammar` makes
both a writer and a reader of them, and here the stories are told. `tales_check` judges the stories of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

from lmcore.corpora.base import Corpus, Entry
from lmcore.corpora.tales_grammar import (
    FITS,
    KIND_OF,
    RIVALS,
    Cast,
    grammar,
    parses,
    pick,
    plays,
    read,
    vocabulary,
)
from lmcore.corpora.tales_lexicon import ADJECTIVES, KINDS, OBJECTS
from lmcore.corpora.tales_plots import PLOTS, Beat, Either, Maybe, Plot

__all__ = ["ENTRIES", "MAX_CHARS", "echo", "generate", "parses", "passages", "read", "story", "vocabulary"]

MAX_CHARS = 20_000_000
"""The longest text that `generate` makes, in characters."""
ECHO_SHARE = 0.1
"""One passage in ten is an echo: random words said again, so that copying can be learnt."""


def _cast(plot: Plot, rng: Random) -> Cast:
    """Who and what plays in this story."""
    cast: Cast = {}
    things = [thing for thing in OBJECTS if plays(thing, frozenset({plot.objects}))]
    for letter, kind in KIND_OF.items():
        if letter not in "JK":
            cast[letter] = pick(rng, things if kind == "object" else KINDS[kind])
    for one, other in RIVALS:
        while cast[other] is cast[one]:
            cast[other] = pick(rng, things if other == "Q" else KINDS[KIND_OF[other]])
    for adjective, noun in FITS:
        fitting = [one for one in ADJECTIVES if cast[noun].goes_with in one.goes_with.split()]
        cast[adjective] = pick(rng, fitting)
    return cast


def _course(beats: Sequence[Beat], rng: Random) -> Iterator[str]:
    """The templates of one story of this plot, in order."""
    for beat in beats:
        if isinstance(beat, Either):
            yield from _course(pick(rng, beat.paths), rng)
        elif not isinstance(beat, Maybe) or rng.random() < 0.5:
            options = beat.templates if isinstance(beat, Maybe) else beat
            yield from pick(rng, options).split(" // ")


def story(rng: Random) -> str:
    """One story, 4 to 9 sentences on one line."""
    plot = pick(rng, PLOTS)
    cast = _cast(plot, rng)
    templates = grammar().templates
    return " ".join(templates[text].write(cast, rng) for text in _course(plot.beats, rng))


def echo(rng: Random) -> str:
    """4 to 8 different random words, said two or three times, a line each, the first after "echo: "."""
    words = vocabulary_of_echoes()
    n_words, n_times = 4 + int(rng.random() * 5), 2 + int(rng.random() * 2)
    line: list[str] = []
    while len(line) < n_words:
        word = pick(rng, words)
        if word not in line:
            line.append(word)
    return "echo: " + "\n".join([" ".join(line)] * n_times)


@lru_cache(maxsize=1)
def vocabulary_of_echoes() -> tuple[str, ...]:
    """The lower-case words of the stories, sorted: an echo has no word that the stories have not."""
    return tuple(sorted(word for word in vocabulary() if word.islower() and len(word) > 1 and word != "echo"))


def passages(seed: int) -> Iterator[str]:
    """Stories and echoes without end; the same seed gives the same ones."""
    rng = Random(seed)
    while True:
        yield echo(rng) if rng.random() < ECHO_SHARE else story(rng)


def generate(n_chars: int, seed: int) -> str:
    """Whole passages, a blank line between them, together at most `n_chars` characters but at least one passage.

    ValueError unless 1 <= n_chars <= 20,000,000.
    """
    if not 1 <= n_chars <= MAX_CHARS:
        raise ValueError(f"tales can be 1 to {MAX_CHARS:,} characters long, not {n_chars:,}")
    told: list[str] = []
    length = 0
    for passage in passages(seed):
        length += len(passage) + (2 if told else 1)
        if told and length > n_chars:
            break
        told.append(passage)
        if length >= n_chars:
            break
    return "\n\n".join(told) + "\n"


SOURCE = "Written for this project: a story grammar, told from a seed."
LICENCE = "MIT, like the rest of this project."


def _entry(name: str, title: str, n_chars: int, size: str) -> Entry:
    description = (
        f"{size} of gentle stories about lost kites, brave mittens and polite owls, all made by a small grammar."
    )
    return Entry(
        name,
        title,
        description,
        SOURCE,
        LICENCE,
        load=lambda: Corpus(name, title, generate(n_chars, seed=1), SOURCE, LICENCE),
    )


ENTRIES = (
    _entry("tales", "Little tales", 1_000_000, "About 1 MB"),
    _entry("tales-small", "Little tales, a short book", 200_000, "About 200 kB"),
    _entry("tales-5mb", "Little tales, five books", 5_000_000, "About 5 MB"),
)
