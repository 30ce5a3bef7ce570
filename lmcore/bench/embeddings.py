"""Word vectors: how long Word2Vec takes until it completes 90% of the analogies of `kingdoms`, beside gensim's.

Řehůřek and Sojka (2010), https://radimrehurek.com/gensim. Both begin with the text cut into the same words, and use
the same dimensions, window, negatives and subsampling, one worker each. How many epochs each needs, and gensim's best
learning rate of three, are found before, unmeasured; the measured runs do just as many. Ours is one update an epoch, on
the table of all pairs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.bench.row import Row, times
from lmcore.bench.timing import in_turns, ratio
from lmcore.corpora import kingdoms
from lmcore.models.word2vec import Word2Vec
from lmcore.models.word2vec_config import Word2VecConfig
from lmcore.probes.embeddings import accuracy
from lmcore.training.config import TrainConfig
from lmcore.training.word2vec import train

SHARE = 0.9
CHARS = {"full": 500_000, "tiny": 20_000}
EPOCHS = {"full": (8, 10, 12, 14, 16, 20, 24, 32, 48), "tiny": (2,)}
GENSIM_EPOCHS = {"full": (1, 2, 3, 4, 5, 6, 8, 10, 15, 20), "tiny": (1,)}
RATE, GENSIM_RATES = 0.2, (0.025, 0.05, 0.1)
SEEDS = {"full": (1, 2, 3), "tiny": (1,)}
"""An epoch number is enough when it is for each of them."""


@dataclass(frozen=True)
class Text:
    """One text, for both."""

    tokens: Tokens
    sentences: list[list[str]]
    stoi: dict[str, int]
    config: Word2VecConfig


def run(size: str) -> Iterator[Row]:
    """One row: seconds to 90% of the analogies."""
    text = prepared(CHARS[size], 64 if size == "full" else 8)
    epochs = enough(lambda n, seed: ours(text, n, seed), text, EPOCHS[size], SEEDS[size])
    their_epochs, rate = min(
        (enough(functools.partial(gensims, text, rate=rate), text, GENSIM_EPOCHS[size], SEEDS[size]), rate)
        for rate in GENSIM_RATES
    )
    mine, theirs = in_turns(
        [lambda: ours(text, epochs, 1), lambda: gensims(text, their_epochs, 1, rate)], 9 if size == "full" else 2
    )
    yield Row(
        what="Word2Vec to 90% of kingdoms' analogies", ours=float(np.median(mine)), unit="s", repeats=len(mine),
        peer=float(np.median(theirs)), peer_name="gensim, one worker", ratio=ratio(theirs, mine), goal=times(1.0),
        note=f"{text.tokens.ids.size:,} tokens, V = {len(text.stoi)}, {text.config.n_embd} dimensions, "
        f"{epochs} epochs beside gensim's {their_epochs} at {rate}",
    )  # fmt: skip


def prepared(n_chars: int, n_embd: int) -> Text:
    """Kingdoms in words; for gensim as lists of strings."""
    text = kingdoms.generate(n_chars, seed=1)
    tokenizer = tokenizers.train("word", text)
    tokens = tokenize(tokenizer, text)
    sentences = [[str(i) for i in part] for part in np.split(tokens.ids, tokens.starts[1:])]
    stoi = {word: i for i, word in enumerate(tokenizer.itos)}
    return Text(tokens, sentences, stoi, Word2VecConfig(tokenizer.vocab_size, n_embd=n_embd))


def enough(
    trained: Callable[[int, int], NDArray[Any]], text: Text, epochs: tuple[int, ...], seeds: tuple[int, ...]
) -> int:
    """The least of `epochs` that reaches the share with every seed, else the most of them."""
    for n in epochs:
        if all(accuracy(trained(n, seed), text.stoi, kingdoms.questions()).share >= SHARE for seed in seeds):
            return n
    return epochs[-1]


def ours(text: Text, epochs: int, seed: int) -> NDArray[Any]:
    """(V, E) vectors after so many updates on the table of all pairs."""
    settings = TrainConfig(
        max_steps=epochs, learning_rate=RATE, min_lr_ratio=0.05, warmup_steps=0, weight_decay=0.0, n_snapshots=0,
        eval_every=100_000, report_every=100_000,
    )  # fmt: skip
    model = Word2Vec(text.config, seed)
    for _ in train(model, text.tokens, NO_TEXT, settings):
        pass
    return model.vectors


NO_TEXT = Tokens(np.array([1], np.int32), np.array([0], np.int64))  # nothing is held out


def gensims(text: Text, epochs: int, seed: int, rate: float) -> NDArray[Any]:
    """The same from gensim."""
    from gensim.models import Word2Vec as Gensim

    config = text.config
    model = Gensim(
        text.sentences, sg=1, hs=0, vector_size=config.n_embd, window=config.window, negative=config.negatives,
        sample=config.subsample, min_count=1, workers=1, epochs=epochs, alpha=rate, seed=seed,
    )  # fmt: skip
    vectors = np.zeros((config.vocab_size, config.n_embd), np.float32)
    for word, i in model.wv.key_to_index.items():
        vectors[int(word)] = model.wv.vectors[i]
    return vectors
