"""What each kind of position does to attention's scores: maps of formulas and of a model, and rotary by hand."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures import positions as figures
from lmcore.probes import positions as probe
from pages.shared import lesson
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.positions_parts import CONFIG, KIND_NAMES, Ids, bare_model, config_of
from pages.shared.positions_rotary import positions_rotary

N_MAP = 24  # positions in the maps of scores
MAP_DIM = 32  # dimensions of a head in them


def own_scores(loaded: Loaded, token: int, head: int) -> NDArray[np.float64]:
    """(n, n) what the model's own positions add to the scores of one word said again, in a head of its first block."""
    return _own_scores(loaded.hash, token, Unhashed(loaded.model))[head]


@functools.lru_cache(maxsize=32)
def _own_scores(content: str, token: int, hidden: Unhashed) -> NDArray[np.float64]:
    model, again = hidden.value, [token] * min(N_MAP, hidden.value.config.block_size - 1)
    one, two = (m.trace(again)["block.0.attn_scores"].astype(np.float64) for m in (model, bare_model(content, hidden)))
    seen = np.tri(len(again), dtype=bool)
    one, two = (np.where(np.isfinite(found), found, 0)[:, 1:, 1:] for found in (one, two))  # without the start token
    return np.where(seen, one - two, -np.inf)


@functools.cache
def formula_scores(kind: str) -> NDArray[np.float64]:
    """(n, n) what a kind of position adds to the scores of one word said again, by its formula."""
    added = probe.scores(kind, N_MAP, MAP_DIM)
    plain = probe.scores("none", N_MAP, MAP_DIM)
    seen = np.tri(N_MAP, dtype=bool)
    return np.where(seen, np.where(seen, added, 0) - np.where(seen, plain, 0), -np.inf)


def section(loaded: Loaded, ids: Ids, head: int) -> None:
    """What each kind of position does to the scores."""
    theme = lesson.theme()
    token = ids[0] if ids else 1
    kind = config_of(loaded).position
    maps = {name: formula_scores(name) for name in ("sinusoidal", "rotary", "alibi")}
    own = own_scores(loaded, token, head)
    texts = {
        "sinusoidal": (
            "Sinusoidal",
            "Waves are added to the word: the score depends on both places and on the word, so there are blotches.",
        ),
        "rotary": (
            "Rotary (RoPE)",
            "Query and key are turned; only the distance counts: every diagonal is one colour.",
        ),
        "alibi": ("ALiBi", "Each step back costs a little, and nothing else happens."),
        "own": (
            f"This model: {KIND_NAMES[kind]}",
            f"Measured in block 1, head {head + 1}, on {lesson.chip(loaded.tokenizer.itos[token])} again and again.",
        ),
    }
    for column, (name, square) in zip(st.columns(4, gap="small"), {**maps, "own": own}.items(), strict=True):
        square = square - square[np.isfinite(square)].mean()  # softmax sees differences only
        finite = square[np.isfinite(square)]
        with column:
            st.markdown(f"**{texts[name][0]}**")
            st.plotly_chart(
                figures.square(square, max(1e-6, float(np.abs(finite).max())), theme=theme, title="key →, query ↓",
                               hover="query %{y}, key %{x}<br>adds %{z:.3f}"),
                config=CONFIG, key=f"positions.map.{name}",
            )  # fmt: skip
            st.markdown(texts[name][1])
            st.caption(f"From {finite.min():.2f} to {finite.max():.2f} around its average.".replace("-", "−"))
    st.caption(
        "One word said again and again, so that all scores q·k / √D would be equal: what you see is what the positions "
        "do. Blue is above the average of a map and orange below, each by its own measure: softmax sees differences "
        "only. Keys after the query are masked."
    )
    last = {KIND_NAMES[name]: square[-1, ::-1] for name, square in maps.items()}
    colors = {
        "sinusoidal": (theme.query, "solid"), "rotary": (theme.key, "dash"), "ALiBi": (theme.value, "dot"),
    }  # fmt: skip
    st.plotly_chart(figures.by_distance(last, colors, theme=theme), config=CONFIG, key="positions.distance")
    near, later = maps["rotary"][10, 7], maps["rotary"][20, 17]  # as the curves are, not less a map's average
    st.markdown(
        "The last query of the three formulas: with ALiBi near keys win, by a straight line; rotary and sinusoidal go "
        "down in waves."
    )
    st.markdown(
        "**Rotary, by hand.** Another query and key, of 8 dimensions: four pairs of hands. Move both along: every pair "
        "turns, and no product changes. Change the distance, and they do. The rotary curve above, of 32 dimensions and "
        + f"divided by √D, is alike: 3 back adds {near:.2f} from 10 to 7, and {later:.2f} from 20 to 17.".replace(
            "-", "−"
        )
    )
    positions_rotary(key="positions.rotary")
