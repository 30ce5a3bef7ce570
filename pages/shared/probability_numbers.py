"""The tables and the script of the Probability page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lmcore.corpora import Corpus
from lmcore.probes import likelihood, sequences
from lmcore.probes.chain import Chain
from pages.shared import scripts
from pages.shared.models import Loaded
from pages.shared.probability import PASSAGE_CHARS, STEPS
from pages.shared.probability_says import spelled

MAX_TABLE = 5000


def pick(tables: dict[str, Callable[[], pd.DataFrame]]) -> pd.DataFrame:
    """The table of the picture that is asked for."""
    name = st.segmented_control("Of which picture", list(tables), key="probability.which", default=next(iter(tables)))
    return tables.get(name or "", next(iter(tables.values())))()


def outcomes(found: sequences.Outcomes, world: str) -> pd.DataFrame:
    """A row an outcome, likeliest first."""
    return pd.DataFrame(
        {
            "outcome": [spelled(words, world) for words, _ in found],
            "tokens": [len(words) for words, _ in found],
            "exactly": [str(p) for _, p in found],
            "probability": [float(p) for _, p in found],
        }
    )


def chained(tokens: Sequence[str], unrolled: Chain) -> pd.DataFrame:
    """A row a token."""
    return pd.DataFrame(
        {
            "place": range(1, len(tokens) + 1),
            "token": tokens,
            "factor": unrolled.factors,
            "product so far (float64)": unrolled.products,
            "ln of the factor": unrolled.log_factors,
            "sum of logs so far (nats)": unrolled.log_sums,
        }
    )


def long_text(tokens: Sequence[str], unrolled: Chain, products: Sequence[np.ndarray]) -> pd.DataFrame:
    """The same with both products, as they were computed."""
    table = chained(tokens, unrolled).drop(columns="product so far (float64)")
    return table.assign(float32=products[0], float64=products[1])


def two(tokens: Sequence[Sequence[str]], paths: Sequence[Chain]) -> pd.DataFrame:
    """Both sentences, one under the other."""
    parts = [chained(words, path) for words, path in zip(tokens, paths, strict=True)]
    return pd.concat([part.assign(sentence=i + 1) for i, part in enumerate(parts)], ignore_index=True)


def curves(seen: int, tries: int) -> pd.DataFrame:
    """The two curves of the likelihood bench."""
    found = likelihood.curves(seen, tries)
    return pd.DataFrame({"p": found.p, "likelihood": found.likelihood, "negative log-likelihood (nats)": found.nll})


WORLD_SOURCE = {
    "die": "following = sequences.die()",
    "mouse": "following = sequences.mouse_grammar",
    "pairs": """\
mouse_text = corpora.load("mouse").text
words = tokenizers.train("word", mouse_text)
pairs = models.build("ngram", {"order": 2, "smoothing": "add-k", "k": 0.0}, words.vocab_size)
following = sequences.counted(pairs.fit(batches.tokenize(words, mouse_text)), words.itos)""",
}


def script(
    world: str, length: int, heads: int, loaded: Loaded, typed: str, passage: tuple[Corpus, int],
    judge: Loaded, pair: tuple[str, str], seen: tuple[int, int, float],
) -> str:  # fmt: skip
    """A script that computes everything that the page draws."""
    imports, source = scripts.open_text(passage[0])
    following = WORLD_SOURCE.get(world, f"following = sequences.coin(Fraction({heads}, {STEPS}))")
    return f"""
from fractions import Fraction

import numpy as np

{scripts.open_model(loaded)}
from lmcore import batches, corpora, models, tokenizers
from lmcore.probes import chain, likelihood, sequences

# Every sequence, and the sum of their probabilities
{following}
outcomes = sequences.every_sequence(following, {length})
for outcome, p in outcomes[:12]:
    print(outcome, p)
print(len(outcomes), "outcomes, sum", sequences.total(outcomes))

# The chain rule: one factor a token
ids = tokenizer.encode({typed!r})
unrolled = chain.unroll(model, ids)
for token, factor, product, log_sum in zip(ids, unrolled.factors, unrolled.products, unrolled.log_sums):
    print(f"{{tokenizer.itos[token]!r:16}} {{factor:.4g}} {{product:.4g}} {{log_sum:.4f}}")
if ids:
    print(chain.surprise(unrolled.log_likelihood, len(ids)))

# Product against sum of logs
{imports}text = {source}
long = chain.unroll(model, tokenizer.encode(text[:{PASSAGE_CHARS}])[:{passage[1]}])
for dtype in (np.float32, np.float64):
    print(dtype.__name__, "is 0 from token", chain.dies_at(chain.running_products(long.factors, dtype)))
print(f"sum of logs {{long.log_likelihood:.4f}}")

# Two sentences
{scripts.open_model(judge)}
pair = [tokenizer.encode(sentence) for sentence in {pair!r}]
logs = [chain.unroll(model, sentence).log_likelihood for sentence in pair]
print("they part at", chain.parting(*pair), "log odds", chain.log_odds(*logs))

# Maximum likelihood
for p in ({seen[2]!r}, {seen[0]} / {seen[1]}):
    print(f"p = {{p:.3f}}: ln likelihood {{likelihood.log_likelihood(p, {seen[0]}, {seen[1]}):.4f}}")
"""
