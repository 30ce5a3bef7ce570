"""The lower half of the N-grams lesson: where one probability comes from, and what every order writes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lmcore.figures.ngrams import parts_bar
from lmcore.models.ngram import NGram
from lmcore.probes.counting import Answer, path
from pages.shared import counted, lesson
from pages.shared.copied_runs import Line, copied_runs
from pages.shared.counted import Counted
from pages.shared.view import View

Likeliest = Sequence[tuple[int, float]]

N_QUOTES = 5


def chosen(view: View, counts: Counted, likeliest: Likeliest) -> int:
    """The token whose probability is explained: the one typed, else the likeliest, else the last of the vocabulary."""
    typed = counts.tokenizer.encode(view["next"])
    if typed:
        return typed[0]
    return likeliest[0][0] if likeliest else counts.tokenizer.vocab_size - 1


def one_probability(
    page: str, view: View, counts: Counted, model: NGram, ids: Sequence[int], likeliest: Likeliest
) -> None:
    """One probability taken apart: what each order adds, and where in the text it was seen."""
    tokenizer = counts.tokenizer
    st.subheader("Where a probability comes from", anchor=False)
    likely = tokenizer.itos[likeliest[0][0]] if likeliest else ""
    typed = st.text_input(
        "Of which next word?" if tokenizer.kind == "word" else "Of which next letter?", key=view.key("next"),
        max_chars=60, placeholder=f"the likeliest: {lesson.shown(likely)}" if likely else "any", width=320,
    )  # fmt: skip
    lesson.say_unknown(tokenizer, typed)
    view.store["next"] = typed
    token = chosen(view, counts, likeliest)
    answers = path(model, ids, token)
    prob = answers[0].prob
    context = model.context(ids)
    st.markdown(
        f"p({lesson.chip(tokenizer.itos[token])} | {lesson.chip(counted.spelled(tokenizer, context))}) "
        f"= **{prob:.4g}**, of which the longest context itself gives {answers[0].part:.4g}."
    )
    if prob > 0:
        shares = [answer.part for answer in answers]
        names = [f"order {answer.order}" for answer in answers]
        bar = parts_bar([*names, "any token"], [*shares, max(prob - sum(shares), 0.0)], theme=lesson.theme())
        st.plotly_chart(bar, key=f"{page}.parts", config={"displayModeBar": False})
    st.dataframe(_table(answers, counts), hide_index=True, key=f"{page}.path")
    if model.config.smoothing in ("kneser-ney", "modified-kneser-ney") and model.config.order > 1:
        st.caption(
            "Below the longest order these methods count in how many different company a token stands, "
            "not how often: after how many different tokens it was seen."
        )
    _quotes(counts, [*(one for one in context if one), token])


def _table(answers: Sequence[Answer], counts: Counted) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order": [answer.order for answer in answers],
            "context c": [lesson.shown(counted.spelled(counts.tokenizer, answer.context)) for answer in answers],
            "counts": [f"{answer.count:,} of {answer.total:,}" if answer.total else "never seen" for answer in answers],
            "α(c, w)": [f"{answer.alpha:.4g}" for answer in answers],
            "γ(c)": [f"{answer.gamma:.4g}" for answer in answers],
            "weight": [f"{answer.weight:.4g}" for answer in answers],
            "adds": [f"{answer.part:.4g}" for answer in answers],
        }
    )


def _quotes(counts: Counted, gram: list[int]) -> None:
    """The places in the text where the longest end of these tokens stands."""
    places = counted.places_of(counts)
    found = places.of(gram)
    while not found.size and len(gram) > 1:
        gram = gram[1:]
        found = places.of(gram)
    said = lesson.chip(counted.spelled(counts.tokenizer, gram))
    if not found.size:
        st.markdown(f"{said} stands nowhere in the text: all it gets is its share of what is left for any token.")
        return
    st.markdown(
        f"{said} stands in the text **{found.size:,} times**"
        + (f"; the first {N_QUOTES}:" if found.size > N_QUOTES else ":" if found.size > 1 else ", here:")
    )
    for at in found[:N_QUOTES].tolist():
        st.text(counted.quote(counts, at, at + len(gram)))


def writing(page: str, view: View, counts: Counted, smoothing: str, k: float) -> None:
    """An expander in which every order writes a text, what it copied underlined."""
    section = st.expander(
        "Let every order write: did it memorise?", icon=":material/edit_note:", key=f"{page}.writing", on_change="rerun"
    )
    if not section.open:
        return
    with section:
        if st.button("Write anew", icon=":material/casino:", key=f"{page}.write"):
            view.set(seed=view["seed"] % 9999 + 1)
        lines = []
        for order in range(1, counts.model.config.order + 1):
            found = counted.written(counts, order, smoothing, k, view["seed"])
            pieces = counted.pieces(counts.tokenizer, found.ids)
            lines.append(Line(f"order {order}", pieces, found.runs, f"{found.share:.0%} copied"))
        copied_runs(
            lines, key=f"{page}.copied",
            hint="Underlined: runs that stand in the text word for word and are at least "
            f"{counted.COPIED} tokens longer than the order. Point at one to see where.",
        )  # fmt: skip
