"""What the page on positions computes of a model and a text, cached by content, and its sections."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures import positions as figures
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.positions import fixed, frequencies, sinusoidal
from lmcore.probes import positions as probe
from pages.shared import lesson, scripts
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.positions_clock import HANDS

MAX_SHOWN = 32  # tokens of the text that are looked into
START = "start"
KIND_NAMES = {"sinusoidal": "sinusoidal", "rotary": "rotary", "alibi": "ALiBi", "learned": "learned", "none": "none"}
CONFIG = {"displayModeBar": False}

Ids = tuple[int, ...]


# A model and a text -------------------------------------------------------------------------------------------------


def config_of(loaded: Loaded) -> GPTConfig:
    """The configuration of a GPT."""
    return loaded.model.config  # type: ignore[attr-defined]


def most(loaded: Loaded) -> int:
    """How many tokens are looked into: a short text, and one window of the model."""
    return min(MAX_SHOWN, config_of(loaded).block_size - 1)


def tokens_of(loaded: Loaded, ids: Ids) -> list[str]:
    """The text of each position, that of the start token first."""
    return [START, *(loaded.tokenizer.itos[token] for token in ids)]


def sizes(loaded: Loaded, ids: Ids) -> probe.Sizes | None:
    """Lengths of the vectors that the model adds up."""
    return _sizes(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _sizes(content: str, ids: Ids, hidden: Unhashed) -> probe.Sizes | None:
    return probe.sizes(hidden.value, ids)


def reordered(loaded: Loaded, ids: Ids, other: Ids) -> tuple[probe.Reordered, probe.Reordered]:
    """What a shuffle changes with the model's positions, and without."""
    return _reordered(loaded.hash, ids, other, Unhashed(loaded.model))


@functools.lru_cache(maxsize=64)
def _reordered(content: str, ids: Ids, other: Ids, hidden: Unhashed) -> tuple[probe.Reordered, probe.Reordered]:
    bare = bare_model(content, hidden)
    return probe.reordered(hidden.value, ids, other), probe.reordered(bare, ids, other)


@functools.lru_cache(maxsize=8)
def bare_model(content: str, hidden: Unhashed) -> Any:
    """The hidden model without its positions."""
    return probe.without_positions(hidden.value)


def table_of(loaded: Loaded) -> NDArray[np.float32] | None:
    """(block_size, C) what the model adds at each position; None when it adds nothing."""
    config = config_of(loaded)
    if config.position == "learned":
        return loaded.model.state_arrays()["wpe.weight"]  # type: ignore[attr-defined]
    return fixed(config.position, config.block_size, config.n_embd, config.n_head).get("waves")


@functools.lru_cache(maxsize=16)
def _likeness(content: str, hidden: Unhashed) -> NDArray[np.float64]:
    return probe.alike(hidden.value)


# What is said and drawn ---------------------------------------------------------------------------------------------


def of_the_hands(position: int, width: int, n: int) -> str:
    """What the stage shows at this position, in words."""
    speeds = frequencies(width)
    turns = position * speeds / (2 * math.pi)
    drawn = f" ({HANDS} of them are drawn)" if width // 2 > HANDS else ""
    near, far = (np.cos(speeds * d).mean() for d in (1, min(n - 1, 10)))
    return (
        f"At position {position} the first hand has gone round {turns[0]:.1f} times, the last one "
        f"{_part(turns[-1])}: like the digits of a counter, whose ones turn fastest. (Some notes say it backwards.) "
        f"All {width // 2} hands{drawn} together tell any two positions apart. Two neighbours are alike by {near:.2f}, "
        f"two that stand {min(n - 1, 10)} apart by {far:.2f}, wherever they stand: only the distance counts."
    )


def last_turn(width: int) -> int:
    """How many positions the slowest hand needs to go round."""
    return round(2 * math.pi / frequencies(width)[-1])


def _part(turns: float) -> str:
    return f"{turns:.1f} times" if turns >= 0.95 else f"{turns:.2g} of one turn" if turns else "not at all"


def size_section(loaded: Loaded, ids: Ids) -> None:
    """How small the addition is, measured."""
    found, tokens = sizes(loaded, ids), tokens_of(loaded, ids)
    kind = config_of(loaded).position
    if found is None:
        st.markdown(
            f"This model adds no vector at all: its positions are {KIND_NAMES[kind]}, and work inside attention or not "
            "at all. Choose one with learned positions to measure an addition."
        )
        return
    st.plotly_chart(
        figures.lengths(tokens, found.token.tolist(), found.position.tolist(), theme=lesson.theme()),
        config=CONFIG, key="positions.lengths",
    )  # fmt: skip
    words = slice(1, None) if ids else slice(None)  # the start token is no word
    token, position = found.token[words].mean(), found.position[words].mean()
    n, same = len(found.recognised[words]), int(found.recognised[words].sum())
    lesson.what_you_see(
        f"A token's vector is {token:.2f} long on average here{' (start left out)' if ids else ''}, that of its "
        f"position {position:.2f}: {position / token:.2f} times as long{_weighed(position / token)}. Is the word "
        f"drowned by it? At {same} of {n} {'places' if n > 1 else 'place'} the word nearest to the sum is still the "
        f"word itself: in {config_of(loaded).n_embd} dimensions there is room for both."
    )


