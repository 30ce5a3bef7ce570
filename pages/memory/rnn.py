"""Memory / RNN: one cell, used once a token, and the hidden state that it hands on."""

import numpy as np
import streamlit as st

from pages.shared import lesson, long_text, measured, rnn_measured, scrubber
from pages.shared import rnn_parts as parts
from pages.shared.rnn_cell import Held, held_in, rnn_cell
from pages.shared.view import View, choice, number, text, whole

PAGE = "rnn"
STAGE = f"{PAGE}.stage"
PROMPT = "ROMEO:\nBut soft, what light through yonder window breaks?"

view = View(
    PAGE,
    {
        "model": text("rnn-shakespeare-char", 80),
        "step": scrubber.field(),
        "prompt": text(PROMPT, 5000),
        "layer": whole(0, 0, 1),
        "unit": whole(-1, -1, 2047),  # what is locked; -1: nothing
        "place": whole(-1, -1, parts.MAX_SHOWN),  # 0 is the start token
        "scale": number(1.0, 0, 3),
        "f": choice("own", list(parts.FS)),
        "lstm": choice(False, [False, True]),
    },
)

lesson.idea(
    "RNN",
    "A recurrent network reads one token at a time. What it remembers of all before is one vector, the hidden state, "
    "and each token changes it by the same rule.",
    r"h_t = f(W_x\, x_t + W_h\, h_{t-1} + b)",
    {
        "x_t": "the token's embedding", "h_t": "the hidden state after it", "W_x, W_h, b": "trained numbers, the same "
        "at every token", "f": "tanh or ReLU, unit by unit",
    },
)  # fmt: skip

finished, typed, loaded = scrubber.controls(
    view, "rnn", lambda: long_text.first_of(st.text_area("Text", key=view.key("prompt"), height=96), 5000)
)
tokenizer, model = loaded.tokenizer, parts.network(loaded)
ids = scrubber.ids_of(loaded, typed, parts.MAX_SHOWN)
layer = min(view["layer"], model.config.n_layer - 1)
trace, weights = parts.traced(loaded, ids), model.weights().layers[layer]
tokens = [parts.START, *(tokenizer.itos[token] for token in ids)]
hidden = trace[f"rnn.{layer}.hidden"]
P, H = hidden.shape


# ---- the stage: the cell unrolled over the text ----------------------------------------------------------------


def on_locked() -> None:
    """A unit and a token were locked or let go: the view follows."""
    now = held_in(STAGE, P, H)
    if now is not None:
        none = now.unit is None or now.position is None
        view.set(unit=-1 if none else now.unit, place=-1 if none else now.position)


holds = 0 <= view["unit"] < H and 0 <= view["place"] < P
asked = Held(view["unit"], view["place"]) if holds else Held()
f = model.config.nonlinearity
held = rnn_cell(trace, weights, tokens, nonlinearity=f, layer=layer, held=asked, key=STAGE, on_locked=on_locked)
spread = hidden.std(axis=0)
unit = int(spread.argmax()) if held.unit is None else held.unit
place = P - 1 if held.position is None else held.position
st.caption(
    "Blue is above 0, orange below. The stripe under each number is the whole state, a pixel a unit. Back, Forward and "
    "the arrow keys step through the text; the chart below asks about the token that is locked."
)


def start_over() -> None:
    """The opening state, of the measurements too."""
    view.reset()
    measured.as_shipped(PAGE, "clipping", "token-times")


opening = parts.opening_step(finished)
lesson.try_this(
    view,
    [
        ("Multiply $W_h$ by 2 and watch the gradient explode", {"scale": 2.0, "f": "own"}),
        ("Halve $W_h$: nothing comes back", {"scale": 0.5, "f": "own"}),
        ("An LSTM beside it", {"lstm": True, "scale": 1.0, "f": "own"}),
        ("Before it had learnt anything", {"step": opening}),
    ],
    reset=start_over,
)
lesson.what_you_see(parts.of_state(hidden, unit, place, tokens, f))

parts.gradient_section(view, loaded, ids, tokens, place)
wide = parts.stretched(loaded)
lesson.predict(
    PAGE,
    f"The largest singular value of $W_h$ is {wide.largest:.3g}, so a single step can make a gradient that much "
    "longer. Must it explode on its way back?",
    ["Yes, it grows by that much at every step", "No, it can vanish all the same"],
    1,
    "Only a gradient that points in that one direction grows so much, and the next step turns it. Besides, each step "
    f"multiplies by the slope of f: tanh's is 1 − h², {np.mean(1 - hidden**2):.2g} on average in this text."
    if f == "tanh"
    else "Only a gradient that points in that one direction grows so much, and the next step turns it. Besides, ReLU "
    f"lets through only the units above 0, {np.mean(hidden > 0):.0%} of them in this text.",
)

rnn_measured.clipping(PAGE)
rnn_measured.one_after_another(PAGE)

with st.expander("Go further", icon=":material/tune:"):
    if model.config.n_layer > 1:
        st.segmented_control(
            "Layer", [0, 1], format_func=lambda n: f"layer {n + 1}", key=view.key("layer"), required=True
        )
        st.caption("The chart of gradients is about the last layer.")
    st.markdown(
        "**What the chart does not say.** A long gradient means that a small change of that state would change the "
        "loss a lot, not that the model used it well. And a chart of one loss in one text is no average."
    )
    st.caption(
        "Changing $W_h$ or f by hand is an intervention on a finished model: its other weights were trained to go with "
        "the old ones. Vanishing and exploding gradients: Bengio, Simard and Frasconi (1994); clipping: Pascanu, "
        "Mikolov and Bengio (2013)."
    )

t = min(place, len(ids) - 1)
scale, asked_f = view["scale"], view["f"]
lesson.the_code(
    PAGE,
    ["lmcore.models.rnn:RNN.cell", "lmcore.probes.gradients:back", "lmcore.probes.gradients:stretch",
     "lmcore.training.clipping:runs", "lmcore.probes.token_times:times"],
    parts.script(loaded, view["step"], ids, layer, unit, t, scale, asked_f),
)  # fmt: skip
lesson.the_numbers(
    PAGE,
    lambda: parts.numbers(
        PAGE, trace, layer, float(weights.b[unit]), tokens, unit,
        parts.reached(loaded, ids, t, scale, asked_f) if ids else None, t,
    ),
    note="What the pictures show, in tables.",
)  # fmt: skip
view.publish()
