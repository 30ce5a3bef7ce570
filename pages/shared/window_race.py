"""What a wider window is worth, on a page: measured before, or anew by a worker (lmcore.training.window_race)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.figures.windows import window_curves
from lmcore.training.window_race import WINDOWS
from pages.shared import lesson, measured

NAME = "window-race"
QUIET = {"displayModeBar": False}

Rows = Sequence[dict[str, Any]]


def section(page: str) -> None:
    """The curves, what they say, and a button that measures anew."""
    st.markdown("#### A wider window")
    st.caption(
        "Six networks that differ in their window only, trained alike on the same text, and the n-gram that sees as "
        "many tokens: order 2 for a window of 1, up to order 5, the longest that is counted here."
    )
    measured.section(page, NAME, lambda rows: _draw(page, rows), "Measure it here, about a minute")


def as_shipped(page: str) -> None:
    """Back to what was measured before."""
    measured.as_shipped(page, NAME)


def table(page: str) -> pd.DataFrame:
    """One row a window and model of the picture as it is now."""
    return pd.DataFrame(_of(measured.rows_shown(page, NAME), "race")).drop(columns="about", errors="ignore")


def _of(rows: Rows, about: str) -> Rows:
    return [row for row in rows if row["about"] == about]


def _points(rows: Rows, model: str) -> list[tuple[int, float]]:
    return [(row["window"], row["perplexity"]) for row in _of(rows, "race") if row["model"] == model]


def _draw(page: str, rows: Rows) -> None:
    networks, counted = _points(rows, "ffnn"), _points(rows, "ngram")
    st.plotly_chart(
        window_curves(networks, counted, most=max(WINDOWS), theme=lesson.theme()), key=f"{page}.windows", config=QUIET
    )
    if said := _reading(rows):
        st.markdown(said)


def _reading(rows: Rows) -> str:
    """What the curves say, in their own numbers."""
    networks, counted = dict(_points(rows, "ffnn")), dict(_points(rows, "ngram"))
    text = _of(rows, "text")
    if len(networks) < len(WINDOWS) or not text:
        return ""
    sizes = {row["window"]: row["n_params"] for row in _of(rows, "race") if row["model"] == "ffnn"}
    narrow, wide, last = min(networks), max(networks), max(counted)
    better = "the n-gram is ahead" if counted[narrow] < networks[narrow] else "the network is ahead"
    at_last = (
        "behind"
        if networks[last] > counted[last] * 1.01
        else "ahead"
        if networks[last] < counted[last] * 0.99
        else "level"
    )
    return (
        f"With one token in sight {better}: perplexity {counted[narrow]:.3g} against {networks[narrow]:.3g}. With "
        f"{last} the network is {at_last}: {networks[last]:.3g} against {counted[last]:.3g}. With {wide} it reaches "
        f"{networks[wide]:.3g}, and has only {sizes[wide] / sizes[narrow] - 1:.0%} more parameters than with {narrow}: "
        "each further word costs one more block of the hidden layer's matrix. A table of counts would need a row for "
        f"every sequence of {wide} words; the network lets similar words share what it learnt. Yet the window stays "
        "fixed: what lies before it is never seen."
    )
