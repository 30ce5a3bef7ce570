"""Sampling, part four: the same prompt at five temperatures, side by side."""

from __future__ import annotations

import functools
import math

import pandas as pd
import streamlit as st

from lmcore.figures.numbers import signed
from lmcore.probes import decoding
from pages.shared import lesson, scripts
from pages.shared.cache import Unhashed
from pages.shared.sampling_here import PAGE, Here

SAYS = "The same model, the same prompt, the same random numbers. Only T differs."
TEMPERATURES = (0.0, 0.5, 1.0, 1.5, math.inf)
LENGTHS = (20, 40, 80)


def end_of_passage(here: Here) -> tuple[int, ...]:
    """The empty line that ends a tale; (), where a text goes on behind one."""
    corpus = str((here.loaded.card.get("corpus") or {}).get("name", ""))
    return tuple(here.loaded.tokenizer.encode("\n\n")) if corpus.startswith("tales") else ()


def _all(here: Here) -> list[decoding.Written]:
    loaded, view, end = here.loaded, here.view, end_of_passage(here)
    return [
        _written(loaded.hash, here.prompt_ids, T, view["length"], view["seed"], end, Unhashed(loaded.model))
        for T in TEMPERATURES
    ]


@functools.lru_cache(maxsize=128)
def _written(
    content: str, ids: tuple[int, ...], T: float, n: int, seed: int, end: tuple[int, ...], hidden: Unhashed
) -> decoding.Written:
    return decoding.written(hidden.value, ids, T, n, seed, end)


def _text(here: Here, found: decoding.Written) -> str:
    return here.loaded.tokenizer.decode(list(found.tokens))


def _mean(found: decoding.Written) -> float:
    return found.log_prob / len(found.tokens)


def stage(here: Here) -> None:
    """Five columns."""
    view = here.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Tokens", LENGTHS, key=view.key("length"), required=True)
        st.button(
            "Draw all anew", icon=":material/casino:", key=f"{PAGE}.anew",
            on_click=lambda: view.set(seed=(view["seed"] + 1) % 10_000),
        )  # fmt: skip
    if end_of_passage(here):
        st.caption(f"Each text stops where its tale ends, at the latest after {view['length']} tokens.")
    for column, found in zip(st.columns(5, gap="medium"), _all(here), strict=True):
        with column:
            text = _text(here, found)
            st.markdown(f"#### T = {lesson.spoken(found.temperature)}")
            st.text(text.rstrip() or "(nothing)")
            st.markdown(
                f"entropy **{found.entropy:.2f}** nats  \n"
                f"distinct words **{100 * decoding.distinct_share(text):.0f}%**  \n"
                f"ln p a token **{signed(_mean(found))}**"
            )


def reading(here: Here) -> str:
    """From the coldest to the hottest."""
    cold, _, own, _, hot = _all(here)
    V, cool, free = here.loaded.tokenizer.vocab_size, _mean(cold), _mean(own)
    lucky = (
        "That the text at T = 1 came out more probable is no mistake: the best token at every step need not make the "
        "most probable text. "
        if cool < free
        else ""
    )
    return (
        f"At T = 0 every choice is certain (entropy 0) and the model gives its own text "
        f"{signed(cool)} nats a token; at T = 1 the mean entropy is {own.entropy:.2f} nats, "
        f"and the text drawn there has {signed(free)} (over many draws the two are equal and "
        f"opposite). {lucky}At T = ∞ every step chooses among all {V - 1:,} tokens (ln {V - 1:,} = "
        f"{math.log(V - 1):.2f} nats), and the model itself gives what comes {signed(_mean(hot))} a token. "
        "Few distinct words mean repetition, many can mean noise: neither number says by itself whether a text is good."
    )


def predict() -> None:
    """A question about the cold end."""
    lesson.predict(
        f"{PAGE}.five",
        "You press “Draw all anew”. Which column stays as it is?",
        ["None: all are drawn", "T = 0", "T = 1"],
        1,
        "At T = 0 one token has probability 1 at every step, whatever the random number.",
    )


def code(here: Here) -> tuple[list[str], str]:
    """The sources, and a script that writes the five texts."""
    script = f"""
{scripts.open_model(here.loaded)}
from lmcore.probes import decoding

ids = tokenizer.encode({here.prompt!r})
for T in (0.0, 0.5, 1.0, 1.5, float("inf")):
    found = decoding.written(model, ids, T, {here.view["length"]}, {here.view["seed"]}, end={end_of_passage(here)!r})
    text = tokenizer.decode(list(found.tokens))
    print(T, f"entropy {{found.entropy:.3f}}", f"distinct {{decoding.distinct_share(text):.3f}}", repr(text))
"""
    return [
        "lmcore.probes.decoding:written",
        "lmcore.probes.decoding:distinct_share",
        "lmcore.sampling:generate",
    ], script


def table(here: Here) -> pd.DataFrame:
    """A row a temperature."""
    rows = _all(here)
    texts = [_text(here, found) for found in rows]
    return pd.DataFrame(
        {
            "T": [lesson.spoken(found.temperature) for found in rows],
            "mean entropy (nats)": [found.entropy for found in rows],
            "distinct words": [decoding.distinct_share(text) for text in texts],
            "ln p a token (nats)": [_mean(found) for found in rows],
            "text": texts,
        }
    )


NOTE = "Entropy is that of the distributions drawn from; ln p is the model's own, at T = 1."


def further(here: Here) -> None:
    """The seed and the source."""
    st.number_input("Seed of the draws", 0, 9999, key=here.view.key("seed"), help="Same seed, same texts.")
    st.caption(
        "Nothing is cut and no penalty is on here: only the temperature differs. Distinct words: Li et al., “A "
        "diversity-promoting objective function for neural conversation models” (2016)."
    )
