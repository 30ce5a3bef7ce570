"""The furniture of a lesson, the same on every page: idea, stage, try this, predict, what you see, code, numbers."""

from __future__ import annotations

import importlib
import inspect
import math
import operator
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.figures.numbers import percent as percent
from lmcore.figures.theme import THEMES, Theme, shown
from lmcore.models.base import LanguageModel
from lmcore.models.windows import window_start
from lmcore.paths import ROOT
from lmcore.tokenizers.base import Tokenizer
from pages.shared import glossary_words
from pages.shared.lessons import LESSONS
from pages.shared.view import View


def theme() -> Theme:
    """The figures' colours for the theme that this person has chosen."""
    return THEMES.get(str(st.context.theme.type), THEMES["light"])


def chip(text: str) -> str:
    """A token or any text of a user's, as Markdown that shows exactly that text: a code span, whitespace visible.

    Inside a code span nothing is read as Markdown, HTML, LaTeX or a colour; the fence is longer than any in the text.
    """
    return _span(shown(text) or "(nothing)")


def named(title: str) -> str:
    """A text's or a model's title, as Markdown that shows exactly that; its spaces are spaces."""
    return _span(" ".join(title.split()) or "(nothing)")


def _span(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def plain(text: str) -> str:
    """A sentence that may quote a user's text, as Markdown that shows it literally."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    return escaped.replace(":", ":\u2060")  # a word joiner: no :emoji: and no :colour[…] can form


def refuse(sentence: str) -> None:
    """Say why something was refused."""
    st.error(plain(sentence), icon=":material/block:")


def tell(sentence: str) -> None:
    """Say what is going on."""
    st.info(plain(sentence), icon=":material/hourglass_empty:")


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"


def spoken(temperature: float) -> str:
    """A temperature as it is written on the page."""
    return "∞" if math.isinf(temperature) else f"{temperature:g}"


def idea(title: str, sentence: str, formula: str = "", symbols: dict[str, str] | None = None) -> None:
    """The head of a lesson: what it says in one sentence, and its formula with each symbol named.

    Words of the glossary are marked where they first appear, and all that the lesson brings stand under "Words".
    """
    seen: set[str] = set()
    slug = next((slug for slug, one in LESSONS.items() if one.title == title), "")
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.title(title, anchor=False, width="content")
    said = glossary_words.mark(sentence, seen)
    st.markdown(f"#### {said}" if len(sentence) < 60 else said)
    if formula:
        named = glossary_words.mark(
            " · ".join(f"${symbol}$ {meaning}" for symbol, meaning in (symbols or {}).items()), seen
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.markdown(f"${formula}$", width="content")
            st.caption(named, width="content")
    with head:
        glossary_words.words(slug, seen)


def say_unknown(tokenizer: Tokenizer, text: str) -> None:
    """Name the words of a prompt that the vocabulary does not have; the model reads them all as `<unk>`."""
    unknown = tokenizer.unknown(text)
    if unknown:
        shown_words = ", ".join(chip(word) for word in unknown[:6])
        more = f" and {len(unknown) - 6} more" if len(unknown) > 6 else ""
        st.caption(f"Not in this model's vocabulary, so read as {chip('<unk>')}: {shown_words}{more}.")


def say_cut(model: LanguageModel, n_tokens: int) -> None:
    """Say where a GPT's full window was cut, if it was: from which of the tokens the next one is predicted."""
    B = model.block_size
    if model.family == "gpt" and B is not None and (first := window_start(n_tokens, B)):
        st.caption(
            f"What comes next is predicted from token {first:,} of {n_tokens:,} on: this model sees {B:,} positions at "
            "once, and a full window is cut to its last half. What stands before is gone for it."
        )


def try_this(
    view: View,
    suggestions: Sequence[tuple[str, dict[str, Any]]],
    *,
    then: Callable[[], None] | None = None,
    reset: Callable[[], None] | None = None,
) -> None:
    """Sentences that set the controls (and `then` act on them), and one button that restores the opening state."""
    with st.container(horizontal=True, gap="small", key=f"{view.page}-try"):
        for i, (sentence, values) in enumerate(suggestions):
            st.button(
                sentence, key=f"{view.page}.try{i}", on_click=_apply, args=(view, values, then),
                icon=":material/play_arrow:",
            )  # fmt: skip
        st.button(
            "Start over", key=f"{view.page}.reset", on_click=reset or view.reset, type="tertiary",
            icon=":material/restart_alt:",
        )  # fmt: skip


def _apply(view: View, values: dict[str, Any], then: Callable[[], None] | None) -> None:
    view.set(**values)
    if then is not None:
        then()


def predict(page: str, question: str, options: Sequence[str], answer: int, why: str) -> None:
    """One question about what will happen, before it happens; the answer is shown after a choice."""
    st.markdown(f"**Predict, then reveal.** {question}")
    picked = st.radio(question, options, index=None, key=f"{page}.predict", label_visibility="collapsed")
    if picked is not None:
        right = options.index(picked) == answer
        st.markdown(("Yes. " if right else f"Not quite: {options[answer][0].lower()}{options[answer][1:]}. ") + why)


def what_you_see(text: str) -> None:
    """A short reading of the picture, with this run's numbers in it. Texts of users go through `chip`."""
    st.markdown(f"**What you see.** {text}")


def the_code(page: str, parts: Sequence[str], script: str) -> None:
    """The real source behind the picture, and a complete script that reproduces the current view.

    Each part is "module:name"; it is imported only when the section is open.
    """
    section = st.expander("The code", icon=":material/code:", key=f"{page}.code", on_change="rerun")
    if not section.open:
        return
    with section:
        st.caption("A script that computes what you see now. It runs as shown, in the project's folder.")
        st.code(script.strip(), language="python", line_numbers=False)
        for name in parts:
            module, _, path = name.partition(":")
            part = operator.attrgetter(path)(importlib.import_module(module))
            file = Path(inspect.getsourcefile(part) or "").relative_to(ROOT)
            line = inspect.getsourcelines(part)[1]
            st.caption(f"`{file}`, line {line}")
            st.code(inspect.getsource(part), language="python")


def the_numbers(page: str, make_table: Callable[[], pd.DataFrame], note: str = "", title: str = "The numbers") -> None:
    """What is drawn, as a table and as CSV; the table is made only when the section is open."""
    section = st.expander(title, icon=":material/table:", key=f"{page}.numbers", on_change="rerun")
    if not section.open:
        return
    with section:
        table = make_table()
        if note:
            st.caption(note)
        st.dataframe(table, hide_index=True, key=f"{page}.table")
        st.download_button(
            "Download as CSV", table.to_csv(index=False).encode(), f"{page}.csv", "text/csv", on_click="ignore",
            key=f"{page}.csv", icon=":material/download:",
        )  # fmt: skip
