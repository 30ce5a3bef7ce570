"""A page with nothing but the chain. ?text=… is the text in words, ?n=… how many are shown, ?least=… the edges."""

import streamlit as st

from lmcore import batches, models, tokenizers
from lmcore.probes.markov import chain_of, most_used
from lmcore.probes.ring import name_width, ring, ring_order
from pages.shared.markov import BOXES
from pages.shared.markov_chain import locked_place, markov_chain

st.set_page_config(layout="wide")
state, query = st.session_state, st.query_params
text = query.get(
    "text", "the mouse ate the cheese . the cat chased the mouse . the cat slept . the cat saw the dog . " * 3
)
state.setdefault("locked", None)
state["runs"] = state.get("runs", 0) + 1
with st.container(horizontal=True):
    if st.button("Lock row 0"):
        state.locked = (0, -1)
    if st.button("Other seed"):
        state.seed = 9
    st.button("Rerun")
    if st.button("Away"):
        st.stop()

tokenizer = tokenizers.train("word", text)
model = models.build("ngram", {"order": 2}, tokenizer.vocab_size).fit(batches.tokenize(tokenizer, text))
part = most_used(chain_of(model), int(query.get("n", 16)))
names = [tokenizer.itos[token] for token in part.tokens]


def follow() -> None:
    state.locked = locked_place("chain", part.counts.size)


now = markov_chain(
    part, names, ring_order(part.probs[: len(names), : len(names)]),
    [ring(len(names), *box, max(map(name_width, names))) for box in BOXES],
    least=float(query.get("least", 0)), seed=state.get("seed", 1), locked=state.locked, key="chain", on_locked=follow,
    opening=int(query.get("opening", 0)),
)  # fmt: skip
st.caption(f"now={now} kept={state.locked} runs={state.runs}")
