"""What the page "Attention by hand" computes, says and tabulates; what belongs to its example: attention_paper.py."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.figures import scaling
from lmcore.probes import attention_by_hand as probe
from lmcore.probes.attention_by_hand import Doubles, Inputs, Walk, entropies, on_later
from pages.shared import lesson, scripts
from pages.shared.attention_by_hand import Look, Sizes, in_its_head, valid
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

MAX_SHOWN = 16  # tokens of a text whose matrices are drawn
START = "start"
WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
N_KEYS = 16
MATRICES = {
    "x, what comes in": "x", "Q, queries": "q", "K, keys": "k", "V, values": "v", "scores": "scores",
    "attention weights": "weights", "weighted sums": "heads", "output": "out",
}  # fmt: skip

Ids = tuple[int, ...]


# What is computed --------------------------------------------------------------------------------------------------


def trained(loaded: Loaded, ids: Ids, block: int) -> Inputs:
    """What one block's attention starts from, in a model that reads a text; cached by content."""
    return _trained(loaded.hash, ids, block, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _trained(content: str, ids: Ids, block: int, hidden: Unhashed) -> Inputs:
    return probe.of_block(hidden.value, hidden.value.trace(ids), block)


@functools.cache
def by_width() -> probe.ByWidth:
    """Random queries and keys at each width; 60 ms, once."""
    return probe.by_width(WIDTHS, n_keys=N_KEYS)


# The view ----------------------------------------------------------------------------------------------------------


def look_of(view: View, sizes: Sizes) -> Look:
    """The cell that the link names; nothing where there is none such."""
    head = view["head"] if view["head"] < sizes.H else 0
    name, _, numbers = view["cell"].partition(".")
    try:
        i, c = (int(part) for part in numbers.split("."))
    except ValueError:
        return Look(h=head)
    look = in_its_head(Look(name, i, c, head), sizes)
    return look if valid(look, sizes) else Look(h=head)


def keep(view: View, look: Look) -> None:
    """Write what is held to the view."""
    view.set(cell=f"{look.m}.{look.i}.{look.c}" if look.m else "", head=look.h)


def row_of(look: Look, n: int) -> int:
    """The token that the page speaks of: that of the held cell, else the last one."""
    return look.i if look.m and look.m[0] != "w" and look.i < n else n - 1


# What is said ------------------------------------------------------------------------------------------------------


def seen(inputs: Inputs, walk: Walk, tokens: Sequence[str], look: Look, scaled: bool, masked: bool) -> str:
    """The reading of one row."""
    i, h, D = row_of(look, len(tokens)), look.h, walk.q.shape[-1]
    weights = walk.weights[h, i]
    other = inputs.walk(scaled=not scaled, masked=masked).weights[h, i]
    now, then = float(entropies(weights)), float(entropies(other))
    open_ = i + 1 if masked else len(tokens)
    head = f", in head {h + 1}," if walk.q.shape[0] > 1 else ""
    said = f"{lesson.chip(tokens[i])}{head} looks {_most_at(weights[:open_], tokens)}. "
    if open_ == 1:
        return said + "It is the first and may see only itself, so there is nothing to choose."
    said += f"The entropy of its row is **{_small(now)} nats** of at most ln {open_} = {math.log(open_):.3g}; "
    if D == 1:
        said += "with or without dividing, for √1 = 1. "
    else:
        said += f"{'without dividing' if scaled else 'divided'} by √{D} it would be **{_small(then)}**. "
    if masked:
        free = float(on_later(inputs.walk(scaled=scaled, masked=False).weights)[h, i])
        return said + (
            f"Without the mask {lesson.percent(free)} of its attention would go to tokens after it."
            if i + 1 < len(tokens)
            else "It is the last one, so the mask hides nothing from it."
        )
    later = lesson.percent(float(on_later(walk.weights)[h, i]))
    return said + f"Nothing is masked: {later} of its attention goes to tokens after it."


def _most_at(weights: Doubles, tokens: Sequence[str]) -> str:
    """(n,) What gets the largest share; nothing is singled out among equals."""
    share, best = lesson.percent(float(weights.max())), _highest(weights)
    if len(best) == 1:
        return f"most at {lesson.chip(tokens[best[0]])}, with {share}"
    if len(best) == len(weights):
        return f"at all {len(best)} tokens alike that it may see, with {share} each"
    named = [lesson.chip(tokens[j]) for j in best[:3]]
    more = f"{', '.join(named)} and {len(best) - 3} more" if len(best) > 3 else " and ".join(named)
    return f"most, and alike, at {more}, with {share} each"


def _highest(weights: Doubles) -> list[int]:
    """The places of the largest weight; several when they are level."""
    return np.flatnonzero(np.isclose(weights, weights.max())).tolist()


def _small(nats: float) -> str:
    """An entropy; a row that has all but decided is told in words."""
    return f"{nats:.3g}" if nats >= 1e-3 or nats == 0 else "below 0.001"


def switches(inputs: Inputs, tokens: Sequence[str], head: int, scaled: bool) -> pd.DataFrame:
    """Each row of one head: its entropy with and without the division, and what it would give to later tokens."""
    divided, plain = (inputs.walk(scaled=scaled).weights[head] for scaled in (True, False))
    free = inputs.walk(scaled=scaled, masked=False).weights[head]
    P = len(tokens)
    return pd.DataFrame(
        {
            "row": list(tokens),
            "sees": np.arange(1, P + 1),
            "entropy at most": np.log(np.arange(1, P + 1)),
            "entropy, divided by √d": entropies(divided),
            "entropy, not divided": entropies(plain),
            "without the mask, on later tokens": on_later(free),
        }
    )


def show_switches(inputs: Inputs, tokens: Sequence[str], head: int, scaled: bool) -> None:
    """The table of the switches."""
    table = switches(inputs, tokens, head, scaled)
    st.dataframe(
        table, hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="percent" if "later" in name else "%.3f")
            for name in table.columns[2:]
        },
    )  # fmt: skip
    means = table.iloc[1:].mean(numeric_only=True)
    if len(table) > 1:
        st.caption(
            f"Entropies in nats, with the mask. On average over the rows that have a choice: "
            f"{means['entropy, divided by √d']:.3g} divided by √d, {means['entropy, not divided']:.3g} not divided."
        )


