"""N-grams: by hand on a text of five lines, and against nltk.lm on the same counts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import MLE, Laplace, Lidstone
from nltk.util import everygrams, ngrams

from lmcore import models, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.models.counts import Counts, count, shorter
from lmcore.models.ngram import NGram, NGramConfig
from lmcore.models.smoothing import SMOOTHINGS

VERSE = """the mouse ate the cheese
the cat ate the mouse
the dog saw the cat
the mouse saw the dog
the cheese is gone
"""
WORDS = tokenizers.train("word", VERSE)  # <s> <unk> \n ate cat cheese dog gone is mouse saw the
V = WORDS.vocab_size


def verse(order: int, k: float = 0.0) -> NGram:
    return NGram(NGramConfig(V, order, k=k)).fit(Tokens(np.array(WORDS.encode(VERSE), np.int32), np.array([0])))


def ids(text: str) -> list[int]:
    return WORDS.encode(text)


# By hand ------------------------------------------------------------------------------------------------------------


def test_bigrams_of_the_verse_by_hand() -> None:
    model = verse(2)
    # "the" is followed by mouse 3 times, cheese 2, cat 2, dog 2: 9 in all
    tokens, counts = model.continuations(ids("the"))
    assert [(WORDS.itos[t], c) for t, c in zip(tokens.tolist(), counts.tolist(), strict=True)] == [
        ("mouse", 3), ("cat", 2), ("cheese", 2), ("dog", 2)]  # fmt: skip
    np.testing.assert_allclose(np.exp(model.log_probs(ids("the"))[-1, ids("mouse cheese ate")]), [3 / 9, 2 / 9, 0])
    # p(the | <s>) = 1, p(mouse | the) = 3/9, p(ate | mouse) = 1/3
    np.testing.assert_allclose(np.exp(model.score(ids("the mouse ate"))), [1, 3 / 9, 1 / 3], rtol=1e-6)


def test_add_k_by_hand() -> None:
    model = verse(2, k=0.5)
    # 11 tokens can come (all but <s>): (3 + ½) / (9 + ½ · 11) and, for what never followed, ½ / (9 + ½ · 11)
    expected = np.array([3.5, 0.5]) / 14.5
    np.testing.assert_allclose(np.exp(model.log_probs(ids("the"))[-1, ids("mouse gone")]), expected, rtol=1e-6)


def test_trigrams_reach_over_lines_and_start_with_start_tokens() -> None:
    model = verse(3)
    assert model.next_counts(ids("cheese\n"))[ids("the")] == 1
    assert model.context(ids("the")) == (0, *ids("the"))
    assert model.next_counts((0, 0))[ids("the")] == 1
    assert model.next_counts((0, *ids("the")))[ids("mouse")] == 1
    assert model.next_counts(ids("the mouse")).sum() == 3


def test_each_passage_start_counts_once_more_behind_start_tokens_only() -> None:
    tokens = tokenize(WORDS, VERSE * 2)  # ten lines: each is a passage
    assert tokens.starts.size == 10
    trigrams = NGram(NGramConfig(V, 3)).fit(tokens)
    assert trigrams.next_counts((0, 0))[ids("the")] == 10
    assert trigrams.next_counts((0, *ids("the"))).sum() == 10
    assert trigrams.next_counts((0, *ids("the")))[ids("mouse")] == 4
    assert trigrams.next_counts(ids("\n the"))[ids("mouse")] == 3  # in the stream, where the first line has no newline
    unigrams = Counter(tokens.ids.tolist())
    assert trigrams.next_counts(()).tolist() == [unigrams[i] for i in range(V)]


def test_top_ngrams_and_counts() -> None:
    model = verse(3)
    grams, counts = model.top_ngrams(2, 3)
    assert [[WORDS.itos[i] for i in gram] for gram in grams.tolist()] == [
        ["\n", "the"],
        ["the", "mouse"],
        ["ate", "the"],
    ]
    assert counts.tolist() == [4, 3, 2]
    grams, counts = model.counts(1)
    assert dict(zip(grams[:, 0].tolist(), counts.tolist(), strict=True)) == Counter(ids(VERSE))
    assert model.top_ngrams(1, 1)[0].tolist() == [ids("the")]
    assert model.top_ngrams(3, 0)[0].shape == (0, 3)
    assert len(model.top_ngrams(3, 1000)[1]) == len(set(ngrams(ids(VERSE), 3)))


def test_a_context_never_seen_is_uniform_without_smoothing_and_with_it() -> None:
    for k in (0.0, 0.1):
        model = verse(2, k)
        assert not model.seen([1])  # nothing ever followed <unk>
        np.testing.assert_allclose(model.log_probs([1])[-1, 1:], -math.log(V - 1), rtol=1e-6)
        assert model.seen(ids("the"))
        assert model.seen(())


def test_a_model_that_has_counted_nothing_is_uniform() -> None:
    model = models.build("ngram", {"order": 3, "k": 0}, 9)
    np.testing.assert_allclose(model.log_probs([4, 5])[:, 1:], -math.log(8), rtol=1e-6)
    assert np.isneginf(model.log_probs([4, 5])[:, 0]).all()  # the start token never comes
    assert model.n_params == 0
    assert model.top_ngrams(2, 5)[0].shape == (0, 2)
    assert model.top_ngrams(1, 5)[0].shape == (0, 1)
    assert not model.seen(())


def test_a_trace_shows_what_the_probabilities_are_made_of() -> None:
    model = verse(3, 0.1)
    trace = model.trace(ids("the mouse ate"))
    assert trace["contexts"].tolist() == [[0, 0], [0, *ids("the")], ids("the mouse"), ids("mouse ate")]
    np.testing.assert_array_equal(trace["totals"], trace["counts"].sum(1))
    assert trace["token_counts"].tolist() == [1, 1, 1]
    expected = (trace["counts"] + 0.1) / (trace["totals"][:, None] + 0.1 * (V - 1))
    np.testing.assert_allclose(np.exp(trace["log_probs"][:, 1:]), expected[:, 1:], rtol=1e-5)
    np.testing.assert_allclose(trace["order.3.gamma"], 0.1 * (V - 1) / (trace["totals"] + 0.1 * (V - 1)), rtol=1e-9)


# Parity with nltk ---------------------------------------------------------------------------------------------------


def theirs(make: Any, order: int) -> Any:
    """An nltk model of the verse with our start padding, and a vocabulary of the V - 1 words that can come.

    Its start token is none of them, so nltk reads it as its <UNK>, in the text and in contexts alike.
    """
    padded = ["<s>"] * (order - 1) + [WORDS.itos[i] for i in ids(VERSE)]
    model = make(order)
    model.fit([list(everygrams(padded, max_len=order))], WORDS.itos[2:])  # it adds <UNK> itself
    assert len(model.vocab) == V - 1
    return model


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("make", "k"),
    [(MLE, 0.0), (Laplace, 1.0), (lambda n: Lidstone(0.05, n), 0.05)],
    ids=["MLE", "Laplace", "Lidstone"],
)
def test_scores_agree_with_nltk(make: Any, k: float, order: int) -> None:
    ours, nltk_model = verse(order, k), theirs(make, order)
    words = [WORDS.itos[i] for i in ids(VERSE)]
    padded = ["<s>"] * (order - 1) + words
    expected = [nltk_model.logscore(word, padded[t : t + order - 1]) for t, word in enumerate(words)]
    np.testing.assert_allclose(ours.score(ids(VERSE)) / math.log(2), expected, rtol=1e-5)
    unseen = ids("gone the saw cheese")  # mostly contexts and tokens that never came
    rows = ours.log_probs(unseen)
    for t in range(len(unseen) + 1):
        context = (["<s>"] * (order - 1) + [WORDS.itos[i] for i in unseen[:t]])[t:]
        if ours.seen(ours.context(unseen[:t])):  # without counts nltk's MLE is 0 everywhere, ours uniform
            scores = [nltk_model.score(word, context) for word in WORDS.itos[2:]]
            np.testing.assert_allclose(np.exp(rows[t, 2:]), scores, rtol=1e-5)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_counts_agree_with_nltk(order: int) -> None:
    nltk_model = theirs(MLE, order)
    grams, counts = verse(order).counts(order)
    assert counts.sum() == len(ids(VERSE))
    for gram, n in zip(grams.tolist(), counts.tolist(), strict=True):
        words = ["<UNK>" if i == 0 else WORDS.itos[i] for i in gram]
        assert nltk_model.counts[words[:-1]][words[-1]] == n if order > 1 else nltk_model.counts[words[0]] == n


# Counting -----------------------------------------------------------------------------------------------------------


def slowly(text: list[int], starts: list[int], order: int) -> Counter[tuple[int, ...]]:
    """The rule for what is counted, in words: the stream, and what reaches back before a passage."""
    counts = Counter(ngrams(text, order))
    for start in starts:
        passage = [0] * (order - 1) + text[start:]
        counts.update(gram for gram in list(ngrams(passage, order))[: order - 1])
    return counts


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    V = draw(st.sampled_from([2, 3, 5, 300, 1 << 16]))
    text = draw(st.lists(st.integers(1, min(V - 1, 3)) | st.integers(max(1, V - 3), V - 1), max_size=30))
    starts = draw(st.sets(st.integers(0, max(len(text) - 1, 0)), max_size=4))
    return text, sorted({0, *starts}), V


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts(), st.integers(1, 5))
def test_counting_by_sorting_is_counting(example: tuple[list[int], list[int], int], order: int) -> None:
    text, starts, V = example
    expected = slowly(text, starts, order)
    table = count(np.array(text, np.int32), np.array(starts), order, V)
    grams = [tuple(gram) for gram in table.grams().tolist()]
    assert dict(zip(grams, table.counts.tolist(), strict=True)) == expected
    assert grams == sorted(grams)
    for gram in grams:
        model_row = table.find(np.array([pack_by_hand(gram[:-1], table)], np.uint64))
        assert table.look_up(model_row, np.array(gram[-1:])).tolist() == [expected[gram]]
    totals: Counter[tuple[int, ...]] = Counter()
    for gram, n in expected.items():
        totals[gram[:-1]] += n
    assert sorted(totals.values()) == sorted(table.totals.tolist())


def pack_by_hand(context: tuple[int, ...], table: Counts) -> int:
    key = 0
    for token in context:
        key = key * 2**table.bits + token
    return key


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts(), st.integers(2, 5))
def test_shorter_counts_follow_from_longer_ones(example: tuple[list[int], list[int], int], order: int) -> None:
    text, starts, V = example
    ids = np.array(text, np.int32)
    derived = shorter(count(ids, np.array(starts), order, V), text[:order])
    counted = count(ids, np.array(starts), order - 1, V)
    for name in ("contexts", "offsets", "tokens", "counts"):
        np.testing.assert_array_equal(getattr(derived, name), getattr(counted, name))


def test_a_score_is_never_v_wide() -> None:
    """60,000 tokens of a vocabulary of 65,536: (T, V) would be 16 GB."""
    rng = np.random.default_rng(0)
    text = rng.integers(1, 1 << 16, 60_000).astype(np.int32)
    model = NGram(NGramConfig(1 << 16, 5, k=0.5)).fit(Tokens(text, np.array([0])))
    scores = model.score(text.tolist())
    assert scores.shape == (60_000,)
    assert np.exp(scores[0]) == pytest.approx(1.5 / (1 + 0.5 * ((1 << 16) - 1)), rel=1e-5)


# Files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_a_model_is_read_back_from_its_arrays(order: int) -> None:
    model = NGram(NGramConfig(V, order, k=0.1)).fit(tokenize(WORDS, VERSE * 2))
    config = NGramConfig.from_dict(model.config.to_dict())
    again = NGram.from_arrays(config, {name: array.copy() for name, array in model.state_arrays().items()})
    text = ids(VERSE)
    np.testing.assert_array_equal(again.log_probs(text), model.log_probs(text))
    for n in range(1, order + 1):
        for ours, expected in zip(again.counts(n), model.counts(n), strict=True):
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_every_smoothing_is_read_back(smoothing: str, separate: bool) -> None:
    tokens = replace(tokenize(WORDS, VERSE * 2), separate=separate)
    for order in (1, 3, 5):
        model = NGram(NGramConfig(V, order, smoothing)).fit(tokens)
        again = NGram.from_arrays(model.config, {name: array.copy() for name, array in model.state_arrays().items()})
        text = [*ids("the mouse is the dog"), 1, *ids(VERSE)]
        np.testing.assert_array_equal(again.log_probs(text), model.log_probs(text))


@pytest.mark.parametrize(
    "weights",
    [None, np.full(2, 0.5), np.full(3, 0.5, np.float32), np.array([0.5, 1.0, 0.5]), np.array([0.5, math.nan, 0.5])],
)
def test_the_shares_in_a_file_are_checked(weights: np.ndarray | None) -> None:
    arrays = {**broken(), **({} if weights is None else {"weights": weights})}
    with pytest.raises(ValueError, match="share"):
        NGram.from_arrays(NGramConfig(V, 3, "jelinek-mercer"), arrays)


@pytest.mark.parametrize("said", [np.zeros(1, np.int32), np.ones(2, np.int32), np.ones(1)])
def test_whether_sentences_are_separate_is_checked(said: np.ndarray) -> None:
    with pytest.raises(ValueError, match="by themselves"):
        NGram.from_arrays(NGramConfig(V, 3), {**broken(), "separate": said})


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_a_variant_is_what_a_fit_would_be(smoothing: str, separate: bool) -> None:
    tokens = replace(tokenize(WORDS, VERSE * 2), separate=separate)
    counted, text = NGram(NGramConfig(V, 5)).fit(tokens), [*ids("the mouse is the dog"), 1]
    for order in range(1, 6):
        fitted = NGram(NGramConfig(V, order, smoothing, 0.1)).fit(tokens)
        variant = counted.variant(order, smoothing, 0.1, fitted.weights)
        np.testing.assert_array_equal(variant.log_probs(text), fitted.log_probs(text))


def test_a_model_without_counts_is_read_back_too() -> None:
    model = NGram(NGramConfig(V, 2))
    assert NGram.from_arrays(model.config, model.state_arrays()).n_params == 0


def broken(**changes: Any) -> dict[str, Any]:
    arrays = {name: array.copy() for name, array in verse(3).state_arrays().items()}
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
        if arrays[name] is None:
            del arrays[name]
    return arrays


def put(place: int, value: int) -> Any:
    def change(array: np.ndarray) -> np.ndarray:
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    "changes",
    [
        {"head": lambda a: None},
        {"head": lambda a: np.append(a, a)},
        {"head": put(0, V)},
        {"head": lambda a: a.astype(np.float32)},
        {"counts": lambda a: None},
        {"counts": lambda a: a.astype(np.float64)},
        {"counts": lambda a: a[:-1]},
        {"counts": lambda a: a[:, None]},
        {"counts": put(0, 0)},
        {"counts": put(0, 1 << 50)},
        {"tokens": put(0, V)},
        {"tokens": put(0, 0)},
        {"tokens": lambda a: a[::-1].copy()},
        {"offsets": put(0, 1)},
        {"offsets": put(-1, 5)},
        {"offsets": put(3, 1000)},
        {"offsets": lambda a: a[:-1]},
        {"offsets": lambda a: a[:0]},
        {"contexts": lambda a: a[::-1].copy()},
        {"contexts": put(-1, 1 << 60)},
        {"contexts": put(-1, (15 << 4) + 15)},  # 15 has 4 bits but is no token
        {"contexts": put(-1, 11 << 4)},  # a start token after another token
        {"more": lambda a: a},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_files_of_strangers_are_checked(changes: dict[str, Any]) -> None:
    arrays = broken(**changes) if "more" not in changes else {**broken(), "more": np.zeros(1)}
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        NGram.from_arrays(NGramConfig(V, 3), arrays)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"order": 0}, "order must be a whole number from 1 to 5"),
        ({"order": 6}, "order"),
        ({"order": True}, "order"),
        ({"order": "3"}, "order"),
        ({"k": -1}, "k must be a number"),
        ({"k": math.nan}, "k must be a number"),
        ({"k": math.inf}, "k must be a number"),
        ({"k": "1"}, "k must be a number"),
        ({"smoothing": "magic"}, "smoothing must be one of mle, add-k"),
        ({"smoothing": []}, "smoothing"),
        ({"colour": 1}, "no setting named 'colour'"),
    ],
)
def test_settings_out_of_range_are_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        models.build("ngram", config, 10)


def test_nonsense_is_refused() -> None:
    model = verse(2)
    with pytest.raises(ValueError, match="at most 1 tokens"):
        model.continuations([1, 2])
    with pytest.raises(ValueError, match="not in the vocabulary"):
        model.next_counts([V])
    with pytest.raises(ValueError, match="orders 1 to 2"):
        model.counts(3)
    with pytest.raises(ValueError, match="not in the vocabulary"):
        model.fit(Tokens(np.array([1, V], np.int32), np.array([0])))
    with pytest.raises(ValueError, match="no model family 'oracle'"):
        models.build("oracle", {}, 10)
    with pytest.raises(ValueError, match="needs a vocab_size"):
        NGramConfig.from_dict({})
    with pytest.raises(ValueError, match="named values"):
        models.configure("ngram", [], 10)