def _weighed(ratio: float) -> str:
    if ratio < 0.5:
        return ", a small addition"
    return ", smaller but far from nothing in a model of this size" if ratio < 1 else ", so not small at all"


def likeness_section(loaded: Loaded, trained: bool) -> None:
    """The model's own table of positions: how alike any two of them are."""
    table = table_of(loaded)
    if table is None:
        return
    found = _likeness(loaded.hash, Unhashed(table))
    mean, deviation = probe.by_distance(found)
    left, right = st.columns([2, 3], vertical_alignment="center", gap="medium")
    with left:
        st.plotly_chart(
            figures.square(found, 1.0, theme=lesson.theme(), title="position →, position ↓",
                           hover="positions %{y} and %{x}<br>cosine %{z:.2f}"),
            config=CONFIG, key="positions.alike",
        )  # fmt: skip
    with right:
        made = config_of(loaded).position == "learned"
        far = min(10, len(mean) - 1)
        st.markdown(
            f"**{'Learned' if made else 'Fixed'} positions.** Every position of this model against every other: blue "
            f"where two point the same way, orange where they point apart. Neighbours: {mean[1]:.2f} on average; "
            f"{far} apart: {mean[far]:.2f}. "
            + (
                (
                    f"The second number is not the same everywhere (± {deviation[far]:.2f}): nobody told the model "
                    "that position 7 comes after 6, it found out what was useful."
                    if trained
                    else "Nothing has been learnt yet: these are random numbers, and no position knows its neighbours."
                )
                if made
                else "Each line along the diagonal has one colour: only the distance counts."
            )
        )


def shuffle_section(loaded: Loaded, ids: Ids, seed: int, trained: bool) -> None:
    """Shuffle the words before the last one: what attention cannot tell without positions, by numbers."""
    other = probe.shuffled(ids, seed)
    if other == ids:
        st.markdown("This text has no other order: write at least two different words before the last one.")
        return
    kept, bare = reordered(loaded, ids, other)
    text = loaded.tokenizer.decode
    st.markdown(f"As it was: {lesson.chip(text(ids))}  \nShuffled: {lesson.chip(text(other))}")
    st.plotly_chart(
        figures.reordered(kept.attention.tolist(), bare.attention.tolist(), theme=lesson.theme()),
        config=CONFIG, key="positions.reordered",
    )  # fmt: skip
    st.caption(
        "How far the output of each block's attention at the last token moves, as a share of its length. That token "
        "is the same in both; without positions the model keeps all its other weights."
    )
    first = "exactly 0 but for rounding" if bare.attention[0] < 1e-5 else f"{bare.attention[0]:.2g}"
    more = (
        f" From the second block on it is not ({figures.said(bare.attention[1])}): the causal mask lets each word see "
        "only those before it, and so its vector already knows a little of the order."
        if len(bare.attention) > 1
        else ""
    )
    st.markdown(
        f"**Without positions, the first block's attention moves by {first}.** It sees a set of words: their sum "
        f"is the same in any order.{more} With positions the first block moves by {figures.said(kept.attention[0])}. "
        f"The next-token distribution moves by {lesson.percent(kept.moved)} with positions, by "
        f"{lesson.percent(bare.moved)} without"
        + (", where its other weights miss what they were trained with." if trained else "; nothing is trained yet.")
    )


# Code and numbers ---------------------------------------------------------------------------------------------------


def script(loaded: Loaded, step: int, ids: Ids, seed: int, position: int, width: int) -> str:
    """A complete script that computes what is on the page."""
    opened = scripts.open_model(loaded, step)
    return f"""
import numpy as np

{opened}
from lmcore.models.positions import frequencies, sinusoidal
from lmcore.probes import positions

table = sinusoidal({position + 1}, {width})
print("position {position}:", np.round(table[{position}], 3))
print("radians a position:", np.round(frequencies({width}), 5))

ids = {list(ids)}
found = positions.sizes(model, ids)
if found is not None:
    print("lengths of tokens", found.token, "and of positions", found.position)

other = positions.shuffled(ids, {seed})
for name, one in (("with", model), ("without", positions.without_positions(model))):
    if ids:
        print(name, "positions, each block's attention moves by", positions.reordered(one, ids, other).attention)
"""


def numbers(position: int, width: int) -> pd.DataFrame:
    """The table of the stage: every pair of dimensions at this position."""
    speeds, row = frequencies(width), sinusoidal(position + 1, width)[position]
    return pd.DataFrame(
        {
            "dimensions": [f"{2 * i}, {2 * i + 1}" for i in range(width // 2)],
            "radians a position": speeds,
            "positions a turn": 2 * math.pi / speeds,
            "turns so far": position * speeds / (2 * math.pi),
            "sine": row[0::2],
            "cosine": row[1::2],
        }
    )
