"""The replayed merges: by hand, and against the tokenizer whose merges they are."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore import corpora
from lmcore.probes.merges import cut, replay
from lmcore.tokenizers import BPETokenizer
from lmcore.tokenizers.bpe import MIN_VOCAB, byte_letters, split
from tests.tokenizers.pairs import join

HAND = "low low low lower lower"
TEXTS = {
    "mouse": corpora.load("mouse").text[:20_000],
    "tales": corpora.load("tales-small").text[:60_000],
    "python": corpora.load("python-docs").text[:40_000],
    "one character": "a" * 500,
    "two": "ab" * 400 + " " + "ba" * 300,
    "scripts": "Ελληνικά και ελληνικά. नमस्ते नमस्ते 你好你好 👨‍👩‍👧👨‍👩‍👧 مرحبا مرحبا e\u0301e\u0301\r\n\x00\x00",
}


def test_by_hand() -> None:
    """Words "low" once, " low" twice, " lower" twice. Bytes: 3 + 2 * 4 + 2 * 6 = 23.

    Step 1: (l, o) stands once in each of the 5 words: 5 times; 23 - 5 = 18 tokens are left. Step 2: (lo, w) 5: 13.
    Step 3: (space, low) in the four words that have a space: 4: 9. Step 4: (e, r) in the two " lower": 2: 7.
    Step 5: (" low", er), 2: 5, a token for each word.
    """
    tokenizer = BPETokenizer([("l", "o"), ("lo", "w"), ("Ġ", "low"), ("e", "r"), ("Ġlow", "er")])
    history = replay(HAND, tokenizer)
    assert history.counts.tolist() == [5, 5, 4, 2, 2]
    assert history.n_tokens.tolist() == [23, 18, 13, 9, 7, 5]
    assert history.vocab_sizes.tolist() == [257, 258, 259, 260, 261, 262]
    assert history.new.tolist() == [257, 258, 259, 260, 261]
    assert [tokenizer.itos[i] for i in history.left] == ["l", "lo", " ", "e", " low"]
    assert [tokenizer.itos[i] for i in history.right] == ["o", "w", "low", "r", "er"]
    stands = {tokenizer.itos[i]: n for i, n in enumerate(history.token_counts.tolist()) if n}
    assert stands == {"low": 1, " low": 2, " lower": 2}


def test_a_run_of_one_letter_is_joined_from_the_left() -> None:
    """Of aaaaa the pair (a, a) stands 4 times, overlapping; joined from the left it is aa aa a: two merges done."""
    history = replay("aaaaa", BPETokenizer([("a", "a"), ("aa", "aa")]))
    assert history.counts.tolist() == [4, 1]
    assert history.n_tokens.tolist() == [5, 3, 2]


@pytest.mark.parametrize("name", TEXTS)
def test_each_merge_joins_a_pair_that_no_other_outnumbers(name: str) -> None:
    text = TEXTS[name]
    tokenizer = BPETokenizer.train(text, vocab_size=MIN_VOCAB + 120)
    history = replay(text, tokenizer)
    words = Counter(tuple(byte_letters()[byte] for byte in word.encode()) for word in split(text))
    assert len(tokenizer.merges) == history.counts.size > 0
    for merge, count in zip(tokenizer.merges, history.counts.tolist(), strict=True):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, n in words.items():
            for pair in pairwise(word):
                pairs[pair] += n
        assert count == pairs[merge] == max(pairs.values())
        words = Counter({join(word, merge): n for word, n in words.items()})


@pytest.mark.parametrize("name", TEXTS)
def test_after_every_merge_the_text_has_as_many_tokens_as_the_tokenizer_makes(name: str) -> None:
    text = TEXTS[name]
    full = BPETokenizer.train(text, vocab_size=MIN_VOCAB + 200)
    history = replay(text, full)
    n_merges = len(full.merges)
    for s in sorted({0, 1, 2, 3, n_merges // 2, max(0, n_merges - 1), n_merges}):
        early = BPETokenizer(full.merges[:s])
        assert history.n_tokens[s] == len(early.encode(text))
        assert history.vocab_sizes[s] == early.vocab_size
        if s:  # learning with that size finds just these merges
            assert BPETokenizer.train(text, vocab_size=MIN_VOCAB + s).merges == full.merges[:s]
    ids = full.encode(text)
    np.testing.assert_array_equal(history.token_counts, np.bincount(ids, minlength=full.vocab_size))


def test_pieces_that_two_pairs_make_are_one_token() -> None:
    """abc comes from (a, bc) and from (ab, c): one index, and a merge that was learnt with it applies to both."""
    tokenizer = BPETokenizer([("b", "c"), ("a", "bc"), ("abc", "d"), ("x", "a"), ("a", "b"), ("ab", "c")])
    history = replay("abcd abcd xabcd", tokenizer)
    assert history.new[1] == history.new[5]
    assert history.vocab_sizes.tolist() == [257, 258, 259, 260, 261, 262, 262]
    for s in range(7):
        assert history.n_tokens[s] == len(BPETokenizer(tokenizer.merges[:s]).encode("abcd abcd xabcd"))
    two_ways = BPETokenizer([("a", "b"), ("ab", "c"), ("abc", "d"), ("b", "c"), ("a", "bc")])
    assert replay("abcd", two_ways).n_tokens[-1] == len(two_ways.encode("abcd"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text("ab c\n", min_size=1, max_size=80).filter(str.strip), st.text("abcé ", max_size=40))
def test_another_text_than_the_one_learnt_from_is_replayed_as_well(text: str, other: str) -> None:
    tokenizer = BPETokenizer.train(text, vocab_size=MIN_VOCAB + 40)
    history = replay(other, tokenizer)
    for s in range(len(tokenizer.merges) + 1):
        assert history.n_tokens[s] == len(BPETokenizer(tokenizer.merges[:s]).encode(other))


def test_no_text_and_no_merge() -> None:
    history = replay("", BPETokenizer([]))
    assert history.n_tokens.tolist() == [0]
    assert history.vocab_sizes.tolist() == [257]
    assert history.counts.size == 0
    assert history.token_counts.sum() == 0


def test_a_text_is_cut_with_the_first_merges() -> None:
    tokenizer = BPETokenizer([("l", "o"), ("lo", "w"), ("Ġ", "low")])
    assert cut("low low", tokenizer, 0) == list("low low")
    assert cut("low low", tokenizer, 1) == ["lo", "w", " ", "lo", "w"]
    assert cut("low low", tokenizer, 3) == ["low", " low"]
    for wrong in (-1, 4):
        with pytest.raises(ValueError, match="there are 3 merges"):
            cut("low", tokenizer, wrong)
