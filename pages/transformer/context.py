"""Transformers / Context: what a longer context buys, what it costs, and what a model learns within its prompt."""

import pandas as pd
import streamlit as st

from pages.shared import (
    context_copies,
    context_cost,
    context_length,
    context_own,
    context_says,
    context_word,
    lesson,
    long_text,
    measured,
    models,
    scrubber,
)
from pages.shared.view import View, choice, text

PAGE = "context"
PROMPT = (
    "Mia had a warm sandwich for lunch. She took it to the station and sat down on a stone. Noah sat down beside her "
    'and looked at the sandwich. "That is a very nice sandwich," said Noah.'
)
PARTS = {"length": "What it buys", "cost": "What it costs", "adapt": "In the prompt"}
MODES = {"copies": "A passage that comes twice", "word": "A made-up word"}

view = View(
    PAGE,
    {
        "model": text(models.DEFAULT, 80),
        "part": choice("length", list(PARTS)),
        "prompt": text(PROMPT, 5000),
        "last": choice(4, context_own.LAST),
        "unit": choice("perplexity", list(context_length.UNITS)),
        "cost": choice("pass", list(context_cost.WHAT)),
        "mode": choice("copies", list(MODES)),
        "kind": choice("echo", list(context_copies.KINDS)),
        "word": text(context_word.WORD, context_word.MAX_WORD),
        "frame": text(context_word.FRAME, context_word.MAX_FRAME),
        "step": scrubber.field(),
    },
)

lesson.idea(
    "Context",
    "What a model sees before a token is its context. A longer one tells it more, costs more at every token, and lets "
    "it learn things that stand in no weight.",
    r"p(x_t \mid x_{t-L}, \dots, x_{t-1})",
    {"x_t": "the token to predict", "L": "how many tokens before it the model sees, at most its block_size"},
)

st.segmented_control(
    "What to look at", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
part, mode = view["part"], view["mode"]

# ---- the stage: one part at a time ----------------------------------------------------------------------------------

if part == "length":
    row = st.columns([3, 7], vertical_alignment="bottom")
    with row[0]:
        loaded = finished = models.picker("Model", view, "model", family="gpt")
    with row[1]:
        typed = st.text_area("Your text", key=view.key("prompt"), height=88)
    typed = long_text.first_of(typed, 5000)
    lesson.say_unknown(loaded.tokenizer, typed)
    ids = tuple(loaded.tokenizer.encode(typed))
    context_length.section(view, loaded)
    says = context_length.reading(loaded, context_length.rows_of(PAGE, loaded))
elif part == "cost":
    context_cost.section(view)
    loaded = finished = models.picker("Count it for this model, under “What you see”", view, "model", family="gpt")
    says = context_cost.reading(loaded)
else:
    st.segmented_control(
        "What is new in the prompt", list(MODES), format_func=MODES.__getitem__, key=view.key("mode"), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    row = st.columns([3, 4, 3], vertical_alignment="bottom")
    with row[0]:
        finished = models.picker("Model", view, "model", family="gpt")
    with row[1]:
        if mode == "copies":
            kind = context_copies.pick_kind(view, context_copies.kinds(finished))
        else:
            context_word.box(view)
    with row[2]:
        loaded = scrubber.at(finished, scrubber.pick(view, "step", finished))
    if mode == "copies":
        context_copies.section(view, finished, loaded, kind)
        says = context_copies.reading(finished, loaded, kind)
    else:
        context_word.section(view, loaded)
        says = context_word.reading(view, loaded)


def start_over() -> None:
    """The opening state, of the measurements too."""
    view.reset()
    measured.as_shipped(PAGE, context_length.NAME, context_cost.NAME)


lesson.try_this(
    view,
    [
        (
            "Let a token see only the one before it",
            {"part": "length", "model": models.DEFAULT, "prompt": PROMPT, "last": 1},
        ),
        ("One more token, with a cache and without", {"part": "cost", "cost": "step"}),
        (
            "See copying appear in training",
            {"part": "adapt", "mode": "copies", "model": models.DEFAULT, "kind": "echo", "step": scrubber.LAST},
        ),
        (
            "A made-up word twice: does reading it once help?",
            {
                "part": "adapt",
                "mode": "word",
                "model": context_word.LETTERS,
                "step": scrubber.LAST,
                "word": context_word.WORD,
                "frame": context_word.FRAME,
            },
        ),
    ],
    reset=start_over,
)
lesson.what_you_see(says)
if part == "length":
    context_own.section(view, loaded, ids)

if part == "length":
    lesson.predict(
        f"{PAGE}.length",
        "A model may see twice as many tokens before the one to predict. Where does that help most?",
        ["From 1 token to 2", "From 32 to 64: many more are new", "Every doubling helps alike"],
        0,
        "The nearest tokens tell the most, and each further doubling brings less: the curve is steep on the left.",
    )
elif part == "cost":
    lesson.predict(
        f"{PAGE}.cost",
        "You give this model a text that fills its window instead of one that fills half of it. By what does the "
        "number of its multiplications grow?",
        ["It doubles", "It more than doubles, but does not grow fourfold", "It grows fourfold"],
        1,
        f"By {context_cost.growth(finished):.3g}. The part with weights, 12 C² L a block, doubles; the part in which "
        "tokens meet tokens, 2 C L², grows fourfold; together it is something between, and nearer to four the longer "
        "the text.",
    )
else:
    lesson.predict(
        f"{PAGE}.adapt",
        "A passage of random tokens stands in the prompt twice. What would the second copy cost a model that copies "
        "perfectly?",
        ["As much as the first", "Half of it", "Next to nothing, but for its first token"],
        2,
        "Each next token can be read off the first copy. Only the first one is known by no one: nothing says that a "
        "copy begins.",
    )

with st.expander("Go further", icon=":material/tune:"):
    context_says.further()


def code() -> tuple[list[str], str]:
    """The source behind this part and its script."""
    if part == "length":
        parts = ["window_losses", "curve", "with_last"]
        made = context_length.script(loaded, ids[: context_own.SHOWN], context_own.allowed(view, loaded))
        return [*(f"lmcore.probes.context_length:{name}" for name in parts), "lmcore.models.windows:window_start"], made
    if part == "cost":
        names = ("pass_products", "step_products", "cache_numbers", "measure")
        return [f"lmcore.probes.context_cost:{name}" for name in names], context_cost.script(loaded)
    if mode == "copies":
        return ["lmcore.probes.in_context:copies"], context_copies.script(loaded, view["step"], kind)
    return ["lmcore.probes.in_context:two_uses"], context_word.script(view, loaded)


def table() -> pd.DataFrame:
    """The numbers of this part."""
    if part == "length":
        which = st.segmented_control("Which numbers", ["Lengths", "Your text"], default="Lengths", key=f"{PAGE}.which")
        if which == "Your text":
            return context_own.table(loaded, ids, context_own.allowed(view, loaded))
        return context_length.table(context_length.rows_of(PAGE, loaded))
    if part == "cost":
        return context_cost.table(context_cost.rows_of(PAGE))
    return context_copies.table(finished, kind) if mode == "copies" else context_word.table(view, loaded)


lesson.the_code(PAGE, *code())
lesson.the_numbers(PAGE, table, note="What is drawn in this part, in tables.")
view.publish()
