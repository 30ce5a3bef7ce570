"""The chains of texts, kept by content: a chain and where its walk ends are computed once, whoever asks."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmcore.corpora import Corpus
from lmcore.models.ngram import NGram
from lmcore.probes import markov
from lmcore.probes.markov import Chain, Part, Stationary
from lmcore.probes.ring import Ring, name_width, ring, ring_order
from pages.shared import scripts
from pages.shared.cache import Unhashed
from pages.shared.counted import counts_of

MOST_STATES = 16
BOXES = ((340, 560), (380, 500), (460, 500))  # px: a phone, half of a small screen, more
LENGTHS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
LONGEST_CONTEXT = 3  # tokens that a sentence is read back for, beside the chain's one


@dataclass(frozen=True)
class Drawn:
    """The part of a chain that is drawn, and where its states stand."""

    part: Part
    names: list[str]
    order: list[int]
    rings: list[Ring]


def chain_of(corpus: Corpus, kind: str) -> tuple[Chain, Stationary]:
    """A text's chain over its whole vocabulary, and its stationary distribution."""
    return _chain(corpus.sha256, kind, Unhashed(corpus))


def drawn_of(corpus: Corpus, kind: str, n: int) -> Drawn:
    """The n most used tokens as a picture."""
    return _drawn(corpus.sha256, kind, n, Unhashed(corpus))


def approach_of(corpus: Corpus, kind: str, seed: int) -> tuple[NDArray[np.int64], list[float]]:
    """(V,) how often the longest walk came by each token, and how far its shares are from stationary at LENGTHS."""
    return _approach(corpus.sha256, kind, seed, Unhashed(corpus))


@functools.lru_cache(maxsize=12)
def _chain(sha256: str, kind: str, hidden: Unhashed) -> tuple[Chain, Stationary]:
    chain = markov.chain_of(counts_of(hidden.value, kind)[1])
    return chain, markov.stationary(chain)


@functools.lru_cache(maxsize=64)
def _drawn(sha256: str, kind: str, n: int, hidden: Unhashed) -> Drawn:
    tokenizer = counts_of(hidden.value, kind)[0]
    part = markov.most_used(_chain(sha256, kind, hidden)[0], n)
    names = [tokenizer.itos[token] for token in part.tokens]
    among = len(names)
    widest = max(map(name_width, names))
    rings = [ring(among, width, height, widest) for width, height in BOXES]
    return Drawn(part, names, ring_order(part.probs[:among, :among]), rings)


@functools.lru_cache(maxsize=32)
def _approach(sha256: str, kind: str, seed: int, hidden: Unhashed) -> tuple[NDArray[np.int64], list[float]]:
    chain, found = _chain(sha256, kind, hidden)
    walked = markov.walk(chain, LENGTHS[-1], seed)
    return np.bincount(walked, minlength=found.probs.size), markov.approach(walked, found.probs, LENGTHS)


# ---- two sentences that end alike ----


@dataclass(frozen=True)
class Ending:
    """What comes after a sentence: by its last token alone, and by as many of its last tokens as the text has so."""

    last: int | None
    """Its last token, None for no token."""
    tokens: NDArray[np.int32]
    """(n,) what followed the last token, most often first."""
    probs: NDArray[np.float64]
    """(n,) p(next | last): what the chain says."""
    longer: tuple[int, ...]
    """The last two or three tokens that the text has in a row; () when it has not even two."""
    longer_probs: dict[int, float]
    """What followed these."""


def ending(model: NGram, ids: list[int]) -> Ending:
    """What the counts of a model of order 4 or more say after `ids`."""
    if not ids:
        return Ending(None, np.zeros(0, np.int32), np.zeros(0), (), {})
    tokens, counts = model.continuations(ids[-1:])
    probs = counts / max(int(counts.sum()), 1)
    for length in range(min(LONGEST_CONTEXT, len(ids)), 1, -1):
        context = tuple(ids[-length:])
        after, times = model.continuations(context)
        if after.size:
            shares = times / times.sum()
            return Ending(ids[-1], tokens, probs, context, dict(zip(after.tolist(), shares.tolist(), strict=True)))
    return Ending(ids[-1], tokens, probs, (), {})


def rows_of(endings: list[Ending], n: int = 7) -> list[int]:
    """The tokens to draw for some sentences: the chain's likeliest, and what the longer contexts put first."""
    found: dict[int, float] = {}
    for each in endings:
        for token, p in [*zip(each.tokens[:n].tolist(), each.probs[:n].tolist(), strict=True)]:
            found[token] = max(found.get(token, 0.0), p)
    likely = sorted(found, key=lambda token: -found[token])[:n]
    for each in endings:
        best = sorted(each.longer_probs, key=lambda token: -each.longer_probs[token])[:1]
        likely += [token for token in best if token not in likely]
    return likely


# ---- the code ----


def script(corpus: Corpus, kind: str, n: int, seed: int, max_chars: int) -> str:
    """A script that prints the matrix, the long walk's end and how a walk comes near it."""
    imports, text = scripts.open_text(corpus)
    return f"""\
{imports}from lmcore import batches, corpora, models, tokenizers
from lmcore.probes import markov

text = {text}[:{max_chars}]
tokenizer = tokenizers.train({kind!r}, text)
model = models.build("ngram", {{"order": 2, "smoothing": "add-k", "k": 0.0}}, tokenizer.vocab_size)
chain = markov.chain_of(model.fit(batches.tokenize(tokenizer, text)))

part = markov.most_used(chain, {n})
names = [repr(tokenizer.itos[token]) for token in part.tokens] + ["(other)"] * part.others
for name, row in zip(names, part.probs):
    print(f"{{name:12}}", *(f"{{p:6.4f}}" for p in row))

found = markov.stationary(chain)
print("settled after", found.n_steps, "steps; period", found.period)
for name, token in zip(names, part.tokens):
    print(f"{{name:12}} long walk {{found.probs[token]:.6f}}  text {{chain.frequencies[token]:.6f}}")
print(f"distance {{markov.distance(found.probs, chain.frequencies):.4g}}")

lengths = {LENGTHS!r}
walked = markov.walk(chain, lengths[-1], seed={seed})
for steps, far in zip(lengths, markov.approach(walked, found.probs, lengths)):
    print(f"{{steps:6}} steps: {{far:.4f}}")
"""
