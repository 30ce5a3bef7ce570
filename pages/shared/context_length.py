"""Context, first part: what a longer context buys, on held-out text."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lmcore import corpora, measured
from lmcore.figures.context import Axis, Line, Mark, lines, powers_of_two, ticks
from lmcore.figures.numbers import small
from lmcore.probes import context_length as probe
from pages.shared import lesson, scripts, services, texts
from pages.shared import measured as measurement
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

NAME = "context-length"
QUIET = {"displayModeBar": False}
FAMILIES = {"gpt": "GPT", "lstm": "LSTM", "rnn": "RNN", "ffnn": "FF net"}  # short: they stand beside the lines
UNITS = {"perplexity": "Perplexity", "bits": "Bits a character"}
LIVE = 4096  # positions that are measured while somebody waits

Rows = Sequence[dict[str, Any]]
Ids = tuple[int, ...]


def section(view: View, loaded: Loaded) -> None:
    """The curve of the picked model and what it says."""
    unit = (
        st.segmented_control(
            "Shown as", list(UNITS), format_func=UNITS.__getitem__, key=view.key("unit"), required=True
        )
        or "perplexity"
    )
    if _is_measured(loaded, measured.read(NAME)["rows"]):
        measurement.section(view.page, NAME, lambda rows: _draw(view, loaded, rows, unit), "Measure it here")
        return
    rows = _live(loaded)
    if not rows:
        st.caption(
            "There is no text that this model has not learnt from and that is longer than its window, so its curve "
            "cannot be measured here. A shipped model has one."
        )
        return
    _draw(view, loaded, rows, unit)
    st.caption("Measured just now, on few windows: the bars are wider than those of the models that came along.")


def rows_of(page: str, loaded: Loaded) -> Rows:
    """What is drawn for this model."""
    if _is_measured(loaded, measured.read(NAME)["rows"]):
        return _of_text(loaded, measurement.rows_shown(page, NAME))
    return _live(loaded)


def _is_measured(loaded: Loaded, rows: Rows) -> bool:
    return any(row["about"] == "curve" and row["hash"] == loaded.hash for row in rows)


def _of_text(loaded: Loaded, rows: Rows) -> Rows:
    """The rows about the text that this model was measured on."""
    on = {row["on"] for row in rows if row["about"] == "curve" and row["hash"] == loaded.hash}
    return [row for row in rows if row["on"] in on]


def _live(loaded: Loaded) -> Rows:
    return _live_rows(loaded.hash, services.workspace(), Unhashed(loaded))


def _held_out(loaded: Loaded) -> str:
    """A text that this model has not learnt from: of a shipped corpus, or of one's own in the library; "" without."""
    corpus = loaded.card.get("corpus", {})
    try:
        if corpus.get("name") in corpora.CATALOG:
            return probe.held_out(corpus["name"])
        mine = texts.own_text(corpus.get("sha256", ""))
        return corpora.from_text(mine).split()[1] if mine else ""
    except ValueError:  # it is too short, or in a pack that is not installed
        return ""


