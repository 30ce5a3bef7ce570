"""Two measurements of the page on RNNs: what clipping saves, and what it costs to take tokens one after another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from lmcore.figures.numbers import small
from lmcore.figures.recurrent import Curve, losses, token_times
from pages.shared import lesson, measured

Rows = Sequence[dict[str, Any]]

QUIET = {"displayModeBar": False}
FS = {"relu": "ReLU", "tanh": "tanh"}
NAMES = {"rnn": "RNN", "gpt": "GPT"}


def clipping(page: str) -> None:
    """Two trainings that differ in clipping alone."""
    st.subheader("Clipping", anchor=False, divider="gray")
    measured.section(page, "clipping", lambda rows: _clipping(page, rows), "Train both anew")


def _clipping(page: str, rows: Rows) -> None:
    begun = [row for row in rows if row["about"] == "run"]
    if not begun:
        st.caption("The first steps are on their way.")
        return
    run = begun[-1]
    st.markdown(
        f"Where gradients explode, training needs one more rule: a gradient longer than {run['clip']:g} is scaled down "
        f"to {run['clip']:g}. The same RNN ({run['n_params']:,} parameters, {run['hidden_size']} units, letters of the "
        f"little tales), the same batches, plain gradient descent with learning rate {run['learning_rate']:g}; only "
        "the clipping differs."
    )
    f = st.segmented_control(
        "f of both", list(FS), format_func=lambda name: FS[name], default="relu", key=f"{page}.clip-f", required=True
    )
    steps = [row for row in rows if row["about"] == "step" and row["nonlinearity"] == f]
    if not steps:
        st.caption(f"The runs with {FS[f]} have not begun yet.")
        return
    theme, guess = lesson.theme(), math.log(run["vocab_size"])
    for column, name, title, color in zip(
        st.columns(2), ("loss", "clipped_loss"), ("Without clipping", f"Clipped to {run['clip']:g}"),
        (theme.key, theme.accent), strict=True,
    ):  # fmt: skip
        with column:
            st.markdown(f"**{title}**")
            curve = Curve("", [row["step"] for row in steps], [row[name] for row in steps], color)
            figure = losses(curve, guess, run["max_steps"], theme=theme)
            st.plotly_chart(figure, key=f"{page}.{name}", config=QUIET)
    st.markdown(_what_happened(steps, f))


def _what_happened(steps: Rows, f: str) -> str:
    """What these very runs did; not what the textbook says they do."""
    ended = next((i for i, row in enumerate(steps) if row["loss"] is None or row["norm"] is None), None)
    last, longest = steps[-1], max(row["clipped_norm"] or 0 for row in steps)
    clipped = "ended as well" if last["clipped_loss"] is None else f"stands at {last['clipped_loss']:.3g} nats"
    if ended is None:
        free = max(row["norm"] for row in steps)
        return (
            f"With {FS[f]} nothing blew up: without clipping the longest gradient was {small(free)}, and at step "
            f"{last['step']} the loss is {last['loss']:.3g} nats; clipped it {clipped}. "
            + ("tanh keeps every state between −1 and 1, so here there was little to clip." if f == "tanh" else "")
        )
    worst = max(steps[: ended + 1], key=lambda row: row["norm"] or 0)
    return (
        f"With {FS[f]} the two runs were alike until step {worst['step']}, where the loss was {small(worst['loss'])} "
        f"nats and the gradient **{small(worst['norm'])}** long. Without clipping that step threw the weights so far "
        f"that at step {steps[ended]['step']} **the loss was no longer a number**, and the run was over. Clipped, the "
        f"same gradient only gave the direction: the run went on, met gradients up to {small(longest)} long, and "
        f"{clipped} at step {last['step']}."
    )


def one_after_another(page: str) -> None:
    """The time a token takes an RNN and a GPT."""
    st.subheader("One after another, or all at once", anchor=False, divider="gray")
    measured.section(page, "token-times", lambda rows: _times(page, rows), "Time it on this server")


def _times(page: str, rows: Rows) -> None:
    sizes = {row["model"]: row for row in rows if row["about"] == "model"}
    times = [row for row in rows if row["about"] == "time"]
    if len(sizes) < len(NAMES) or len(times) < len(NAMES):
        st.caption("The first lengths are on their way.")
        return
    machine = next(row for row in rows if row["about"] == "machine")
    st.markdown(
        "h$_t$ needs h$_{t-1}$: an RNN cannot begin a token before it is done with the last. A transformer reads all "
        f"tokens of a known text at once. An RNN ({sizes['rnn']['products']:,} multiplications of weights a token) and "
        f"a GPT ({sizes['gpt']['products']:,}, and those of attention besides) read texts of L tokens, as a whole and "
        "in steps of one token, as when they write."
    )
    theme = lesson.theme()
    lengths = sorted({row["L"] for row in times})
    by = {(row["model"], row["L"]): row for row in times}
    curves = [
        Curve(
            f"{NAMES[model]}, {says}", lengths, [by.get((model, L), {}).get(way) for L in lengths], color, dash,
            marks=True,
        )
        for model, color in (("gpt", theme.attention), ("rnn", theme.accent))
        for way, says, dash in (("whole", "whole", "solid"), ("steps", "steps", "dash"))
    ]  # fmt: skip
    if len(lengths) > 1:
        st.plotly_chart(token_times(curves, lengths, theme=theme), key=f"{page}.times", config=QUIET)
    st.markdown(_what_it_costs([row for row in times if row["L"] == times[-1]["L"]], times, machine))


def _what_it_costs(last: Rows, times: Rows, machine: dict[str, Any]) -> str:
    """The ratios of this measurement, and whether they are the textbook's."""
    found = {row["model"]: row for row in last}
    if len(found) < len(NAMES):
        return ""
    rnn, gpt, L = found["rnn"], found["gpt"], last[0]["L"]
    first = {row["model"]: row for row in times if row["L"] == times[0]["L"]}
    gain = {model: row["steps"] / row["whole"] for model, row in found.items()}
    best = min((row for row in times if row["model"] == "gpt"), key=lambda row: row["whole"])
    turns = (
        f" It was least at L = {best['L']:,}, {small(best['whole'])} µs; beyond, attention's L² comparisons weigh in."
        if best["L"] < L
        else ""
    )
    faster = "GPT" if gpt["whole"] < rnn["whole"] else "RNN"
    ratio = max(gpt["whole"], rnn["whole"]) / min(gpt["whole"], rnn["whole"])
    threads = f"{machine['threads']} {'thread' if machine['threads'] == 1 else 'threads'}"
    expected = gain["gpt"] > gain["rnn"] and gain["gpt"] > 1
    return (
        f"At L = {L:,} the GPT reads the whole text **{gain['gpt']:.3g} times** as fast as token by token, the RNN "
        f"**{gain['rnn']:.3g} times**"
        + (": places that need not wait for each other share their work. " if expected else ". ")
        + f"From L = {times[0]['L']} to {L:,} the time of a token in the whole text goes from "
        f"{small(first['rnn']['whole'])} to {small(rnn['whole'])} µs in the RNN and from "
        f"{small(first['gpt']['whole'])} to {small(gpt['whole'])} µs in the GPT.{turns} The {faster} is {ratio:.3g} "
        f"times as fast on the whole text. Token by token, a step takes the RNN {small(rnn['steps'])} µs and the GPT "
        f"{small(gpt['steps'])} µs, and the GPT has to look back at all that came before. All this on a machine with "
        f"{machine['cores']} {'core' if machine['cores'] == 1 else 'cores'}, of which torch used {threads}; a graphics "
        "card, made for doing much at once, was not measured. Counted is the time that a core worked for it."
    )
