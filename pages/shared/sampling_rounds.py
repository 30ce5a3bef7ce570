"""The component that shows speculative sampling: rounds of guesses, and why each was accepted or refused."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lmcore.speculative import Guess, Round, acceptance
from pages.shared.components import controlled, index_sent, nothing, pack, register

_ROUNDS = register("speculative_rounds")
K = 8  # tokens whose p and q are shown beside each other


def guesses_of(rounds: Sequence[Round]) -> list[Guess]:
    """All guesses that were read, in order."""
    return [guess for one in rounds for guess in one.guesses]


def speculative_rounds(
    rounds: Sequence[Round],
    itos: Sequence[str],
    *,
    locked: int = 0,
    key: str,
    on_locked: Callable[[], None] | None = None,
) -> int:
    """The rounds, and the arithmetic of one guess. Returns the guess that is locked.

    Whoever keeps it elsewhere brings that copy up to date in `on_locked`, with `guess_in(key, n)`.
    """
    guesses = guesses_of(rounds)
    n = len(guesses)
    moved, seq = index_sent(key, range(n), name="guess")
    memory = controlled(key, locked if 0 <= locked < n else 0, moved, seq)
    top = [np.argsort(-np.maximum(guess.target, guess.draft), kind="stable")[:K] for guess in guesses]
    texts: dict[str, int] = {}
    chosen = np.array([[texts.setdefault(itos[token], len(texts)) for token in row] for row in top], np.int32)
    arrays = {
        "p": np.array([guess.p for guess in guesses], np.float32),
        "q": np.array([guess.q for guess in guesses], np.float32),
        "u": np.array([guess.u for guess in guesses], np.float32),
        "accept": np.array([acceptance(guess.target, guess.draft) for guess in guesses], np.float32),
        "accepted": np.array([guess.accepted for guess in guesses], np.int32),
        "top_text": chosen.ravel().astype(np.int32),
        "top_p": np.array([g.target[row] for g, row in zip(guesses, top, strict=True)], np.float32).ravel(),
        "top_q": np.array([g.draft[row] for g, row in zip(guesses, top, strict=True)], np.float32).ravel(),
    }
    shown, at = [], 0
    for one in rounds:
        line: list[list[Any]] = []
        for guess in one.guesses:
            line.append([itos[guess.token], "yes" if guess.accepted else "no", at])
            at += 1
        line.append([itos[one.token], "new" if one.refused else "gift", -1])
        line += [[itos[token], "lost", -1] for token in one.unread]
        shown.append(line)
    header = {
        "sig": zlib.crc32(
            b"".join(array.tobytes() for array in arrays.values()),
            zlib.crc32(repr((shown, list(texts))).encode("utf-8", "surrogatepass")),
        ),
        "rev": memory.rev,
        "locked": memory.pushed if memory.pushed < n else 0,
        "rounds": shown,
        "guesses": [itos[guess.token] for guess in guesses],
        "texts": list(texts),
        "K": min(K, len(itos)),
    }
    _ROUNDS(key=key, data=pack(header, **arrays), on_locked_change=on_locked or nothing)
    now = memory.now
    return now if isinstance(now, int) and 0 <= now < n else 0


def guess_in(key: str, n: int) -> int | None:
    """The guess that the person locked in the component `key` of n guesses; None before they touched it."""
    return index_sent(key, range(n), name="guess")[0]
