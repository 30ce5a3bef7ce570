"""A page with nothing but the component of gates, on an LSTM of 40 units that has learnt nothing."""

import numpy as np
import streamlit as st

from lmcore import models, tokenizers
from lmcore.probes import gates
from pages.shared.lstm_gates import Locked, Sorting, held_in, lstm_gates

st.set_page_config(layout="wide")
state = st.session_state
text = st.query_params.get("text", 'He said: "No <b>way</b>."\nSo 😀 it ended.')
kind = "word" if "apart" in st.query_params else "char"
tokenizer = tokenizers.train(kind, 'He said: "No <b>way</b>."\nSo it ended.')
ids = tokenizer.encode(text)
model = models.build("lstm", {"n_embd": 8, "hidden_size": int(st.query_params.get("h", 40))}, tokenizer.vocab_size)
inside = gates.inside(model.trace(ids))
openness = gates.mean_open(inside.forget_gate)
sortings = [
    Sorting("number", "number", "", np.arange(inside.size), np.zeros(inside.size)),
    Sorting("open", "most open forget gate", "open on average", gates.strongest_first(openness), openness),
]
state.setdefault("held", Locked(None, None, "number"))
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Hold unit 3"):
        state.held = Locked(3, 5, state.held.sort)
    st.button("Rerun")


def follow() -> None:
    state.held = held_in("gates", len(ids) + 1, inside.size, ["number", "open"]) or state.held


tokens = ["<s>", *(tokenizer.itos[i] for i in ids)]
now = lstm_gates(
    inside, tokens, sortings, locked=state.held, apart="apart" in st.query_params, key="gates", on_locked=follow
)
st.caption(f"unit={now.unit} position={now.position} sort={now.sort} runs={state.runs}")
