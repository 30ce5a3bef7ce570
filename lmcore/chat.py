"""A chat as one text: what a model is given before it answers, and how its answer is drawn.

    <s> <user> Hello . <bot> Hello . Ask me something . <end> <user> What is 2 + 3 ? <bot>

There is no memory but this text. It is fed anew for each answer; where it is too long for the context, whole turns fall
out, the oldest first. Only this module puts the tokens in angle brackets: what people type never encodes to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lmcore import sampling
from lmcore.tokenizers.base import START_ID
from lmcore.tokenizers.chat import ChatTokenizer

if TYPE_CHECKING:
    from lmcore.models.base import LanguageModel

MOST_NEW = 24
"""An answer is stopped after so many tokens, if it has not ended before."""


@dataclass(frozen=True)
class Said:
    """One turn: what a person said, and the tokens of the answer, without <end>."""

    said: str
    reply: tuple[int, ...]
    ended: bool = True
    """False when the answer was stopped for its length: then there is no <end> in the text either."""


@dataclass(frozen=True)
class Feed:
    """What a model is given before it writes the next answer."""

    ids: tuple[int, ...]
    """Ends with <bot>; the start token, which every model puts before it, is not among them."""
    first: int
    """The first turn that is still in it: those before have fallen out."""


def question_ids(tokenizer: ChatTokenizer, said: str) -> tuple[int, ...]:
    """<user>, the words, <bot>: after this the model writes."""
    return (tokenizer.user_id, *tokenizer.encode(said), tokenizer.bot_id)


def turn_ids(tokenizer: ChatTokenizer, turn: Said) -> tuple[int, ...]:
    """A whole turn as the model reads it later on."""
    end = (tokenizer.end_id,) if turn.ended else ()
    return (*question_ids(tokenizer, turn.said), *turn.reply, *end)


def room(block_size: int) -> int:
    """How many tokens may be fed: an answer of `MOST_NEW`, its <end> and the start token have to fit in as well."""
    return block_size - MOST_NEW - 2


def check_said(tokenizer: ChatTokenizer, said: str, block_size: int) -> str:
    """Why this cannot be said, in words; "" when it can."""
    n, most = len(tokenizer.encode(said)), room(block_size) - 2
    if n == 0 or not said.strip():
        return "There is nothing in this message. Write a word or two."
    if n > most:
        return (
            f"This message has {n:,} tokens. The model sees {block_size} at once, and an answer has to fit in as well: "
            f"at most {most} can be read."
        )
    return ""


def feed(tokenizer: ChatTokenizer, turns: Sequence[Said], said: str, block_size: int) -> Feed:
    """The text before the next answer, as many whole turns of it as fit. ValueError when `said` alone does not."""
    refusal = check_said(tokenizer, said, block_size)
    if refusal:
        raise ValueError(refusal)
    ids, first = question_ids(tokenizer, said), len(turns)
    while first > 0 and len(before := turn_ids(tokenizer, turns[first - 1])) + len(ids) <= room(block_size):
        ids, first = before + ids, first - 1
    return Feed(ids, first)


def answer(
    model: LanguageModel, tokenizer: ChatTokenizer, ids: Sequence[int], *, temperature: float = 0.0, seed: int = 0
) -> tuple[tuple[int, ...], bool]:
    """The tokens of an answer to `ids` (of `feed`), and whether it ended by itself.

    Neither <unk> nor the start of a turn is ever drawn: an answer is words, so that its text, tokenized again, is the
    answer. One number of the seed's generator is taken for each token.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    banned = (START_ID, *([] if tokenizer.unk_id is None else [tokenizer.unk_id]), tokenizer.user_id, tokenizer.bot_id)
    found: list[int] = []
    state: Any
    state, log_probs = model.prompt(ids)
    while True:
        token = sampling.draw(sampling.distribution(log_probs, temperature=temperature, banned=banned), rng)
        if token == tokenizer.end_id:
            return tuple(found), True
        found.append(token)
        if len(found) == MOST_NEW:
            return tuple(found), False
        state, log_probs = model.step(state, token)
