"""Sampling, part one: the pipeline from logits to a token, stage by stage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import sampling
from pages.shared import lesson, scripts
from pages.shared.sampling_bench import pipe_of, sampling_pipeline
from pages.shared.sampling_here import PAGE, Here
from pages.shared.small_components import written_text

BENCH = f"{PAGE}.pipeline"
MAX_DRAWN = 200
SAYS = "Eight small steps lie between a model's numbers and the next token. Choose one, switch it, drag it."


def _follow(here: Here) -> None:
    """What was set in the picture goes into the view."""
    if (now := pipe_of(BENCH)) is not None:
        here.view.set(
            penalty=now.penalty, T=now.temperature, top_k=now.top_k, top_p=now.top_p, min_p=now.min_p, stage=now.stage
        )


def _u(here: Here) -> float | None:
    """The number that was drawn last for this place in the text; None before."""
    n = here.view["draw"]
    return sampling.random_for(here.view["seed"], n - 1) if n > here.view["settled"] else None


def _write(here: Here) -> None:
    """The drawn token joins the text; what is drawn next is for the next place."""
    if here.view.is_past:
        return
    _follow(here)
    u = _u(here)
    if u is not None and len(here.drawn) < MAX_DRAWN:
        token = sampling.pick(here.probs(), u)
        here.view.set(drawn=(*here.drawn, token), settled=here.view["draw"])


def _draw(here: Here) -> None:
    _follow(here)
    here.view.set(draw=min(here.view["draw"] + 1, 9999))


def stage(here: Here) -> None:
    """The text so far, and the pipeline."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        written_text(here.prompt, [here.itos[token] for token in here.drawn], key=f"{PAGE}.written")
        st.button(
            "Take back", icon=":material/undo:", disabled=not here.drawn, key=f"{PAGE}.undo",
            on_click=lambda: here.view.set(drawn=here.view["drawn"][:-1], settled=here.view["draw"]),
        )  # fmt: skip
    sampling_pipeline(
        here.itos, here.logits(), here.ids, here.pipe, key=BENCH, u=_u(here), are_log_probs=not here.has_logits(),
        on_settings=lambda: _follow(here), on_draw=lambda: _draw(here), on_take=lambda: _write(here),
    )  # fmt: skip


def reading(here: Here) -> str:
    """What the picture shows, in this distribution's numbers."""
    probs, plain = here.probs(), here.plain()
    was, kept = int(plain.argmax()), int(np.count_nonzero(probs))
    return (
        f"The model's own favourite is {lesson.chip(here.itos[was])} with p = {plain[was]:.3g}. "
        + (_at_infinity(here, probs, kept) if math.isinf(here.pipe.temperature) else _in_front(here, probs, was))
        + _kept(kept, probs.size - 1, float(plain[probs > 0].sum()))
        + f"The entropy went from {sampling.entropy(plain):.3g} to {sampling.entropy(probs):.3g} nats. "
        "Each stage only shapes; chance comes in once, at the very end."
    )


def _in_front(here: Here, probs: np.ndarray, was: int) -> str:
    """Who leads after the pipeline, and whether the penalty is why."""
    best = int(probs.argmax())
    level = int(np.count_nonzero(probs == probs[best]))
    if level > 1:
        return f"After the pipeline {level:,} tokens are level in front, p = {probs[best]:.3g} each. "
    said = f"After the pipeline {lesson.chip(here.itos[best])} is in front with p = {probs[best]:.3g}. "
    if best == was:
        return said
    if here.pipe.penalty > 1 and was in here.ids:
        return said + "The penalty did that: the favourite stands in the text already. "
    return said + ("The penalty did that: below 1 it lifts what stands in the text. " if here.pipe.penalty < 1 else "")


def _at_infinity(here: Here, probs: np.ndarray, kept: int) -> str:
    """No token leads at T = infinity; a cut still has an order to go by."""
    if kept == 1:
        return f"At T = ∞ the cuts leave {lesson.chip(here.itos[int(probs.argmax())])} alone. "
    alike = f"At T = ∞ none is in front: all that can be drawn are alike, 1/{kept:,} = {1 / kept:.3g} each. "
    if kept == probs.size - 1:
        return alike
    return alike + (
        "The cuts still choose by the order of the logits, which stays the same however large T is: "
        "kept are those with the largest. "
    )


