"""Counting / N-grams: count which token follows which, divide, and ask shorter contexts about the rest."""

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import sampling
from lmcore.figures.counts import count_heatmap, next_bars
from lmcore.figures.ngrams import continuation_tree
from lmcore.probes.counting import tree
from pages.shared import counted, lesson, scripts, texts, troubles, work
from pages.shared import ngram_parts as parts
from pages.shared.counted import MAX_CHARS, MAX_ORDER
from pages.shared.view import View, choice, number, text, whole

PAGE = "n-grams"
KINDS = {"char": "Characters", "word": "Words"}
PICTURES = {"heatmap": "Heatmap", "tree": "Tree", "table": "Table"}
PLAYS = "shakespeare-1mb"
QUIET = {"displayModeBar": False}
MAX_TABLE = 2000

view = View(
    PAGE,
    {
        "text": text(texts.DEFAULT, 80),
        "tokenizer": choice("word", list(KINDS)),
        "order": whole(3, 1, MAX_ORDER),
        "smoothing": choice("modified-kneser-ney", list(troubles.TITLES)),
        "context": text("Once there", 200),
        "next": text("", 60),
        "picture": choice("heatmap", list(PICTURES)),
        "k": number(0.01, 0, 10),
        "seed": whole(1, 0, 9999),
    },
)

lesson.idea(
    "N-grams",
    "The simplest language model counts: how often did each token follow these ones in the text? "
    "What it has not seen, it asks of a shorter context.",
    r"p(w \mid c) = \alpha(c, w) + \gamma(c)\; p(w \mid c')",
    {
        "c": "the last $n-1$ tokens", "w": "the next one", r"\alpha": "the share that the counts of $c$ give to $w$",
        r"\gamma": "what they leave for", "c'": "the context without its first token", "n": "the order",
    },
)  # fmt: skip

