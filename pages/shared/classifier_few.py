"""Classifier: how many labels it takes, with and without pre-training, and when words are only counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures.labels import few_labels_curve
from lmcore.training.few_labels import SEEDS
from pages.shared import lesson, measured

NAME = "few-labels"
NAMES = {"pretrained": "pre-trained body", "scratch": "same network from scratch", "counts": "counting words"}
REACHES = {"scratch": "the network from scratch reaches", "counts": "counting reaches"}
CHANCE = 0.5
ASKED = 200  # labels, of which the sentence speaks: as many as the shipped classifiers had

Rows = Sequence[dict[str, Any]]


def section(page: str) -> None:
    """The curve as it was measured, and a button that measures it anew."""
    st.markdown(
        f"Sentiment again, from as few labelled texts as you like. Each point is the mean of {len(SEEDS)} runs with "
        "other texts, the lines reach from the worst to the best of them. All three learn from the same texts and are "
        "tested on the same 500; the dashed line is guessing."
    )
    measured.section(page, NAME, lambda rows: _draw(page, rows), "Measure anew")


def ways(rows: Rows) -> dict[str, dict[int, list[float]]]:
    """Way -> number of labels -> the shares right."""
    found: dict[str, dict[int, list[float]]] = {way: {} for way in NAMES}
    for row in rows:
        found[row["way"]].setdefault(row["n"], []).append(row["accuracy"])
    return {way: by_n for way, by_n in found.items() if by_n}


def _draw(page: str, rows: Rows) -> None:
    found = ways(rows)
    figure = few_labels_curve({NAMES[way]: by_n for way, by_n in found.items()}, CHANCE, theme=lesson.theme())
    st.plotly_chart(figure, key=f"{page}.few-chart", config={"displayModeBar": False})
    at = {way: by_n[ASKED] for way, by_n in found.items() if len(by_n.get(ASKED, ())) == len(SEEDS)}
    if len(at) == len(NAMES):
        share = {way: lesson.percent(float(np.mean(shares))) for way, shares in at.items()}
        st.markdown(
            f"With {ASKED} labels the pre-trained body is right in **{share['pretrained']}**, the same "
            f"network from scratch in **{share['scratch']}**, counting in **{share['counts']}**. "
            + _catching_up(found)
            + "A label says what is meant; that “bland” and “tasteless” are alike and what “not” does, the body had "
            "read before."
        )


def _catching_up(found: dict[str, dict[int, list[float]]]) -> str:
    """Do the others with the most labels reach what pre-training has with fewer?"""
    others = {way: float(np.mean(by_n[max(by_n)])) for way, by_n in found.items() if way != "pretrained"}
    best = max(others, key=lambda way: others[way])
    most = max(found[best])
    enough = [n for n, shares in sorted(found["pretrained"].items()) if np.mean(shares) >= others[best]]
    if not enough:
        return ""
    reached = f"{REACHES[best]} with {most} labels ({lesson.percent(others[best])})"
    return f"What {reached}, the pre-trained body has with {enough[0]}. "


def table(page: str) -> pd.DataFrame:
    """A row for each way, number of labels and run."""
    return pd.DataFrame(
        [
            {
                "way": NAMES[row["way"]], "labels": row["n"], "run": row["seed"] + 1, "right": row["accuracy"],
                "loss": row["loss"], "seconds": row["seconds"],
            }
            for row in measured.rows_shown(page, NAME)
        ]
    )  # fmt: skip
