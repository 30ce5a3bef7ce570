"""Counting: our n-grams beside nltk.lm (Bird, Loper and Klein, "Natural Language Processing with Python", 2009),
scikit-learn's CountVectorizer and, where it is installed, KenLM's lmplz (Heafield et al. 2013).

All start from the same text, already cut into the same words: nltk and scikit-learn get passages as lists of strings,
we get the array of indices that our tokenizer makes. The last passages are left out of it, and scored. Times are
processor time: all of it is one thread, and neighbours do not count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lmcore import corpora, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.bench import arpa_files
from lmcore.bench.row import Row, times
from lmcore.bench.timing import in_turns, ratio, seconds
from lmcore.models.ngram import NGram, NGramConfig, contexts

ORDER = 3
LONGEST = 5
GOAL, GOAL_SMOOTHED, GOAL_SCORES = 200, 40, 50
HELD_OUT = {"full": 5_000, "tiny": 200}
"""Tokens to score, at least."""
K = 0.01
CLOCK = time.process_time


@dataclass(frozen=True)
class Text:
    """One text, for us and for the peers."""

    tokens: Tokens
    passages: list[list[str]]
    held_out: Tokens
    """Whole passages, each of which stands by itself."""
    held_out_passages: list[list[str]]
    V: int


def run(size: str) -> Iterator[Row]:
    """Counts, a smoothed model, scores, 1 to 3 words as features, and a text made into an ARPA file."""
    name = "shakespeare" if size == "full" else "mouse"
    text = prepared(corpora.load(name).text, HELD_OUT[size])
    theirs: list[Any] = []
    yield from counts(text, theirs, 9 if size == "full" else 3)
    yield from scores(text, theirs[0], 9 if size == "full" else 3)
    yield from vectors(text, 3)
    yield arpa_files.row(name, 3 if size == "full" else 1)


def prepared(text: str, held_out: int) -> Text:
    """The text in words; the last passages, `held_out` tokens or a little more, apart."""
    tokenizer = tokenizers.train("word", text)
    tokens = tokenize(tokenizer, text)
    words = [tokenizer.itos[i] for i in tokens.ids.tolist()]
    bounds = [*tokens.starts.tolist(), len(words)]
    cut = int(tokens.starts[tokens.starts <= len(words) - held_out][-1])
    n = bounds.index(cut)
    passages = [words[a:b] for a, b in pairwise(bounds)]
    return Text(
        Tokens(tokens.ids[:cut], tokens.starts[:n]), passages[:n],
        Tokens(tokens.ids[cut:], tokens.starts[n:] - cut, separate=True), passages[n:], tokenizer.vocab_size,
    )  # fmt: skip


def counts(text: Text, theirs: list[Any], n: int) -> Iterator[Row]:
    """Fit a model of order 3; all tables of the orders 1 to 3; trigrams alone; and modified Kneser-Ney of order 5.

    nltk's model is left in `theirs`: its fit takes half a minute, and no one waits for it twice.
    """
    from nltk.lm import MLE, NgramCounter
    from nltk.lm.preprocessing import pad_both_ends, padded_everygram_pipeline
    from nltk.util import everygrams, ngrams

    model = NGram(NGramConfig(vocab_size=text.V, order=ORDER))

    def fit() -> None:
        model.fit(text.tokens)

    def fit_all() -> None:
        model.fit(text.tokens)
        for order in range(1, ORDER):
            model.table(order)

    def smoothed() -> object:
        return NGram(NGramConfig(text.V, LONGEST, "modified-kneser-ney")).fit(text.tokens).estimate

    def their_model() -> None:
        ngrams_of_passages, vocabulary = padded_everygram_pipeline(ORDER, text.passages)
        theirs.append(MLE(ORDER))
        theirs[0].fit(ngrams_of_passages, vocabulary)

    def their_everygrams() -> None:
        NgramCounter(everygrams(list(pad_both_ends(passage, n=ORDER)), max_len=ORDER) for passage in text.passages)

    def their_trigrams() -> None:
        NgramCounter(ngrams(passage, ORDER, pad_left=True, left_pad_symbol="<s>") for passage in text.passages)

    def row(what: str, works: Callable[[], object], peer: float, peer_name: str, how: str, goal: float | None) -> Row:
        taken = before.pop(works) + [seconds(works, CLOCK) for _ in range(n - n // 2)]
        median = statistics.median(taken)
        return Row(
            f"{what}, {text.tokens.ids.size:,} words", median, "s", len(taken), peer, peer_name, peer / median,
            times(goal) if goal else None, f"processor time; the peer once, {how}",
        )  # fmt: skip

    before: dict[Callable[[], object], list[float]] = {}

    def measure(*works: Callable[[], object]) -> None:
        for work in works:
            work()
            before[work] = [seconds(work, CLOCK) for _ in range(n // 2)]

    measure(fit, smoothed)  # the peer's half a minute lies between our turns
    fitted = seconds(their_model, CLOCK)
    documented = "as nltk documents it: padded everygrams"
    yield row("a model of order 3", fit, fitted, "nltk.lm MLE(3).fit", documented, GOAL)
    yield row(
        "modified Kneser-Ney of order 5", smoothed, fitted, "nltk.lm MLE(3).fit",
        "its counts of order 3 only: nltk has no modified Kneser-Ney", GOAL_SMOOTHED,
    )  # fmt: skip
    measure(fit_all)
    everygrams_taken = seconds(their_everygrams, CLOCK)
    yield row("tables of orders 1, 2 and 3", fit_all, everygrams_taken, "nltk.lm NgramCounter", "everygrams", None)
    measure(fit)
    trigrams_taken = seconds(their_trigrams, CLOCK)
    yield row("the table of order 3 alone", fit, trigrams_taken, "nltk.lm NgramCounter", "trigrams only", None)


def scores(text: Text, counted: Any, n: int) -> Iterator[Row]:
    """How probable the held-out passages are, token by token."""
    from nltk.lm import Lidstone, WittenBellInterpolated

    padded = [["<s>"] * (ORDER - 1) + passage for passage in text.held_out_passages]
    asked = [
        (passage[i], passage[i - ORDER + 1 : i]) for passage in padded for i in range(ORDER - 1, len(passage))
    ]  # fmt: skip
    held_out = text.held_out
    separate = Tokens(text.tokens.ids, text.tokens.starts, separate=True)

    def ours(order: int, smoothing: str) -> Callable[[], object]:
        estimate = NGram(NGramConfig(text.V, order, smoothing, K)).fit(separate).estimate
        return lambda: np.log(estimate.probs(contexts(held_out, order), held_out.ids))

    def of(model: Any) -> Callable[[], object]:
        return lambda: [model.logscore(word, context) for word, context in asked]

    add_k, lidstone = ours(ORDER, "add-k"), of(Lidstone(K, ORDER, vocabulary=counted.vocab, counter=counted.counts))
    mine, nltks = np.asarray(add_k()) / np.log(2), np.asarray(lidstone())
    # nltk's vocabulary has <s> and </s> besides, and it counts what ends a passage: in most places nearly the same
    if not np.median(np.abs(mine - nltks)) < 1e-2:
        raise ValueError("our add-k and nltk's Lidstone do not agree on the same counts")
    wb = of(WittenBellInterpolated(ORDER, vocabulary=counted.vocab, counter=counted.counts))
    words = f"{held_out.ids.size:,} held-out words scored"
    slow = "nltk's KneserNeyInterpolated goes through all its bigrams for every word"
    for what, our, peer, name, note, goal in (
        ("Witten-Bell of order 3", ours(ORDER, "witten-bell"), wb, "WittenBellInterpolated(3)", "", GOAL_SCORES),
        ("add-k of order 3", add_k, lidstone, "Lidstone(3)", "one count and one sum a word: nltk's fastest", None),
        ("modified Kneser-Ney of order 5", ours(LONGEST, "modified-kneser-ney"), wb, "WittenBellInterpolated(3)", slow,
         None),
    ):  # fmt: skip
        taken, theirs = in_turns([our, peer], n, CLOCK)
        yield Row(
            f"{words}, {what}", statistics.median(taken), "s", len(taken), statistics.median(theirs), f"nltk.lm {name}",
            ratio(theirs, taken), times(goal) if goal else None, "processor time" + f"; {note}" * bool(note),
        )  # fmt: skip


def vectors(text: Text, n: int) -> Iterator[Row]:
    """All of 1 to 3 words in a row, beside scikit-learn's counts of them, passage by passage."""
    from sklearn.feature_extraction.text import CountVectorizer

    def as_it_is(words: list[str]) -> list[str]:
        return words

    def theirs() -> None:
        CountVectorizer(
            preprocessor=as_it_is, tokenizer=as_it_is, token_pattern=None, lowercase=False, ngram_range=(1, ORDER)
        ).fit_transform(text.passages)

    def ours() -> None:
        model = NGram(NGramConfig(text.V, ORDER)).fit(text.tokens)
        for order in range(1, ORDER):
            model.table(order)

    taken, peer = in_turns([ours, theirs], n, CLOCK)
    yield Row(
        f"1 to 3 words in a row, {text.tokens.ids.size:,} words", statistics.median(taken), "s", len(taken),
        statistics.median(peer), "scikit-learn CountVectorizer", ratio(peer, taken), None,
        "processor time; it counts by passage, a matrix; both from words already cut",
    )  # fmt: skip
