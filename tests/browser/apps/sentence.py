"""A page with nothing but the living sentence. ?ms=… sets its pace."""

import numpy as np
import streamlit as st

from pages.shared.components import living_sentence

st.set_page_config(layout="wide")
rng = np.random.default_rng(5)
WORDS = [" dog", " cat", " was", " little", ".", " and", " happy", " <b>x</b>", " ran", "\n"]


def run(prompt: str, text: str) -> dict:
    steps = []
    for i, word in enumerate(text.split("|")):
        probs = np.sort(rng.dirichlet(np.full(12, 0.3)))[::-1]
        others = [w for w in WORDS if w != word][:8]
        place = [0, 0, 1, 0, 2, 9][i % 6]
        if place < 8:
            others.insert(place, word)
        pairs = [[other, float(p)] for other, p in zip(others[:8], probs, strict=False)]
        steps.append(
            {
                "text": word, "prob": float(probs[min(place, 8)]), "alternatives": pairs,
                "other": float(probs[8:].sum()), "chosen": place if place < 8 else -1,
            }
        )  # fmt: skip
    return {"prompt": prompt, "steps": steps}


runs = [
    run(
        "Once upon a time",
        ",| there| was| a| little| dog| named| Tom|.| Tom| was| sad| because| he| had| lost| his| ball|.",
    ),
    run("The king", " said|:|\n|<script>| to| the| moon|."),
]
living_sentence(runs, key="sentence", step_ms=int(st.query_params.get("ms", 700)))
st.button("Rerun")
