"""The component of one training step: a matrix as weights, gradients, moves and new weights; one weight in full."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.figures.theme import DARK, LIGHT
from lmcore.probes.one_step import OneWeight, Rule, Step
from pages.shared.components import controlled, nothing, numbers_sent, pack, register

_STEP = register("one_step")
ROWS, COLUMNS = 24, 48  # of a matrix that are drawn
PHASES = 4


@dataclass(frozen=True)
class Part:
    """The rows and columns of one matrix that are drawn, those with the largest gradients, in their order."""

    name: str
    title: str
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.float64]
    """(R, C)"""
    grads: NDArray[np.float64]
    """(R, C)"""
    shape: tuple[int, int]

    @property
    def size(self) -> int:
        """How many weights are drawn."""
        return self.weights.size

    def cell(self, at: int) -> tuple[int, int]:
        """The place in the whole matrix of the drawn weight number `at`."""
        r, c = divmod(at, len(self.columns))
        return int(self.rows[r]), int(self.columns[c])

    def at(self, cell: tuple[int, int]) -> int | None:
        """The number of a weight among the drawn ones; None where it is not drawn."""
        rows, columns = np.flatnonzero(self.rows == cell[0]), np.flatnonzero(self.columns == cell[1])
        return int(rows[0] * len(self.columns) + columns[0]) if rows.size and columns.size else None


def part_of(
    name: str, title: str, weights: NDArray[Any], grads: NDArray[Any], keep: tuple[int, int] | None = None
) -> Part:
    """What of a matrix is drawn; the row and column of the weight `keep` are among them."""
    kept = [
        _largest(np.square(grads.astype(np.float64)).sum(axis=1 - axis), most, None if keep is None else keep[axis])
        for axis, most in ((0, ROWS), (1, COLUMNS))
    ]
    drawn = np.ix_(*kept)
    shape = (int(weights.shape[0]), int(weights.shape[1]))
    return Part(
        name, title, kept[0], kept[1], weights[drawn].astype(np.float64), grads[drawn].astype(np.float64), shape
    )


def _largest(sizes: NDArray[np.float64], most: int, keep: int | None) -> NDArray[np.int64]:
    """The indices of the largest `most`, rising; `keep` stands in for the smallest of them where it is not there."""
    best = np.argsort(-sizes, kind="stable")[:most]
    if keep is not None and keep not in best:
        best[-1] = keep
    return np.sort(best)


@dataclass(frozen=True)
class Look:
    """Which phase of the step, and which of the drawn weights."""

    phase: int
    at: int


def one_step(
    part: Part,
    step: Step,
    rule: Rule,
    *,
    n_places: int,
    row_names: Sequence[str],
    checked: tuple[int, OneWeight] | None,
    look: Look,
    key: str,
    on_look: Callable[[], None] | None = None,
) -> Look:
    """One step of all weights, seen in one matrix; `row_names` (R,) are tokens where rows belong to tokens, else "".

    `checked` is a drawn weight whose gradient was measured by difference. Whoever keeps the look elsewhere brings it
    up to date in `on_look`, with `look_in(key, part.size)`. ValueError when the arguments do not belong together.
    """
    R, C = part.weights.shape
    if len(row_names) != R:
        raise ValueError(f"{R} rows need as many names, not {len(row_names)}")
    if not (0 <= look.phase < PHASES and 0 <= look.at < part.size):
        raise ValueError(f"{look} is not in {PHASES} phases of {part.size} weights")
    moved, seq = _moved(key, part.size)
    memory = controlled(key, look, moved, seq)
    pushed: Look = memory.pushed
    arrays = {"weights": part.weights.ravel(), "grads": part.grads.ravel()}
    change = step.loss_after - step.loss
    header: dict[str, Any] = {
        "R": R, "C": C, "allRows": part.shape[0], "allColumns": part.shape[1], "title": part.title, "rule": rule.name,
        "rows": part.rows.tolist(), "columns": part.columns.tolist(), "rowNames": [str(name) for name in row_names],
        "rate": rule.learning_rate, "eps": rule.eps, "decay": rule.weight_decay, "loss": step.loss,
        "after": _plain(step.loss_after, 5) if abs(step.loss_after) < 1e9 else "∞",
        "change": f"{'lower' if change < 0 else 'higher'} by {_plain(abs(change), 3)}" if abs(change) < 1e9 else "lost",
        "n": n_places, "nWeights": step.n_weights,
    }  # fmt: skip
    raw = b"".join(array.astype("<f4").tobytes() for array in arrays.values())
    header["sig"] = zlib.crc32(raw, zlib.crc32(repr(header).encode("utf-8", "surrogatepass")))
    header |= {
        "rev": memory.rev, "phase": pushed.phase, "at": min(pushed.at, part.size - 1), "checked": _checked(checked),
        "signed": {theme.name: list(theme.signed) for theme in (LIGHT, DARK)},
    }  # fmt: skip
    _STEP(key=key, data=pack(header, **arrays), on_look_change=on_look or nothing)
    now: Look = memory.now
    return Look(now.phase, min(now.at, part.size - 1))


def _checked(checked: tuple[int, OneWeight] | None) -> dict[str, Any] | None:
    """A gradient by difference, as it is written."""
    if checked is None:
        return None
    at, found = checked
    digits = 10  # the two losses differ late
    return {
        "at": at, "nudge": f"{found.nudge:g}", "twice": f"{2 * found.nudge:g}", "low": f"{found.loss_low:.{digits}f}",
        "high": f"{found.loss_high:.{digits}f}", "measured": written(found.measured),
    }  # fmt: skip


def _plain(x: float, digits: int) -> str:
    """So many significant digits; large numbers whole, without an exponent."""
    return f"{x:,.0f}" if x >= 10**digits else f"{x:.{digits}g}"


def written(x: float) -> str:
    """Five significant digits, as the component writes them: a power of ten for small numbers, a true minus."""
    if x == 0:
        return "0"
    if abs(x) >= 0.001:
        return f"{x:#.5g}".replace("-", "−")
    power = int(np.floor(np.log10(abs(x))))
    raised = str(power).replace("-", "⁻").translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{x / 10**power:.3f} · 10{raised}".replace("-", "−")


def look_in(key: str, size: int) -> Look | None:
    """What the person looks at in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, size)[0]


def _moved(key: str, size: int) -> tuple[Look | None, Any]:
    """(look, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    numbers, seq = numbers_sent(key, "look", ("phase", "at"))
    if numbers is None or not (0 <= numbers[0] < PHASES and 0 <= numbers[1] < size):
        return None, None
    return Look(*numbers), seq
