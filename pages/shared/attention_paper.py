"""The example on paper of the page "Attention by hand": its numbers, changed or not, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.probes import attention_by_hand as probe
from lmcore.probes.attention_by_hand import SENTENCES
from pages.shared import lesson
from pages.shared.attention_by_hand import Look
from pages.shared.attention_parts import name_of_most
from pages.shared.view import View

HEADS = (1, 3)  # what a width of 3 can be split in
GIVEN = {"x": "x", "wq": "query", "wk": "key", "wv": "value", "wo": "out"}
MOST = 9  # on paper numbers stay small


def changes_of(view: View) -> dict[tuple[str, int, int], float]:
    """The numbers that the link changes in the example; what makes no sense counts as nothing."""
    found: dict[tuple[str, int, int], float] = {}
    for part in view["changed"].split("_"):
        name, _, rest = part.partition(".")
        try:
            row, column, number = (int(text) for text in rest.split("."))
        except ValueError:
            continue
        if name in GIVEN and probe.is_there(GIVEN[name], row, column) and abs(number) <= MOST:
            found[GIVEN[name], row, column] = number
    return found


def change(view: View, look: Look, by: int) -> None:
    """Another number in the example, as the person asked; a word's row goes with the word."""
    words = view["sentence"].split()
    before = probe.example(view["sentence"], changes=changes_of(view))
    name = GIVEN[look.m]
    matrix = before.x if name == "x" else getattr(before.weights, name)
    row = list(probe.WORDS).index(words[look.i]) if name == "x" else look.i
    number = max(-MOST, min(MOST, int(matrix[look.i, look.c]) + by))
    short = {long: brief for brief, long in GIVEN.items()}
    every = {**changes_of(view), (name, row, look.c): number}
    kept = [(*at, int(n)) for at, n in every.items() if probe.TABLES[at[0]][at[1]][at[2]] != n]
    view.set(changed="_".join(f"{short[at]}.{i}.{c}.{n}" for at, i, c, n in kept), cell=f"{look.m}.{look.i}.{look.c}")


def heads_on_paper(
    sentence: str, row: int, scaled: bool, masked: bool, changes: probe.Changes | None = None
) -> pd.DataFrame:
    """The same width in one head and in three: what stays and what one word then looks at."""
    words, rows = sentence.split(), []
    for n_head in HEADS:
        walk = probe.example(sentence, n_head, changes).walk(scaled=scaled, masked=masked)
        names = [name_of_most(head[row], words) for head in walk.weights]
        looks = [
            f"{name} {head[row].max():.0%}" if name in words else name
            for name, head in zip(names, walk.weights, strict=True)
        ]
        C = walk.x.shape[1]
        rows.append((n_head, C // n_head, 4 * C * C, f"{len(words)} × {n_head}", ", ".join(looks)))
    names = ["heads", "width of each", "weights in all", "distributions", f"“{words[row]}” looks most at"]
    return pd.DataFrame(rows, columns=names)


def show_heads(sentence: str, row: int, scaled: bool, masked: bool, changes: probe.Changes) -> None:
    """The table of one head and three, with what it says."""
    st.markdown(
        "The same three numbers a word, split. More heads are not more weights: each is narrower, and each spreads its "
        f"attention in its own way. One head must find one compromise for “{sentence.split()[row]}”; of three "
        "each makes its own. A head whose query is 0 for a word asks nothing there, and looks at all alike."
    )
    st.dataframe(heads_on_paper(sentence, row, scaled, masked, changes), hide_index=True)


def further(view: View) -> None:
    """The words, and what their numbers stand for."""
    st.segmented_control("Words", SENTENCES, key=view.key("sentence"), required=True)
    st.caption(
        "The three numbers of a word stand for somebody, doing, something. Weights are made up; split in three, "
        "the first head asks what was done, the second who is spoken of, the third what thing. There are no positions."
    )


def predict(page: str, n_head: int, scaled: bool, changes: probe.Changes) -> None:
    """Who fed whom, without positions and without a mask."""
    free, masked = (
        [
            probe.example(sentence, n_head, changes).walk(scaled=scaled, masked=mask).out[sentence.split().index("Mia")]
            for sentence in SENTENCES
        ]
        for mask in (False, True)
    )
    tie = (
        "With these numbers not even the mask makes a difference; positions do."
        if np.allclose(*masked)
        else f"The mask makes a difference, {_numbers(masked[0])} and {_numbers(masked[1])}, since each word then sees "
        "only what came before it. Positions make one for good."
    )
    lesson.predict(
        page,
        f"On paper, take the mask away and turn “{SENTENCES[0]}” into “{SENTENCES[1]}”. What happens to the output of "
        "“Mia”?",
        ["It changes, since now she is fed", "It stays the same, to the last digit"],
        1,
        f"It is {_numbers(free[0])} both times: attention sums over a set of words, and sums do not know an order. "
        + tie,
    )


def _numbers(row: Sequence[float]) -> str:
    return "(" + ", ".join(f"{x:.3g}".replace("-", "−") for x in row) + ")"


def script(sentence: str, n_head: int, changes: probe.Changes, scaled: bool, masked: bool) -> str:
    """A script that prints every matrix of the example."""
    other = f", changes={dict(changes)!r}" if changes else ""
    return f"""
from lmcore.probes.attention_by_hand import entropies, example

walk = example({sentence!r}, n_head={n_head}{other}).walk(scaled={scaled}, masked={masked})
for name in ("x", "q", "k", "v", "dots", "scores", "masked", "weights", "heads", "side_by_side", "out"):
    print(name)
    print(getattr(walk, name).round(3))
print("entropy of each row, in nats", entropies(walk.weights).round(3))
"""
