"""The parts of the lesson A neural language model: its numbers, its training, three names of one number."""

from __future__ import annotations

import functools
import math
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore.figures.curves import loss_curves
from lmcore.probes import feed_forward
from lmcore.probes.feed_forward import Pipeline, Sum
from lmcore.probes.one_number import MAX_TOKENS, OneNumber, one_number
from pages.shared import lesson, live
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.pipeline import Look
from pages.shared.view import View

LIKELIEST = -1  # as a token in the view: the likeliest, whatever the prompt
LAST_WORD = -1  # as a place in the view
N_BEFORE = 24  # tokens before the window that are named
N_FACTORS = 3  # factors that are written out
COLUMN = 300  # pixels: a phone has as many
QUIET = {"displayModeBar": False}

Ids = tuple[int, ...]


def inside(loaded: Loaded, ids: Ids) -> Pipeline:
    """Every number on the way to the next token's distribution."""
    return _inside(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=256)
def _inside(content: str, ids: Ids, hidden: Unhashed) -> Pipeline:
    return feed_forward.look_into(hidden.value, ids)


def numbers_of(loaded: Loaded, ids: Ids) -> OneNumber:
    """Likelihood, NLL and cross-entropy of a text."""
    return _numbers(loaded.hash, ids, Unhashed(loaded.model))


@functools.lru_cache(maxsize=128)
def _numbers(content: str, ids: Ids, hidden: Unhashed) -> OneNumber:
    return one_number(hidden.value, ids)


def before(loaded: Loaded, ids: Ids, seen: Pipeline) -> list[str]:
    """The last tokens that the window does not reach."""
    whole = [loaded.model.start_id, *ids]
    return [loaded.tokenizer.itos[token] for token in whole[: seen.n_before][-N_BEFORE:]]


def look_of(view: View, seen: Pipeline) -> Look:
    """What the view asks to look at, brought into this model's bounds: links come from anywhere."""
    n, H, V = seen.embedding.shape[0], seen.hidden.size, seen.logits.size
    token = view["token"] if 0 <= view["token"] < V else int(seen.logits.argmax())
    place = n - 1 if view["place"] == LAST_WORD else min(view["place"], n - 1)
    return Look(view["stage"], place, min(view["unit"], H - 1), token)


def sums_of(loaded: Loaded, seen: Pipeline, look: Look) -> tuple[Sum, Sum]:
    """The sums behind the looked-at unit and logit."""
    return (
        feed_forward.unit_sum(loaded.model, seen, look.unit),
        feed_forward.logit_sum(loaded.model, seen, look.token),
    )


# ---- the run it came from ------------------------------------------------------------------------------------------


def curve(page: str, loaded: Loaded, step: int | None) -> None:
    """The loss of the model's own training, and where in it the shown weights were; `step` None is its end."""
    run = live.of_card(loaded.card)
    if not run.steps:
        st.caption("How this model was trained is not kept with it, so there is no curve to draw.")
        return
    at = run.steps[-1] if step is None else step
    figure = loss_curves(
        run.steps, run.losses, run.held_out_steps, run.held_out_losses,
        vocab_size=loaded.tokenizer.vocab_size, max_steps=run.steps[-1], theme=lesson.theme(), at=at,
    )  # fmt: skip
    st.plotly_chart(figure, key=f"{page}.curves", config=QUIET)


# ---- three names of one number -------------------------------------------------------------------------------------


