"""Home: what a language model is, in one living picture, and the chapters as cards."""

import streamlit as st

from pages.shared import components, living
from pages.shared.lessons import CHAPTER_SAYS, CHAPTERS

st.title("See how a language model works", anchor=False)
st.markdown(
    "A language model does one thing: from the tokens so far it computes a probability for **every** token that could "
    "come next. One is drawn, it joins the sentence, and everything begins again. This one runs on the server now."
)
components.living_sentence(living.runs(), key="home.living")

st.subheader("Where to go", anchor=False)
chapters = [chapter for chapter in CHAPTERS if chapter]
for i in range(0, len(chapters), 3):
    for column, chapter in zip(st.columns(3), chapters[i : i + 3], strict=False):
        with column, st.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"**{chapter}**  \n{CHAPTER_SAYS[chapter]}")
            for lesson in CHAPTERS[chapter]:
                st.page_link(lesson.file, label=lesson.title, icon=lesson.icon, help=lesson.says)
