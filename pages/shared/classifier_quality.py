"""Classifier: how good it is on texts that were kept back, beside counting words; and the texts it gets wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures.labels import confusion_matrix, reliability_diagram
from lmcore.probes.calibration import confusion, reliability, summary
from pages.shared import classifier_models as classifiers
from pages.shared import lesson
from pages.shared.classifier_here import COUNTS, NETWORK, Here
from pages.shared.view import View

N_WRONG = 4
FEW = 10  # texts: fewer make no point of the curve


def section(view: View, here: Here) -> None:
    """Two matrices, one diagram, and some texts that the network gets wrong."""
    if here.lines is None:
        accuracy = here.loaded.card.get("metrics", {}).get("accuracy")
        share = "an unknown share" if accuracy is None else lesson.percent(accuracy)
        st.caption(
            "The lines this model learnt from are no longer in your library, so that it cannot be tested here. When "
            f"it was trained, **{share}** of the lines that were kept back came out right."
        )
        return
    found = classifiers.tested(here.loaded, here.lines, here.counts)
    n = len(found.y)
    st.markdown(
        f"**{n:,} text{'s' * (n != 1)}** {'were' if n != 1 else 'was'} kept back from the "
        f"{len(here.lines.rows):,}. A row is what a text truly is, a column what it was taken for: all that is right "
        "lies on the diagonal."
    )
    shown = [(NETWORK, found.network)] + ([(COUNTS, found.counts)] if found.counts is not None else [])
    for column, (name, probs) in zip(st.columns(len(shown), gap="large"), shown, strict=True):
        with column:
            right = int((probs.argmax(axis=1) == np.array(found.y)).sum())
            st.markdown(f"**{name}**: {right:,} of {n:,} right{_share(right, n)}")
            table = confusion(found.y, probs.argmax(axis=1).tolist(), len(here.labels))
            st.plotly_chart(
                confusion_matrix(table, here.labels, theme=lesson.theme()), key=f"{view.page}.confusion.{name}",
                config={"displayModeBar": False},
            )  # fmt: skip
    few = f"Fewer than {FEW} texts make no point." if n >= 10 * FEW else "With few texts, points may lie far off."
    st.markdown(
        "**Is it right as often as it is sure?** The texts are sorted by the probability of the likeliest label; a "
        "larger point stands for more texts. On the dashed line a classifier that says 80% is right eight times in "
        f"ten; below it, it is too sure of itself. {few}"
    )
    least = FEW if n >= 10 * FEW else 1
    curves = {
        name: [(b.confidence, b.right, b.n) for b in reliability(probs, found.y) if b.n >= least]
        for name, probs in shown
    }
    st.plotly_chart(
        reliability_diagram(curves, 1 / len(here.labels), theme=lesson.theme()), key=f"{view.page}.reliability",
        config={"displayModeBar": False},
    )  # fmt: skip
    errors = [f"{name} **{summary(probs, found.y)['calibration_error']:.3f}**" for name, probs in shown]
    st.markdown(f"How far apart the two are on average (the expected calibration error): {', '.join(errors)}.")
    _mistakes(view, here, found)


def _mistakes(view: View, here: Here, found: classifiers.Tested) -> None:
    wrong = np.flatnonzero(found.network.argmax(axis=1) != np.array(found.y))
    if not wrong.size:
        return
    surest = wrong[np.argsort(-found.network[wrong].max(axis=1), kind="stable")][:N_WRONG]
    st.markdown("**Where it is wrong, and most sure of it.** Take one to the stage.")
    for i in surest.tolist():
        text, label = found.rows[i]
        said = here.labels[int(found.network[i].argmax())]
        left, right = st.columns([1, 9], vertical_alignment="center")
        with left:
            st.button(
                "Look", key=f"{view.page}.wrong.{i}", icon=":material/arrow_upward:", type="tertiary",
                on_click=view.set, kwargs={"text": text},
            )  # fmt: skip
        with right:
            st.markdown(f"{lesson.named(text)} is {lesson.named(label)}, taken for {lesson.named(said)}")


def table(here: Here) -> pd.DataFrame:
    """A row a held-out text."""
    if here.lines is None:
        return pd.DataFrame()
    found = classifiers.tested(here.loaded, here.lines, here.counts)
    columns: dict[str, Any] = {
        "text": [text for text, _ in found.rows],
        "truly": [label for _, label in found.rows],
        NETWORK: [here.labels[int(p.argmax())] for p in found.network],
        "its p": found.network.max(axis=1),
    }
    if found.counts is not None:
        columns |= {
            COUNTS: [here.labels[int(p.argmax())] for p in found.counts],
            "p of counting": found.counts.max(axis=1),
        }
    return pd.DataFrame(columns)


def _share(right: int, n: int) -> str:
    """In percent where there are enough to speak of it."""
    return f" ({lesson.percent(right / n)})" if n >= 20 else ""