def _kept(kept: int, of: int, had: float) -> str:
    """How many can be drawn, and what they had in the model's own distribution."""
    if kept == of:
        return f"All {of:,} tokens can be drawn. "
    if kept == 1:
        return f"Only this one of {of:,} tokens can be drawn; the model itself gave it {had:.3g}. "
    return f"{kept:,} of {of:,} tokens can be drawn; the model itself gave them {had:.3g} together. "


def predict() -> None:
    """A question about the order of the stages."""
    lesson.predict(
        PAGE,
        "Top-p = 0.9 comes after the temperature. You raise T. What happens to the number of tokens that top-p keeps?",
        ["It falls", "It stays", "It grows"],
        2,
        "A higher T flattens the distribution, so more tokens are needed to hold 90% of it. Top-k would keep the same "
        "number: that is the difference between the two.",
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that goes through the stages."""
    pipe = here.pipe
    T = scripts.number(pipe.temperature)
    script = f"""
import numpy as np

{scripts.open_model(here.loaded)}
from lmcore import sampling
from lmcore.probes.decoding import next_logits

ids = tokenizer.encode({here.prompt!r}) + {list(here.drawn)!r}
z, _ = next_logits(model, ids)
penalised = sampling.repetition_penalty(z, ids, {pipe.penalty!r})
probs = sampling.distribution(
    z, previous=ids, repetition_penalty={pipe.penalty!r}, temperature={T}, top_k={pipe.top_k!r},
    top_p={pipe.top_p!r}, min_p={pipe.min_p!r},
)
z[0] = -np.inf  # the start token, which never comes
for token in np.argsort(-z, kind="stable")[:12]:
    print(f"{{tokenizer.itos[token]!r:16}} {{z[token]:9.4f}} {{penalised[token]:9.4f}} {{probs[token]:.4g}}")
print("drawn", repr(tokenizer.itos[sampling.draw(probs, np.random.default_rng({here.view["seed"]}))]))
"""
    parts = [
        "repetition_penalty", "apply_temperature", "softmax", "top_k", "top_p", "min_p", "distribution", "pick",
    ]  # fmt: skip
    return [f"lmcore.sampling:{part}" for part in parts], script


def table(here: Here) -> pd.DataFrame:
    """Each token with what the stages make of it."""
    z, shape = here.logits(), here.shape
    plain = here.plain()
    order = np.argsort(-z[1:], kind="stable")[:5000] + 1
    first = {"repetition_penalty": shape["repetition_penalty"], "temperature": shape["temperature"]}
    columns = {
        "token": [here.itos[token] for token in order],
        "logit" if here.has_logits() else "ln p": z[order],
        "after the penalty": sampling.repetition_penalty(z, here.ids, here.pipe.penalty)[order],
        "model's own p": plain[order],
        "p after T and softmax": sampling.distribution(z, previous=here.ids, **first)[order],
        "p that is drawn from": here.probs()[order],
    }
    return pd.DataFrame(columns)


NOTE = "The tokens with the largest logits; a cut token has probability 0."


def further(here: Here) -> None:
    """The seed, and what the penalty depends on."""
    st.number_input(
        "Seed of the draws", 0, 9999, key=here.view.key("seed"), help="The n-th draw of a seed is always the same."
    )
    st.caption(
        "The order is that of transformers: penalty, temperature, top-k, top-p, min-p. Another order gives another "
        "distribution. Top-p looks at what top-k left, as if that summed to 1."
    )
    z = here.logits()[1:]
    st.caption(
        "The repetition penalty (Keskar et al., 2019) is the one stage that depends on where the logits have their 0: "
        "add 5 to all of them and no other stage notices, but this one does. "
        + (
            "A model that counts gives log-probabilities, which are never above 0: each p becomes p to the power θ."
            if not here.has_logits()
            else f"Here the largest logit is {z.max():.3g} and the smallest {z.min():.3g}."
        )
    )
    if math.isinf(here.pipe.temperature):
        st.caption("At T = ∞ the cuts keep what they keep as T grows without bound.")
