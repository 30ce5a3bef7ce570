"""The parts of the lesson on embeddings: which words are drawn, and analogies as somebody types them."""

from __future__ import annotations

import functools
import re
import statistics
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.corpora import Corpus, kingdoms
from lmcore.figures import embeddings as figures
from lmcore.probes.embeddings import Axes, aligned, answers, neighbours, parallelogram, principal_axes, unit
from pages.shared import lesson, vectors
from pages.shared.cache import Unhashed
from pages.shared.embedding_map import Map
from pages.shared.vectors import Vectors

N_NEAR = 8
N_ANSWERS = 6
MOST_WORDS = 90  # on the map of a text whose words have no kinds
RARE = 50  # a word that was met less often has a vector of little meaning
FEWEST = 12  # words that occur often enough to be trained at all

GROUPS: dict[str, tuple[str, ...]] = {
    "people": ("royalty", "family", "people", "animals"),
    "places": ("country", "capital", "language"),
    "all": ("royalty", "family", "people", "animals", "country", "capital", "language", "river", "food"),
}
TITLES = {"people": "People", "places": "Places", "all": "All of these"}
OTHER = "other"
STYLES = {kind: i for i, kind in enumerate((*GROUPS["all"], OTHER))}


def has_kinds(found: Vectors) -> bool:
    """Whether these are the words of kingdoms, whose kinds are known."""
    kinds = kingdoms.kinds()
    return sum(word in found.stoi for word in kinds) > 0.9 * len(kinds)


def too_small(corpus: Corpus) -> str | None:
    """Why nothing can be trained on a text, in words; None when something can."""
    often = sum(n >= 5 and any(map(str.isalnum, word)) for word, n in vectors.counts(corpus).items())
    if often >= FEWEST:
        return None
    return (
        f"This text is too small for word vectors: only {often} of its words occur five times or more, and at least "
        f"{FEWEST} are needed. A word's vector is made from the company it keeps, and it must be met often for that."
    )


def honest_words(corpus: Corpus, found: Vectors, drawn: list[str]) -> str | None:
    """What the size of a text means for its map; None when it is large enough."""
    counts = vectors.counts(corpus)
    met = [counts[word] for word in drawn]
    if not met or (middle := statistics.median(met)) >= RARE:
        return None
    return (
        f"The text has {counts.total():,} tokens, and half of the words on this map stand in it {middle:,.0f} times or "
        f"less. Vectors begin to mean something when a word was met {RARE} times and more, so much of what is near "
        "here is near by chance. A longer text would help."
    )


# The map -----------------------------------------------------------------------------------------------------------


def shown(found: Vectors, group: str, corpus: Corpus, extra: str) -> tuple[list[str], list[str]]:
    """The words to draw and their kinds, and `extra` if it is none of them."""
    if has_kinds(found):
        kinds = {word: kind for word, kind in kingdoms.kinds().items() if kind in GROUPS[group]}
        if group != "places":
            kinds |= {"male": OTHER, "female": OTHER}
        words = [word for word in kinds if word in found.stoi]
    else:
        kinds = {}
        often = [word for word, _ in vectors.counts(corpus).most_common() if word in found.stoi and len(word) > 3]
        words = often[:MOST_WORDS]
    if extra in found.stoi and extra not in words:
        words.append(extra)
    return words, [kinds.get(word) or (OTHER if kinds else initial(word)) for word in words]


def initial(word: str) -> str:
    """The kind of a word of which nothing is known."""
    return "Capitalised" if word[0].isupper() else "lower case"


def make_map(found: Vectors, words: list[str], kinds: list[str], before: Axes | None) -> tuple[Map, Axes]:
    """The map of these words through all snapshots, on the axes of the last one, near to those of `before`."""
    return _make_map(found.hash, tuple(words), tuple(kinds), Unhashed(found), Unhashed(before))


@functools.lru_cache(maxsize=32)
def _make_map(
    content: str, words: tuple[str, ...], kinds: tuple[str, ...], hidden: Unhashed, before: Unhashed
) -> tuple[Map, Axes]:
    found: Vectors = hidden.value
    ids, among = [found.stoi[word] for word in words], found.words
    position = {token: i for i, token in enumerate(among)}
    axes = principal_axes(found.arrays[-1][ids], min(3, found.arrays.shape[2]))
    if before.value is not None and before.value.axes.shape == axes.axes.shape:
        axes = aligned(axes, before.value)
    near, cosines = zip(*(neighbours(part, ids, N_NEAR, among) for part in found.arrays), strict=True)
    names = list(dict.fromkeys(kinds))
    drawn = Map(
        tuple(position[i] for i in ids),
        tuple(names.index(kind) for kind in kinds),
        tuple(names),
        tuple(STYLES.get(name, i) for i, name in enumerate(names)),
        np.stack([axes.of(part[ids]) for part in found.arrays]),
        tuple(float(share) for share in axes.share),
        np.vectorize(position.__getitem__, otypes=[np.int32])(np.stack(near)),
        np.stack(cosines),
    )
    return drawn, axes