def name_of_most(weights: Doubles, tokens: Sequence[str]) -> str:
    """(n,) The token with the largest share, if one has it alone."""
    best = _highest(weights)
    return tokens[best[0]] if len(best) == 1 else "none in particular"


def heads_trained(walk: Walk, tokens: Sequence[str], row: int) -> pd.DataFrame:
    """Each head of a block: how sharp it is, and what one token looks at."""
    entropy = entropies(walk.weights)
    return pd.DataFrame(
        {
            "head": np.arange(1, walk.weights.shape[0] + 1),
            "mean entropy of its rows": entropy[:, 1:].mean(axis=1) if len(tokens) > 1 else entropy[:, 0],
            "looks most at": [name_of_most(weights[row], tokens) for weights in walk.weights],
            "with": walk.weights[:, row].max(axis=1),
        }
    )


def show_heads_trained(walk: Walk, tokens: Sequence[str], row: int) -> None:
    """The table of a block's heads."""
    H, _, D = walk.q.shape
    st.markdown(
        f"This block has {H} head{'s' * (H > 1)} of {D} numbers each, {H} × {D} = {H * D} in all. Every head asks in "
        f"its own way; here is what {lesson.chip(tokens[row])} looks at in each."
    )
    config = {
        "mean entropy of its rows": st.column_config.NumberColumn(format="%.3f"),
        "with": st.column_config.NumberColumn(format="percent"),
    }
    st.dataframe(heads_trained(walk, tokens, row), hide_index=True, column_config=config)


