"""The parts of the N-grams lesson: pictures of the counts, what comes next, where it comes from, what orders write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore import sampling
from lmcore.figures.counts import count_heatmap, next_bars
from lmcore.figures.ngrams import continuation_tree, parts_bar
from lmcore.models.ngram import NGram
from lmcore.probes.counting import Answer, path, tree
from pages.shared import counted, lesson, long_text
from pages.shared.copied_runs import Line, copied_runs
from pages.shared.counted import Counted
from pages.shared.view import View

Likeliest = Sequence[tuple[int, float]]

N_QUOTES = 5
MAX_TABLE = 2000
QUIET = {"displayModeBar": False}


def chosen(view: View, counts: Counted, likeliest: Likeliest) -> int:
    """The token whose probability is explained: the one typed, else the likeliest, else the last of the vocabulary."""
    typed = counts.tokenizer.encode(view["next"])
    if typed:
        return typed[0]
    return likeliest[0][0] if likeliest else counts.tokenizer.vocab_size - 1


# ---- pictures of the counts ----------------------------------------------------------------------------------------


def heatmap(page: str, counts: Counted, order: int, context: tuple[int, ...]) -> None:
    """The most frequent contexts of an order and what followed them."""
    shown, itos = counted.corner_of(counts, order), counts.tokenizer.itos
    n_contexts = counts.model.table(order).contexts.size
    st.markdown(f"**What followed what.** The {len(shown.contexts)} most frequent contexts of {n_contexts:,}.")
    rows = [counted.spelled(counts.tokenizer, one) for one in shown.contexts]
    figure = count_heatmap(shown.counts, rows, [itos[token] for token in shown.tokens], theme=lesson.theme())
    st.plotly_chart(figure, key=f"{page}.heatmap", config=QUIET)


def tree_of(page: str, counts: Counted, order: int, context: tuple[int, ...]) -> None:
    """What follows the last token of the context, what follows that, and so on."""
    root = tuple(token for token in context[-1:] if token)
    said = lesson.chip(counted.spelled(counts.tokenizer, root))
    if root and not counts.model.next_counts(())[root[0]]:
        st.info(f"{said} never stands in this text: no tree grows here.", icon=":material/block:")
        return
    branches = tree(counts.model, root, order - len(root))
    head = f"**What follows {said}**" if root else "**What stands in the text**"
    st.markdown(f"{head}, the most frequent first" + (f", up to {order} tokens." if order > 1 else "."))
    figure = continuation_tree(
        [counted.spelled(counts.tokenizer, branch.tokens[-1:]) for branch in branches],
        [branch.count for branch in branches], [branch.parent for branch in branches], theme=lesson.theme(),
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.tree", config=QUIET)


def table_of(page: str, counts: Counted, order: int, context: tuple[int, ...]) -> None:
    """The most frequent n-grams of an order."""
    grams, times = counts.model.top_ngrams(order, MAX_TABLE)
    n_grams = counts.model.table(order).tokens.size
    st.markdown(f"**All {order}-grams**, the {len(grams):,} most frequent of {n_grams:,}.")
    spelled = [lesson.shown(counted.spelled(counts.tokenizer, gram)) for gram in grams.tolist()]
    table = pd.DataFrame({"n-gram": spelled, "count": times})
    st.dataframe(table, hide_index=True, height=470, key=f"{page}.grams")


PICTURES = {"heatmap": heatmap, "tree": tree_of, "table": table_of}


def what_comes_next(page: str, counts: Counted, model: NGram, context: tuple[int, ...], likeliest: Likeliest) -> None:
    """The likeliest tokens after a context as bars, with their counts."""
    tokens, times = model.continuations(context)
    said = lesson.chip(counted.spelled(counts.tokenizer, context))
    if tokens.size and not context:
        st.markdown(f"**Order 1 looks at no word before**: each of {int(times.sum()):,} tokens by its share.")
    elif tokens.size:
        st.markdown(f"**After {said}**, which stands in the text {int(times.sum()):,} times:")
    elif model.config.smoothing == "mle":
        st.info(
            f"{said} never stands in this text, so counting has nothing to say. "
            "Take a lower order, or another way to read the counts.", icon=":material/block:",
        )  # fmt: skip
        return
    elif model.config.smoothing == "add-k":
        zero = " With k = 0 that is 0 divided by 0; the same for every token is shown." if model.config.k == 0 else ""
        st.info(
            f"{said} never stands in this text, so every token gets the same share: add k asks nothing shorter.{zero}",
            icon=":material/block:",
        )
    else:
        st.info(f"{said} never stands in this text, so a shorter context answers.", icon=":material/block:")
    often = dict(zip(tokens.tolist(), times.tolist(), strict=True))
    figure = next_bars(
        [counts.tokenizer.itos[token] for token, _ in likeliest], [p for _, p in likeliest],
        [often.get(token, 0) for token, _ in likeliest], theme=lesson.theme(),
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.bars", config=QUIET)


def numbers(counts: Counted, model: NGram, context: tuple[int, ...], probs: NDArray[np.float64]) -> pd.DataFrame:
    """The tokens that may come after a context, most probable first."""
    best = sampling.top(probs, MAX_TABLE)
    tokens, times = model.continuations(context)
    often = dict(zip(tokens.tolist(), times.tolist(), strict=True))
    return pd.DataFrame(
        {
            "context": counted.spelled(counts.tokenizer, context),
            "token": [counts.tokenizer.itos[token] for token, _ in best],
            "count": [often.get(token, 0) for token, _ in best],
            "probability": [p for _, p in best],
        }
    )


def learnt(model: NGram) -> str:
    """What a smoothing learnt from the text: its discounts, or its shares."""
    levels = model.estimate.levels
    if model.config.smoothing == "jelinek-mercer":
        shares = [f"order {order}: {share:.3g}" for order, share in enumerate(model.weights.tolist(), 1)]
        return f"The share of each order, learnt on the last tenth of the text: {', '.join(shares)}."
    if not levels[-1].discounts:
        return ""
    taken = [f"order {level.order}: " + ", ".join(f"{D:.3g}" for D in level.discounts) for level in levels]
    small = [str(level.order) for level in levels if level.stand_in]
    more = (
        f" The text is too small to tell those of order {', '.join(small)}: customary ones stand in." if small else ""
    )
    return f"Taken from counts of 1, 2 and more: {'; '.join(taken)}.{more}"


# ---- where one probability comes from -----------------------------------------------------------------------------


def one_probability(
    page: str, view: View, counts: Counted, model: NGram, ids: Sequence[int], likeliest: Likeliest
) -> None:
    """One probability taken apart: what each order adds, and where in the text it was seen."""
    tokenizer = counts.tokenizer
    st.subheader("Where a probability comes from", anchor=False)
    likely = tokenizer.itos[likeliest[0][0]] if likeliest else ""
    typed = st.text_input(
        "Of which next word?" if tokenizer.kind == "word" else "Of which next letter?", key=view.key("next"),
        placeholder=f"the likeliest: {lesson.shown(likely)}" if likely else "any", width=320,
    )  # fmt: skip
    typed = long_text.first_of(typed, 60)
    lesson.say_unknown(tokenizer, typed)
    view.store["next"] = typed
    token = chosen(view, counts, likeliest)
    answers = path(model, ids, token)
    prob = answers[0].prob
    context = model.context(ids)
    said = f"p({lesson.chip(tokenizer.itos[token])} | {lesson.chip(counted.spelled(tokenizer, context))})"
    if model.config.smoothing == "mle" and not answers[0].total:
        st.markdown(f"{said} is **not defined**: a context that never stands in the text leaves 0 divided by 0.")
        return
    st.markdown(f"{said} = **{prob:.4g}**, of which the longest context itself gives {answers[0].part:.4g}.")
    if prob > 0:
        shares = [answer.part for answer in answers]
        names = [f"order {answer.order}" for answer in answers]
        bar = parts_bar([*names, "any token"], [*shares, max(prob - sum(shares), 0.0)], theme=lesson.theme())
        st.plotly_chart(bar, key=f"{page}.parts", config=QUIET)
    st.dataframe(_table(answers, counts), hide_index=True, key=f"{page}.path")
    if model.config.smoothing == "stupid-backoff":
        st.caption("Stupid backoff gives scores, not probabilities: they do not sum to 1.")
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
        st.button(
            "Write anew", icon=":material/casino:", key=f"{page}.write",
            on_click=lambda: view.set(seed=view["seed"] % 9999 + 1),
        )  # fmt: skip
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