controls = st.columns([3, 3, 3], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Text", view.key("text"))
with controls[1]:
    st.segmented_control("Order n", range(1, MAX_ORDER + 1), key=view.key("order"), required=True)
with controls[2]:
    st.selectbox(
        "Read the counts by", list(troubles.TITLES), format_func=troubles.TITLES.__getitem__, key=view.key("smoothing")
    )

kind, order, smoothing, k = view["tokenizer"], view["order"], view["smoothing"], view["k"]
folder = None
if len(corpus.text) > MAX_CHARS:
    job = work.wanted({"task": "count", "corpus": work.named(corpus), "tokenizer": kind}, f"{PAGE}.count")
    if job is None or job.state != "done":
        if job is not None:
            size = f"This text has {len(corpus.text):,} characters, so a worker counts it."
            work.watch(job, f"{PAGE}.count", lambda now: lesson.tell(f"{size} {work.said(now)}"))
        view.publish()
        st.stop()
    folder = work.folder_of(job)
try:
    counts = counted.of(corpus, kind, folder)
except ValueError as refusal:
    lesson.refuse(str(refusal))
    view.publish()
    st.stop()
tokenizer, whole_model, V = counts.tokenizer, counts.model, counts.tokenizer.vocab_size
if order > whole_model.config.order:
    st.caption(f"Of a text this long at most {whole_model.config.order} tokens in a row are counted.")
    order = whole_model.config.order
model = counted.read_by(counts, order, smoothing, k)
table = model.table(order)


# ---- the stage: what was counted, and what comes next -------------------------------------------------------------

typed = st.session_state.get(view.key("context"), view["context"])
typed_ids = tokenizer.encode(typed)
context = model.context(typed_ids)  # its last n - 1 tokens, start tokens where there are fewer
followers, times = model.continuations(context)
probs = np.exp(model.prompt(typed_ids)[1].astype(np.float64))
likeliest = sampling.top(probs, 12)

picture, following = st.columns([3, 2], gap="large")
with picture:
    head = st.columns([3, 2], vertical_alignment="center")
    head[1].segmented_control(
        "Picture", list(PICTURES), format_func=PICTURES.__getitem__, key=view.key("picture"), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if view["picture"] == "heatmap":
        shown = counted.corner_of(counts, order)
        head[0].markdown(
            f"**What followed what.** The {len(shown.contexts)} most frequent contexts of {table.contexts.size:,}."
        )
        figure = count_heatmap(
            shown.counts, [counted.spelled(tokenizer, one) for one in shown.contexts], [tokenizer.itos[token] for token in shown.tokens],
            theme=lesson.theme(),
        )  # fmt: skip
        st.plotly_chart(figure, key=f"{PAGE}.heatmap", config=QUIET)
    elif view["picture"] == "tree":
        root = tuple(token for token in context[-1:] if token)
        branches = tree(whole_model, root, max(1, order - len(root)))
        head[0].markdown(
            f"**What follows {lesson.chip(counted.spelled(tokenizer, root))}**, and what follows that, up to {order} tokens."
        )
        names = [counted.spelled(tokenizer, branch.tokens[-1:]) for branch in branches]
        figure = continuation_tree(
            names, [branch.count for branch in branches], [branch.parent for branch in branches], theme=lesson.theme()
        )
        st.plotly_chart(figure, key=f"{PAGE}.tree", config=QUIET)
    else:
        grams, n_times = whole_model.top_ngrams(order, MAX_TABLE)
        head[0].markdown(f"**All {order}-grams**, the {len(grams):,} most frequent of {table.tokens.size:,}.")
        st.dataframe(
            pd.DataFrame({"n-gram": [lesson.shown(counted.spelled(tokenizer, gram)) for gram in grams.tolist()], "count": n_times}),
            hide_index=True, height=470, key=f"{PAGE}.grams",
        )  # fmt: skip
with following:
    st.text_input("After these words" if kind == "word" else "After these letters", key=view.key("context"))
    lesson.say_unknown(tokenizer, typed)
    if not len(followers):
        rest = (
            "so counting has nothing to say. Take a lower order, or another way to read the counts."
            if smoothing == "mle" else "so a shorter context answers."
        )  # fmt: skip
        st.info(
            f"{lesson.chip(counted.spelled(tokenizer, context))} never stands in this text, {rest}",
            icon=":material/block:",
        )
    else:
        st.markdown(
            f"**After {lesson.chip(counted.spelled(tokenizer, context))}**, which stands in the text {int(times.sum()):,} times:"
        )
    often = dict(zip(followers.tolist(), times.tolist(), strict=True))
    bars = next_bars(
        [tokenizer.itos[token] for token, _ in likeliest], [p for _, p in likeliest],
        [often.get(token, 0) for token, _ in likeliest], theme=lesson.theme(),
    )  # fmt: skip
    if likeliest:
        st.plotly_chart(bars, key=f"{PAGE}.bars", config=QUIET)

parts.one_probability(PAGE, view, counts, model, typed_ids, likeliest)
parts.writing(PAGE, view, counts, smoothing, k)
troubles.section(PAGE, corpus, kind, smoothing)

lesson.try_this(
    view,
    [
        ("Letters of Shakespeare, order 4", {"text": PLAYS, "tokenizer": "char", "order": 4, "context": "the"}),
        ("A toy language you can count by hand", {"text": "mouse", "order": 2, "context": "the", "smoothing": "mle"}),
        ("Order 5 without smoothing: a word it never saw", {"order": 5, "smoothing": "mle", "context": "Mia saw the"}),
    ],
)
once = float((table.counts == 1).mean()) if table.counts.size else 0.0
lesson.what_you_see(
    f"The text has {counts.tokens.ids.size:,} tokens and {V - 1:,} different ones. Of the {V - 1:,}$^{order}$ possible "
    f"{order}-grams it holds {table.counts.size:,}, and {once:.0%} of these stand in it only once. "
    "A count of 1 is hardly a probability: that is why counting stops helping as the order grows."
)
lesson.predict(
    PAGE,
    "You raise the order from 2 to 4. What happens to the number of different contexts?",
    ["It falls: longer contexts are rarer", "It grows: there are more different long ones"],
    1,
    "Each context splits into several longer ones, each with fewer counts. "
    f"Here order {order} has {table.contexts.size:,} contexts.",
)
with st.expander("Go further", icon=":material/tune:"):
    further = st.columns(2)
    further[0].segmented_control(
        "Count", list(KINDS), format_func=KINDS.__getitem__, key=view.key("tokenizer"), required=True
    )
    further[1].number_input("k, for “Add k”", 0.0, 10.0, step=0.01, format="%.2f", key=view.key("k"))
    levels = model.estimate.levels
    if levels[-1].discounts:
        stands_in = [f"{level.order}" for level in levels if level.stand_in]
        st.caption(
            "Taken from counts of 1, 2 and more: "
            + "; ".join(f"order {lv.order}: " + ", ".join(f"{D:.3g}" for D in lv.discounts) for lv in levels)
            + (f". The text is too small to tell those of order {', '.join(stands_in)}: customary ones stand in."
               if stands_in else ".")
        )  # fmt: skip
    if smoothing == "jelinek-mercer":
        st.caption(
            "The share of each order, learnt on the last tenth of the text: "
            + ", ".join(f"order {n}: {share:.3g}" for n, share in enumerate(model.weights.tolist(), 1)) + "."
        )  # fmt: skip

lesson.the_code(
    PAGE,
    [
        f"lmcore.models.smoothing:{model.reads_by.__name__}", "lmcore.models.smoothing:Estimate.probs",
        "lmcore.probes.counting:path", "lmcore.models.counts:count",
    ],
    scripts.counts(corpus, kind, order, smoothing, k, typed, parts.chosen(view, counts, likeliest), limit=None if folder else MAX_CHARS),
)  # fmt: skip


def numbers() -> pd.DataFrame:
    """Every token that may follow, most probable first."""
    best = sampling.top(probs, 5000)
    return pd.DataFrame(
        {
            "context": counted.spelled(tokenizer, context),
            "token": [tokenizer.itos[token] for token, _ in best],
            "count": [often.get(token, 0) for token, _ in best],
            "probability": [p for _, p in best],
        }
    )


lesson.the_numbers(PAGE, numbers, note="The tokens that may come after the context, most probable first.")
view.publish()
