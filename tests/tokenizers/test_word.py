"""Words, by hand."""

from __future__ import annotations

import pytest

from lmcore.tokenizers import WordTokenizer
from lmcore.tokenizers.word import MAX_WORD, UNK_ID, split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The mouse, the CAT.", ["The", "mouse", ",", "the", "CAT", "."]),
        ("don't o'er ’tis it’s", ["don't", "o'er", "’", "tis", "it’s"]),
        ("'quoted'", ["'", "quoted", "'"]),
        ("one\n\n two\n", ["one", "\n", "\n", "two", "\n"]),
        ("well-known 1,024", ["well", "-", "known", "1", ",", "024"]),
        ("naïve cafe\u0301", ["naïve", "cafe\u0301"]),
        ("हिन्दी", ["हिन्दी"]),
        ("<unk>", ["<", "unk", ">"]),
        ("x" * (MAX_WORD + 1), ["x" * MAX_WORD, "x"]),
        ("😀!", ["😀", "!"]),
    ],
)
def test_words_keep_case_apostrophes_and_accents(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_the_vocabulary_is_start_unknown_and_sorted_words() -> None:
    tokenizer = WordTokenizer.train("the mouse ate the cheese\n")
    assert tokenizer.itos == ["<s>", "<unk>", "\n", "ate", "cheese", "mouse", "the"]
    assert tokenizer.unk_id == UNK_ID == 1
    assert tokenizer.encode("the cat ate the mouse") == [6, 1, 3, 6, 5]
    assert tokenizer.decode([6, 1, 3]) == "the <unk> ate"


def test_the_most_frequent_words_stay_and_ties_are_alphabetical() -> None:
    text = "c c c b b a a d"
    assert WordTokenizer.train(text, vocab_size=4).itos[2:] == ["a", "c"]
    assert WordTokenizer.train(text, min_count=2).itos[2:] == ["a", "b", "c"]
    assert WordTokenizer.train(text, min_count=2, vocab_size=4).itos[2:] == ["a", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "The mouse ate. The cat, too!\n\nDon't (ever) look…\n",
        'He said "no" and "yes, please", then left.\n',
        "“Curly” quotes: fine; [brackets] too?\n",
        'An open " quotation\nends "with" its line.',
    ],
)
def test_decoding_puts_spaces_where_english_has_them(text: str) -> None:
    tokenizer = WordTokenizer.train(text)
    decoded = tokenizer.decode(tokenizer.encode(text))
    assert decoded == text.replace('" quotation', '"quotation')


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 2}, "vocab_size must be a whole number from 3 to 65536, not 2"),
        ({"vocab_size": 70_000}, "vocab_size"),
        ({"vocab_size": True}, "vocab_size"),
        ({"vocab_size": "many"}, "vocab_size"),
        ({"min_count": 0}, "min_count"),
        ({"min_count": 3}, "no word occurs 3 times"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WordTokenizer.train("a b a", **options)
