"""A page with nothing but the likelihood bench; the buttons are the program's own moves."""

import streamlit as st

from pages.shared.likelihood import likelihood_bench, moved_p

st.set_page_config(layout="wide")
state = st.session_state
state.setdefault("p", 0.5)
state.setdefault("seen", (int(st.query_params.get("h", 7)), int(st.query_params.get("n", 10))))
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Set 0.25"):
        state.p = 0.25
    if st.button("Other data"):
        state.seen = (1, 4)
    st.button("Rerun")
    if st.button("Away"):
        st.stop()


def follow() -> None:
    state.p = moved_p("bench")


now = likelihood_bench(*state.seen, st.query_params.get("name", "heads"), p=state.p, key="bench", on_p=follow)
st.caption(f"p={now:g} kept={state.p:g} runs={state.runs}")
