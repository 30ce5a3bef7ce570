"""Home: what a language model is, in one living picture, and the chapters as cards."""

import streamlit as st

from pages.shared import components, living
from pages.shared.lessons import CHAPTERS

st.title("See how a language model works", anchor=False)
st.markdown(
    "A language model does one thing: from the tokens so far it computes a probability for **every** token that could "
    "come next. One is drawn, it joins the sentence, and everything begins again. This one runs on the server now."
)
components.living_sentence(living.runs(), key="home.living")

st.subheader("Where to go", anchor=False)
cards = [(chapter, lesson) for chapter, lessons in CHAPTERS.items() if chapter for lesson in lessons]
with st.container(horizontal=True, gap="medium", key="home.cards"):
    for chapter, lesson in cards:
        with st.container(border=True, width=330, key=f"card-{lesson.slug}"):
            st.caption(chapter)
            st.page_link(lesson.file, label=f"**{lesson.title}**", icon=lesson.icon)
            st.markdown(lesson.says)
