"""Whose turn it is stands in tokens that nobody can type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore import tokenizers
from lmcore.tokenizers.chat import CONTROL, ChatTokenizer

TEXT = 'Mia found a red kite. "Who?" asked Tom. 3 + 4 = 7, and < bot user end unk > s'
CHAT = ChatTokenizer.train(TEXT)


@given(
    st.lists(st.sampled_from([*CONTROL, "<s>", "<unk>", "Mia", "kite", " ", "\n", "😀", "<<bot>>", "‮", "ä"])).map(
        "".join
    )
)
def test_no_text_encodes_to_a_special_token(text: str):
    ids = CHAT.encode(text)
    assert not {0, *CHAT.control_ids} & set(ids)
    assert all(1 <= i < CHAT.user_id for i in ids)


@given(st.text(max_size=60))
def test_nor_does_any_other_text(text: str):
    assert not {0, *CHAT.control_ids} & set(CHAT.encode(text))


def test_typed_marks_are_read_as_words():
    assert [CHAT.itos[i] for i in CHAT.encode("<bot> Mia <end>")] == ["<", "bot", ">", "Mia", "<", "end", ">"]


@given(st.lists(st.integers(2, CHAT.user_id - 1), max_size=40))
def test_what_is_shown_tokenizes_to_what_was_written(ids: list[int]):
    """Whatever words a model draws, their text gives the same tokens again (it never draws <unk>)."""
    assert CHAT.encode(CHAT.decode(ids)) == ids


def test_people_write_as_they_like():
    assert CHAT.encode("MIA FOUND mia") == CHAT.encode("Mia found Mia")
    assert CHAT.encode("Zebra") == [CHAT.unk_id]
    assert CHAT.unknown("mia saw a Zebra") == ["saw", "Zebra"]


def test_the_marks_are_nothing_in_a_text():
    assert CHAT.decode([CHAT.user_id, *CHAT.encode("Mia."), CHAT.end_id]) == "Mia."
    assert CHAT.itos[-3:] == list(CONTROL)


def test_it_is_read_back_and_checked():
    assert tokenizers.from_dict(CHAT.to_dict()).to_json() == CHAT.to_json()
    for bad in ({"kind": "chat"}, {"kind": "chat", "words": ["b", "a"]}, {"kind": "chat", "words": ["<bot>"]}):
        with pytest.raises(ValueError, match="tokenizer"):
            tokenizers.from_dict(bad)
