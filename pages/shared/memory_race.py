"""The memory race on a page: measured before it opens, and run anew in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import measured
from lmcore.figures.gates import race
from lmcore.jobs import JobStatus
from lmcore.probes import recall
from lmcore.training.memory_race import DISTANCES, N_TESTED, NETWORKS, ORDER, RUNS, TRAIN
from pages.shared import lesson, services, work

Rows = Sequence[dict[str, Any]]
FAR = 8  # letters, of which the sentence about gradients speaks
N_ROWS = len(DISTANCES) * RUNS * (1 + len(NETWORKS))


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
    seed = st.session_state.get(f"{page}.race-seed", 0)
    if not seed:
        found = measured.read("memory-race")
        _draw(page, found["rows"])
        st.caption(f"Measured before, in {found['about']['seconds']} s on this project's machine.")
    else:
        job = work.wanted({"task": "memory-race", "seed": seed}, f"{page}.race")
        if job is not None:
            work.watch(job, f"{page}.race", lambda now: _live(page, now, seed))
    st.button(
        "Race anew", on_click=_anew, args=(page,), icon=":material/replay:", key=f"{page}.race-anew",
        help="A worker trains all of them again, from other first weights and on other lines.",
    )  # fmt: skip


def measured_before(page: str) -> None:
    """Back to what the page opened with."""
    st.session_state.pop(f"{page}.race-seed", None)


def rows_shown(page: str) -> Rows:
    """The rows of the chart as it stands now."""
    asked = st.session_state.get(f"{page}.race")
    if not st.session_state.get(f"{page}.race-seed") or asked is None:
        return measured.read("memory-race")["rows"]
    return _rows_of(asked[1])


def table(page: str) -> pd.DataFrame:
    """A row for each model, distance and run."""
    return pd.DataFrame(
        [
            {
                "model": row["model"], "letters between": row["distance"], "run": row["run"] + 1,
                "right": row["accuracy"], "steps until learnt": row["steps"],
                "gradient that arrives": row["arrives"], "seconds": row["seconds"],
            }
            for row in rows_shown(page)
            if row["about"] == "race"
        ]
    )  # fmt: skip


def _anew(page: str) -> None:
    st.session_state[f"{page}.race-seed"] = st.session_state.get(f"{page}.race-seed", 0) % 9999 + 1 or 1


def _live(page: str, job: JobStatus, seed: int) -> None:
    rows = _rows_of(job.job_id)
    n = sum(row["about"] == "race" for row in rows)
    _draw(page, rows)
    if job.active:
        st.caption(f"{work.said(job)} {n} of {N_ROWS} trainings are done.")
    elif job.state == "done":
        took = sum(row.get("seconds", 0) for row in rows)
        before = "Raced before with the same seed, and replayed" if job.replay else "Raced just now"
        st.caption(f"{before}: seed {seed}, {took:.0f} s of work.")


def _rows_of(job_id: str) -> list[dict[str, Any]]:
    return [event.payload for event in services.runner().events(job_id) if event.kind == "row"]


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
            f"RNN and **{_arrives(rows, 'lstm'):.0%}** in the LSTM, whose forget gates begin open. That is no cure "
            "without limit: over longer distances, in so few steps, the LSTM guesses too."
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
    rows = measured.read("memory-race")["rows"]
    return next(row["n_params"] for row in rows if row["about"] == "model" and row["model"] == model)
