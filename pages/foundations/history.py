"""Foundations / A short history: the systems of this playground in time, and how large models are."""

import streamlit as st

from lmcore.history import BY_ID, SYSTEMS
from pages.shared import history_parts as parts
from pages.shared import lesson, models
from pages.shared.history_line import history_line, picked_in
from pages.shared.lessons import LESSONS
from pages.shared.view import View, choice

PAGE = "history"
STAGE = f"{PAGE}.stage"
PARTS = {"time": "In time", "size": "By size"}
IDS = {"time": [system.id for system in SYSTEMS], "size": list(parts.all_sizes())}

view = View(
    PAGE,
    {
        "part": choice("time", list(PARTS)),
        "system": choice("transformer", IDS["time"]),
        "size": choice(models.DEFAULT, IDS["size"]),
    },
)

lesson.idea(
    "A short history",
    "For more than a hundred years the question has stayed the same: what comes next? What changed is how much of the "
    "past a model can use, and how much of the answer is learnt.",
    r"p(x_t \mid x_1, \dots, x_{t-1})",
    {"x_t": "the token that comes next", r"x_1, \dots, x_{t-1}": "all that came before it"},
)

st.segmented_control(
    "What to look at", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
part = view["part"]
what = "system" if part == "time" else "size"
key, rows = f"{STAGE}.{part}", parts.in_time() if part == "time" else parts.by_size()


def follow() -> None:
    """Another row was picked."""
    if (at := picked_in(key, len(rows))) is not None:
        view.set(**{what: IDS[part][at]})


opened = history_line(
    rows,
    parts.YEARS if part == "time" else parts.POWERS,
    "Systems, in order of time" if part == "time" else "Models, from the smallest to the largest",
    picked=IDS[part].index(view[what]),
    key=key,
    on_picked=follow,
)
st.caption(
    "A full dot has a page in this playground, an empty one has none. "
    + ("The axis is the year." if part == "time" else "The axis is the number of parameters, each step a hundredfold.")
)

lesson.try_this(
    view,
    [
        ("Where it began: letters counted by hand", {"part": "time", "system": "markov"}),
        ("What does a chatbot stand on?", {"part": "time", "system": "chat"}),
        ("Our GPT beside the largest models", {"part": "size", "size": models.DEFAULT}),
        ("How many of ours make one GPT-2?", {"part": "size", "size": parts.GPT2}),
    ],
)

picked = BY_ID[view["system"]]
lesson.what_you_see(parts.reading_time(picked) if part == "time" else parts.reading_size())
if part == "time":
    lesson.predict(
        f"{PAGE}.time",
        "Attention is in every chatbot of today. What was it made for?",
        ["For chatbots", "For translating long sentences", "For recognising pictures"],
        1,
        "In 2014 an encoder-decoder had to press a whole sentence into one vector, and long sentences came out wrong. "
        "Attention let the decoder look back at every word; three years later the Transformer kept nothing else.",
    )
else:
    gpt, gpt2 = parts.ours(), parts.all_sizes()[parts.GPT2]
    lesson.predict(
        f"{PAGE}.size",
        "GPT-2 small, of 2019, runs on a laptop. How many models of the size of the GPT that writes our tales would "
        "make one of it?",
        parts.OPTIONS,
        parts.answer(),
        f"{gpt2.n_params:,} / {gpt.n_params:,} = {gpt2.n_params / gpt.n_params:.3g}.",
    )

with st.expander("Go further", icon=":material/tune:"):
    st.markdown(parts.INPUTS)
    st.markdown(parts.where_from())

names = ["System"] if part == "time" else ["Size", "sizes_here", "sizes", "gpt_params"]
lesson.the_code(PAGE, [f"lmcore.history:{name}" for name in names], parts.script(part))
lesson.the_numbers(PAGE, lambda: parts.table(part), note="What is drawn, in a table.")
view.publish()

if opened is not None:
    asked = IDS[part][opened]
    slug = parts.page_of(BY_ID[asked]) if part == "time" else parts.page_of_size(parts.all_sizes()[asked])
    if slug:
        st.switch_page(LESSONS[slug].file)
