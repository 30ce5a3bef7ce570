"""A page with nothing but the temperature bench. ?n=… sets the vocabulary; the buttons are the program's own moves."""

import numpy as np
import streamlit as st

from pages.shared.components import bench_settings, temperature_bench

st.set_page_config(layout="wide")
params = st.query_params
V = int(params.get("n", 100))
STORIES = [
    " the",
    " a",
    "\n",
    " little",
    "<script>",
    "$\\href{javascript:x}$",
    ":red[x]",
    "![](http://x)",
    "\t",
    " dog",
]


def logits(n: int, seed: int) -> np.ndarray:
    """A Zipf-like distribution with three tokens of probability 0, shuffled by the seed."""
    rng = np.random.default_rng(seed)
    z = -1.1 * np.log(np.arange(1, n + 1)) + rng.normal(0, 0.4, n)
    rng.shuffle(z)
    z[[5, 17, 23]] = -np.inf
    z[0] = -1.0  # the start token: the bench must leave it out
    return (z - np.log(np.exp(z - z.max()).sum()) - z.max()).astype(np.float32)


@st.cache_data
def words(n: int) -> list[str]:
    return ["<s>", *STORIES, *(f" word{i}" for i in range(n))][:n]


state = st.session_state
state.setdefault("seed", 1)
state.setdefault("view", {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0})
state.setdefault("drawn", None)
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Set zero"):
        state.view["temperature"] = 0.0
    if st.button("Set two"):
        state.view["temperature"] = 2.0
    if st.button("Other data"):
        state.seed += 1
    st.button("Rerun")
    if st.button("Away"):
        st.stop()


def follow() -> None:
    now = bench_settings("bench")
    state.view = {name: getattr(now, name) for name in ("temperature", "top_k", "top_p", "min_p")}


result = temperature_bench(
    words(V), logits(V, state.seed), key="bench", drawn=state.drawn, on_settings=follow, **state.view
)
if result.draw:
    state.drawn = int(params.get("drawn", 3))
    st.rerun()
if result.take is not None:
    state.taken = result.take
st.caption(
    f"T={result.temperature:g} top_k={result.top_k} top_p={result.top_p:g} min_p={result.min_p:g} "
    f"taken={state.get('taken')} runs={state.runs}"
)
