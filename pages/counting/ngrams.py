"""Counting / N-grams: count which token follows which, divide, and ask shorter contexts about the rest."""

import numpy as np
import streamlit as st

from lmcore import sampling
from lmcore.training import spec as specs
from pages.shared import counted, lesson, scripts, texts, troubles, work
from pages.shared import ngram_parts as parts
from pages.shared.counted import MAX_CHARS, MAX_ORDER
from pages.shared.view import View, choice, number, text, whole

PAGE = "n-grams"
KINDS = {"char": "Characters", "word": "Words"}
PICTURES = {"heatmap": "Heatmap", "tree": "Tree", "table": "Table"}
PLAYS = "shakespeare-1mb"
MAX_TYPED = 2000  # characters of the context that are read

view = View(
    PAGE,
    {
        "text": text(texts.DEFAULT, 80),
        "tokenizer": choice("word", list(KINDS)),
        "order": whole(3, 1, MAX_ORDER),
        "smoothing": choice("modified-kneser-ney", list(troubles.TITLES)),
        "context": text("who had a", 200),
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
    job = work.wanted({"task": "count", "corpus": specs.named(corpus), "tokenizer": kind}, f"{PAGE}.count")
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

typed = st.session_state.get(view.key("context"), view["context"])[-MAX_TYPED:]  # its end is what is looked up
typed_ids = tokenizer.encode(typed)
if typed == view.fields["context"].default and tokenizer.unknown(typed):  # the opening words, in a text without them
    typed_ids = whole_model.top_ngrams(min(2, whole_model.config.order), 1)[0].reshape(-1).tolist()
    typed = tokenizer.decode(typed_ids)
    view.set(context=typed)
context = model.context(typed_ids)  # its last n - 1 tokens, start tokens where there are fewer
probs = np.exp(model.prompt(typed_ids)[1].astype(np.float64))
likeliest = sampling.top(probs, 12)

picture, following = st.columns([3, 2], gap="large")
with picture:
    st.segmented_control(
        "Picture", list(PICTURES), format_func=PICTURES.__getitem__, key=view.key("picture"), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    parts.PICTURES[view["picture"]](PAGE, counts, order, context)
with following:
    st.text_input("After these words" if kind == "word" else "After these letters", key=view.key("context"))
    lesson.say_unknown(tokenizer, typed)
    parts.what_comes_next(PAGE, counts, model, context, likeliest)

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
n_types = whole_model.table(1).tokens.size
lesson.what_you_see(
    f"The text has {counts.tokens.ids.size:,} tokens and {n_types:,} different ones. Of the {n_types:,}$^{order}$ "
    f"possible {order}-grams it holds {table.counts.size:,}, and {once:.0%} of these stand in it only once. "
    + (
        "A count of 1 is hardly a probability: that is why counting stops helping as the order grows."
        if once > 0.2
        else "Most were seen often enough to trust their shares; raise the order and see how long that lasts."
    )
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
    if learnt := parts.learnt(model):
        st.caption(learnt)

lesson.the_code(
    PAGE,
    [
        f"lmcore.models.smoothing:{model.reads_by.__name__}", "lmcore.models.smoothing:Estimate.probs",
        "lmcore.probes.counting:path", "lmcore.models.counts:count",
    ],
    scripts.counts(
        corpus, kind, order, smoothing, k, typed, parts.chosen(view, counts, likeliest), None if folder else MAX_CHARS
    ),
)  # fmt: skip


lesson.the_numbers(
    PAGE,
    lambda: parts.numbers(counts, model, context, probs),
    note="The tokens that may come after the context, most probable first.",
)
view.publish()
