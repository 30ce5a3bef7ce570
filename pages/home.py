"""Home: what a language model is, in one living picture, and the chapters as cards.

What stands here is in the server's HTML already, before Streamlit has begun: pages/shared/first_light.py.
"""

import streamlit as st

from pages.shared import components, first_light, living
from pages.shared.chapter_cards import chapter_cards
from pages.shared.lessons import LESSONS

st.title(first_light.TITLE, anchor=False)
st.markdown(first_light.SAYS)
components.living_sentence(living.runs(), key="home.living")

st.subheader(first_light.WHERE, anchor=False)
if slug := chapter_cards(key="home.cards"):
    st.switch_page(LESSONS[slug].file)
