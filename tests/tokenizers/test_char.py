"""Characters, by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from lmcore.tokenizers import CharTokenizer
from lmcore.tokenizers import char as module


def test_the_vocabulary_is_start_hex_halves_and_sorted_characters() -> None:
    tokenizer = CharTokenizer.train("banana\n")
    assert tokenizer.itos == ["<s>", *(f"<{digit}>" for digit in "0123456789abcdef"), "\n", "a", "b", "n"]
    assert tokenizer.encode("ban\n") == [19, 18, 20, 17]
    assert tokenizer.stoi["n"] == 20


def test_an_unseen_character_is_spelled_in_hex_halves_of_its_bytes() -> None:
    tokenizer = CharTokenizer.train("ab")
    tokens = [tokenizer.itos[i] for i in tokenizer.encode("aéb")]  # é is C3 A9 in UTF-8
    assert tokens == ["a", "<c>", "<3>", "<a>", "<9>", "b"]
    assert tokenizer.decode(tokenizer.encode("aéb😀")) == "aéb😀"


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["<c>"], "\ufffd"),  # half a byte
        (["<c>", "<3>"], "\ufffd"),  # the first byte of é alone
        (["<c>", "<3>", "a", "<a>", "<9>"], "\ufffda\ufffd"),
        (["<4>", "<1>", "<4>"], "A\ufffd"),
    ],
)
def test_stray_halves_decode_to_the_replacement_character(tokens: list[str], text: str) -> None:
    tokenizer = CharTokenizer.train("ab")
    assert tokenizer.decode([tokenizer.stoi[token] for token in tokens]) == text


def test_when_there_are_too_many_characters_the_rarest_are_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_VOCAB", module.FIRST_CHAR + 2)
    text = "aaabbcx"
    tokenizer = CharTokenizer.train(text)
    assert tokenizer.itos[module.FIRST_CHAR :] == sorted(char for char, _ in Counter(text).most_common(2))
    assert tokenizer.decode(tokenizer.encode(text)) == text
