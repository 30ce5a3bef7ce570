"""Sampling, part two: why T = 0 is the most probable token, T = 1 the model itself, T = infinity all alike."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import sampling
from lmcore.figures.decoding import ENDS, over_temperature
from pages.shared import lesson, scripts
from pages.shared.sampling_here import PAGE, Here

SAYS = "Three temperatures need no experiment: what they do follows from one fraction."
KINDS = {"0": 0.0, "1": 1.0, "inf": math.inf}
NAMES = {"0": "T = 0", "1": "T = 1", "inf": "T = ∞"}
GRID = np.geomspace(*ENDS, 81)
N_CURVES = 3


def _two(here: Here) -> tuple[np.ndarray, int, int]:
    """The model's own distribution, and its two most probable tokens."""
    plain = here.plain()
    first, second = (int(token) for token in np.argsort(-plain, kind="stable")[:2])
    return plain, first, second


def stage(here: Here) -> None:
    """The three buttons, the curves over T, and the limit in numbers."""
    st.segmented_control(
        "Temperature", list(KINDS), format_func=NAMES.__getitem__, key=here.view.key("end"), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    plain, first, second = _two(here)
    ratio, n = plain[second] / plain[first], plain.size - 1
    formula, why = _limit(here.view["end"], plain[first], plain[second], ratio, n)
    st.markdown(
        f"The favourite is {lesson.chip(here.itos[first])} with $p_1 = {plain[first]:.3g}$, the next "
        f"{lesson.chip(here.itos[second])} with $p_2 = {plain[second]:.3g}$. At a temperature T they stand to each "
        f"other as $(p_2 / p_1)^{{1/T}} \\approx {ratio:.5g}^{{\\,1/T}}$."
    )
    st.latex(formula)
    st.markdown(why)
    top = np.argsort(-plain, kind="stable")[:N_CURVES]
    st.plotly_chart(
        over_temperature(
            [here.itos[token] for token in top], GRID.tolist(), _curves(here, top), at=KINDS[here.view["end"]],
            uniform=1 / n, theme=lesson.theme(),
        ),
        key=f"{PAGE}.ends-chart", config={"displayModeBar": False},
    )  # fmt: skip


def _curves(here: Here, tokens: np.ndarray) -> np.ndarray:
    """(N, K) probabilities of tokens over the grid of temperatures."""
    z = here.logits().astype(np.float64)[1:]
    z = z[np.isfinite(z)] - z.max()
    shown = here.logits().astype(np.float64)[tokens] - here.logits()[1:].max()
    total = np.exp(z[None] / GRID[:, None]).sum(axis=1)
    return np.exp(shown[:, None] / GRID[None]) / total[None]


def _limit(end: str, p1: float, p2: float, ratio: float, n: int) -> tuple[str, str]:
    """(the limit with this distribution's numbers as LaTeX, why in words)."""

    def power(x: float) -> str:
        value = ratio**x
        if value >= 1e-4 or value == 0:
            return f"{value:.3g}"
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa} \\cdot 10^{{{int(exponent)}}}"

    r = f"{ratio:.5g}"  # so that a calculator gives the powers as they stand here
    about = "=" if float(r) == ratio else r"\approx"
    if end == "0":
        ts = ((r"\tfrac12", 2), (r"\tfrac1{10}", 10), (r"\tfrac1{100}", 100))
        steps = [rf"T = {T}: &\quad {r}^{{{x}}} {about} {power(x)}" for T, x in ts]
        goes = "0" if ratio < 1 else "1"
        why = (
            "A number below 1 to an ever higher power tends to 0: next to the favourite everything else vanishes, and "
            "its own probability tends to 1. Dividing by 0 itself is impossible, so T = 0 **means** this limit: take "
            "the largest. Nothing is random any more."
            if ratio < 1
            else "Two tokens are exactly equal here: the limit shares between them, and T = 0 takes the first."
        )
        return _below(steps, rf"T \to 0: &\quad {r}^{{\,1/T}} \to {goes}"), why
    if end == "1":
        formula = rf"\frac{{p_1^{{1/1}}}}{{\sum_x p(x)^{{1/1}}}} = \frac{{{p1:.3g}}}{{1}} = {p1:.3g}"
        return formula, (
            "The exponent is 1 and the sum is 1 already: every probability stays what the model learnt. This is the "
            "only T at which the text is drawn from the model itself."
        )
    steps = [rf"T = {T}: &\quad {r}^{{1/{T}}} {about} {power(1 / T)}" for T in (2, 10, 100)]
    return _below(steps, rf"T \to \infty: &\quad {r}^{{\,1/T}} \to {r}^0 = 1"), (
        f"1/T tends to 0, and any number to the power 0 is 1. When all tokens stand to each other as 1 to 1, each of "
        f"the {n:,} gets 1/{n:,} = {1 / n:.3g}: what the model learnt is gone."
    )


def _below(steps: list[str], limit: str) -> str:
    """Steps and their limit, one below the other, as LaTeX."""
    return r"\begin{aligned}" + r" \\ ".join([*steps, limit]) + r"\end{aligned}"


def reading(here: Here) -> str:
    """The picture in numbers."""
    plain, first, _second = _two(here)
    T = KINDS[here.view["end"]]
    now = sampling.distribution(here.logits(), temperature=T)
    return (
        f"At {NAMES[here.view['end']]} the favourite has {now[first]:.3g} and the entropy is "
        f"{sampling.entropy(now):.3g} nats, between 0 and ln {plain.size - 1:,} = {math.log(plain.size - 1):.3g}. The "
        "favourite's curve only falls from left to right; the second's may rise first, since the favourite gives up "
        "the most. The curves never cross: no temperature changes the order."
    )


def predict() -> None:
    """A question about the limit."""
    lesson.predict(
        f"{PAGE}.ends",
        "One token has probability exactly 0 in the model. What does it have as T grows?",
        ["0 at every finite T", "It slowly rises to 1/n"],
        0,
        "0 to any power above 0 stays 0. Only at T = infinity itself, where all tokens are alike by definition, it has "
        "1/n: the limit and the value at the end differ there. With any cut switched on it stays out.",
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that prints the curves."""
    script = f"""
import numpy as np

{scripts.open_model(here.loaded)}
from lmcore import sampling
from lmcore.probes.decoding import next_logits

ids = tokenizer.encode({here.prompt!r}) + {list(here.drawn)!r}
z, _ = next_logits(model, ids)
top = np.argsort(-sampling.distribution(z), kind="stable")[:3]
print("T       ", *(repr(tokenizer.itos[token]) for token in top))
for T in (0, 0.1, 0.5, 1, 2, 10, 100, float("inf")):
    print(f"{{T:<8g}}", *(f"{{p:.4g}}" for p in sampling.distribution(z, temperature=T)[top]))
"""
    return ["lmcore.sampling:apply_temperature", "lmcore.sampling:softmax"], script


def table(here: Here) -> pd.DataFrame:
    """The curves."""
    top = np.argsort(-here.plain(), kind="stable")[:N_CURVES]
    curves = _curves(here, top)
    return pd.DataFrame({"T": GRID} | {here.itos[token]: row for token, row in zip(top, curves, strict=True)})


NOTE = "The three most probable tokens at 81 temperatures, nothing cut."


def further(here: Here) -> None:
    """What software does at 0."""
    st.caption(
        "Many programs refuse T = 0, or take it as a tiny number. Here it is the limit itself: the largest logit, the "
        "one with the lower index when several are equal. Temperature in this sense: Ackley, Hinton and Sejnowski, “A "
        "learning algorithm for Boltzmann machines” (1985)."
    )
