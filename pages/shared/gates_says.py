"""What the page on LSTM gates says and tabulates, in the numbers of this model and text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import sampling
from lmcore.figures.gates import moved_along, true_and_held
from lmcore.probes.gates import HELD, Inside, WhatIf, loss, strongest_first
from lmcore.tokenizers.base import START_ID, Tokenizer
from pages.shared import gates, lesson, memory_race, scripts
from pages.shared.gates import Ids, Measured, Seen
from pages.shared.models import Loaded
from pages.shared.view import View

LONG = 0.95  # a forget gate this open on average keeps half of a cell over 13 tokens
N_NEXT = 7
QUIET = {"displayModeBar": False}


def best_of(found: Measured, feature: str) -> int:
    """The unit whose cell follows a feature most closely."""
    return int(strongest_first(found.r[feature])[0])


def of_units(found: Measured, unit: int, n_units: int) -> str:
    """Who keeps longest, who follows what, and the unit that is looked at."""
    most = int(found.forget.argmax())
    n_long = int((found.forget > LONG).sum())
    known = {name: best_of(found, name) for name in found.r if found.varies[name]}
    follows = ", ".join(f"{lesson.plain(name)} unit {u} (r = {found.r[name][u]:.2f})" for name, u in known.items())
    absent = [name for name, varies in found.varies.items() if not varies]
    mine = {name: found.r[name][unit] for name in known}
    best = max(mine, key=lambda name: abs(mine[name]), default=None)
    return (
        f"Of the {n_units} units, {n_long} keep more than {LONG:.0%} of their cell from one token to the next. Unit "
        f"{most} keeps most, {found.forget[most]:.3f} on average: half of what it holds is still there after "
        f"{_half_life(found.forget[most])}. "
        + (f"The cells that follow the text most closely: {follows}. " if follows else "")
        + (f"Nothing can be said about {' or '.join(absent)}: that text has none. " if absent else "")
        + f"Unit {unit} keeps {found.forget[unit]:.3f}"
        + (f" and goes best with {best} (r = {mine[best]:.2f}). " if best else ". ")
        + "With so many units, some follow anything a little by chance."
    )


def _half_life(keeps: float) -> str:
    """How many tokens until half is left, when a share `keeps` stays at each."""
    if keeps >= 0.9999:
        return "thousands of tokens"
    n = math.log(0.5) / math.log(keeps) if keeps > 0 else 0.0
    return f"{n:.0f} tokens" if n >= 1.5 else "one token, at most"


def what_if(
    page: str, seen: Seen, moved: WhatIf, tokenizer: Tokenizer, tokens: Sequence[str], ids: Ids, place: int, hue: int
) -> None:
    """The next token at one place, as it is and held, and how far each place has moved."""
    true, held = (_probs(rows[place]) for rows in (seen.log_probs, moved.log_probs))
    likeliest = [token for token, _ in sampling.top(np.maximum(true, held), N_NEXT)]
    here = lesson.chip(tokens[place])
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(f"**After {here}**, what comes next: filled as it is, hatched with the gate held.")
        st.plotly_chart(
            true_and_held(
                [tokenizer.itos[token] for token in likeliest], true[likeliest].tolist(), held[likeliest].tolist(),
                hue, theme=lesson.theme(),
            ),
            key=f"{page}.next", config=QUIET,
        )  # fmt: skip
    with right:
        st.markdown("**At every token**, how far the prediction has moved: total variation, 0 the same, 1 all of it.")
        st.plotly_chart(
            moved_along(tokens, moved.total_variation.tolist(), place, hue, theme=lesson.theme()),
            key=f"{page}.moved", config=QUIET,
        )  # fmt: skip
        at = int(moved.total_variation.argmax())
        now = loss(moved.log_probs, ids)
        st.markdown(
            f"At {here} it moves by **{moved.total_variation[place]:.3g}** (KL {moved.kl[place]:.3g} nats), most of "
            f"all after {lesson.chip(tokens[at])}, token {at}: {moved.total_variation[at]:.3g}. "
            + (f"A token of this text costs **{seen.loss:.3g} nats** as it is and **{now:.3g}** held." if ids else "")
        )


def _probs(log_probs: np.ndarray) -> np.ndarray:
    """(V,) probabilities without the start token, which no text contains."""
    probs = np.exp(log_probs.astype(np.float64))
    probs[START_ID] = 0
    return probs / probs.sum()


def predict(page: str, loaded: Loaded, ids: Ids, layer: int, as_it_is: float) -> None:
    """The question, with the answer that this model and text give."""
    why = "A memory that keeps all it was ever told is soon full of what no longer matters."
    kept = loss(gates.held(loaded, ids, "forget_gate", 1, None, layer).log_probs, ids)
    lesson.predict(
        page,
        "You hold every forget gate at 1: nothing is ever forgotten. Does the model predict this text better?",
        ["Better: it remembers everything", "Worse: it cannot let go of what is over"],
        int(not kept < as_it_is),
        f"As it is, a token of this text costs {as_it_is:.3g} nats; with every forget gate at 1 it costs {kept:.3g}. "
        + (why if kept > as_it_is else "This model has not learnt to forget what no longer matters.")
        if ids
        else "Type a text to see what a token of it costs.",
    )


def further(view: View, loaded: Loaded, ids: Ids, layer: int, seen: Seen) -> None:
    """The layer, where there are two, and all gates held in turn."""
    if len(seen.insides) > 1:
        st.segmented_control(
            "Layer", [0, 1], format_func=lambda n: f"layer {n + 1}", key=view.key("layer"), required=True
        )
    st.markdown("**Each gate, held in all units.** What a token of the text costs then, in nats.")
    st.dataframe(every_gate(loaded, ids, layer, seen.loss), hide_index=True)
    st.caption(
        "Holding is an intervention: it tells what the model does without a gate, not what the gate was for. A "
        "correlation tells even less: many units follow the same feature, and none has to be used for it. Units that "
        "can be named are the exception (Karpathy, Johnson and Li, 2015)."
    )


def every_gate(loaded: Loaded, ids: Ids, layer: int, as_it_is: float) -> pd.DataFrame:
    """What a token costs with each gate at 0 and at 1."""
    rows = []
    for gate in HELD:
        costs = [loss(gates.held(loaded, ids, gate, value, None, layer).log_probs, ids) for value in (0, 1)]
        rows.append((gate.replace("_", " "), as_it_is, *costs))
    return pd.DataFrame(rows, columns=["gate", "as it is", "held at 0", "held at 1"])


def numbers(
    page: str, inside: Inside, tokens: Sequence[str], unit: int, found: Measured, moved: WhatIf
) -> pd.DataFrame:
    """The table that is asked for."""
    names = ["One unit", "All units", "What if", "The race"]
    which = st.segmented_control("Of which picture", names, key=f"{page}.which", default=names[0])
    if which == "All units":
        table = {"unit": np.arange(len(found.forget)), "forget gate, mean": found.forget}
        return pd.DataFrame(table | {f"r with {name}": r for name, r in found.r.items() if found.varies[name]})
    if which == "What if":
        at = range(len(tokens))
        return pd.DataFrame(
            {"place": at, "after": list(tokens), "total variation": moved.total_variation, "KL (nats)": moved.kl}
        )
    if which == "The race":
        return memory_race.table(page)
    columns = {name.replace("_", " "): getattr(inside, name)[:, unit] for name in inside.__dataclass_fields__}
    return pd.DataFrame({"unit": unit, "place": range(len(tokens)), "token": list(tokens), **columns})


def script(loaded: Loaded, step: int, ids: Ids, layer: int, unit: int, gate: str, value: int, one: bool) -> str:
    """A script that prints one unit along the text, and what holding the gate does."""
    return f"""
{scripts.open_model(loaded, step)}
from lmcore.probes import gates

ids = {list(ids)!r}
layer, unit = {layer}, {unit}
trace = model.trace(ids)
inside = gates.inside(trace, layer)
for t, token in enumerate(["start", *(tokenizer.itos[i] for i in ids)]):
    f, i, candidate, o, C, h = (getattr(inside, part)[t, unit] for part in gates.PARTS)
    print(f"{{token!r:8}} f {{f:.3f}} i {{i:.3f}} candidate {{candidate:+.3f}} o {{o:.3f}} C {{C:+.3f}} h {{h:+.3f}}")

moved = gates.held(model, ids, {gate!r}, {value}, units={[unit] if one else None}, layer=layer)
for t, distance in enumerate(moved.total_variation):
    print(f"after place {{t}} the next token's distribution moves by {{distance:.4f}}")
print(f"{{gates.loss(trace['log_probs'], ids):.4f}} nats a token, held {{gates.loss(moved.log_probs, ids):.4f}}")
"""
