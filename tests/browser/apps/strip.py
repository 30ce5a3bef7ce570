"""A page with nothing but the token strip. ?n=… repeats the text; ?locked=… asks for a locked
token, ?bare=1 leaves out the spaces, as word tokenizers do.
"""

import numpy as np
import streamlit as st

from pages.shared.components import token_strip

st.set_page_config(layout="wide")
TEXT = ["Once", " upon", " a", " time", ",", " there", " was", " a", " little", " dog", " named", " Tom", ".", "\n"]
TEXT += ["He", " found", " <script>alert(1)</script>", " in", " the", " $\\href{javascript:x}$", " garden", "."]
TEXT += [" :red[x]", " and", " ![](http://x)", " said", "\t", "nothing", ".", "\n", "\n", "The", " dog", " was"]
TEXT += [" happy", "."]
OTHERS = [" cat", " bird", " the", " ball", "\n", " and", " friend", " <b>bold</b>", " old", " moon"]


@st.cache_data
def scored(n: int, bare: bool) -> list[dict]:
    rng = np.random.default_rng(3)
    out = []
    for i in range(n):
        text = TEXT[i % len(TEXT)].strip(" ") if bare else TEXT[i % len(TEXT)]
        probs = np.sort(rng.dirichlet(np.full(14, 0.25)))[::-1]
        rank = int(rng.choice([1, 1, 1, 2, 3, 7, 12, 40]))
        alternatives = [[OTHERS[j], float(probs[j]), 100 + j] for j in range(10)]
        prob = float(probs[rank - 1]) if rank <= 10 else float(probs[-1]) / 3
        if rank <= 10:
            alternatives[rank - 1][0], alternatives[rank - 1][2] = text, 7
        entropy = float(-(probs[probs > 0] * np.log(probs[probs > 0])).sum())
        out.append(
            {"text": text, "id": 7, "prob": prob, "rank": rank, "alternatives": alternatives, "entropy": entropy}
        )
    out[0] |= {"prob": None, "rank": None, "alternatives": [], "entropy": None}
    return out


n = int(st.query_params.get("n", len(TEXT)))
locked = st.query_params.get("locked")
if st.button("Let go"):
    st.session_state.ask = None
    locked = None
result = token_strip(
    scored(n, "bare" in st.query_params), key="strip", n_prompt=9, locked=None if locked is None else int(locked)
)
if result.branch:
    st.session_state.branch = result.branch
st.button("Rerun")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.caption(f"locked={result.locked} branch={st.session_state.get('branch')} runs={st.session_state.runs}")
