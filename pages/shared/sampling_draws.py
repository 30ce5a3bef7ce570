"""Sampling, part three: two hundred draws beside what was to be expected, and how far chance may stray."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures.decoding import draws
from lmcore.probes import decoding
from pages.shared import lesson, scripts
from pages.shared.sampling_here import N_SHOWN, PAGE, Here, settings_said

SAYS = "One draw says nothing about a probability. Two hundred do, up to a scatter that can be calculated before."
BATCH, MOST = 200, 100_000
OTHERS = "all others"
TAIL = 8  # tokens of the text that the caption quotes


def _bars(here: Here) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(names, probabilities, counts) of the most probable tokens and of all others together."""
    probs, n = here.probs(), here.view["n"]
    counts = _counts(probs.tobytes(), n, here.view["seed"])
    top = np.argsort(-probs, kind="stable")[:N_SHOWN]
    top = top[probs[top] > 0]
    names, p, c = [here.itos[token] for token in top], probs[top], counts[top]
    if np.count_nonzero(probs) > top.size:
        names, p, c = [*names, OTHERS], np.append(p, max(1 - p.sum(), 0)), np.append(c, n - c.sum())
    return names, p, c


@functools.lru_cache(maxsize=64)
def _counts(probs: bytes, n: int, seed: int) -> np.ndarray:
    counts = decoding.many_draws(np.frombuffer(probs), n, seed)
    counts.flags.writeable = False
    return counts


def stage(here: Here) -> None:
    """The histogram, and the button."""
    view = here.view
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Draw {BATCH} more", type="primary", icon=":material/casino:", key=f"{PAGE}.more",
            disabled=view["n"] >= MOST, on_click=lambda: view.set(n=min(view["n"] + BATCH, MOST)),
        )  # fmt: skip
        st.button(
            "Draw 10,000 more", key=f"{PAGE}.many", disabled=view["n"] >= MOST,
            on_click=lambda: view.set(n=min(view["n"] + 10_000, MOST)),
        )  # fmt: skip
        st.button(
            "Begin again",
            key=f"{PAGE}.fewer",
            type="tertiary",
            on_click=lambda: view.set(n=BATCH, seed=(view["seed"] + 1) % 10_000),
        )
    names, p, counts = _bars(here)
    n = view["n"]
    st.markdown(
        f"**{n:,} draws** after {lesson.chip(_tail(here))} with {settings_said(here)}. Bars: n p, what is expected; "
        "the whisker is ± √(n p (1 − p)); the diamond is what came, open where it lies outside the whisker."
    )
    st.plotly_chart(
        draws(names, n * p, decoding.scatter(p, n), counts, theme=lesson.theme()),
        key=f"{PAGE}.draws-chart", config={"displayModeBar": False},
    )  # fmt: skip


def _tail(here: Here) -> str:
    """The end of the text."""
    text = here.loaded.tokenizer.decode(list(here.ids[-TAIL:])) if here.ids else ""
    return ("…" if len(here.ids) > TAIL else "") + text or "<s>"


def reading(here: Here) -> str:
    """How far chance strayed."""
    names, p, counts = _bars(here)
    n = here.view["n"]
    sd = decoding.scatter(p, n)
    inside = int(np.count_nonzero(np.abs(counts - n * p) <= sd))
    best = f"{lesson.chip(names[0])}: expected {n * p[0]:,.1f} ± {sd[0]:,.1f}, drawn {counts[0]:,}. "
    if sd[0] == 0:
        return best + "Only one token can come: nothing is left to chance."
    return (
        best + f"{inside} of {len(names)} counts lie within one standard deviation; about two thirds should, not all. "
        f"As a share the scatter is {sd[0] / n:.2g}: it shrinks only with √n, so four times the draws halve it."
    )


def predict() -> None:
    """A question about √n."""
    lesson.predict(
        f"{PAGE}.draws",
        "How many draws make the scatter of a share ten times smaller?",
        ["10 times as many", "100 times as many"],
        1,
        "The count scatters by √(n p (1 − p)), the share by √(p (1 − p) / n). To divide by 10, n must grow by 100.",
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script with the same draws."""
    arguments = "".join(f", {name}={scripts.number(value)}" for name, value in here.shape.items())
    script = f"""
import numpy as np

{scripts.open_model(here.loaded)}
from lmcore import sampling
from lmcore.probes import decoding

ids = tokenizer.encode({here.prompt!r}) + {list(here.drawn)!r}
z, _ = decoding.next_logits(model, ids)
probs = sampling.distribution(z, previous=ids{arguments})
n = {here.view["n"]}
counts, sd = decoding.many_draws(probs, n, seed={here.view["seed"]}), decoding.scatter(probs, n)
for token in np.argsort(-probs, kind="stable")[:12]:
    print(f"{{tokenizer.itos[token]!r:16}} {{n * probs[token]:9.2f}} ± {{sd[token]:6.2f}}  {{counts[token]}}")
"""
    return ["lmcore.probes.decoding:many_draws", "lmcore.probes.decoding:scatter", "lmcore.sampling:pick"], script


def table(here: Here) -> pd.DataFrame:
    """Expected and drawn."""
    names, p, counts = _bars(here)
    n = here.view["n"]
    return pd.DataFrame(
        {"token": names, "p": p, "expected": n * p, "± (standard deviation)": decoding.scatter(p, n), "drawn": counts}
    )


NOTE = "What was expected and what was drawn."


def further(here: Here) -> None:
    """The seed."""
    st.number_input("Seed of the draws", 0, 9999, key=here.view.key("seed"), help="Same seed, same draws.")
    st.caption(
        "The distribution is the one that the pipeline makes as it is set now; all draws are for the same place."
    )
