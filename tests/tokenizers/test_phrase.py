"""Words of sentences that come back to the letter, and the two tokenizers of a translator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore import tokenizers
from lmcore.corpora.french import held_out_pairs, training_pairs
from lmcore.tokenizers import PairTokenizer
from lmcore.tokenizers.pairs import SIDES, train_pairs
from lmcore.tokenizers.phrase import PhraseTokenizer, split

PAIRS = [
    ("The man does not see the water.", "L'homme ne voit pas l'eau."),
    ("Does he have twenty-two apples?", "Est-ce qu'il a vingt-deux pommes ?"),
    ("I don't know you.", "Je ne te connais pas."),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'homme n'est pas là.", ["L'", "homme", "n'", "est", "pas", "là", "."]),
        ("Qu'est-ce qu'il y a ?", ["Qu'", "est-ce", "qu'", "il", "y", "a", "?"]),
        ("J’ai vingt-deux ans", ["J’", "ai", "vingt-deux", "ans"]),
        ("I don't; she's, they'll", ["I", "don't", ";", "she's", ",", "they'll"]),
        ("<s> </s> <unk>", ["<", "s", ">", "<", "/", "s", ">", "<", "unk", ">"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("🙂 a\tb\n", ["🙂", "a", "b"]),
        ("'", ["'"]),
        ("", []),
    ],
)
def test_words_elisions_endings_and_marks(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_every_shipped_sentence_comes_back_to_the_letter_and_all_its_words_are_known() -> None:
    tokenizer = train_pairs(training_pairs())
    for source, target in held_out_pairs():
        assert tokenizer.decode(tokenizer.encode(target)) == target
        assert not tokenizer.unknown_source(source)
        assert not tokenizer.unknown(target)


def test_spaces_before_marks_are_those_of_the_training_sentences() -> None:
    french = PhraseTokenizer.train("Où ? Là !\nQui ? Lui.")
    english = PhraseTokenizer.train("Where? There!\nWho? He.")
    assert french.spaced == ["!", "?"]
    assert french.decode(french.encode("Qui ?")) == "Qui ?"
    assert english.decode(english.encode("Who?")) == "Who?"


@pytest.mark.parametrize("kind", SIDES)
def test_what_is_saved_comes_back(kind: str) -> None:
    tokenizer = train_pairs(PAIRS, kind)
    again = tokenizers.from_dict(tokenizer.to_dict())
    assert isinstance(again, PairTokenizer)
    assert again.to_json() == tokenizer.to_json()
    for source, target in PAIRS:
        assert again.decode([*again.encode(target), again.end_id]) == target
        assert again.encode_source(source) == tokenizer.encode_source(source)
    assert again.itos[again.end_id] == "</s>"
    assert again.end_id == again.vocab_size - 1 == again.target.vocab_size


@pytest.mark.parametrize("kind", SIDES)
@given(st.text(max_size=60) | st.sampled_from(["<s>", "</s>", "<unk>", "</s></s> <s>", "🙂", "l'", "''"]))
def test_no_text_is_the_start_or_the_end(kind: str, text: str) -> None:
    tokenizer = TRAINED[kind]
    for ids in (tokenizer.encode(text), tokenizer.encode_source(text)):
        assert 0 not in ids
        assert tokenizer.end_id not in ids
    assert all(0 < i < tokenizer.source.vocab_size for i in tokenizer.encode_source(text))
    tokenizer.decode(tokenizer.encode(text))


TRAINED = {kind: train_pairs([*PAIRS, ("<s> </s> <unk>", "<s> </s> <unk>")], kind) for kind in SIDES}


def test_unknown_words_are_named() -> None:
    tokenizer = train_pairs(PAIRS)
    assert tokenizer.unknown_source("The zebra does see the zebra, <unk>") == ["zebra", ",", "<", "unk", ">"]
    assert tokenizer.source.unk_id in tokenizer.encode_source("zebra")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": {"kind": "word", "words": ["a"]}}, "each side of a tokenizer for pairs must be one of phrase"),
        ({"target": None}, "each side"),
        ({"more": 1}, "has the fields kind, source, target"),
        ({"target": {"kind": "phrase", "words": ["b", "a"], "spaced": []}}, "must be sorted"),
        ({"target": {"kind": "phrase", "words": ["two words"], "spaced": []}}, "only single words"),
        ({"target": {"kind": "phrase", "words": [""], "spaced": []}}, "only single words"),
        ({"target": {"kind": "phrase", "words": ["a"], "spaced": ["a"]}}, "only marks"),
    ],
)
def test_a_strangers_file_is_checked(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tokenizers.from_dict({**train_pairs(PAIRS).to_dict(), **change})


def test_no_pairs_and_no_such_kind() -> None:
    with pytest.raises(ValueError, match="there are no pairs"):
        train_pairs([])
    with pytest.raises(ValueError, match="no tokenizer of the kind 'word' for pairs"):
        train_pairs(PAIRS, "word")
