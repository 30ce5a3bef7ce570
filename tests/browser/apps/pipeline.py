"""A page with nothing but the pipeline of a feed-forward model that has learnt nothing."""

import streamlit as st

from lmcore import models, tokenizers
from lmcore.probes import feed_forward
from pages.shared.pipeline import Look, looked_at, pipeline, sizes_of

st.set_page_config(layout="wide")
state = st.session_state
text = st.query_params.get("text", "the cat sat on the <b>mat</b>")
tokenizer = tokenizers.train("word", "the cat sat on the <b>mat</b> . the dog sat .")
shape = {"window": int(st.query_params.get("n", 3)), "n_embd": 4, "hidden_size": 10}
model = models.build("ffnn", shape, tokenizer.vocab_size)
ids = tokenizer.encode(text)
inside = feed_forward.look_into(model, ids)
state.setdefault("look", Look())
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Open unit 3"):
        state.look = Look("hidden", 0, 3, 1)
    st.button("Rerun")


def follow() -> None:
    state.look = looked_at("pipeline", *sizes_of(inside)) or state.look


look = state.look
before = [tokenizer.itos[token] for token in ids[: -shape["window"]]]
now = pipeline(
    inside, tokenizer.itos, before, feed_forward.parameter_counts(model), look=look, key="pipeline", on_look=follow,
    unit=feed_forward.unit_sum(model, inside, look.unit), logit=feed_forward.logit_sum(model, inside, look.token),
)  # fmt: skip
st.caption(f"stage={now.stage} place={now.place} unit={now.unit} token={now.token} runs={state.runs}")
