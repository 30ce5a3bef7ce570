"""Counting / N-grams: count which token follows which, and divide."""

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures.counts import count_heatmap, next_bars
from pages.shared import lesson, scripts, texts
from pages.shared.counted import MAX_CHARS, MAX_ORDER, corner_of, counts_of
from pages.shared.view import View, choice, number, text, whole

PAGE = "n-grams"
KINDS = {"char": "Characters", "word": "Words"}
PLAYS = "shakespeare-1mb"

view = View(
    PAGE,
    {
        "text": text(texts.DEFAULT, 80),
        "tokenizer": choice("word", list(KINDS)),
        "order": whole(2, 1, MAX_ORDER),
        "context": text("The", 200),
        "k": number(0.0, 0, 10),
    },
)

lesson.idea(
    "N-grams",
    "The simplest language model counts: how often did each token follow these ones in the text? Then it divides.",
    r"p(x_t \mid x_{t-n+1}, \dots, x_{t-1}) = \dfrac{c(x_{t-n+1}, \dots, x_t) + k}{c(x_{t-n+1}, \dots, x_{t-1}) + kV}",
    {"c": "how often it stands in the text", "n": "the order", "k": "added to every count", "V": "vocabulary size"},
)

controls = st.columns([3, 2, 2], vertical_alignment="bottom")
with controls[0]:
    corpus = texts.picker("Text", view.key("text"))
with controls[1]:
    st.segmented_control("Tokens", list(KINDS), format_func=KINDS.__getitem__, key=view.key("tokenizer"), required=True)
with controls[2]:
    st.segmented_control("Order n", range(1, MAX_ORDER + 1), key=view.key("order"), required=True)


kind, order = view["tokenizer"], view["order"]
try:
    tokenizer, model, n_tokens = counts_of(corpus, kind)
except ValueError as refusal:
    lesson.refuse(str(refusal))
    view.publish()
    st.stop()
if len(corpus.text) > MAX_CHARS:
    st.caption(f"The first {MAX_CHARS:,} characters are counted; the text has {len(corpus.text):,}.")
V = tokenizer.vocab_size
shown = corner_of(corpus, kind, order)


def spelled(ids: tuple[int, ...]) -> str:
    """Tokens as one label."""
    return ("" if kind == "char" else " ").join(tokenizer.itos[token] for token in ids) or "(any)"


figure = count_heatmap(
    shown.counts,
    [spelled(context) for context in shown.contexts],
    [tokenizer.itos[token] for token in shown.tokens],
    theme=lesson.theme(),
)
heatmap, following = st.columns([3, 2], gap="large")
with heatmap:
    n_contexts = model.table(order).contexts.size
    st.markdown(f"**What followed what.** The {len(shown.contexts)} most frequent contexts of {n_contexts:,}.")
    st.plotly_chart(figure, key=f"{PAGE}.heatmap", config={"displayModeBar": False})
with following:
    typed = st.text_input("After these words" if kind == "word" else "After these letters", key=view.key("context"))
    typed_ids = tokenizer.encode(typed)
    context = model.context(typed_ids)[MAX_ORDER - order :]  # its last n - 1 tokens, start tokens where there are fewer
    tokens, counts = model.continuations(context)
    total, k = int(counts.sum()), view["k"]
    probs = (counts + k) / (total + k * V) if total + k * V > 0 else np.zeros(0)
    lesson.say_unknown(tokenizer, typed)
    if total == 0:
        st.info(
            f"{lesson.chip(spelled(context))} never stands in this text, so counting has nothing to say. "
            "Take a lower order, or another context.", icon=":material/block:",
        )  # fmt: skip
    else:
        st.markdown(f"**After {lesson.chip(spelled(context))}**, which stands in the text {total:,} times:")
        bars = next_bars(
            [tokenizer.itos[t] for t in tokens[:12]], probs[:12].tolist(), counts[:12].tolist(), theme=lesson.theme()
        )
        st.plotly_chart(bars, key=f"{PAGE}.bars", config={"displayModeBar": False})

lesson.try_this(
    view,
    [
        ("Letters of Shakespeare, order 3", {"text": PLAYS, "tokenizer": "char", "order": 3, "context": "th"}),
        ("A toy language you can count by hand", {"text": "mouse", "order": 2, "context": "the"}),
        ("Order 5: almost everything is seen once", {"order": 5, "context": "Once there was a"}),
    ],
)
table = model.table(order)
once = float((table.counts == 1).mean()) if table.counts.size else 0.0
lesson.what_you_see(
    f"The text has {n_tokens:,} tokens and {V - 1:,} different ones. Of the {V - 1:,}$^{order}$ possible "
    f"{order}-grams it holds {table.counts.size:,}, and {once:.0%} of these stand in it only once. "
    "A count of 1 is hardly a probability: that is why counting stops helping as the order grows."
)
lesson.predict(
    PAGE,
    "You raise the order from 2 to 4. What happens to the number of different contexts?",
    ["It falls: longer contexts are rarer", "It grows: there are more different long ones"],
    1,
    "Each context splits into several longer ones, each with fewer counts. "
    f"Here order {order} has {n_contexts:,} contexts.",
)
with st.expander("Go further", icon=":material/tune:"):
    st.number_input("Add k to every count", 0.0, 10.0, step=0.01, format="%.2f", key=view.key("k"))
    st.caption("With k = 0, what never followed is impossible. With k > 0 every token gets a little, k in all counts.")

lesson.the_code(
    PAGE,
    ["lmcore.models.ngram:add_k", "lmcore.models.ngram:NGram.continuations", "lmcore.models.counts:count"],
    scripts.counts(corpus, kind, order, context, view["k"], MAX_CHARS),
)
lesson.the_numbers(
    PAGE,
    lambda: pd.DataFrame(
        {
            "context": [spelled(context)] * len(tokens),
            "token": [tokenizer.itos[token] for token in tokens],
            "count": counts,
            "probability": probs,
        }
    ).head(5000),
    note="Every token that followed the context, most frequent first.",
)
view.publish()
