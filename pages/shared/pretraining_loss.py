"""The component of a batch: what every place of it costs, at every kept step of the training."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.shared.components import controlled, nothing, numbers_sent, pack, register

_PLACES = register("loss_places")


@dataclass(frozen=True)
class Look:
    """Which kept step (an index) and which place of the batch (row by row) are looked at."""

    step: int
    at: int


def loss_places(
    given: Sequence[str],
    asked: Sequence[str],
    losses: NDArray[Any],
    steps: Sequence[int],
    *,
    guess: float,
    vocab_size: int,
    look: Look,
    first: int = 0,
    key: str,
    on_look: Callable[[], None] | None = None,
) -> Look:
    """A batch whose inputs and targets are `given` and `asked` (M · L tokens, the start token is ""), with its
    `losses` (S, M, L) in nats at each of `steps` (S,); `guess` is what guessing costs, `first` the number of
    windows before the batch.

    Whoever keeps the look elsewhere brings it up to date in `on_look`, with `look_in(key, …)`. ValueError when the
    arguments do not belong together.
    """
    S, M, L = losses.shape
    if len(given) != M * L or len(asked) != M * L or len(steps) != S:
        raise ValueError(f"losses of {S} steps and {M} × {L} places need as many tokens and steps")
    if not (0 <= look.step < S and 0 <= look.at < M * L):
        raise ValueError(f"{look} is not in {S} steps of {M * L} places")
    moved, seq = _moved(key, S, M * L)
    memory = controlled(key, look, moved, seq)
    pushed: Look = memory.pushed
    texts = [[str(token) for token in tokens] for tokens in (given, asked)]
    arrays = {"losses": losses.astype(np.float32).ravel(), "means": losses.mean(axis=(1, 2)).astype(np.float32)}
    raw = b"".join(array.tobytes() for array in arrays.values())
    header = {
        "sig": zlib.crc32(raw, zlib.crc32(repr((texts, list(steps), M)).encode("utf-8", "surrogatepass"))),
        "rev": memory.rev, "first": int(first), "M": M, "L": L, "V": int(vocab_size), "guess": float(guess),
        "given": texts[0], "tokens": texts[1], "steps": [int(step) for step in steps],
        "step": min(pushed.step, S - 1), "at": min(pushed.at, M * L - 1),
    }  # fmt: skip
    _PLACES(key=key, data=pack(header, **arrays), on_look_change=on_look or nothing)
    now: Look = memory.now
    return Look(min(now.step, S - 1), min(now.at, M * L - 1))


def look_in(key: str, n_steps: int, n_places: int) -> Look | None:
    """What the person looks at in the component `key`; None before they touched it. For callbacks."""
    return _moved(key, n_steps, n_places)[0]


def _moved(key: str, n_steps: int, n_places: int) -> tuple[Look | None, Any]:
    """(look, seq) as the browser sent them. They are data from a stranger: nonsense counts as nothing."""
    numbers, seq = numbers_sent(key, "look", ("step", "at"))
    if numbers is None or not (0 <= numbers[0] < n_steps and 0 <= numbers[1] < n_places):
        return None, None
    return Look(*numbers), seq
