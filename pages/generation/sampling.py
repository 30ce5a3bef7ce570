"""Generation / Sampling: from logits to a token, stage by stage, and every way to choose a whole sequence."""

import pandas as pd
import streamlit as st

from pages.shared import (
    lesson,
    long_text,
    models,
    sampling_best,
    sampling_draws,
    sampling_ends,
    sampling_five,
    sampling_pipe,
    sampling_two,
)
from pages.shared.sampling_bench import PENALTIES, STAGES
from pages.shared.sampling_here import PAGE, Here
from pages.shared.view import View, choice, number, text, token_list, whole

PROMPT = "Mia liked the kite and the drum. Theo liked the"
STORY = "One rainy morning, Mia"
PARTS = {  # in the order of the course; each module has stage, reading, predict, code, table, further
    "pipeline": ("The pipeline", sampling_pipe),
    "ends": ("T = 0, 1, ∞", sampling_ends),
    "draws": ("Many draws", sampling_draws),
    "five": ("Five temperatures", sampling_five),
    "best": ("The best sequence", sampling_best),
    "two": ("Two models", sampling_two),
}

view = View(
    PAGE,
    {
        "part": choice("pipeline", list(PARTS)),
        "model": text(models.DEFAULT, 80),
        "prompt": text(PROMPT, 2000),
        "drawn": token_list(sampling_pipe.MAX_DRAWN),
        "seed": whole(1, 0, 9999),
        "stage": choice("penalty", STAGES),
        "penalty": number(1.1, *PENALTIES),
        "T": number(0.8, 0, 5, infinity=True),
        "top_k": whole(8, 0, 1_000_000),
        "top_p": number(0.9, 0.001, 1),
        "min_p": number(0.05, 0, 1),
        "draw": whole(0, 0, 9999),  # how many numbers were drawn in the pipeline
        "settled": whole(0, 0, 9999),  # and how many of them are for places already written
        "end": choice("0", list(sampling_ends.KINDS)),
        "n": whole(sampling_draws.BATCH, 1, sampling_draws.MOST),
        "length": choice(sampling_five.LENGTHS[0], sampling_five.LENGTHS),
        "beams": whole(3, 1, sampling_best.MAX_BEAMS),
        "steps": whole(8, 1, sampling_best.MAX_STEPS),
        "length_penalty": number(1.0, -2, 3),
        "stop": choice(False, [False, True]),
        "node": whole(-1, -1, 9999),
        "draft": text(sampling_two.DRAFT, 80),
        "k": whole(4, 1, sampling_two.MAX_K),
        "guess": whole(-1, -1, 9999),
    },
)

lesson.idea(
    "Sampling",
    "A model gives a distribution. What becomes of it is our choice: reshape it, cut it, draw from it, or search.",
    r"x_t \sim \mathrm{cut}\big(\mathrm{softmax}(z / T)\big)",
    {"z": "the logits", "T": "the temperature", r"\sim": "is drawn from", "x_t": "the next token"},
)


SHAPE = ("penalty", "T", "top_k", "top_p", "min_p")
OPENING = {  # what a sentence starts from, so that it shows the same whatever was set before
    "part": "pipeline", "model": models.DEFAULT, "prompt": PROMPT, "drawn": (), "settled": view["draw"],
    **{name: view.fields[name].default for name in SHAPE},
}  # fmt: skip


def start_anew() -> None:
    """Another prompt or model: what was drawn for the old one goes."""
    view.set(drawn=(), settled=view["draw"], node=-1, guess=-1)


controls = st.columns([2, 4], vertical_alignment="bottom")
with controls[0]:
    loaded = models.picker("Model", view, "model", on_change=start_anew)
with controls[1]:
    prompt = st.text_input("Prompt", key=view.key("prompt"), on_change=start_anew)
prompt = long_text.first_of(prompt)
lesson.say_unknown(loaded.tokenizer, prompt)
prompt_ids = tuple(loaded.tokenizer.encode(prompt))
st.segmented_control(
    "Part", list(PARTS), format_func=lambda part: PARTS[part][0], key=view.key("part"), required=True,
    label_visibility="collapsed",
)  # fmt: skip
part = PARTS[view["part"]][1]
st.markdown(part.SAYS)
stage = st.container()
lesson.try_this(
    view,
    [
        ("Forget the penalty: the kite again", OPENING | {"stage": "penalty", "penalty": 1.0}),
        ("Keep the two best only", OPENING | {"stage": "top_k", "top_k": 2, "top_p": 1.0, "min_p": 0.0}),
        ("10,000 draws: the scatter shrinks", OPENING | {"part": "draws", "n": 10_000}),
        (
            "A story at five temperatures",
            OPENING | {"part": "five", "prompt": STORY, "length": 40, "seed": 1},
        ),
        (
            "A beam of five, 12 tokens deep",
            OPENING | {"part": "best", "prompt": STORY, "beams": 5, "steps": 12, "stop": False, "node": -1},
        ),
        ("Let counted pairs draft for the GPT", OPENING | {"part": "two", "draft": "count-tales-2", "guess": -1}),
    ],
)
reading = st.container()
part.predict()
further = st.expander("Go further", icon=":material/tune:")
below = st.container()


@st.fragment
def follow() -> None:
    """What changes with a click on the stage: only this runs then, not the page around it."""
    vocab_size = loaded.tokenizer.vocab_size
    drawn = tuple(token for token in view["drawn"] if 0 < token < vocab_size)
    here = Here(view, loaded, prompt, prompt_ids, drawn)
    with stage:
        lesson.say_cut(loaded.model, len(prompt_ids) + len(drawn))
        part.stage(here)
    with reading:
        lesson.what_you_see(part.reading(here))
    with further:
        part.further(here)
    with below:
        sources, script = part.code(here)
        lesson.the_code(PAGE, sources, script)

        def table() -> pd.DataFrame:
            return part.table(here)

        lesson.the_numbers(PAGE, table, note=part.NOTE)
    view.publish()


follow()
