"""Counting: our n-grams beside nltk.lm (Bird, Loper and Klein, "Natural Language Processing with Python", 2009).

Both start from the same text, already cut into the same words: nltk gets passages as lists of strings, we get the array
of indices that our tokenizer makes. Times are processor time: all of it is one thread, and neighbours do not count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import pairwise

from lmcore import corpora, tokenizers
from lmcore.batches import tokenize
from lmcore.bench.row import Row, times
from lmcore.bench.timing import seconds
from lmcore.models.ngram import NGram, NGramConfig

ORDER = 3
GOAL = 200


def run(size: str) -> Iterator[Row]:
    """Fit a model of order 3; then all tables of the orders 1 to 3; then trigrams alone."""
    from nltk.lm import MLE, NgramCounter
    from nltk.lm.preprocessing import pad_both_ends, padded_everygram_pipeline
    from nltk.util import everygrams, ngrams

    text = corpora.load("shakespeare" if size == "full" else "mouse").text
    tokenizer = tokenizers.train("word", text)
    tokens = tokenize(tokenizer, text)
    words = [tokenizer.itos[i] for i in tokens.ids.tolist()]
    bounds = [*tokens.starts.tolist(), len(words)]
    passages = [words[a:b] for a, b in pairwise(bounds)]
    model = NGram(NGramConfig(vocab_size=tokenizer.vocab_size, order=ORDER))

    def fit() -> None:
        model.fit(tokens)

    def fit_all() -> None:
        model.fit(tokens)
        for order in range(1, ORDER):
            model.table(order)

    def their_model() -> None:
        ngrams_of_passages, vocabulary = padded_everygram_pipeline(ORDER, passages)
        MLE(ORDER).fit(ngrams_of_passages, vocabulary)

    def their_everygrams() -> None:
        NgramCounter(everygrams(list(pad_both_ends(passage, n=ORDER)), max_len=ORDER) for passage in passages)

    def their_trigrams() -> None:
        NgramCounter(ngrams(passage, ORDER, pad_left=True, left_pad_symbol="<s>") for passage in passages)

    n, note = (9 if size == "full" else 3), "processor time; the peer once"
    cases = [
        ("a model of order 3", fit, "nltk.lm MLE(3).fit", their_model, "as nltk documents it: padded everygrams"),
        ("tables of orders 1, 2 and 3", fit_all, "nltk.lm NgramCounter", their_everygrams, "everygrams, no vocabulary"),
        ("the table of order 3 alone", fit, "nltk.lm NgramCounter", their_trigrams, "trigrams only"),
    ]
    for i, (what, ours, peer_name, peer, how) in enumerate(cases):
        ours()
        taken = [seconds(ours, time.process_time) for _ in range(n // 2)]
        theirs = seconds(peer, time.process_time)  # half a minute: once, between ours
        taken += [seconds(ours, time.process_time) for _ in range(n - n // 2)]
        median = statistics.median(taken)
        yield Row(
            what=f"{what}, {tokens.ids.size:,} words", ours=median, unit="s", repeats=n, peer=theirs,
            peer_name=peer_name, ratio=theirs / median, goal=times(GOAL) if i == 0 else None, note=f"{note}, {how}",
        )  # fmt: skip
