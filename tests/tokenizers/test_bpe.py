"""Byte pair encoding: by hand, and against the textbook algorithm written out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import ByteLevel

from lmcore.tokenizers import BPETokenizer
from lmcore.tokenizers.bpe import MAX_PIECE, MIN_VOCAB, byte_letters, piece_bytes, readable, split
from tests.tokenizers.pairs import join

TEXT = "low low low low low lower lower newest newest newest newest newest newest widest widest widest\n" * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the mouse  ate", ["the", " mouse", " ", " ate"]),
        ("don't they'll", ["don", "'t", " they", "'ll"]),
        ("end.\n\nNew line", ["end", ".", "\n\n", "New", " line"]),
        ("a  \n b", ["a", "  ", "\n", " b"]),
        ("x = 12345!", ["x", " =", " 12345", "!"]),
        ("\tcafe\u0301", ["\t", "cafe\u0301"]),
        ("<s>", ["<", "s", ">"]),
        ("हिन्दी भाषा", ["हिन्दी", " भाषा"]),
        ("snake_case", ["snake", "_", "case"]),
    ],
)
def test_pieces_are_words_with_their_space_numbers_punctuation_and_newlines(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize("run", ["a", "1", ".", " ", "\n", "\t", "\u0301", "'"])
def test_pieces_are_bounded(run: str) -> None:
    assert max(map(len, split("x" + run * 1000 + "y"))) <= MAX_PIECE


def test_merges_are_the_most_frequent_pairs_as_the_textbook_finds_them() -> None:
    tokenizer = BPETokenizer.train(TEXT, vocab_size=MIN_VOCAB + 12)
    words = Counter(tuple(byte_letters()[byte] for byte in piece.encode()) for piece in split(TEXT))
    for merge in tokenizer.merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, n in words.items():
            for pair in pairwise(word):
                pairs[pair] += n
        assert pairs[merge] == max(pairs.values())  # among equal pairs any may be taken
        words = Counter({join(word, merge): n for word, n in words.items()})


def test_encoding_applies_the_merges_in_their_order() -> None:
    tokenizer = BPETokenizer([("l", "o"), ("lo", "w"), ("Ġ", "low")])
    assert [tokenizer.itos[i] for i in tokenizer.encode("low lower")] == ["low", " low", "e", "r"]
    assert tokenizer.vocab_size == MIN_VOCAB + 3


def test_the_vocabulary_has_the_size_asked_for_or_less() -> None:
    assert BPETokenizer.train(TEXT, vocab_size=270).vocab_size == 270
    assert BPETokenizer.train(TEXT, vocab_size=MIN_VOCAB).merges == []
    assert BPETokenizer.train(TEXT, vocab_size=5000).vocab_size < 300  # no pair is left that occurs twice


def test_bytes_that_are_no_character_are_shown_in_hex() -> None:
    assert readable("é".encode()[:1]) == "<c3>"
    assert readable(b" a\xe2\x80") == " a<e2><80>"
    assert readable("é\n ".encode()) == "é\n "
    assert readable(b"\x00") == "<00>"
    tokenizer = BPETokenizer.train("é" * 20, vocab_size=300)
    assert "é" in tokenizer.itos
    assert "<c3>" in tokenizer.itos
    assert tokenizer.token_bytes(tokenizer.itos.index("é")) == "é".encode()


def test_pieces_name_every_byte_with_gpt2s_letters() -> None:
    letters = byte_letters()
    assert sorted(letters) == list(range(256))
    assert len(set(letters.values())) == 256
    assert set(letters.values()) == set(ByteLevel.alphabet())
    assert piece_bytes("Ġthe") == b" the"


def test_a_broken_character_decodes_to_the_replacement_character() -> None:
    tokenizer = BPETokenizer.train(TEXT)
    assert tokenizer.decode(tokenizer.encode("é")[:1]) == "\ufffd"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.text("ab1_.'\n\t \u0301²½éß😀", max_size=60))
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(split(text)) == text


@pytest.mark.parametrize("vocab_size", [256, 65_537, 0, -1, 300.0, "300", True, None])
def test_a_vocabulary_size_out_of_range_is_named(vocab_size: object) -> None:
    with pytest.raises(ValueError, match="vocab_size must be a whole number from 257 to 65536"):
        BPETokenizer.train(TEXT, vocab_size=vocab_size)


def test_pieces_can_be_cut_by_gpt2s_own_rule() -> None:
    """Two newlines are one piece by our rule and two by GPT-2's, which looks ahead to the word."""
    merges = [("Ċ", "Ċ"), ("Ġ", "b")]
    ours, theirs = BPETokenizer(merges), BPETokenizer(merges, "gpt2")
    assert [ours.itos[i] for i in ours.encode("a\n\nb b")] == ["a", "\n\n", "b", " b"]
    assert [theirs.itos[i] for i in theirs.encode("a\n\nb b")] == ["a", "\n", "\n", "b", " b"]
    assert BPETokenizer.from_dict(theirs.to_dict()).to_dict() == theirs.to_dict()
    assert "cut" not in ours.to_dict()
    for cut in ("bounded", "x", 3, None):
        with pytest.raises(ValueError, match="can only be gpt2"):
            BPETokenizer.from_dict({**theirs.to_dict(), "cut": cut})
