"""Generation / Temperature: one slider, and the whole distribution moves under the finger."""

import math
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import sampling
from pages.shared import components, lesson, long_text, models, scripts
from pages.shared.small_components import written_text
from pages.shared.view import View, number, text, token_list, whole

PAGE = "temperature"
BENCH = f"{PAGE}.bench"
SHAKESPEARE = "gpt-shakespeare-char"
MAX_DRAWN = 200
UNCUT = {"top_k": 0, "top_p": 1.0, "min_p": 0.0}  # what a sentence starts from: no cut is left over
SHAPE = {"temperature": "T", "top_k": "top_k", "top_p": "top_p", "min_p": "min_p"}


view = View(
    PAGE,
    {
        "model": text(models.DEFAULT, 80),
        "prompt": text("One rainy morning, Mia", 2000),
        "drawn": token_list(MAX_DRAWN),
        "T": number(1.0, 0, 5, infinity=True),
        "top_k": whole(0, 0, 1_000_000),
        "top_p": number(1.0, 0.001, 1),
        "min_p": number(0.0, 0, 1),
        "seed": whole(1, 0, 9999),
    },
)

lesson.idea(
    "Temperature",
    "One number decides how daring a model is. It reshapes the distribution of the next token before one is drawn.",
    r"p_T(x) = \dfrac{p(x)^{1/T}}{\sum_{x'} p(x')^{1/T}}",
    {
        "p(x)": "the model's probability of token $x$",
        "T": "the temperature, 0 to infinity",
        "x'": "every token in turn",
    },
)


def start_anew() -> None:
    """Another prompt or model: the tokens drawn for the old one go."""
    view.set(drawn=())


controls = st.columns([2, 4], vertical_alignment="bottom")
with controls[0]:
    loaded = models.picker("Model", view, "model", on_change=start_anew)
with controls[1]:
    prompt = st.text_input("Prompt", key=view.key("prompt"), on_change=start_anew)
prompt = long_text.first_of(prompt)

tokenizer, V = loaded.tokenizer, loaded.tokenizer.vocab_size
prompt_ids = tuple(tokenizer.encode(prompt))
lesson.say_unknown(tokenizer, prompt)
stage = st.container()
lesson.try_this(
    view,
    [
        ("Set T to 0 and draw: always the same word", UNCUT | {"T": 0.0}),
        ("Set T to infinity: every word alike", UNCUT | {"T": math.inf}),
        ("Keep only the ten best at T = 2", UNCUT | {"T": 2.0, "top_k": 10}),
        (
            "Shakespeare, letter by letter",
            UNCUT | {"model": SHAKESPEARE, "prompt": "But soft, what l", "drawn": (), "T": 1.0},
        ),
    ],
)
reading = st.container()
lesson.predict(
    PAGE,
    "You raise T from 1 to 5. Does the order of the bars change?",
    ["Yes, unlikely tokens overtake likely ones", "No, the order stays and the bars move together"],
    1,
    "Dividing every log-probability by the same T keeps their order. It only makes the differences smaller.",
)
with st.expander("Go further", icon=":material/tune:"):
    st.number_input(
        "Seed of the draws", 0, 9999, key=view.key("seed"), help="The n-th draw of a seed is always the same."
    )
    st.caption(
        "The cuts (top-k, top-p, min-p) come after the temperature. A cut token is greyed, not removed: it "
        "has probability 0 until the cut is lifted."
    )
below = st.container()


def shape() -> dict[str, Any]:
    """How the distribution is shaped on this page, by name as `sampling.distribution` takes it."""
    return {name: view[field] for name, field in SHAPE.items()}


def drawn_so_far() -> tuple[int, ...]:
    """The tokens after the prompt; what a link brings is checked against the vocabulary."""
    return tuple(token for token in view["drawn"] if 0 < token < V)


def next_log_probs() -> np.ndarray:
    """(V,) log p(next token | prompt and drawn tokens)."""
    return models.next_log_probs(loaded, (*prompt_ids, *drawn_so_far()))


def take(token: int) -> None:
    """One token joins the text."""
    if len(drawn := drawn_so_far()) < MAX_DRAWN:
        view.set(drawn=(*drawn, token))


def on_settings() -> None:
    """The slider was let go: the view follows."""
    if (now := components.bench_settings(BENCH)) is not None:
        view.set(**{field: getattr(now, name) for name, field in SHAPE.items()})