def show_widths(page: str, D: int) -> None:
    """Why the scores are divided: a picture with random numbers, and how to read it."""
    found = by_width()
    st.plotly_chart(
        scaling.entropy_by_width(
            found.widths, found.plain.tolist(), found.scaled.tolist(), N_KEYS, D, theme=lesson.theme()
        ),
        key=f"{page}.widths", config={"displayModeBar": False},
    )  # fmt: skip
    d, deviation, plain = found.widths[-1], found.deviation[-1], found.plain[-1]
    st.markdown(
        f"Queries and keys of random numbers, {N_KEYS} keys each. A sum of d products grows like √d: at d = {d} the "
        f"scores have a deviation of {deviation:.3g}, about √{d} = {math.sqrt(d):.3g}. Softmax of such scores nearly "
        f"picks a single key ({plain:.3g} nats), and where it does, almost no gradient comes back. Divided by √d the "
        f"rows stay between {found.scaled.min():.3g} and {found.scaled.max():.3g} nats, at any width."
    )


def further(paper: bool) -> None:
    """What the picture does not say, and where it comes from."""
    if not paper:
        st.caption(
            "What comes in is the stream after a LayerNorm: point at a cell of x for that arithmetic. Switching off "
            "the division or the mask here changes this block only, as it reads what the trained model gives it; no "
            "model was trained so."
        )
    st.markdown(
        "**Attention is not explanation.** A large weight says that a value was taken, not that it mattered: values "
        "can be small, later blocks can undo it, and other heads may carry the same."
    )
    st.caption(
        "Vaswani and others, “Attention is all you need” (2017); the division by √d is in section 3.2.1. Jain and "
        "Wallace, “Attention is not Explanation” (2019)."
    )


# The code and the numbers ------------------------------------------------------------------------------------------


def numbers(page: str, inputs: Inputs, walk: Walk, tokens: Sequence[str], head: int, scaled: bool) -> pd.DataFrame:
    """The table that is asked for."""
    which = st.selectbox("Which numbers", [*MATRICES, "switches", "widths"], key=f"{page}.which")
    if which == "switches":
        return switches(inputs, tokens, head, scaled)
    if which == "widths":
        found = by_width()
        return pd.DataFrame(
            {"d": found.widths, "deviation of q · k": found.deviation, "entropy, q · k": found.plain,
             "entropy, q · k / √d": found.scaled}
        )  # fmt: skip
    name = MATRICES[which]
    matrix = getattr(walk, "masked" if name == "scores" else name)
    matrix = matrix[head] if matrix.ndim == 3 else matrix
    named = [f"{j + 1} {tokens[j]}" for j in range(len(tokens))] if name in ("scores", "weights") else None
    table = pd.DataFrame(matrix, columns=named or [str(j + 1) for j in range(matrix.shape[1])])
    table.insert(0, "token", list(tokens))
    return table


def script_trained(loaded: Loaded, step: int, ids: Ids, block: int, head: int, scaled: bool, masked: bool) -> str:
    """A script that computes one block's attention by hand and compares it with the model's own."""
    opened = scripts.open_model(loaded, step)
    return f"""
import numpy as np

{opened}
from lmcore.probes.attention_by_hand import entropies, of_block

ids, block, head = {list(ids)!r}, {block}, {head}
trace = model.trace(ids)
walk = of_block(model, trace, block).walk(scaled={scaled}, masked={masked})
for name in ("q", "k", "v", "masked", "weights", "heads"):
    print(name)
    print(getattr(walk, name)[head].round(3))
print("entropy of each row, in nats", entropies(walk.weights[head]).round(3))
differs = np.abs(walk.out - trace[f"block.{{block}}.attn_out"]).max()
print(f"the output differs from the model's own by at most {{differs:.2g}}")
"""
