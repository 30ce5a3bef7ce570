"""Context, second part: what a longer context costs, counted and measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.figures.context import Axis, Line, lines, powers_of_two
from lmcore.figures.numbers import signed, small
from lmcore.probes import context_cost as probe
from pages.shared import lesson
from pages.shared import measured as measurement
from pages.shared.models import Loaded
from pages.shared.view import View

NAME = "context-cost"
QUIET = {"displayModeBar": False}
WHAT = {"pass": "A whole text", "step": "One more token", "memory": "Memory"}
GPT2 = {"n_layer": 12, "n_embd": 768, "length": 1024}  # the small one of 2019

Rows = Sequence[dict[str, Any]]


def section(view: View) -> None:
    """Time and memory against the length of the context."""
    what = st.segmented_control(
        "The cost of", list(WHAT), format_func=WHAT.__getitem__, key=view.key("cost"), required=True
    )
    measurement.section(view.page, NAME, lambda rows: _draw(view, rows, what or "pass"), "Time it on this server")


def rows_of(page: str) -> Rows:
    """What is drawn."""
    return measurement.rows_shown(page, NAME)


def _draw(view: View, rows: Rows, what: str) -> None:
    passes = [row for row in rows if row["about"] == "pass"]
    steps = [row for row in rows if row["about"] == "step"]
    if len(steps) < 2:
        st.caption("The first lengths are on their way.")
        return
    sizes = {row["model"]: row for row in rows if row["about"] == "model"}
    theme = lesson.theme()
    gpt, rnn = ([row for row in passes if row["model"] == name] for name in ("gpt", "rnn"))
    if what == "memory":
        _memory(view, steps, sizes)
        return
    if what == "pass":
        pairs = [("GPT", gpt, "seconds", "products", theme.attention, "solid"),
                 ("RNN", rnn, "seconds", "products", theme.key, "dash")]  # fmt: skip
    else:
        pairs = [("everything anew", steps, "anew", "anew_products", theme.key, "dash"),
                 ("with a cache", steps, "cached", "cached_products", theme.attention, "solid")]  # fmt: skip
    left, right = st.columns(2)
    with left:
        st.markdown("**Measured**")
        drawn = [
            _line(name, [row["L"] for row in of], [1000 * row[seconds] for row in of], color, dash, "ms")
            for name, of, seconds, _, color, dash in pairs
        ]
        _chart(drawn, "milliseconds", f"{view.page}.{what}.seconds")
    with right:
        st.markdown("**Counted**")
        drawn = [
            _line(name, [row["L"] for row in of], [row[products] for row in of], color, dash, "multiplications")
            for name, of, _, products, color, dash in pairs
        ]
        _chart(drawn, "multiplications", f"{view.page}.{what}.products")
    rnn_too = f", the RNN {sizes['rnn']['hidden_size']} units" if what == "pass" else ""
    st.caption(
        "Both axes are logarithmic, so L is a line of slope 1 and L² one of slope 2. This GPT was made for the "
        f"measurement: {sizes['gpt']['n_layer']} blocks of width {sizes['gpt']['n_embd']}{rnn_too}, with new weights, "
        "as time does not depend on them. Measured is the time that one core worked."
    )
    st.markdown(_pass(gpt, rnn) if what == "pass" else _step(steps))


def _line(name: str, xs: list[float], ys: list[float], color: str, dash: str, unit: str) -> Line:
    says = [f"{name}, L = {x:,}<br>{small(y)} {unit}" for x, y in zip(xs, ys, strict=True)]
    return Line(name, xs, ys, color, dash, (), says)


def _chart(drawn: Sequence[Line], title: str, key: str) -> None:
    """Lines over both axes logarithmic; the axis has whole powers of ten."""
    xs, ys = [x for line in drawn for x in line.xs], [y for line in drawn for y in line.ys]
    low, high = min(ys) / 1.6, max(ys) * 1.6
    x = Axis("L, tokens of context", min(xs) / 1.15, max(xs) * 1.15, True, powers_of_two(min(xs), max(xs))[::2])
    figure = lines(drawn, x, Axis(title, low, high, True), theme=lesson.theme(), height=340)
    st.plotly_chart(figure, key=key, config=QUIET)


def _slopes(rows: Rows, name: str) -> tuple[float, float]:
    """Over the first three and over the last three lengths."""
    points = [(float(row["L"]), float(row[name])) for row in rows]
    first, last = points[:3], points[-3:]
    return probe.slope(*map(list, zip(*first, strict=True))), probe.slope(*map(list, zip(*last, strict=True)))


def _pass(gpt: Rows, rnn: Rows) -> str:
    if len(gpt) < 2 or len(rnn) < 2:
        return ""
    (g0, g1), (r0, r1), (c0, c1) = _slopes(gpt, "seconds"), _slopes(rnn, "seconds"), _slopes(gpt, "products")
    L = [row["L"] for row in gpt]
    return (
        f"By count the RNN's slope is 1 everywhere: each token costs it the same. The GPT's goes from {c0:.2f} to "
        f"{c1:.2f}, on its way from L to L². In seconds, over the first three and over the last three lengths, the RNN "
        f"has {signed(r0)} and {signed(r1)}, the GPT {signed(g0)} and **{signed(g1)}**. From L = {L[-2]:,} to "
        f"{L[-1]:,} the GPT took **{gpt[-1]['seconds'] / gpt[-2]['seconds']:.3g} times** as long and the RNN "
        f"{rnn[-1]['seconds'] / rnn[-2]['seconds']:.3g} times. Seconds and multiplications need not have one slope: a "
        "short text does not fill the processor, and half of attention's products are masked and may be left out."
    )


def _step(steps: Rows) -> str:
    last, first = steps[-1], steps[0]
    ratio = last["anew"] / last["cached"]
    (a0, a1), (k0, k1) = _slopes(steps, "anew"), _slopes(steps, "cached")
    return (
        f"What a token needs from those before it are their keys and values, and they never change. Kept in a cache, "
        f"token {last['L']:,} takes {small(1000 * last['cached'])} ms instead of {small(1000 * last['anew'])} ms: "
        f"**{ratio:.3g} times** less ({last['anew_products'] / last['cached_products']:,.0f} times by count). At "
        f"L = {first['L']:,} it is {first['anew'] / first['cached']:.3g} times. With a cache the slope goes from "
        f"{signed(k0)} to {signed(k1)}, anew from {signed(a0)} to {signed(a1)}."
    )


def _memory(view: View, steps: Rows, sizes: dict[str, dict[str, Any]]) -> None:
    theme, L = lesson.theme(), [row["L"] for row in steps]
    cache = [row["cache"] * probe.BYTES / 1000 for row in steps]
    state = [sizes["rnn"]["hidden_size"] * probe.BYTES / 1000] * len(L)
    drawn = [
        _line("GPT's cache", L, cache, theme.attention, "solid", "kB"),
        _line("RNN's state", L, state, theme.key, "dash", "kB"),
    ]
    _chart(drawn, "kB", f"{view.page}.memory")
    n_layer, n_embd = sizes["gpt"]["n_layer"], sizes["gpt"]["n_embd"]
    big = probe.cache_numbers(**GPT2)
    st.caption("Counted, not measured: numbers of 4 bytes. Both axes are logarithmic.")
    st.markdown(
        f"A cache holds a key and a value for each token and block: $2 \\cdot n_{{layer}} \\cdot C \\cdot L$ numbers, "
        f"here 2 · {n_layer} · {n_embd} · {L[-1]:,} = {probe.cache_numbers(n_layer, n_embd, L[-1]):,}, "
        f"or {cache[-1]:,.0f} kB. The slope is 1: twice the context, twice the memory, for every text that is being "
        f"written. The RNN's state has {sizes['rnn']['hidden_size']} numbers however long the text. GPT-2's smallest "
        f"({GPT2['n_layer']} blocks, width {GPT2['n_embd']}) needs {big:,} numbers at its {GPT2['length']:,} tokens, "
        f"{big * probe.BYTES / 1e6:,.0f} MB."
    )


def reading(loaded: Loaded) -> str:
    """The picked model's own multiplications."""
    config: Any = loaded.model
    C, n, B = config.config.n_embd, config.config.n_layer, config.config.block_size
    linear, square = probe.linear_products(n, C, B), probe.square_products(n, C, B)
    half = probe.pass_products(n, C, max(1, B // 2))
    return (
        f"This model ({n} block{'s' * (n != 1)} of width C = {C}) multiplies {linear + square:,} times for L = {B:,}, "
        f"its block_size: 12 C² L a block is {linear:,} of them, 2 C L² {square:,}, or "
        f"**{square / (linear + square):.0%}**. Counted are the blocks, attention with its masked half; the head is "
        "not (the page Inside a GPT counts one token: with the head, without the masked half). "
        "From half of that length to all of it the work grows by "
        f"{(linear + square) / half:.3g}. The two parts are equal at L = 6 C = {6 * C:,}; far beyond, attention is "
        "nearly all there is. Its cache at full length has "
        f"{probe.cache_numbers(n, C, B):,} numbers, {probe.cache_numbers(n, C, B) * probe.BYTES / 1000:,.0f} kB."
    )


def growth(loaded: Loaded) -> float:
    """By what the work of a pass grows from half the block_size to all of it."""
    config: Any = loaded.model
    C, n, B = config.config.n_embd, config.config.n_layer, config.config.block_size
    return probe.pass_products(n, C, B) / probe.pass_products(n, C, max(1, B // 2))


def table(rows: Rows) -> pd.DataFrame:
    """One row a length."""
    made = []
    for step in (row for row in rows if row["about"] == "step"):
        at = {row["model"]: row for row in rows if row["about"] == "pass" and row["L"] == step["L"]}
        if len(at) == 2:
            made.append(
                (step["L"], 1000 * at["gpt"]["seconds"], at["gpt"]["products"], 1000 * at["rnn"]["seconds"],
                 at["rnn"]["products"], 1000 * step["cached"], step["cached_products"], step["cache"])
            )  # fmt: skip
    columns = ["L", "GPT, ms", "GPT, multiplications", "RNN, ms", "RNN, multiplications", "step with cache, ms"]
    return pd.DataFrame(made, columns=[*columns, "step, multiplications", "numbers in the cache"])


def script(loaded: Loaded) -> str:
    """A script that counts for this model and times a few lengths."""
    config: Any = loaded.model
    C, n, B = config.config.n_embd, config.config.n_layer, config.config.block_size
    return f"""
from lmcore.probes import context_cost

for L in (64, 128, 256, {B}):
    total, square = context_cost.pass_products({n}, {C}, L), context_cost.square_products({n}, {C}, L)
    print(f"L = {{L:5,}}: {{total:14,}} multiplications, {{square / total:.1%}} of them tokens with tokens")

for row in context_cost.measure((64, 128, 256)):  # the page goes to 4,096
    print(row)
"""
