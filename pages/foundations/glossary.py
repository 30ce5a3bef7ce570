"""Foundations / Glossary: every symbol and word of the course, with the page that shows it."""

import pandas as pd
import streamlit as st

from pages.shared import lesson
from pages.shared.glossary_terms import TERMS, Term, find
from pages.shared.lessons import LESSONS
from pages.shared.view import View, text

PAGE = "glossary"
view = View(PAGE, {"find": text("", 80)})

st.title("Glossary", anchor=False)
known = [term for term in TERMS if term.page in LESSONS]
st.markdown(f"{len(known)} words and symbols of the course. Each group stands under the page that shows it.")
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.text_input("Find", key=view.key("find"), max_chars=80, placeholder="softmax, mask, learning rate, …", width=420)
    st.button("Show all", on_click=view.reset, disabled=not view["find"].strip(), key=f"{PAGE}.reset")


def line(term: Term) -> str:
    """A term as a line of Markdown."""
    symbol = f" ${term.symbol}$" if term.symbol else ""
    return f"**{lesson.plain(term.name)}**{symbol} · {lesson.plain(term.says)}"


found = [term for term in find(view["find"]) if term.page in LESSONS]
if view["find"].strip():
    n = len(found)
    st.caption(f"{n or 'Nothing'} {'is' if n == 1 else 'are' if n else 'is'} found for {lesson.chip(view['find'])}.")
    if not found:
        st.markdown("Try a shorter word, or a word that stands on the page you have in mind.")
for page in dict.fromkeys(term.page for term in found):
    one = LESSONS[page]
    st.page_link(one.file, label=one.title, icon=one.icon)
    st.markdown("\n\n".join(line(term) for term in found if term.page == page))

lesson.the_numbers(
    PAGE,
    lambda: pd.DataFrame(
        [(term.name, term.says, term.symbol, LESSONS[term.page].title) for term in found],
        columns=["term", "meaning", "symbol (LaTeX)", "page"],
    ),
    title="As a table",
)
view.publish()