def numbers(found: Vectors, words: list[str], kinds: list[str], drawn: Map, at: int) -> pd.DataFrame:
    """What the map shows at a snapshot, a row each word."""
    names = [found.tokenizer.itos[i] for i in found.words]
    table = {
        "word": words,
        "index": [found.stoi[word] for word in words],
        "kind": kinds,
        **{f"axis {d + 1}": drawn.places[at, :, d] for d in range(drawn.places.shape[2])},
        "nearest": [names[i] for i in drawn.near[at, :, 0]] if drawn.near.shape[2] else "",
        "cosine": drawn.cosines[at, :, 0] if drawn.near.shape[2] else np.nan,
    }
    return pd.DataFrame(table)


# Analogies ------------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A sum of words, as somebody typed it."""

    plus: list[str]
    minus: list[str]
    unknown: list[str]

    @property
    def is_analogy(self) -> bool:
        """a - b + c, which makes a parallelogram."""
        return len(self.plus) == 2 and len(self.minus) == 1 and not self.unknown


def read(typed: str, known: dict[str, int]) -> Asked:
    """ "queen - female + male": words with signs; a word is also found with another first letter."""
    found = Asked([], [], [])
    for sign, term in re.findall(r"([+\-−–]?)\s*([^+\-−–]+)", typed):
        word = term.strip()
        if not word:
            continue
        variants = (word, word.lower(), word.capitalize())
        match = next((variant for variant in variants if variant in known), None)
        if match is None:
            found.unknown.append(word)
        else:
            (found.minus if sign and sign != "+" else found.plus).append(match)
    return found


def analogy(page: str, found: Vectors, at: int, typed: str) -> None:
    """The parallelogram of a question and its ranked answers; what cannot be asked is said."""
    asked = read(typed, found.stoi)
    if asked.unknown:
        listed = ", ".join(lesson.chip(word[:40]) for word in asked.unknown[:4])
        st.caption(f"Not in this vocabulary: {listed}. A word that was never met has no vector.")
        return
    if not asked.plus or len(asked.plus) + len(asked.minus) < 2:
        st.caption("Type words with + and − between them, such as queen − female + male.")
        return
    table, among = found.arrays[at], found.words
    plus, minus = ([found.stoi[word] for word in part] for part in (asked.plus, asked.minus))
    best = answers(table, plus, minus, N_ANSWERS, among)
    if not best:
        st.caption("There is no other word to answer with.")
        return
    names = [found.tokenizer.itos[answer.word] for answer in best]
    left, right = st.columns([3, 2], gap="medium")
    if asked.is_analogy:
        c, b, a = asked.plus[0], asked.plus[1], asked.minus[0]
        x = unit(table)
        plane = parallelogram(
            x[found.stoi[a]], x[found.stoi[b]], x[found.stoi[c]], x[[answer.word for answer in best[:4]]]
        )
        figure = figures.parallelogram(
            [(float(p[0]), float(p[1])) for p in plane.corners],
            [a, b, c],
            [(name, (float(p[0]), float(p[1]))) for name, p in zip(names, plane.others, strict=False)],
            lesson.theme(),
        )
        with left:
            st.plotly_chart(figure, key=f"{page}.parallelogram", config={"displayModeBar": False})
            st.caption(
                f"The plane through {lesson.chip(a)}, {lesson.chip(b)} and {lesson.chip(c)}; the ring is their fourth "
                f"corner, exactly. The answers lie off the plane (the best by {plane.off[0]:.2f}) and are drawn "
                "straight below it."
            )
    with right:
        bars = figures.ranked(names, [answer.cosine for answer in best], lesson.theme())
        st.plotly_chart(bars, key=f"{page}.ranked", config={"displayModeBar": False})
        st.caption("Ranked by cosine to the sum; the words of the question are left out.")


def accuracy(page: str, found: Vectors) -> None:
    """How many analogies of the file come out right, against the step."""
    parts = vectors.accuracies(found)
    n = parts[-1].n
    if not n:
        st.caption(
            "The file of analogies is about kings, families and countries; this text does not have four words of any "
            "of its questions, so there is no accuracy to draw. Ask your own above."
        )
        return
    by_category = {
        name: [part.right[name] / max(1, part.asked[name]) for part in parts] for name in parts[-1].asked
    }  # fmt: skip
    figure = figures.accuracy_curves(found.steps, [part.share for part in parts], by_category, lesson.theme())
    st.plotly_chart(figure, key=f"{page}.accuracy", config={"displayModeBar": False})
    st.caption(
        f"{n:,} questions such as “king is to queen as man is to …”, answered by the nearest word that is not in the "
        "question. Choosing at random would answer "
        f"{1 / max(1, len(found.words) - 3):.1%}. None of them stands in the text."
    )
