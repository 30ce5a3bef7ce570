"""Context, in a text of one's own: what each token costs with everything in sight and with the last few tokens."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.context import Axis, Line, lines
from lmcore.figures.numbers import small
from lmcore.figures.theme import label
from lmcore.models.windows import window_start
from lmcore.probes import context_length as probe
from pages.shared import lesson
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

QUIET = {"displayModeBar": False}
LAST = [1, 2, 4, 8, 16, 32, 64]  # how much of the text may be seen
SHOWN = 96  # tokens of it that are drawn
MANY_LABELS = 26  # tokens that still fit under an axis

Ids = tuple[int, ...]


def section(view: View, loaded: Loaded, ids: Ids) -> None:
    """Each token's surprise with all that the model sees, and with only the last few tokens."""
    st.subheader("In your text", anchor=False, divider="gray")
    st.markdown(seen_from(loaded, len(ids)))
    if not ids:
        return
    st.select_slider("Now let it see only the last … tokens", LAST, key=view.key("last"), width=360)
    k, some = allowed(view, loaded), ids[:SHOWN]
    full, short = surprises(loaded, some, k)
    theme, names = lesson.theme(), [loaded.tokenizer.itos[token] for token in some]
    xs = list(range(1, len(some) + 1))
    says = [
        f"{i}: {label(name)}<br>p = {small(math.exp(-a * math.log(2)))}, last {k} only: "
        f"{small(math.exp(-b * math.log(2)))}"
        for i, name, a, b in zip(xs, names, full, short, strict=True)
    ]
    drawn = [
        Line(f"last {k}", xs, short.tolist(), theme.held_out, "dot", (), says, width=2),
        Line("all", xs, full.tolist(), theme.attention, "solid", (), says),
    ]
    top = max(1.0, float(max(full.max(), short.max()))) * 1.08
    figure = lines(
        drawn, Axis("token of your text", 0.5, len(some) + 0.5), Axis("surprise, bits", 0, top), (), theme=theme
    )
    if len(some) <= MANY_LABELS:
        figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext = xs, [label(name) for name in names]
    st.plotly_chart(figure, key=f"{view.page}.own", config=QUIET)
    st.markdown(_gains(names, full, short, k))


def allowed(view: View, loaded: Loaded) -> int:
    """How many tokens the model may see."""
    return min(view["last"], loaded.model.block_size or view["last"])


def surprises(loaded: Loaded, ids: Ids, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bits of each token: with all that the model sees, and with the last k tokens."""
    return _surprises(loaded.hash, ids, k, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _surprises(content: str, ids: Ids, k: int, hidden: Unhashed) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    full = -hidden.value.score(ids).astype(np.float64) / math.log(2)
    return np.maximum(full, 0), np.maximum(probe.with_last(hidden.value, ids, k) / math.log(2), 0)


def _gains(names: Sequence[str], full: NDArray[np.float64], short: NDArray[np.float64], k: int) -> str:
    gain = short - full
    best = [int(i) for i in np.argsort(-gain, kind="stable")[:3] if gain[i] > 0.5]
    which = "All of this text" if len(full) < SHOWN else f"What is drawn, the first {SHOWN} tokens,"
    total = (
        f"{which} costs {full.sum():.1f} bits with everything in sight, {short.sum():.1f} with the last "
        f"{'token' if k == 1 else f'{k} tokens'}. "
    )
    if full.sum() > short.sum() + 0.05:
        total += "What stands further back misleads it here, all in all. "
    if not best:
        return total + "No token of it needs more than that by half a bit."
    said = ", ".join(
        f"{lesson.chip(names[i])} (place {i + 1}): p = {small(2 ** -short[i])} becomes {small(2 ** -full[i])}"
        for i in best
    )
    return total + f"Most is gained at {said}. What tells them stands further back than {k}."


def seen_from(loaded: Loaded, n_tokens: int) -> str:
    """From which token of a text the model no longer sees its beginning."""
    B = loaded.model.block_size
    if not n_tokens:
        return "Your text has no tokens yet." + (f" This model sees {B:,} positions at once." if B is not None else "")
    many = f"Your text has {n_tokens:,} token{'s' * (n_tokens != 1)}"
    if B is None:
        return f"{many}. This model has no window: all of it goes through its state."
    if n_tokens <= B:
        return (
            f"{many}; with the start token before it, every one of them is predicted from all that stands before. From "
            f"token {B + 1:,} on that would end: this model sees {B:,} positions at once."
        )
    first, last = window_start(B, B), window_start(n_tokens - 1, B)
    return (
        f"{many}. **From token {B + 1:,} on the model no longer sees the beginning.** When its window of {B:,} "
        f"positions is full, it is cut to its last half and grows again: token {B + 1:,} is predicted from tokens "
        f"{first:,} to {B:,}, the last one from token {last:,} on. What lies before is gone, as if it had never been "
        "written."
    )


def table(loaded: Loaded, ids: Ids, k: int) -> pd.DataFrame:
    """One row a token of the own text."""
    full, short = surprises(loaded, ids[:SHOWN], k) if ids else (np.zeros(0), np.zeros(0))
    names = [loaded.tokenizer.itos[token] for token in ids[:SHOWN]]
    return pd.DataFrame({"token": names, "bits, all in sight": full, f"bits, last {k}": short})
