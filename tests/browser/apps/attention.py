"""A page with nothing but the attention explorer. ?layers, ?heads, ?tokens; ?cross has two texts and no mask."""

import numpy as np
import streamlit as st

from lmcore.probes.attention import packed
from pages.shared.attention_explorer import Picked, attention_explorer, picked_in

st.set_page_config(layout="wide")
state, params = st.session_state, st.query_params
L, H, R = (int(params.get(name, n)) for name, n in (("layers", 3), ("heads", 4), ("tokens", 9)))
cross = "cross" in params
K = R + 3 if cross else R
WORDS = ["start", "the", "<b>cat</b>", "sat", "on", "the", "mat", "😀", "end"]


@st.cache_data
def made(L: int, H: int, R: int, K: int, causal: bool) -> np.ndarray:
    """Random weights, a little peaked."""
    scores = np.random.default_rng(0).normal(0, 2, (L, H, R, K))
    if causal:
        scores = np.where(np.tril(np.ones((R, K), bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


@st.cache_resource
def attention(L: int, H: int, R: int, K: int, causal: bool):
    return packed(made(L, H, R, K, causal), causal=causal)


def tokens(n: int) -> list[str]:
    return [WORDS[i] if i < len(WORDS) else f"w{i}" for i in range(n)]


state.setdefault("picked", Picked())
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Look at the last head"):
        state.picked = Picked(L - 1, H - 1, 5, state.picked.mode)
    st.button("Rerun")


def follow() -> None:
    state.picked = picked_in("explorer", L, H, R) or state.picked


now = attention_explorer(
    attention(L, H, R, K, not cross), tokens(R), [f"mot{i}" for i in range(K)] if cross else None, picked=state.picked,
    key="explorer", labels=None if cross else [("previous", "previous token, 0.9 of its weight")] * (L * H),
    sides=("writes", "reads"), starts=not cross, on_picked=follow,
)  # fmt: skip
st.caption(f"layer={now.layer} head={now.head} row={now.row} mode={now.mode} runs={state.runs}")
