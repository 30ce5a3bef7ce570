"""Uses / Fill in the blanks: hide words, and ask three models of three shapes what stood there."""

from dataclasses import replace

import streamlit as st

from pages.shared import blanks_says as says
from pages.shared import lesson, long_text, measured
from pages.shared.blanks import fill_blanks, sent, three_masks
from pages.shared.blanks_here import MOST, PAGE, STAGE, Here, looks
from pages.shared.view import View, choice, text, token_list, whole

PASSAGE = (
    "Finn borrowed a silver teapot from Lena. But Finn was careless, and the teapot fell into the mud. "
    "At last, Finn ran to Lena with the teapot and a red face."
)
ONCE = "In the garden, Ella heard a polite squirrel crying. Ella helped the squirrel, and it thanked her three times."
PARTS = {"masks": "Three masks", "restored": "The whole passage", "quality": "How good they are"}
MOST_LOOKS = 10  # words whose masks are drawn
OPENS = (1,)  # borrowed: only what follows says so

view = View(
    PAGE,
    {
        "text": text(PASSAGE, 2000),
        "blanks": replace(token_list(MOST), default=OPENS),
        "at": whole(OPENS[0], -1, MOST),
        "part": choice("masks", list(PARTS)),
    },
)

lesson.idea(
    "Fill in the blanks",
    "Hide a word and ask what stood there. A model that may look to both sides knows more than one that reads from "
    "left to right, and what makes them different is the mask: who may look at whom.",
    r"p(x_i \mid x_1 \dots x_{i-1},\, x_{i+1} \dots x_L)",
    {"x_i": "the hidden word", "L": "the length of the passage, in words"},
)

typed = st.text_area("Passage", key=view.key("text"), height=100)
here = Here.of(view, long_text.first_of(typed))
answers = here.answers


def on_blanks() -> None:
    """The person hid a word, gave one back, or looks at another blank."""
    found = sent(STAGE)
    if found is not None:
        view.set(blanks=tuple(place for place in found[0] if place < len(here.words)), at=min(found[1], MOST))


if not here.words:
    lesson.refuse("There is nothing to hide yet. Write a sentence.")
else:
    if here.n_left_out:
        st.caption(f"The first {MOST} words are read; {here.n_left_out:,} more stand behind them.")
    if here.unknown:
        names = ", ".join(lesson.chip(here.words[i]) for i in here.unknown[:6])
        more = f" and {len(here.unknown) - 6} more" if len(here.unknown) > 6 else ""
        st.caption(f"Words that the models do not know, all read as one and the same: {names}{more}.")
    fill_blanks(here, answers, key=STAGE, on_blanks=on_blanks)

OPENING = {name: field.default for name, field in view.fields.items()}
lesson.try_this(
    view,
    [
        ("Hide the name as well", OPENING | {"blanks": (0, 1), "at": 1}),
        ("Hide what follows too", OPENING | {"blanks": (1, 5, 6, 11, 25), "at": 1}),
        ("A word to be copied from later on", OPENING | {"blanks": (4,), "at": 4}),
        ("A word to be copied from before", OPENING | {"blanks": (15,), "at": 15}),
        ("Animals that speak", OPENING | {"text": ONCE, "blanks": (7, 12), "at": 7}),
    ],
)
lesson.predict(
    PAGE,
    "“Finn ___ a silver teapot from Lena. But Finn was careless, and the teapot fell into the mud.” Which model can "
    "know the blank?",
    ["All of them: they learnt from the same tales", "Only those that see what follows", "The one that writes"],
    1,
    "After “Finn” almost any verb may come, and a GPT stands there with nothing else. “From Lena”, and what came of "
    "it, say that the teapot was borrowed. To see is not yet to use: take “A word to be copied from later on”. The "
    "denoiser copies the teapot; this small masked model sees it too and has hardly learnt to copy.",
)
lesson.what_you_see(says.reading(here, answers))

st.segmented_control(
    "Look further", list(PARTS), format_func=PARTS.__getitem__, key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
if view["part"] == "quality":
    measured.section(PAGE, "blanks", says.quality, "Measure anew")
    st.markdown(says.later())
elif not here.words:
    st.caption("There is no passage to look into.")
elif view["part"] == "restored":
    says.restored(here)
else:
    st.markdown(
        "**Who may look at whom**, found out and not drawn by hand: each word of the passage is changed in turn. A "
        "cell is filled where that moved the vector of the row's word, stronger where it moved more; a dot means that "
        "it did not move by a single bit."
    )
    words, moved = looks(here, MOST_LOOKS)
    three_masks(words, moved, at=4, key=f"{PAGE}.masks")
    if len(here.words) > MOST_LOOKS:
        st.caption(f"The first {MOST_LOOKS} words of the passage, none of them hidden.")

with st.expander("Go further", icon=":material/tune:"):
    says.further(here)

sources, script = says.code(here)
lesson.the_code(PAGE, sources, script)
lesson.the_numbers(PAGE, lambda: says.table(here, answers), note="p is the model's own; one row a word drawn.")
view.publish()
