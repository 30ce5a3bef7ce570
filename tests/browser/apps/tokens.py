"""A page with nothing but the two components that cut a text into tokens. ?text=… is the text, ?step=… the merge."""

import numpy as np
import streamlit as st

from lmcore import tokenizers
from lmcore.probes import cuts, merges
from pages.shared.bpe_merges import bpe_merges
from pages.shared.token_cuts import Shown, token_cuts

st.set_page_config(layout="wide")
TRAIN = "The little mouse loved the little fox. The fox loved the mouse.\nThe little fox ate the cheese.\n" * 20
typed = st.query_params.get("text", "The little mouse ate the fox 🦊")


@st.cache_resource
def learnt():
    made = {kind: tokenizers.train(kind, TRAIN) for kind in ("char", "word")}
    made["bpe"] = tokenizers.train("bpe", TRAIN, vocab_size=287)
    return made, merges.replay(TRAIN, made["bpe"])


made, history = learnt()
shown = [Shown("Bytes", cuts.cut_bytes(typed), 256, np.full(256, 7))]
for name, kind, special in (
    ("Characters", "char", {i: made["char"].itos[i] for i in range(1, 17)}),
    ("Words", "word", {1: "<unk>"}),
    ("Pieces", "bpe", {}),
):
    counts = np.arange(made[kind].vocab_size) * 10
    shown.append(Shown(name, cuts.cut(typed, made[kind]), made[kind].vocab_size, counts, special, gaps=kind == "word"))
token_cuts(typed, shown, key="cuts")
asked = int(st.query_params.get("step", 5))
if st.button("Undo all"):
    st.session_state.undo = True
step = bpe_merges(typed, history, step=0 if st.session_state.get("undo") else asked, key="merges")
st.button("Rerun")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.caption(f"step={step} runs={st.session_state.runs}")
