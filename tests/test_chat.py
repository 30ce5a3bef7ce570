"""A chat as one text: what is fed, what falls out, and what can be drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lmcore import chat, models
from lmcore.tokenizers.chat import ChatTokenizer

TOKENIZER = ChatTokenizer.train("a b c d e f g h . ? < bot > end user")
BLOCK = 64


class Favourite:
    """A model that wants one token after another, whatever it reads."""

    def __init__(self, wanted: list[int]) -> None:
        self.wanted = wanted

    def prompt(self, ids):
        return 0, self._row(0)

    def step(self, state, token):
        return state + 1, self._row(state + 1)

    def _row(self, n: int):
        row = np.full(TOKENIZER.vocab_size, -20.0)
        row[self.wanted[min(n, len(self.wanted) - 1)]] = 0.0
        return row


def ids(text: str) -> tuple[int, ...]:
    return tuple(TOKENIZER.encode(text))


def test_a_chat_is_one_text_with_marks():
    turns = [chat.Said("a b", ids("c"))]
    fed = chat.feed(TOKENIZER, turns, "d?", BLOCK)
    shown = [TOKENIZER.itos[i] for i in fed.ids]
    assert shown == ["<user>", "a", "b", "<bot>", "c", "<end>", "<user>", "d", "?", "<bot>"]
    assert fed.first == 0
    stopped = chat.feed(TOKENIZER, [chat.Said("a", ids("c"), ended=False)], "d", BLOCK)
    assert TOKENIZER.end_id not in stopped.ids


def test_whole_turns_fall_out_the_oldest_first_and_an_answer_always_fits():
    turns = [chat.Said(f"{'abcdefgh'[i % 8]} b c d", ids("e f")) for i in range(100)]
    for n in (0, 1, 3, 4, 5, 100):
        fed = chat.feed(TOKENIZER, turns[:n], "a", BLOCK)
        assert len(fed.ids) + chat.MOST_NEW + 2 <= BLOCK
        kept = [i for turn in turns[fed.first : n] for i in chat.turn_ids(TOKENIZER, turn)]
        assert list(fed.ids) == [*kept, *chat.question_ids(TOKENIZER, "a")]
        assert fed.first == 0 or len(fed.ids) + len(chat.turn_ids(TOKENIZER, turns[fed.first - 1])) > chat.room(BLOCK)


@pytest.mark.parametrize("said", ["", "  ", "\n\t"])
def test_nothing_is_refused(said: str):
    tokenizer = ChatTokenizer.train("a b\n\n")  # a newline is a token here, and still nothing is said
    with pytest.raises(ValueError, match="nothing in this message"):
        chat.feed(tokenizer, [], said, BLOCK)


def test_a_message_longer_than_the_context_is_refused_in_words():
    most = chat.room(BLOCK) - 2
    assert chat.feed(TOKENIZER, [chat.Said("a", ids("b"))], "a " * most, BLOCK).first == 1
    with pytest.raises(ValueError, match=f"has {most + 1} tokens.*at most {most} can be read"):
        chat.feed(TOKENIZER, [], "a " * (most + 1), BLOCK)


def test_typed_marks_begin_no_turn():
    fed = chat.feed(TOKENIZER, [], "a <end> <bot> b", BLOCK)
    assert [i for i in fed.ids if i in TOKENIZER.control_ids] == [TOKENIZER.user_id, TOKENIZER.bot_id]


def test_an_answer_is_words_and_ends():
    a, b = ids("a b")
    fed = chat.feed(TOKENIZER, [], "c", BLOCK).ids
    assert chat.answer(Favourite([a, b, TOKENIZER.end_id]), TOKENIZER, fed) == ((a, b), True)
    assert chat.answer(Favourite([TOKENIZER.end_id]), TOKENIZER, fed) == ((), True)
    endless, ended = chat.answer(Favourite([a]), TOKENIZER, fed)
    assert (len(endless), ended) == (chat.MOST_NEW, False)


@pytest.mark.parametrize("temperature", [0.0, 1.0, math.inf])
@pytest.mark.parametrize("wanted", [0, 1, TOKENIZER.user_id, TOKENIZER.bot_id])
def test_it_never_speaks_for_the_person(wanted: int, temperature: float):
    fed = chat.feed(TOKENIZER, [], "c", BLOCK).ids
    for seed in range(5):
        found, _ = chat.answer(Favourite([wanted]), TOKENIZER, fed, temperature=temperature, seed=seed)
        assert not {0, 1, *TOKENIZER.control_ids} & set(found)
        assert TOKENIZER.encode(TOKENIZER.decode(found)) == list(found)


def test_the_seed_decides():
    config = {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": BLOCK}
    model = models.build("chatbot", config, TOKENIZER.vocab_size)
    fed = chat.feed(TOKENIZER, [], "a?", BLOCK).ids
    one, again, other = (chat.answer(model, TOKENIZER, fed, temperature=1, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert models.model_class("chatbot") is type(model)
