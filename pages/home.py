"""Home: what a language model is, in one living picture, and the chapters as cards."""

import functools

import streamlit as st

from lmcore import sampling
from pages.shared import components, models
from pages.shared.lessons import CHAPTERS

PROMPTS = (("Once there was a", 11), ("One rainy morning, Mia", 4), ('"Guess what I have," said', 8))


@functools.cache
def living_runs() -> list[dict]:
    """A few sentences as the shipped model wrote them, each token with what else could have come."""
    loaded = models.load(models.choices_shipped()[models.DEFAULT])
    return [run(loaded, prompt, seed) for prompt, seed in PROMPTS]


def run(loaded: models.Loaded, prompt: str, seed: int) -> dict:
    """One seeded generation at T = 0.8 until the first full stop, ready for the component."""
    tokenizer = loaded.tokenizer
    ids, steps = tokenizer.encode(prompt), []
    for step in sampling.generate(loaded.model, ids, max_new_tokens=24, temperature=0.8, seed=seed, n_alternatives=8):
        if tokenizer.itos[step.token].strip() == "" or len(steps) > 20:
            break
        shown = [[tokenizer.itos[token], prob] for token, prob in step.alternatives]
        rest = max(0.0, 1 - sum(prob for _, prob in step.alternatives))
        steps.append({"text": tokenizer.itos[step.token], "prob": step.prob, "alternatives": shown, "other": rest})
        if steps[-1]["text"] in (".", "?", "!"):
            break
    return {"prompt": prompt, "steps": steps}


st.title("See how a language model works", anchor=False)
st.markdown(
    "A language model does one thing: from the tokens so far it computes a probability for **every** token that could "
    "come next. One is drawn, it joins the sentence, and everything begins again. This one runs on the server now."
)
components.living_sentence(living_runs(), key="home.living")

st.subheader("Where to go", anchor=False)
cards = [(chapter, lesson) for chapter, lessons in CHAPTERS.items() if chapter for lesson in lessons]
with st.container(horizontal=True, gap="medium", key="home.cards"):
    for chapter, lesson in cards:
        with st.container(border=True, width=330, key=f"card-{lesson.slug}"):
            st.caption(chapter)
            st.page_link(lesson.file, label=f"**{lesson.title}**", icon=lesson.icon)
            st.markdown(lesson.says)
