"""Looking into word vectors: a map of them, who is near whom, and analogies.

Letters in shapes: V words, E the width of a vector, S snapshots, Q questions, k dimensions of a map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lmcore.tokenizers.base import START
from lmcore.tokenizers.word import UNK

Floats = NDArray[np.float64]


class Asked(Protocol):
    """a is to b as c is to d."""

    @property
    def category(self) -> str: ...
    @property
    def a(self) -> str: ...
    @property
    def b(self) -> str: ...
    @property
    def c(self) -> str: ...
    @property
    def d(self) -> str: ...


def real_words(itos: Sequence[str]) -> list[int]:
    """The indices of tokens that are words: of letters or digits; not the special ones, marks or newlines."""
    return [i for i, word in enumerate(itos) if any(map(str.isalnum, word)) and word not in (START, UNK)]


# The map --------------------------------------------------------------------------------------------------------------


class Axes(NamedTuple):
    """The directions in which a map looks at vectors."""

    mean: Floats
    """(E,) the point that becomes the middle of the map."""
    axes: Floats
    """(k, E) orthonormal, the direction of most variance first."""
    share: Floats
    """(k,) the share of all variance along each."""

    def of(self, vectors: NDArray[np.floating]) -> Floats:
        """(n, E) -> (n, k) places on the map."""
        return (np.asarray(vectors, np.float64) - self.mean) @ self.axes.T


def principal_axes(vectors: NDArray[np.floating], k: int) -> Axes:
    """Principal component analysis: the k directions along which vectors (n, E) differ most.

    Pearson (1901), https://doi.org/10.1080/14786440109462720. An axis points to where the most distant vector lies.
    ValueError unless 1 <= k <= E and there are at least two vectors. Where there are fewer vectors than axes, the
    last axes carry nothing.
    """
    x = np.asarray(vectors, np.float64)
    n, E = x.shape
    if not 1 <= k <= E or n < 2:
        raise ValueError(f"{n} vectors of {E} numbers have no map in {k} dimensions")
    mean = x.mean(axis=0)
    # X - mean = U S Vᵀ: the rows of Vᵀ are the axes, S² the variances along them
    _, s, vt = np.linalg.svd(x - mean, full_matrices=n < k)
    axes = vt[:k]
    places = (x - mean) @ axes.T
    axes = axes * np.where(places[np.abs(places).argmax(axis=0), np.arange(k)] < 0, -1.0, 1.0)[:, None]
    variance = np.zeros(k)
    variance[: min(k, s.size)] = s[:k] ** 2
    return Axes(mean, axes, variance / max(float((s**2).sum()), 1e-30))


def aligned(new: Axes, old: Axes) -> Axes:
    """`new`, turned within itself to lie as near to `old` as it can: a map that follows a training does not jump.

    The orthogonal Procrustes problem, Schönemann (1966), https://doi.org/10.1007/BF02289451.
    """
    # argmin_R ‖R A_new - A_old‖, R Rᵀ = 1:  A_old A_newᵀ = U S Wᵀ,  R = U Wᵀ
    u, _, wt = np.linalg.svd(old.axes @ new.axes.T)
    return new._replace(axes=(u @ wt) @ new.axes)


def unit(vectors: NDArray[np.floating]) -> Floats:
    """Vectors (n, E) at length 1; those of length 0 stay."""
    x = np.asarray(vectors, np.float64)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


# Neighbours ----------------------------------------------------------------------------------------------------------


def neighbours(
    vectors: NDArray[np.floating], words: Sequence[int], n: int, among: Sequence[int] | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """For each of `words` the n others with the highest cosine, best first: their indices and cosines, both (w, n).

    `among` says which indices may be found (default: all). cos(u, v) = u · v / (‖u‖ ‖v‖). There are fewer than n
    columns when there are not so many others.
    """
    rows, found = np.asarray(words, np.int64), np.arange(len(vectors)) if among is None else np.asarray(among, np.int64)
    x = unit(vectors)
    cosines = x[rows] @ x[found].T  # (w, E) (E, m)
    cosines[rows[:, None] == found[None, :]] = -np.inf  # nobody is their own neighbour
    n = min(n, found.size - int(np.isin(rows, found).any()))
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
    return found[best], np.take_along_axis(cosines, best, axis=1)


# Analogies -----------------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """A word that may complete an analogy."""

    word: int
    cosine: float


def combine(vectors: NDArray[np.floating], plus: Sequence[int], minus: Sequence[int]) -> Floats:
    """(E,) the sum of the unit vectors of `plus` less those of `minus`."""
    x = unit(vectors[[*plus, *minus]])
    return x[: len(plus)].sum(axis=0) - x[len(plus) :].sum(axis=0)


def answers(
    vectors: NDArray[np.floating],
    plus: Sequence[int],
    minus: Sequence[int],
    n: int,
    among: Sequence[int] | None = None,
) -> list[Answer]:
    """The n words nearest by cosine to plus - minus, the words of the question left out, best first.

    "3CosAdd" of Mikolov, Yih and Zweig (2013), https://aclanthology.org/N13-1090, and Levy and Goldberg (2014):
    argmax_d cos(d, b - a + c), all vectors at length 1.
    """
    found = np.arange(len(vectors)) if among is None else np.asarray(among, np.int64)
    found = found[~np.isin(found, [*plus, *minus])]
    target = unit(combine(vectors, plus, minus)[None])[0]
    cosines = unit(vectors[found]) @ target
    best = np.argsort(-cosines, kind="stable")[:n]
    return [Answer(int(found[i]), float(cosines[i])) for i in best]


@dataclass(frozen=True)
class Accuracy:
    """How many of the analogies of a file were completed rightly, by category."""

    right: dict[str, int]
    asked: dict[str, int]
    """Those of which all four words are known."""

    @property
    def share(self) -> float:
        """Over all of them; 0 when none was asked."""
        return sum(self.right.values()) / max(1, sum(self.asked.values()))

    @property
    def n(self) -> int:
        return sum(self.asked.values())


def accuracy(
    vectors: NDArray[np.floating],
    stoi: Mapping[str, int],
    questions: Sequence[Asked],
    among: Sequence[int] | None = None,
) -> Accuracy:
    """Each question with four known words, answered by the nearest word that is not in the question."""
    known = [q for q in questions if all(word in stoi for word in (q.a, q.b, q.c, q.d))]
    asked = dict.fromkeys(dict.fromkeys(q.category for q in known), 0)
    right = dict(asked)
    if not known:
        return Accuracy(right, asked)
    found = np.arange(len(vectors)) if among is None else np.asarray(among, np.int64)
    place = np.full(len(vectors), -1)
    place[found] = np.arange(found.size)
    x = unit(vectors).astype(np.float32)
    ids = np.array([[stoi[word] for word in (q.a, q.b, q.c, q.d)] for q in known])  # (Q, 4)
    # b - a + c; its length changes no order
    cosines = (x[ids[:, 1]] - x[ids[:, 0]] + x[ids[:, 2]]) @ x[found].T
    for column in range(3):
        rows = np.flatnonzero(place[ids[:, column]] >= 0)
        cosines[rows, place[ids[rows, column]]] = -np.inf
    hits = found[cosines.argmax(axis=1)] == ids[:, 3]
    for question, hit in zip(known, hits, strict=True):
        asked[question.category] += 1
        right[question.category] += bool(hit)
    return Accuracy(right, asked)


# The parallelogram ---------------------------------------------------------------------------------------------------


class Plane(NamedTuple):
    """The plane through three points: there a, b, c and b - a + c are the corners of a parallelogram, exactly."""

    corners: Floats
    """(4, 2) a, b, c and b - a + c."""
    others: Floats
    """(n, 2) where other points stand when looked at straight from above the plane."""
    off: Floats
    """(n,) how far each of them is from the plane."""


def parallelogram(a: Floats, b: Floats, c: Floats, others: NDArray[np.floating]) -> Plane:
    """The plane of a, b and c (all (E,)), with the other points (n, E) projected onto it.

    b - a points to the right. Where the three lie on one line, the second axis is nothing.
    """
    x = b - a
    x = x / max(float(np.linalg.norm(x)), 1e-12)
    y = (c - a) - ((c - a) @ x) * x
    length = float(np.linalg.norm(y))
    y = y / length if length > 1e-9 else np.zeros_like(y)
    axes = np.stack([x, y])
    corners = np.stack([a, b, c, b - a + c]) - a
    moved = np.asarray(others, np.float64).reshape(-1, a.size) - a
    flat = moved @ axes.T
    return Plane(corners @ axes.T, flat, np.linalg.norm(moved - flat @ axes, axis=1))
