"""The memory race on a page: measured before it opens, and run anew in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import measured as shipped
from lmcore.figures.gates import race
from lmcore.probes import recall
from lmcore.training.memory_race import DISTANCES, N_TESTED, ORDER, TRAIN
from pages.shared import lesson, measured

Rows = Sequence[dict[str, Any]]
NAME = "memory-race"
FAR = 8  # letters, of which the sentence about gradients speaks


def section(page: str) -> None:
    """What the race is, its result, and a button."""
    st.subheader("The memory race", anchor=False, divider="gray")
    example = recall.written(*recall.lines(np.random.default_rng(5), 6, 1))[0]
    lines = TRAIN.max_steps * TRAIN.batch_size
    st.markdown(
        f"A task of memory alone: a bracket opens, some letters follow that mean nothing, and the right one of four "
        f"brackets has to close, as in {lesson.chip(example)}. An n-gram, an RNN and an LSTM learn it, each anew for "
        f"every distance, from the same {lines:,} lines in the same order; the networks have "
        f"{_params('rnn'):,} and {_params('lstm'):,} parameters, the same optimiser, learning rate and "
        f"{TRAIN.max_steps} steps at most. Then each is asked about {N_TESTED} lines it has not seen."
    )
    measured.section(page, NAME, lambda rows: _draw(page, rows), "Race anew")


def table(page: str) -> pd.DataFrame:
    """A row for each model, distance and run."""
    return pd.DataFrame(
        [
            {
                "model": row["model"], "letters between": row["distance"], "run": row["run"] + 1,
                "right": row["accuracy"], "steps until learnt": row["steps"],
                "gradient that arrives": row["arrives"], "seconds": row["seconds"],
            }
            for row in measured.rows_shown(page, NAME)
            if row["about"] == "race"
        ]
    )  # fmt: skip


def _draw(page: str, rows: Rows) -> None:
    runs: dict[str, dict[int, list[float]]] = {"ngram": {}, "rnn": {}, "lstm": {}}
    for row in rows:
        if row["about"] == "race":
            runs[row["model"]].setdefault(row["distance"], []).append(row["accuracy"])
    figure = race(runs, DISTANCES, recall.CHANCE, theme=lesson.theme())
    st.plotly_chart(figure, key=f"{page}.race-chart", config={"displayModeBar": False})
    reach = {model: _reach(found) for model, found in runs.items()}
    if all(len(found) == len(DISTANCES) for found in runs.values()):
        st.markdown(
            f"Right at least nine times in ten: the n-gram of order {ORDER} over at most **{reach['ngram']}** letters, "
            f"for it sees {ORDER - 1} tokens, however much it reads; the RNN over **{reach['rnn']}**, the LSTM over "
            f"**{reach['lstm']}**. What is hard is learning what to keep: the gradient has to come back to the bracket "
            f"through every letter. Over {FAR} letters **{_arrives(rows, 'rnn'):.1%}** of it arrives in the untrained "
            f"RNN and **{_arrives(rows, 'lstm'):.0%}** in the LSTM, whose forget gates begin open."
            + (
                f" That is no cure without limit: over {DISTANCES[-1]} letters, in so few steps, the LSTM guesses too."
                if np.mean(runs["lstm"][DISTANCES[-1]]) < 0.4
                else ""
            )
        )


def _reach(found: dict[int, list[float]]) -> int:
    """The longest distance over which the mean of the runs was right nine times in ten; 0 for none."""
    return max((distance for distance, right in found.items() if np.mean(right) > 0.9), default=0)


def _arrives(rows: Rows, model: str) -> float:
    """The share of the gradient that comes back over FAR letters, the mean of the runs."""
    return float(
        np.mean([r["arrives"] for r in rows if r["about"] == "race" and (r["model"], r["distance"]) == (model, FAR)])
    )


def _params(model: str) -> int:
    rows = shipped.read(NAME)["rows"]
    return next(row["n_params"] for row in rows if row["about"] == "model" and row["model"] == model)