def three_names(found: OneNumber, n_tokens: int) -> None:
    """The three computations side by side, each with its result."""
    T, probs = len(found.probs), found.probs.tolist()
    if n_tokens > T:
        st.caption(f"Of the {n_tokens:,} tokens the first {MAX_TOKENS} are counted.")
    more = r" \cdots" if T > N_FACTORS else ""
    factors = r" \cdot ".join(map(figures, probs[:N_FACTORS]))
    surprises = " + ".join(figures(-math.log(p) if p else math.inf) for p in probs[:N_FACTORS])
    columns = st.container(horizontal=True, gap="medium")  # below each other where they are too narrow
    with columns.container(width=COLUMN):
        st.markdown("**Maximum likelihood**")
        st.markdown("The product of the probabilities of what came: as large as it can be made.")
        st.latex(rf"\begin{{aligned}} L &= {factors}{more} \\ &= {power_of_ten(found.product)} \end{{aligned}}")
        _result(rf"-\tfrac{{1}}{{{T}}} \ln L =", found.by_product)
    with columns.container(width=COLUMN):
        st.markdown("**Negative log-likelihood**")
        st.markdown("The logarithm turns the product into a sum; minus makes small good. No number underflows.")
        all_of_them = f"{surprises} + {more}" if more else surprises
        st.latex(rf"\begin{{aligned}} & {all_of_them} \\ &= {figures(found.by_sum * T)} \end{{aligned}}")
        _result(rf"\tfrac{{1}}{{{T}}} \sum -\ln p =", found.by_sum)
    with columns.container(width=COLUMN):
        st.markdown("**Cross-entropy**")
        st.markdown("The whole predicted distribution $p$ beside the target $q$, which is 1 at what came, else 0.")
        st.latex(r"-\sum_w q(w) \ln p(w)")
        _result(rf"\text{{mean of }} {T} =", found.by_cross_entropy)


def _result(says: str, value: float) -> None:
    st.latex(rf"{says}\ \mathbf{{{value:.4f}}}" if math.isfinite(value) else rf"{says}\ \infty")


def reading(found: OneNumber) -> str:
    """What the three say together."""
    gap = max(abs(found.by_product - found.by_sum), abs(found.by_cross_entropy - found.by_sum))
    if not math.isfinite(found.by_sum):
        return "This text is impossible to the model, so all three are infinite."
    perplexity = math.exp(min(found.by_sum, 700))
    said = f"{perplexity:,.0f}" if 1000 <= perplexity < 1e6 else f"{perplexity:.3g}"
    return (
        f"Three computations, one number: {found.by_sum:.4f} nats a token (they differ by "
        f"${power_of_ten(Decimal(gap), 0)}$, the rounding of the machine). Training makes it small; whichever name you "
        f"use, you do the same. As a perplexity it is $e^{{{found.by_sum:.2f}}}$ = {said}: as unsure as a fair choice "
        "among so many tokens."
    )


def figures(x: float) -> str:
    """Three significant digits, as LaTeX writes them."""
    if math.isinf(x):
        return r"\infty"
    if x == 0 or 1e-3 <= abs(x) < 1e5:
        return f"{x:.3g}" if abs(x) < 1000 else f"{x:,.0f}".replace(",", "{,}")
    return power_of_ten(Decimal(x))


def power_of_ten(x: Decimal, places: int = 2) -> str:
    """A number that may be far below what a float can hold."""
    if not x:
        return "0"
    mantissa, exponent = f"{x:.{places}e}".split("e")
    return mantissa if int(exponent) == 0 else rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


# ---- the numbers ---------------------------------------------------------------------------------------------------

MAX_ROWS = 5000


def every_number(loaded: Loaded, seen: Pipeline) -> pd.DataFrame:
    """All numbers of the stages, a row each; of the vocabulary the likeliest."""
    itos = loaded.tokenizer.itos
    rows: list[dict[str, Any]] = []
    for place, (token, row) in enumerate(zip(seen.tokens, seen.embedding, strict=True)):
        name = "nothing" if token == feed_forward.NOTHING else itos[token]
        rows += [
            {"stage": "embedding", "of": f"{place + 1}: {name}", "index": i, "number": float(x)}
            for i, x in enumerate(row)
        ]
    for stage, values in (("sum before tanh", seen.sum), ("hidden", seen.hidden)):
        rows += [{"stage": stage, "of": "unit", "index": j, "number": float(x)} for j, x in enumerate(values)]
    order, probs = (-seen.logits).argsort(kind="stable")[:MAX_ROWS], seen.probs
    shown: tuple[tuple[str, NDArray[Any]], ...] = (("logit", seen.logits), ("probability", probs))
    for stage, values in shown:
        rows += [{"stage": stage, "of": itos[w], "index": int(w), "number": float(values[w])} for w in order]
    return pd.DataFrame(rows)


def every_factor(loaded: Loaded, ids: Ids, found: OneNumber) -> pd.DataFrame:
    """One row a token: its probability and its surprise."""
    probs = found.probs
    return pd.DataFrame(
        {
            "token": [loaded.tokenizer.itos[token] for token in ids[: len(probs)]],
            "probability": probs,
            "-ln p (nats)": [-math.log(p) if p else math.inf for p in probs],
        }
    )
