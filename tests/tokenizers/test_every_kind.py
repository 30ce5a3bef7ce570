"""What holds for every tokenizer, and what each refuses of a file that someone else wrote."""

from __future__ import annotations

import json
import reprlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore import tokenizers
from lmcore.tokenizers import KINDS, START, START_ID

TEXT = (
    "The mouse ate the cheese, and the cat saw the mouse.\n\nDon't look: the cat's café is closed — “really”!\n"
    "It was <s> and <unk> and <|endoftext|>, the mouse said. 1,024 times\tthe same…\n"
) * 4
TOKENIZERS = {kind: tokenizers.train(kind, TEXT) for kind in KINDS}
EXACT = [kind for kind in KINDS if kind != "word"]

kinds = pytest.mark.parametrize("kind", KINDS)
anything = st.text(max_size=80) | st.text("the cat<s>\n\t' 1é\x00\ud800😀\u0301", max_size=80)


@pytest.mark.parametrize("kind", EXACT)
@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=anything)
def test_any_text_comes_back_exactly(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    whole = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)  # lone surrogates are not text
    assert tokenizer.decode(tokenizer.encode(text)) == whole


@kinds
@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=anything)
def test_encoding_gives_known_tokens_and_never_the_start_token(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode(text)
    assert all(type(i) is int and START_ID < i < tokenizer.vocab_size for i in ids)


@kinds
@settings(max_examples=200, deadline=None, derandomize=True)
@given(ids=st.lists(st.integers(0, 30), max_size=20))
def test_decoding_never_fails(kind: str, ids: list[int]) -> None:
    assert isinstance(TOKENIZERS[kind].decode(ids), str)
    assert TOKENIZERS[kind].decode(ids) == TOKENIZERS[kind].decode([i for i in ids if i != START_ID])


@kinds
@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts=st.lists(anything, max_size=6))
def test_many_texts_at_once_are_encoded_as_one_by_one(kind: str, texts: list[str]) -> None:
    tokenizer = TOKENIZERS[kind]
    assert tokenizer.encode_many(texts) == [tokenizer.encode(text) for text in texts]


@kinds
@pytest.mark.parametrize("special", [START, "<unk>", "<|endoftext|>", "<0>", "[PAD]"])
def test_special_tokens_that_are_typed_are_plain_text(kind: str, special: str) -> None:
    tokenizer = tokenizers.train(kind, TEXT + special * 50)
    ids = tokenizer.encode(special)
    assert len(ids) > 1
    assert START_ID not in ids
    assert tokenizer.decode(ids).replace(" ", "") == special


@kinds
def test_the_start_token_is_index_0_and_decodes_to_nothing(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    assert tokenizer.itos[0] == START
    assert tokenizer.decode([0]) == ""
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""


@kinds
def test_equal_text_gives_an_equal_tokenizer(kind: str) -> None:
    again = tokenizers.train(kind, TEXT)
    assert again.to_json() == TOKENIZERS[kind].to_json()
    assert again.itos == TOKENIZERS[kind].itos


@kinds
def test_it_is_read_back_from_json_as_it_was(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    again = tokenizers.from_dict(json.loads(tokenizer.to_json()))
    assert type(again) is type(tokenizer)
    assert again.itos == tokenizer.itos
    assert again.to_json() == tokenizer.to_json()
    assert again.encode(TEXT) == tokenizer.encode(TEXT)


@kinds
@pytest.mark.parametrize("run", ["a", " ", "\n", "a'", ".", "é", "𝒳", "\t ", "1", "\u0301"])
def test_one_enormous_word_is_cut_into_small_tokens(kind: str, run: str) -> None:
    text = run * 20_000
    tokenizer = tokenizers.train(kind, text + "x")
    assert max(map(len, tokenizer.itos)) <= 130
    if kind in EXACT:
        assert tokenizer.decode(tokenizer.encode(text)) == text


@kinds
@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_text_makes_no_vocabulary(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="no text"):
        tokenizers.train(kind, text)


@kinds
def test_unknown_options_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="no option 'colour'"):
        tokenizers.train(kind, TEXT, colour="red")


@pytest.mark.parametrize("kind", ["sentence", "", None, 3, ["char"]])
def test_unknown_kinds_are_refused(kind: object) -> None:
    with pytest.raises(ValueError, match="no tokenizer of the kind"):
        tokenizers.train(kind, TEXT)
    with pytest.raises(ValueError, match="no tokenizer of the kind"):
        tokenizers.from_dict({"kind": kind})


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "char",
        {"kind": "char"},
        {"kind": "char", "chars": ["a", "b"]},
        {"kind": "char", "chars": "ba"},
        {"kind": "char", "chars": "aa"},
        {"kind": "char", "chars": "a\ud800"},
        {"kind": "char", "chars": "ab", "more": 1},
        {"kind": "char", "chars": "".join(map(chr, range(0x10000, 0x20000)))},
        {"kind": "word"},
        {"kind": "word", "words": "the"},
        {"kind": "word", "words": ["the", "mouse"]},
        {"kind": "word", "words": ["mouse", "mouse"]},
        {"kind": "word", "words": ["a mouse"]},
        {"kind": "word", "words": ["<unk>"]},
        {"kind": "word", "words": [""]},
        {"kind": "word", "words": [1]},
        {"kind": "word", "words": ["x" * 200]},
        {"kind": "word", "words": ["a"] * 70_000},
        {"kind": "bpe"},
        {"kind": "bpe", "merges": {}},
        {"kind": "bpe", "merges": [["a"]]},
        {"kind": "bpe", "merges": [["a", 1]]},
        {"kind": "bpe", "merges": ["ab"]},
        {"kind": "bpe", "merges": [["a", "bc"]]},
        {"kind": "bpe", "merges": [["a", ""]]},
        {"kind": "bpe", "merges": [[" ", "a"]]},
        {"kind": "bpe", "merges": [["a", "b"], ["a", "b"]]},
        {"kind": "bpe", "merges": [["<", "s"], ["<s", ">"]]},
        {"kind": "bpe", "merges": [["a" * 2**i, "a" * 2**i] for i in range(14)]},
        {"kind": "bpe", "merges": [["a", "b"]] * 200_000},
    ],
    ids=reprlib.repr,
)
def test_files_of_strangers_are_checked(data: object) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        tokenizers.from_dict(data)
