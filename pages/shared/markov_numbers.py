"""The tables of the Markov page, one for each of its pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from lmcore.probes.markov import Chain, Part, Stationary
from lmcore.tokenizers.base import Tokenizer
from pages.shared.markov import LENGTHS, Ending

MAX_ROWS = 1000


def pick(tables: dict[str, Callable[[], pd.DataFrame]]) -> pd.DataFrame:
    """The table of the picture that is asked for."""
    name = st.segmented_control("Of which picture", list(tables), key="markov-chains.which", default=next(iter(tables)))
    return tables.get(name or "", next(iter(tables.values())))()


def matrix(part: Part, names: Sequence[str]) -> pd.DataFrame:
    """A row for each pair of the picture that the text has."""
    now, then = (places.tolist() for places in np.nonzero(part.pairs))
    return pd.DataFrame(
        {
            "now": [names[i] for i in now],
            "next": [names[j] for j in then],
            "count": part.pairs[now, then],
            "probability": part.probs[now, then],
        }
    )


def after(endings: Sequence[Ending], tokenizer: Tokenizer) -> pd.DataFrame:
    """What comes next after each sentence, by its last token and by its last two or three."""
    rows = []
    for sentence, each in enumerate(endings, start=1):
        chain = dict(zip(each.tokens.tolist(), each.probs.tolist(), strict=True))
        for token in list(chain)[:MAX_ROWS]:
            longer = each.longer_probs.get(token, 0.0) if each.longer else None
            rows.append((sentence, tokenizer.itos[token], chain[token], longer))
    return pd.DataFrame(rows, columns=["sentence", "next", "last token alone", "last two or three"])


def long_walk(chain: Chain, found: Stationary, visits: NDArray[np.int64], tokenizer: Tokenizer) -> pd.DataFrame:
    """The tokens where a long walk is most often."""
    most = np.argsort(-found.probs, kind="stable")[:MAX_ROWS]
    most = most[chain.counts[most] > 0]
    return pd.DataFrame(
        {
            "token": [tokenizer.itos[token] for token in most],
            "long walk": found.probs[most],
            "text": chain.frequencies[most],
            "times in the text": chain.counts[most],
            f"visits of a walk of {LENGTHS[-1]:,} steps": visits[most],
        }
    )


def approach(distances: Sequence[float]) -> pd.DataFrame:
    """How far a walk's own shares are after so many steps."""
    return pd.DataFrame({"steps": LENGTHS, "distance": distances})
