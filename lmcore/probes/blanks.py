"""What models of three shapes say about the same blanks: a masked model, a left-to-right one, and a denoiser.

A left-to-right model, and the denoiser's writer, reach a blank with all that was written before it; where an earlier
blank was, stands the word that they took for it, their likeliest. None of them is told a hidden word.

Letters in shapes: T tokens of a passage, n blanks, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.blanks import Ids, infilled, masked
from lmcore.models.base import LanguageModel


def by_masked(model: Any, ids: Ids, hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, V) natural log-probabilities of a masked model, all blanks at once and each without the others' words."""
    return np.asarray(model.fill(masked(ids, hidden, model.mask_id)), np.float32)


def by_denoiser(model: Any, ids: Ids, hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, V) of a denoiser's writer, who has the broken passage before its eyes and writes the known words as given."""
    given = model.given(infilled(ids, hidden, model.mask_id))
    return from_left(given, ids, hidden, banned=(model.mask_id, model.end_id))


def from_left(
    model: LanguageModel, ids: Ids, hidden: NDArray[np.bool_], banned: Sequence[int] = ()
) -> NDArray[np.float32]:
    """(n, V) of a language model that reads the passage from its start to each blank.

    The start token and what is `banned` cannot stand in a passage: their probability is 0, the others sum to 1.
    """
    places = np.flatnonzero(hidden)
    found = np.empty((places.size, model.vocab_size), np.float32)
    done = 0
    state, log_probs = model.start()
    for t in range(int(places[-1]) + 1 if places.size else 0):
        token = int(ids[t])
        if hidden[t]:
            found[done] = without(log_probs, (model.start_id, *banned))
            token = int(found[done].argmax())
            done += 1
        if done < places.size:
            state, log_probs = model.step(state, token)
    return found


def without(log_probs: NDArray[np.float32], banned: Sequence[int]) -> NDArray[np.float32]:
    """log p with the banned tokens' probability at 0 and what is left made to sum to 1; (…, V)."""
    kept = np.array(log_probs, np.float64)
    kept[..., list(banned)] = -np.inf
    top = kept.max(axis=-1, keepdims=True)
    return (kept - top - np.log(np.exp(kept - top).sum(axis=-1, keepdims=True))).astype(np.float32)


def restored(model: Any, ids: Ids, hidden: NDArray[np.bool_]) -> list[int]:
    """The whole passage as a denoiser writes it, its likeliest token each time, without the end.

    It is stopped at twice the passage's length and 10 tokens.
    """
    given = model.given(infilled(ids, hidden, model.mask_id))
    state, log_probs = given.start()
    written: list[int] = []
    for _ in range(2 * len(ids) + 10):
        token = int(without(log_probs, (given.start_id, model.mask_id)).argmax())
        if token == model.end_id:
            break
        written.append(token)
        state, log_probs = given.step(state, token)
    return written


def moved(vectors: Any, ids: Sequence[int], instead: Sequence[int]) -> NDArray[np.float32]:
    """(R, T): how far row r of `vectors(ids)` (R, C) goes when word t is another one, as a share of its length.

    `instead` (T,) are the other words. Each change is a pass of its own over as many tokens, so that what may not be
    looked at moves by exactly 0.
    """
    before = vectors(list(ids))
    length = np.linalg.norm(before, axis=1)
    found = np.empty((len(before), len(ids)), np.float32)
    for t, other in enumerate(instead):
        changed = [*ids[:t], other, *ids[t + 1 :]]
        found[:, t] = np.linalg.norm(vectors(changed) - before, axis=1) / length
    return found


def three_masks(
    masked_model: Any, gpt: Any, denoiser: Any, ids: Sequence[int], gpt_ids: Sequence[int]
) -> dict[str, Any]:
    """Who may look at whom, found out by changing words: (T, T) arrays, row r the word whose vector is read.

    "both": the masked model; "left": the language model; and of the denoiser "encoder" (the source as read), "cross"
    (what is written at r, when word t of the source changes) and "written" (when word t of what is written changes).
    """

    def others(row: Sequence[int]) -> list[int]:
        return [row[(t + 1) % len(row)] if row[(t + 1) % len(row)] != i else i % 7 + 2 for t, i in enumerate(row)]

    def last(trace: dict[str, Any], name: str) -> NDArray[np.float32]:
        return np.asarray(trace[name])

    mine, theirs = others(ids), others(gpt_ids)
    given = denoiser.given(ids)
    return {
        "both": moved(lambda row: last(masked_model.trace(row), "ln_f"), ids, mine),
        "left": moved(lambda row: last(gpt.trace(row), "ln_f")[1:], gpt_ids, theirs),
        "encoder": moved(lambda row: last(denoiser.trace(row), "memory"), ids, mine),
        "cross": moved(lambda row: last(denoiser.given(row).trace(ids), "ln_f")[1:], ids, mine),
        "written": moved(lambda row: last(given.trace(row), "ln_f")[1:], ids, mine),
    }


WHERE = ("all", "later", "before", "nowhere")


def where(ids: NDArray[np.int64], place: int) -> str:
    """Where else in the passage the hidden word stands: only "later", "before" (perhaps later too), or "nowhere"."""
    same = np.flatnonzero(ids == ids[place])
    return "before" if same[0] < place else "later" if same[-1] > place else "nowhere"