@functools.lru_cache(maxsize=32)
def _live_rows(content: str, workspace: str, hidden: Unhashed) -> Rows:
    loaded: Loaded = hidden.value
    longest = loaded.model.block_size or 128
    text = _held_out(loaded)[: 400 * longest]
    ids = loaded.tokenizer.encode(text)
    try:
        windows = probe.windows_of(ids, longest, max(12, LIVE // longest))
        found = probe.curve(probe.window_losses(loaded.model, windows), groups=12)
    except ValueError:  # the text is too short
        return ()
    about = loaded.card.get("corpus", {})
    return (
        {
            "about": "text", "on": about.get("name", ""), "title": about.get("title", ""), "longest": longest,
            "windows": len(windows), "n_tokens": len(ids), "n_chars": len(text), "gpt": loaded.id,
        },
        {
            "about": "curve", "on": about.get("name", ""), "model": loaded.id, "family": loaded.model.family,
            "hash": loaded.hash, "block_size": loaded.model.block_size, **probe.as_lists(found),
        },
    )  # fmt: skip


# The picture ---------------------------------------------------------------------------------------------------------


def _draw(view: View, loaded: Loaded, rows: Rows, unit: str) -> None:
    rows = _of_text(loaded, rows)
    text = next((row for row in rows if row["about"] == "text"), None)
    curves = [row for row in rows if row["about"] == "curve"]
    if text is None or not curves:
        st.caption("The first windows are on their way.")
        return
    theme, per_char = lesson.theme(), text["n_tokens"] / text["n_chars"]
    hues = {"gpt": theme.attention, "lstm": theme.value, "rnn": theme.key, "ffnn": theme.held_out}
    dashes = {"gpt": "solid", "lstm": "dash", "rnn": "dashdot", "ffnn": "dot"}
    drawn = []
    for row in curves:
        points = [_in_unit(loss, unit, per_char) for loss in row["loss"]]
        off = [
            (point - _in_unit(loss - se, unit, per_char), _in_unit(loss + se, unit, per_char) - point)
            for point, loss, se in zip(points, row["loss"], row["se"], strict=True)
        ]
        middle = [math.sqrt(a * b) for a, b in zip(row["low"], row["high"], strict=True)]
        says = [
            f"{FAMILIES[row['family']]}, {_span(a, b)}<br>perplexity {small(math.exp(loss))}<br>"
            f"{loss:.3f} ± {se:.3f} nats"
            f"<br>{loss * per_char / math.log(2):.3f} bits a character"
            for a, b, loss, se in zip(row["low"], row["high"], row["loss"], row["se"], strict=True)
        ]  # fmt: skip
        name = f"{FAMILIES[row['family']]} {small(points[-1])}"
        drawn.append(Line(name, middle, points, hues[row["family"]], dashes[row["family"]], off, says))
    orders = [row for row in rows if row["about"] == "order"]
    seen = [row for row in orders if row["order"] > 1]
    if seen:
        says = [
            f"counted, order {row['order']}: sees {row['order'] - 1}<br>perplexity {small(math.exp(row['loss']))}"
            for row in seen
        ]
        points = [_in_unit(row["loss"], unit, per_char) for row in seen]
        drawn.append(
            Line(
                f"counted {small(points[-1])}", [row["order"] - 1 for row in seen], points, theme.quiet, "longdash",
                hover=says,
            )
        )  # fmt: skip
    shown = [y for line in drawn for y in line.ys]
    low, high = min(shown) / 1.1, max(shown) * 1.1
    longest = text["longest"]
    figure = lines(
        drawn,
        Axis("tokens of context", 0.9, longest * 1.08, True, powers_of_two(1, longest)[::2]),
        Axis(UNITS[unit].lower(), low, high, True, ticks(low, high, (1, 1.5, 2, 3, 4, 5, 7))),
        [Mark(f"block_size {longest:,}", x=longest)] if curves[0]["block_size"] else [],
        theme=theme,
    )
    st.plotly_chart(figure, key=f"{view.page}.length", config=QUIET)
    where = "tales written for this, which no model has seen" if text["on"].startswith("tales") else "held-out text"
    st.caption(
        f"{text['windows']:,} windows that begin anywhere in {text['n_tokens']:,} tokens of {where}. No start token "
        "stands before them. A bar is one standard error up and one down, from groups of neighbouring windows; "
        "neighbouring points lie on partly different tokens, so they wobble as wide as their bars."
        + (f" Order 1 sees nothing: perplexity {small(math.exp(orders[0]['loss']))}." if orders else "")
        + (
            f" The n-grams were counted on {orders[0]['n_counted']:,} tokens, modified Kneser-Ney; a GPT of ours may "
            "have read more."
            if orders
            else ""
        )
    )


def _in_unit(nats: float, unit: str, tokens_per_char: float) -> float:
    return math.exp(nats) if unit == "perplexity" else max(nats, 0.0) * tokens_per_char / math.log(2)


def _span(low: int, high: int) -> str:
    return f"{low:,} token{'s' * (low > 1)} of context" if low == high else f"{low:,} to {high:,} tokens of context"


def reading(loaded: Loaded, rows: Rows) -> str:
    """The curve in its own numbers."""
    row = next((row for row in rows if row["about"] == "curve" and row["hash"] == loaded.hash), None)
    if row is None:
        return "A longer context can only help a model that has learnt to use it; a curve shows how far that goes."
    losses, n = row["loss"], len(row["loss"])
    # The first length from which on all the rest is within two standard errors of the end.
    level = next(
        i for i in range(n) if all(abs(row["more"][j]) <= 2 * row["more_se"][j] for j in range(i, n - 1)) or i == n - 1
    )
    reached = (
        f"From about {row['low'][level]:,} tokens on, no length differs from the longest by more than two standard "
        "errors: what lies further back helps this model little, or its text seldom asks for it."
        if level < n - 1
        else f"The last two lengths still differ by more than two standard errors: {small(math.exp(losses[-2]))}, then "
        f"{small(math.exp(losses[-1]))}."
    )
    full = {**FAMILIES, "ffnn": "feed-forward model"}
    others = [
        f"the {full[other['family']]} stands at {small(math.exp(other['loss'][-1]))}"
        for other in rows
        if other["about"] == "curve" and other is not row
    ]
    return (
        f"With 1 token of context this model's perplexity is {small(math.exp(losses[0]))}, with "
        f"{_few(row)} it is {small(math.exp(losses[_at(row, 8)]))}, with {_words(row, n - 1)} "
        f"**{small(math.exp(losses[-1]))}**. {reached}"
        + (f" At the longest, {', '.join(others)}." if others else "")
        + " One pass over a window gave all lengths at once, because the mask lets no token see what comes after it."
    )


def _at(row: dict[str, Any], length: int) -> int:
    return next((i for i, high in enumerate(row["high"]) if high >= length), len(row["high"]) - 1)


def _few(row: dict[str, Any]) -> str:
    return _words(row, _at(row, 8))


def _words(row: dict[str, Any], i: int) -> str:
    low, high = row["low"][i], row["high"][i]
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


# Code and numbers -----------------------------------------------------------------------------------------------------


def table(rows: Rows) -> pd.DataFrame:
    """One row a model and length."""
    made = [
        (row["model"], low, high, loss, se, math.exp(loss))
        for row in rows
        if row["about"] == "curve"
        for low, high, loss, se in zip(row["low"], row["high"], row["loss"], row["se"], strict=True)
    ]
    made += [
        (f"n-gram, order {row['order']}", row["order"] - 1, row["order"] - 1, row["loss"], row["se"],
         math.exp(row["loss"]))
        for row in rows if row["about"] == "order"
    ]  # fmt: skip
    return pd.DataFrame(made, columns=["model", "context from", "to", "nats a token", "standard error", "perplexity"])


def script(loaded: Loaded, ids: Ids, k: int) -> str:
    """A script that measures the curve and the own text."""
    on = loaded.card.get("corpus", {}).get("name", "")
    where = f"context_length.held_out({on!r})" if on in corpora.CATALOG else "open('my text.txt').read()"
    return f"""
import math

{scripts.open_model(loaded)}
from lmcore.probes import context_length

longest = model.block_size or 128
ids = tokenizer.encode({where})
windows = context_length.windows_of(ids, longest, 48)  # the page has more of them
curve = context_length.curve(context_length.window_losses(model, windows), groups=12)
for low, high, loss, se in zip(curve.low, curve.high, curve.loss, curve.se):
    print(f"{{low:4}} to {{high:4}} tokens: perplexity {{math.exp(loss):8.3f}}, {{loss:.4f}} ± {{se:.4f}} nats")

text = {list(ids)!r}
full, last = -model.score(text), context_length.with_last(model, text, {k})
for token, a, b in zip(text, full, last):
    print(f"{{tokenizer.itos[token]!r:14}} {{a / math.log(2):7.3f}} bits, last {k} only {{b / math.log(2):7.3f}}")
"""
