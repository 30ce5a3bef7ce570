"""Home: what a language model is, in one living picture, and the chapters as cards."""

import streamlit as st

from pages.shared import components, living
from pages.shared.chapter_cards import chapter_cards
from pages.shared.lessons import LESSONS

st.title("See how a language model works", anchor=False)
st.markdown(
    "A language model does one thing: from the tokens so far it computes a probability for **every** token that could "
    "come next. One is drawn, it joins the sentence, and everything begins again. This one runs on the server now."
)
components.living_sentence(living.runs(), key="home.living")

st.subheader("Where to go", anchor=False)
if slug := chapter_cards(key="home.cards"):
    st.switch_page(LESSONS[slug].file)