def on_draw() -> None:
    """The button in the picture."""
    on_settings()
    view.later("draw")


def draw() -> None:
    """Draw from the distribution as it is shaped now; the n-th draw of a seed is always the same."""
    probs = sampling.distribution(next_log_probs(), **shape())
    take(sampling.pick(probs, sampling.random_for(view["seed"], len(drawn_so_far()))))


def on_take() -> None:
    """A bar was clicked: that token joins, whatever its probability."""
    token = st.session_state[BENCH]["take"]["token"]
    if isinstance(token, int) and 0 < token < V:
        take(token)


@st.fragment
def follow() -> None:
    """What changes when the slider is let go or a token joins. Only this runs then, not the page around it."""
    view.do(draw)
    drawn, log_probs = drawn_so_far(), next_log_probs()
    with stage:
        line, undo = st.columns([5, 1], gap="small")  # what is below must not move under a hand that draws on
        with line:
            written_text(prompt, [tokenizer.itos[token] for token in drawn], key=f"{PAGE}.written")
        with undo:
            st.button(
                "Take back", icon=":material/undo:", disabled=not drawn, key=f"{PAGE}.undo",
                on_click=lambda: view.set(drawn=drawn_so_far()[:-1]),
            )  # fmt: skip
        lesson.say_cut(loaded.model, len(prompt_ids) + len(drawn))
        components.temperature_bench(
            tokenizer.itos, log_probs, **shape(), key=BENCH, height=330,
            on_settings=on_settings, on_draw=on_draw, on_take=on_take,
        )  # fmt: skip
    probs, plain = sampling.distribution(log_probs, **shape()), sampling.distribution(log_probs)
    with reading:
        read(probs, plain)
    with below:
        behind(drawn, log_probs, probs, plain)
    view.publish()


def read(probs: np.ndarray, plain: np.ndarray) -> None:
    """What you see, in this distribution's numbers."""
    best, entropy = int(probs.argmax()), sampling.entropy(probs)
    level = int(np.isclose(probs, probs[best]).sum())
    lesson.what_you_see(
        f"At T = {lesson.spoken(view['T'])} "
        + (
            f"{level:,} tokens are the most probable, with {probs[best]:.3g} each"
            if level > 1
            else f"the most probable token is {lesson.chip(tokenizer.itos[best])} with {probs[best]:.3g}"
            + ("" if np.array_equal(probs, plain) else f"; untouched it had {plain[best]:.3g}")
        )
        + f". The entropy is {entropy:.3g} nats: as unsure as a fair choice among {math.exp(entropy):.3g} of the "
        f"{V - 1:,} tokens in the vocabulary. Dragging reshapes the distribution; only Draw takes a token from it."
    )


def behind(drawn: tuple[int, ...], log_probs: np.ndarray, probs: np.ndarray, plain: np.ndarray) -> None:
    """The code and the numbers of what is drawn now."""
    arguments = ", ".join(f"{name}={scripts.number(value)}" for name, value in shape().items())
    lesson.the_code(
        PAGE,
        ["lmcore.sampling:apply_temperature", "lmcore.sampling:distribution", "lmcore.sampling:entropy"],
        f"""
import numpy as np

{scripts.open_model(loaded)}
from lmcore import sampling

ids = tokenizer.encode({prompt!r}) + {list(drawn)!r}
_, log_probs = model.prompt(ids)
probs = sampling.distribution(log_probs, {arguments})
for token in np.argsort(-probs, kind="stable")[:20]:
    print(f"{{tokenizer.itos[token]!r:16}} {{probs[token]:.4g}}")
""",
    )

    def table() -> pd.DataFrame:
        """The most probable tokens, a row each."""
        order = np.argsort(-plain, kind="stable")[:5000]
        return pd.DataFrame(
            {
                "token": [tokenizer.itos[token] for token in order],
                "index": order,
                "probability": probs[order],
                "probability at T = 1": plain[order],
                "log p (nats)": log_probs[order],
            }
        )

    lesson.the_numbers(
        PAGE,
        table,
        note=f"The {min(V, 5000):,} most probable of {V:,} tokens, at T = {lesson.spoken(view['T'])} with these cuts.",
    )


follow()
