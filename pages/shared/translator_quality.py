"""Translator: how good the models are on sentences they never saw, in numbers and in examples."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.corpora import french
from pages.shared import lesson, models
from pages.shared import translator_models as translators
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

A_PAGE = 6


def section(view: View, loaded: Loaded) -> None:
    """The scores of every shipped model and of the picked one, then some held-out sentences."""
    st.markdown(
        f"{french.TRAINING:,} pairs were learnt from, {french.HELD_OUT:,} others were kept back. **Exact** is the "
        "share of those that come out right to the letter. **chrF** counts runs of up to 6 characters that are right, "
        "**BLEU** runs of up to 4 words: both are 100 for a perfect translation, and forgive one that is nearly right."
    )
    st.dataframe(
        scores(loaded), hide_index=True,
        column_config={
            "exact": st.column_config.NumberColumn("exact, %", format="%.1f"),
            "chrF": st.column_config.NumberColumn(format="%.1f"),
            "BLEU": st.column_config.NumberColumn(format="%.1f"),
            "numbers": st.column_config.NumberColumn(format="localized"),
        },
    )  # fmt: skip
    if loaded.id not in translators.shipped():
        return
    pages = french.HELD_OUT // A_PAGE
    if view["page"] > pages:
        view.set(page=1)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown("**Sentences it never saw**", width="content")
        st.button(
            "Other ones", key=f"{view.page}.others", icon=":material/shuffle:",
            on_click=lambda: view.set(page=view["page"] % pages + 1),
        )  # fmt: skip
    right = 0
    for source, target, found in examples(loaded, view["page"]):
        right += found == target
        sign = ":material/check: right" if found == target else ":material/close: wrong"
        wanted = "" if found == target else f"  \nwanted: {lesson.chip(target)}"
        st.markdown(f"{lesson.named(source)} → {lesson.named(found)} {sign}{wanted}")


def scores(loaded: Loaded) -> pd.DataFrame:
    """A row a model: how many numbers it has, and what its card says of the held-out pairs."""
    rows = [models.load(choice) for choice in translators.shipped().values()]
    if loaded.id not in translators.shipped():
        rows.append(loaded)
    return pd.DataFrame([_row(one) for one in rows])


def _row(loaded: Loaded) -> dict[str, Any]:
    metrics = loaded.card.get("metrics") or {}
    return {
        "model": loaded.title,
        "kind": translators.FAMILY_NAMES.get(loaded.model.family, loaded.model.family),
        "numbers": loaded.model.n_params,
        "held-out pairs": metrics.get("n_pairs"),
        "exact": None if metrics.get("exact") is None else 100 * metrics["exact"],
        "chrF": metrics.get("chrf"),
        "BLEU": metrics.get("bleu"),
    }


def examples(loaded: Loaded, page: int) -> list[tuple[str, str, str]]:
    """(source, target, translation) of some held-out pairs."""
    return _examples(loaded.hash, page, Unhashed(loaded))


@functools.lru_cache(maxsize=128)
def _examples(content: str, page: int, hidden: Unhashed) -> list[tuple[str, str, str]]:
    loaded: Loaded = hidden.value
    some = french.held_out_pairs()[(page - 1) * A_PAGE : page * A_PAGE]
    model: Any = loaded.model
    sources = [translators.source_of(loaded, pair.source) for pair in some]
    found = model.greedy(sources, translators.end_of(loaded), 2 * max(map(len, sources)) + 10)
    return [(p.source, p.target, loaded.tokenizer.decode(ids)) for p, ids in zip(some, found, strict=True)]
