"""Neural / A neural language model: words become vectors, vectors become probabilities; every number can be opened."""

import pandas as pd
import streamlit as st

from lmcore.probes.feed_forward import parameter_counts
from pages.shared import lesson, long_text, neural, scripts, scrubber, window_race
from pages.shared.lessons import LESSONS
from pages.shared.pipeline import STAGES, looked_at, pipeline, sizes_of
from pages.shared.view import View, choice, text, whole

PAGE = "neural-lm"
STAGE = f"{PAGE}.pipeline"
TABLES = ("Every stage", "One factor a token", "Windows")

view = View(
    PAGE,
    {
        "model": text("ffnn-tales-word", 80),
        "prompt": text("One rainy morning, Mia", 2000),
        "step": scrubber.field(),
        "stage": choice("", STAGES),
        "place": whole(neural.LAST_WORD, neural.LAST_WORD, 63),
        "unit": whole(0, 0, 4095),
        "token": whole(neural.LIKELIEST, neural.LIKELIEST, 1_000_000),
    },
)

lesson.idea(
    "A neural language model",
    "A network turns the last words into vectors, mixes them, and gives every token of the vocabulary a probability. "
    "No count is stored anywhere: only weights, moved a little by every example.",
    r"P(* \mid w_1 \dots w_n) = \mathrm{softmax}\big(U \tanh(H x + d) + b\big)",
    {
        "w_1 \\dots w_n": "the last words", "x": "their rows of the table $C$, side by side",
        "H, d": "the hidden layer", "U, b": "the linear layer", "*": "every token in turn",
    },
)  # fmt: skip

finished, prompt, loaded = scrubber.controls(
    view, "ffnn", lambda: long_text.first_of(st.text_input("Prompt", key=view.key("prompt")))
)
step = view["step"]
tokenizer, itos = loaded.tokenizer, loaded.tokenizer.itos
ids = tuple(tokenizer.encode(prompt))
seen = neural.inside(loaded, ids)


def on_look() -> None:
    """Something was opened in the picture: the view follows."""
    if (now := looked_at(STAGE, *sizes_of(seen))) is not None:
        likeliest = now.token == int(seen.logits.argmax())
        token = neural.LIKELIEST if likeliest and view["token"] == neural.LIKELIEST else now.token
        view.set(stage=now.stage, place=now.place, unit=now.unit, token=token)


@st.fragment
def picture() -> None:
    """The stage; opening a number runs only this, and the code that reproduces it."""
    look = neural.look_of(view, seen)
    with stage:
        unit, logit = neural.sums_of(loaded, seen, look)
        pipeline(
            seen, itos, neural.before(loaded, ids, seen), parameter_counts(loaded.model),
            look=look, unit=unit, logit=logit, key=STAGE, on_look=on_look,
        )  # fmt: skip
    with code:
        lesson.the_code(
            PAGE,
            [
                "lmcore.models.ffnn:FeedForward.forward", "lmcore.probes.feed_forward:look_into",
                "lmcore.probes.feed_forward:unit_sum", "lmcore.probes.one_number:one_number",
                "lmcore.training.window_race:race",
            ],
            scripts.feed_forward(loaded, step, prompt, look.unit, look.token),
        )  # fmt: skip
    view.publish()


def start_over() -> None:
    """The opening state."""
    view.reset()
    window_race.as_shipped(PAGE)


stage = st.container()
lesson.try_this(
    view,
    [
        ("Before training: every word alike", {"step": 0, "stage": "softmax"}),
        ("Open one hidden unit", {"stage": "hidden", "unit": 7}),
        (
            "A text longer than the window",
            {"prompt": "Theo had a kite. He lost it near the old mill. Then he", "stage": "words"},
        ),
    ],
    reset=start_over,
)

best = int(seen.probs.argmax())
n, V = len(seen.tokens), tokenizer.vocab_size
when = {scrubber.LAST: "after all its training", 0: "before any training"}.get(step, f"after {step:,} steps")
lesson.what_you_see(
    f"The model sees {n} token{'s' * (n > 1)} and, {when}, gives {lesson.chip(itos[best])} the highest probability of "
    f"{V:,}: {seen.probs[best]:.3g}, where a fair choice would be 1/{V:,} = {1 / V:.2g}. "
    f"Of its {loaded.model.n_params:,} parameters {parameter_counts(loaded.model)['logits']:,} stand in the linear "
    "layer: it needs a row for every token it could say."
)
lesson.predict(
    PAGE,
    "Change the first word of the window. How many of the hidden units can move?",
    ["Only those that belong to that word", "All of them"],
    1,
    "No unit belongs to a word. Each sums over all the numbers of all the words, so any of them can move it. "
    f"Here each of {seen.hidden.size:,} units has {seen.embedding.size:,} weights.",
)

st.markdown("#### Its training")
neural.curve(PAGE, finished, None if step == scrubber.LAST else step)
st.caption("The upright line is where the slider stands: the weights in the picture are those of that step.")

st.markdown("#### Three names of one number")
if ids:
    st.markdown(
        f"How well does the model expect the prompt itself, {lesson.chip(prompt[:60] + '…' * (len(prompt) > 60))}?"
    )
    found = neural.numbers_of(loaded, ids)
    neural.three_names(found, len(ids))
    st.markdown(neural.reading(found))
else:
    st.caption("Write a prompt with at least one token: the numbers are those of its tokens.")

window_race.section(PAGE)

with st.expander("Go further", icon=":material/tune:"):
    st.markdown(
        "Train one on your own text: it takes about half a minute, and once you keep it, it stands in the list of "
        "models above, with its own loss curve and its own slider."
    )
    if st.button("Train one on your text", icon=LESSONS["train"].icon, key=f"{PAGE}.train"):
        st.switch_page(LESSONS["train"].file, query_params={"size": "ffnn", "tokenizer": "word"})
    st.caption(
        "Bengio, Ducharme, Vincent and Jauvin, “A neural probabilistic language model” (2003). Theirs had direct "
        "connections from the words to the logits as well; this one has not."
    )
code = st.container()


def table() -> pd.DataFrame:
    """The table that was asked for."""
    which = st.segmented_control("Which numbers", TABLES, default=TABLES[0], key=f"{PAGE}.which", required=True)
    if which == "Windows":
        return window_race.table(PAGE)
    if which == "One factor a token":
        return neural.every_factor(loaded, ids, neural.numbers_of(loaded, ids)) if ids else pd.DataFrame({"token": []})
    return neural.every_number(loaded, seen)


picture()
lesson.the_numbers(
    PAGE, table, note="What is drawn now: every stage of the picture, the prompt's tokens, or the windows."
)
view.publish()
