"""What the Probability page says about its pictures, with the numbers of this run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import streamlit as st

from lmcore.corpora import mouse
from lmcore.figures.numbers import power, signed, small
from lmcore.figures.theme import shown
from lmcore.probes import chain, likelihood, sequences
from lmcore.probes.chain import Chain
from pages.shared import lesson
from pages.shared.probability import STEPS

LN10 = math.log(10)
MAX_DENOMINATOR = 10_000  # a fraction with a larger one says less than its decimals


def spelled(words: sequences.Words, world: str) -> str:
    """A sequence of the stage as one label; the end of a sentence is made visible."""
    return ("" if world == "coin" else " ").join(words).replace(sequences.END, "↵")


def written(p: Fraction) -> str:
    """A probability as a fraction, when that is readable, and as a decimal number."""
    if p.denominator == 1 or p.denominator > MAX_DENOMINATOR:
        return small(float(p))
    return f"{p} = {small(float(p))}"


def summed(found: sequences.Outcomes, total: Fraction) -> str:
    """The sum of all outcomes, as it was computed."""
    parts = [str(p) if p.denominator <= MAX_DENOMINATOR else small(float(p)) for _, p in found[:3]]
    return f"{' + '.join(parts)}{' + …' if len(found) > 3 else ''} = **{total}**"


def outcomes(world: str, found: sequences.Outcomes, heads: int) -> str:
    """The reading of the stage."""
    floats = sum(float(p) for _, p in found)
    text = {
        "coin": f"A coin is a language model with two tokens: p(H) = {written(Fraction(heads, STEPS))}, "
        f"p(T) = {written(1 - Fraction(heads, STEPS))}. It forgets what came before: each throw "
        "multiplies by one of these.",
        "die": "A fair die is a language model with six tokens, each with probability 1/6 = 0.167 whatever came "
        "before.",
        "mouse": "This toy language has 13 words, and ↵ ends a sentence. What may come next depends on all words so "
        "far; sentences that have ended stay as they are.",
        "pairs": "Here the next word depends on the last one only, as counted in 10,000 sentences of the toy language: "
        f"{_strange(found)}.",
    }[world]
    text += (
        f" {_likeliest(found, world)} Every step shares out what the step before had, so nothing is lost: the sum "
        "stays exactly 1."
    )
    if floats != 1:
        text += f" Added as float64, the same numbers give {floats!r}: rounding, not missing outcomes."
    return text


def _likeliest(found: sequences.Outcomes, world: str) -> str:
    """The best of all outcomes, or how many are equally good."""
    best, p = found[0]
    n, equal = len(found), sum(q == p for _, q in found)
    if equal == n:
        return f"All {n:,} outcomes are equally likely, {written(p)} each." if n > 1 else "There is only one outcome."
    name = lesson.named(spelled(best, world))
    if equal > 1:
        return f"Of {n:,} outcomes {equal:,} are the likeliest, {name} among them, with {written(p)} each."
    return f"Of {n:,} outcomes the likeliest is {name} with {written(p)}."


def _strange(found: sequences.Outcomes) -> str:
    """What counted pairs say although the language itself never does."""
    off = [(words, p) for words, p in found if not sequences.mouse_probability(words)]
    if not off:
        return "up to this length it says nothing that the language would not"
    share, example = float(sum((p for _, p in off), Fraction(0))), lesson.named(spelled(off[0][0], "pairs"))
    return f"{share:.2%} of the probability lies on texts that the language never says, such as {example}"


def factors(unrolled: Chain, tokens: Sequence[str]) -> str:
    """The reading of the chain rule."""
    at = int(unrolled.log_factors.argmin())
    L, total = len(tokens), unrolled.log_likelihood
    if total == -math.inf:
        return (
            f"This model gives {lesson.chip(tokens[at])}, token {at + 1}, probability 0 there, and 0 times anything is "
            "0: the whole sentence is impossible, its logarithm −∞, its perplexity ∞. One factor is enough."
        )
    numbers = [small(p) for p in unrolled.factors[:5]]
    product = " × ".join(numbers) + (" × …" if L > 5 else "")
    text = f"{_written_out(tokens)} = {product} = **{power(total / LN10)}**, and the logarithms add up to "
    text += f"**{signed(total)}**. "
    if L > 1:
        text += (
            f"The smallest factor is that of {lesson.chip(tokens[at])}, {small(unrolled.factors[at])}: the biggest "
            "surprise of this sentence."
        )
    return text


def _written_out(tokens: Sequence[str]) -> str:
    """The chain rule with the first tokens in their places: p(a) · p(b | a) · p(c | a, b) · …"""
    words = [shown(token) for token in tokens[:3]]
    parts = [f"p({word}{' | ' if i else ''}{', '.join(words[:i])})" for i, word in enumerate(words)]
    return lesson.named(" · ".join(parts) + (" · …" if len(tokens) > 3 else ""))


def show_units(unrolled: Chain) -> None:
    """How improbable the sentence is, in three units and as perplexity, each with what it means."""
    L = len(unrolled.log_factors)
    s = chain.surprise(unrolled.log_likelihood, L)
    flips = "no number of coins" if math.isinf(s.bits) else f"{s.bits:,.0f} fair coins"
    zeros = "forever" if math.isinf(s.log10) else f"about {int(s.log10):,}"
    rows = [
        ("−ln p, in nats", signed(s.nats), "The negative log-likelihood (NLL): what training makes small."),
        ("−log₂ p, in bits", signed(s.bits), f"As surprising as {flips} all showing heads."),
        ("−log₁₀ p", signed(s.log10), f"Zeros before the first digit of p: {zeros}. For p = 0.5 it is 0.301."),
        (
            "Perplexity", small(s.perplexity) if s.perplexity < math.inf else "∞",
            f"exp(NLL / {L}): on average as unsure as among so many equally likely tokens.",
        ),
    ]  # fmt: skip
    for pair in (rows[:2], rows[2:]):
        for column, (name, value, meaning) in zip(st.columns(2), pair, strict=True):
            with column:
                st.metric(name, value)
                st.caption(meaning)


def underflow(long: Chain, dead32: int | None, dead64: int | None) -> str:
    """The reading of product against sum of logs."""
    L, total = len(long.log_factors), long.log_likelihood
    if total == -math.inf:
        at = int(long.log_factors.argmin()) + 1
        return (
            f"At token {at} this model gives probability 0. That is no underflow: the true product is 0, and the sum "
            "of logs is −∞ with it. Smoothing, or another model, gives every token a little."
        )
    died = [f"in {name} it is 0 from token {at:,} on" for name, at in (("float32", dead32), ("float64", dead64)) if at]
    lived = [name for name, at in (("float32", dead32), ("float64", dead64)) if not at]
    text = f"These {L:,} factors were really multiplied, one after another: " + " and ".join(died)
    if lived:
        text += ("; " if died else "") + f"{' and '.join(lived)} can still hold the product of this text"
    return text + (
        f". The smallest positive float32 is 1.4·10⁻⁴⁵, the smallest float64 4.9·10⁻³²⁴. The sum of logs is "
        f"{signed(total, 1)} nats and has lost nothing: p = {power(total / LN10)}."
    )


def odds(tokens: Sequence[Sequence[str]], paths: Sequence[Chain], parting: int | None) -> str:
    """The reading of the two sentences under a model."""
    if parting is None:
        return "Both sentences are the same tokens to this model: the odds are 1 to 1."
    values = [path.log_likelihood for path in paths]
    left, right = (
        lesson.chip(words[parting]) if parting < len(words) else "the end of the sentence" for words in tokens
    )
    text = f"They part at token {parting + 1}: {left} against {right}. "
    log_odds = chain.log_odds(*values)
    numbers = " against ".join(power(value / LN10) for value in values)
    if log_odds is None:
        return text + "Both are impossible for this model (probability 0), so there are no odds."
    if math.isinf(log_odds):
        return text + f"Only the {'first' if log_odds > 0 else 'second'} is possible for this model: {numbers}."
    if abs(log_odds) < 1e-6:
        return text + f"{numbers}: this model finds both equally probable."
    better = "first" if log_odds > 0 else "second"
    return text + f"{numbers}: the {better} is **{power(abs(log_odds) / LN10)} times** as probable under this model."


def truth(first: Sequence[str], second: Sequence[str]) -> str:
    """What the toy language itself says of two sentences of its words, exactly; nothing when they have other words."""
    words = set(mouse.vocabulary())
    if not first or not second or not (set(first) | set(second)) <= words:
        return ""
    p, q = sequences.mouse_probability(first), sequences.mouse_probability(second)
    text = f" **The truth**, from the grammar that wrote the text: {written_exactly(p)} against {written_exactly(q)}"
    if not p or not q:
        return text + "."
    if p == q:
        return text + ", equally probable."
    return text + f", odds of exactly **{max(p, q) / min(p, q)} to 1** for the {'first' if p > q else 'second'}."


def written_exactly(p: Fraction) -> str:
    """A fraction, or that it cannot be."""
    return str(p) if p else "0 (it never says that)"


def best_p(p: float, seen: int, tries: int, name: str) -> str:
    """The reading of the likelihood bench; what was let go last, for the curve itself moves in the browser."""
    here, best = (float(likelihood.log_likelihood(q, seen, tries)) for q in (p, seen / tries))
    text = (
        f"{name.capitalize()} came {seen} times in {tries}. At p = {p:.3g} the likelihood is {power(here / LN10)} and "
        f"the NLL {signed(-here)} nats; at p = {seen}/{tries} = {seen / tries:.3g} they are {power(best / LN10)} and "
        f"{signed(-best)} nats. "
    )
    return text + (
        "The highest likelihood and the lowest NLL are at the same p, for the logarithm keeps order. That p is the "
        "relative frequency: counting and dividing is maximum likelihood."
    )


def show_bases() -> None:
    """A probability in the three units, by hand."""
    st.markdown("**One probability in three units.** Only the base of the logarithm differs.")
    controls = st.columns([2, 5], vertical_alignment="center", gap="large")
    with controls[0]:
        p = st.number_input("p", 0.0, 1.0, 0.5, step=0.01, format="%.4f", key="probability.base")
    log = math.log(p) if p > 0 else -math.inf
    with controls[1]:
        st.markdown(
            f"ln p = **{signed(log, 3)}** nats · log₂ p = **{signed(log / math.log(2), 3)}** bits · "
            f"log₁₀ p = **{signed(log / LN10, 3)}**"
        )
    st.caption(
        "Where a book says log 0.5 = −0.301, its logarithm is to the base 10. The minus sign is why one speaks of the "
        "negative log-likelihood: that is a positive number, and smaller is better."
    )
