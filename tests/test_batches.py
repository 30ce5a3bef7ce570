"""Windows of a text: what they hold, and that any step can be made again."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore import tokenizers
from lmcore.batches import Tokens, batches, evaluation_windows, passages, tokenize
from lmcore.tokenizers import START_ID

TOKENS = Tokens(np.arange(1, 201, dtype=np.int32), np.arange(0, 200, 10))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text('ab .\n!"\t', max_size=200))
def test_passages_join_to_the_text(text: str) -> None:
    parts = passages(text)
    assert "".join(parts) == text
    assert all(parts) or parts == [""]


@pytest.mark.parametrize("ending", ["\n\n", "\n \n", "\n\n\n", "\n", ". ", '!" '])
def test_passages_end_at_blank_lines_else_lines_else_sentences(ending: str) -> None:
    text = "".join(f"passage {i}, one{ending}" for i in range(8))
    assert passages(text) == [f"passage {i}, one{ending}" for i in range(8)]


def test_blank_lines_win_over_lines_and_few_passages_are_one() -> None:
    verses = "one. Two\nthree\n\n" * 8
    assert passages(verses) == ["one. Two\nthree\n\n"] * 8
    assert passages("one\n\ntwo\n\nthree") == ["one\n\ntwo\n\nthree"]


@pytest.mark.parametrize("kind", tokenizers.KINDS)
def test_tokens_are_those_of_the_text_with_the_start_of_each_passage(kind: str) -> None:
    text = "\n\n" + "".join(f"the mouse {'ate ' * i}cheese\n\n" for i in range(9)) + "   "
    tokenizer = tokenizers.train(kind, text)
    tokens = tokenize(tokenizer, text)
    assert tokens.ids.dtype == np.int32
    assert tokens.starts.dtype == np.int64
    assert tokens.ids.tolist() == tokenizer.encode(text)
    assert tokens.starts[0] == 0
    assert np.all(np.diff(tokens.starts) > 0)
    assert tokens.starts[-1] < tokens.ids.size
    begins = [tokenizer.decode(tokens.ids[s : s + 9].tolist()) for s in tokens.starts[1:10]]
    assert all(begin.startswith("the") for begin in begins)


def test_a_text_without_tokens_is_refused() -> None:
    tokenizer = tokenizers.train("word", "the mouse")
    with pytest.raises(ValueError, match="no tokens"):
        tokenize(tokenizer, " \t ")


def test_y_is_x_one_token_later_and_x_begins_passages_with_the_start_token() -> None:
    for x, y in islice(batches(TOKENS, batch_size=16, block_size=7, seed=3), 50):
        assert x.shape == y.shape == (16, 7)
        assert x.dtype == y.dtype == np.int64
        np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
        np.testing.assert_array_equal(np.diff(y, axis=1), 1)  # the text counts 1, 2, 3, …
        begins = x[:, 0] == START_ID
        assert np.isin(y[begins, 0] - 1, TOKENS.starts).all()
        np.testing.assert_array_equal(x[~begins, 0] + 1, y[~begins, 0])


def test_about_a_quarter_of_the_windows_begin_a_passage_and_all_places_are_visited() -> None:
    made = list(islice(batches(TOKENS, batch_size=64, block_size=7, seed=0), 100))
    x = np.concatenate([x for x, _ in made])
    assert 0.22 < np.mean(x[:, 0] == START_ID) < 0.28
    y = np.concatenate([y for _, y in made])
    assert set(np.unique(y)) == set(range(1, 201))
    firsts = y[x[:, 0] == START_ID, 0] - 1
    assert set(firsts) == set(range(0, 191, 10))


def test_each_step_is_fixed_by_the_seed_and_its_number() -> None:
    made = batches(TOKENS, batch_size=4, block_size=5, seed=9)
    in_order = list(islice(made, 6))
    x, y = batches(TOKENS, batch_size=4, block_size=5, seed=9).batch_at(5)
    np.testing.assert_array_equal(x, in_order[5][0])
    np.testing.assert_array_equal(y, in_order[5][1])
    assert not np.array_equal(in_order[4][0], in_order[5][0])
    other = batches(TOKENS, batch_size=4, block_size=5, seed=10).batch_at(5)
    assert not np.array_equal(x, other[0])


@pytest.mark.parametrize("N", [1, 2, 5])
def test_a_text_shorter_than_a_block_is_one_window(N: int) -> None:
    tokens = Tokens(np.arange(1, N + 1, dtype=np.int32), np.array([0]))
    x, y = batches(tokens, batch_size=3, block_size=5, seed=0).batch_at(0)
    np.testing.assert_array_equal(y, [np.arange(1, N + 1)] * 3)
    np.testing.assert_array_equal(x, [np.arange(N)] * 3)  # the start token is 0


def test_evaluation_windows_are_spread_over_the_text_and_do_not_overlap() -> None:
    x, y = evaluation_windows(TOKENS, block_size=8, max_tokens=50)
    assert x.shape == (6, 8)
    np.testing.assert_array_equal(x[0], np.arange(8))
    np.testing.assert_array_equal(y[-1], np.arange(193, 201))
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    assert np.unique(y).size == y.size
    assert np.ptp(np.diff(y[:, 0])) <= 1


def test_evaluation_windows_that_begin_passages() -> None:
    tokens = Tokens(np.arange(1, 41, dtype=np.int32), np.array([0, 3, 10, 20, 32, 37]))
    x, y = evaluation_windows(tokens, block_size=5, max_tokens=15, from_starts=True)
    np.testing.assert_array_equal(y[:, 0], [1, 11, 33])  # the first, the third and the last that is long enough
    np.testing.assert_array_equal(x[:, 0], START_ID)
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    y = evaluation_windows(tokens, block_size=5, max_tokens=999, from_starts=True)[1]
    np.testing.assert_array_equal(y[:, 0], [1, 4, 11, 21, 33])
    y = evaluation_windows(tokens, block_size=50, max_tokens=999, from_starts=True)[1]
    np.testing.assert_array_equal(y, [np.arange(1, 41)])  # a short text is one window


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 100))
def test_evaluation_windows_of_any_size(N: int, block_size: int, max_tokens: int) -> None:
    tokens = Tokens(np.arange(1, N + 1, dtype=np.int32), np.array([0]))
    x, y = evaluation_windows(tokens, block_size, max_tokens)
    assert 0 < y.size <= max_tokens
    assert x.shape[1] <= block_size
    assert np.unique(y).size == y.size
    np.testing.assert_array_equal(x, y - 1)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"block_size": 0}, "block_size"),
        ({"seed": -1}, "seed"),
    ],
)
def test_nonsense_is_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        batches(TOKENS, **{"batch_size": 1, "block_size": 1, "seed": 0, **sizes})


def test_no_tokens_are_refused() -> None:
    nothing = Tokens(np.zeros(0, np.int32), np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="no tokens"):
        batches(nothing, batch_size=1, block_size=1, seed=0)
    with pytest.raises(ValueError, match="at least one token"):
        evaluation_windows(nothing, 4, 4)


def test_the_share_of_windows_that_begin_a_passage() -> None:
    for share in (0.0, 0.25, 1.0):
        made = batches(TOKENS, batch_size=400, block_size=5, seed=1, start_share=share).batch_at(0)[0]
        assert np.mean(made[:, 0] == START_ID) == pytest.approx(share, abs=0.07)
    with pytest.raises(ValueError, match="between 0 and 1"):
        batches(TOKENS, batch_size=1, block_size=5, seed=0, start_share=1.5)
