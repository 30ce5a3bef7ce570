"""Where the states of a chain stand in a picture: around a ring, so that no edge runs under another state's name.

Letters in shapes: n states on the ring.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

N_STARTS = 24
LETTER = 9.7  # width in px of a letter in the 16 px typewriter face
PADDING = 18  # of a name, left and right together
HEIGHT = 34  # of a name
GAP = (10, 14)  # px between two names, across and down
MARGIN = 26  # px above and below, for the loops of states that follow themselves
MIN_NAME = 44


@dataclass(frozen=True)
class Ring:
    """Places in a box, in px: x and y of n names, none of which is wider than `name_width`."""

    width: int
    height: int
    name_width: float
    x: list[float]
    y: list[float]


def ring_order(weights: Doubles, seed: int = 0) -> list[int]:
    """The order of n states around a circle that keeps heavy edges short; the first stays first.

    `weights` (n, n) are the edges' weights. Swaps of two places as long as one helps, from several random orders: a
    quadratic assignment problem (Koopmans and Beckmann 1957), of which a good answer is enough.
    """
    n = len(weights)
    if n < 4:
        return list(range(n))
    both = (weights + weights.T) * (1 - np.eye(n))
    turns = np.abs(np.arange(n)[:, None] - np.arange(n)) * (math.tau / n)
    chords = 2 * np.sin(turns / 2)
    rng = np.random.default_rng(seed)
    best, least = np.arange(n), math.inf
    for start in range(N_STARTS):
        order = np.arange(n) if start == 0 else rng.permutation(n)
        while True:
            here = both[np.ix_(order, order)]
            M = here @ chords
            own = np.diag(M)
            gain = M + M.T - own[:, None] - own + 2 * here * chords  # half of what the swap of two places changes
            i, j = divmod(int(gain.argmin()), n)
            if gain[i, j] > -1e-9:
                break
            order[[i, j]] = order[[j, i]]
        length = float((both[np.ix_(order, order)] * chords).sum())
        if length < least - 1e-9:
            best, least = order.copy(), length
    found = [int(state) for state in np.roll(best, -int(np.flatnonzero(best == 0)[0]))]
    onward = sum(weights[a, b] - weights[b, a] for a, b in zip(found, found[1:] + found[:1], strict=True))
    return found if onward >= 0 else [found[0], *reversed(found[1:])]  # clockwise, as one reads a clock


def name_width(name: str) -> float:
    """About how wide a name is drawn, in px; characters of eastern scripts take two places."""
    cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in name)
    return PADDING + LETTER * max(cells, 1)


def ring(n: int, width: int, height: int, widest: float) -> Ring:
    """n places on an ellipse in a box, the first at the top, then clockwise, such that no two names overlap.

    Names of `widest` px are wished for; where they do not fit, `name_width` is less and the picture cuts them.
    ValueError when even short names do not fit.
    """
    wide = min(widest, width / 2.4)
    while True:
        turns = np.linspace(0, math.tau, 2880, endpoint=False)
        x = width / 2 + (width / 2 - wide / 2 - 4) * np.sin(turns)
        y = height / 2 - (height / 2 - HEIGHT / 2 - MARGIN) * np.cos(turns)
        across, down = wide + GAP[0], HEIGHT + GAP[1]
        # equal steps where one name's width across is as long as one name's height down
        steps = np.hypot(np.diff(x, append=x[0]) / across, np.diff(y, append=y[0]) / down)
        along = np.concatenate([[0], np.cumsum(steps)[:-1]])
        at = np.searchsorted(along, np.arange(n) * steps.sum() / max(n, 1))
        px, py = x[at], y[at]
        apart = np.maximum(np.abs(px[:, None] - px) / across, np.abs(py[:, None] - py) / down) + 2 * np.eye(n)
        if n < 2 or apart.min() >= 1:
            return Ring(width, height, round(wide, 1), np.round(px, 1).tolist(), np.round(py, 1).tolist())
        if wide <= MIN_NAME:
            raise ValueError(f"{n} names do not fit on a ring of {width} by {height} px")
        wide = max(wide * 0.95, MIN_NAME)
