"""The chat of the lesson Chatbot: what was said, what the model answered, and the text that it read for it."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lmcore import chat, paths
from lmcore.probes.alternatives import Place, places
from lmcore.tokenizers.base import START_ID
from lmcore.tokenizers.chat import ChatTokenizer
from lmcore.tokenizers.word import split
from pages.shared import models, scrubber
from pages.shared.cache import Unhashed
from pages.shared.chat_text import MARK, OF_BOT, OF_PERSON, UNKNOWN, K, Shown
from pages.shared.models import Choice, Loaded
from pages.shared.view import Field

NAME = "chatbot"
MOST_TURNS = 300
URL_CHARS = 5000  # of a chat in a link: the newest turns that fit
MOST_CHARS = 2000  # of one message in a link
MOST_TEMPERATURE = 2.0
AFTER, BEFORE = "after", "before"
WHO = {AFTER: "After fine-tuning", BEFORE: "Before"}

Asked = tuple[str, float, int]
"""What a person said, the temperature of the answer, and the seed with which it was drawn."""


# The chat in the URL ------------------------------------------------------------------------------------------------


def chat_field(default: tuple[Asked, ...]) -> Field:
    """The view's field for a chat; answers are not in it, for the same seeds give them again."""

    def parse(value: str) -> tuple[Asked, ...]:
        try:
            found = json.loads(value)
        except RecursionError as error:
            raise ValueError("too many brackets") from error
        if not isinstance(found, list):
            raise ValueError("a chat is a list")
        return tuple(_asked(one) for one in found[-MOST_TURNS:])

    def write(turns: Sequence[Asked]) -> str:
        text = "[]"
        for first in range(len(turns) - 1, -1, -1):
            longer = json.dumps([list(turn) for turn in turns[first:]], ensure_ascii=False, separators=(",", ":"))
            if len(longer) > URL_CHARS:
                break
            text = longer
        return text

    return Field(default, parse, write)


def _asked(one: Any) -> Asked:
    """One turn out of a link, which is data from a stranger."""
    if not isinstance(one, list) or len(one) != 3 or not isinstance(one[0], str):
        raise ValueError("a turn is a text, a temperature and a seed")
    said, temperature, seed = one
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1_000_000:
        raise ValueError("a seed is a whole number")
    if (
        isinstance(temperature, bool)
        or not isinstance(temperature, int | float)
        or not 0 <= temperature <= MOST_TEMPERATURE
    ):
        raise ValueError("a temperature lies from 0 to 2")
    # Half of a surrogate pair is no character: JSON can hold it, a page cannot.
    return said[:MOST_CHARS].encode("utf-8", "replace").decode(), float(temperature), seed


# The models ---------------------------------------------------------------------------------------------------------


def loaded(who: str = AFTER) -> Loaded:
    """The chatbot as it came out of fine-tuning, or the model that went into it."""
    finished = models.load(Choice(NAME, WHO[AFTER], paths.CHECKPOINTS / NAME, "chatbot"))
    return finished if who == AFTER else scrubber.at(finished, 0)


# What was answered --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """One turn with its answer, and what was read for it."""

    asked: Asked
    feed: chat.Feed = field(repr=False)
    said: chat.Said
    text: str
    """The answer as it is shown."""

    @property
    def n_written(self) -> int:
        """Tokens that were drawn for the answer, its end with them."""
        return len(self.said.reply) + self.said.ended


LOOKED_BACK = 64  # turns: more never fit, for a turn has two words and two marks at least


def replayed(model: Loaded, turns: Sequence[Asked]) -> tuple[list[Turn], str]:
    """The chat with this model's answers, and why it ends early if it does (a link may bring what cannot be read).

    What was answered before comes from a cache.
    """
    tokenizer: Any = model.tokenizer
    found: list[Turn] = []
    before: list[chat.Said] = []
    for said, temperature, seed in turns:
        refused = chat.check_said(tokenizer, said, block_size(model))
        if refused:
            return found, refused
        left = max(0, len(before) - LOOKED_BACK)
        fed = chat.feed(tokenizer, before[left:], said, block_size(model))
        fed = chat.Feed(fed.ids, fed.first + left)
        reply, ended = _answer(model.hash, fed.ids, temperature, seed, Unhashed((model.model, tokenizer)))
        before.append(chat.Said(said, reply, ended))
        found.append(Turn((said, temperature, seed), fed, before[-1], tokenizer.decode(reply)))
    return found, ""


def block_size(model: Loaded) -> int:
    """How many tokens the model sees at once."""
    return int(model.model.block_size or 0)


def refusal(model: Loaded, said: str, turns: Sequence[Asked]) -> str:
    """Why this cannot be said now; "" when it can."""
    tokenizer: Any = model.tokenizer
    if len(turns) >= MOST_TURNS:
        return f"This chat has {len(turns)} turns, which is as many as this page keeps. Start over for a new one."
    return chat.check_said(tokenizer, said, block_size(model))


@functools.lru_cache(maxsize=4096)
def _answer(
    content: str, ids: tuple[int, ...], temperature: float, seed: int, hidden: Unhashed
) -> tuple[tuple[int, ...], bool]:
    model, tokenizer = hidden.value
    return chat.answer(model, tokenizer, ids, temperature=temperature, seed=seed)


@functools.lru_cache(maxsize=128)
def _places(content: str, ids: tuple[int, ...], hidden: Unhashed) -> list[Place]:
    return places(hidden.value, ids, K)


# The one text -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """The chat as the model sees it after its last answer."""

    tokens: list[Shown]
    n_out: int
    """So many of them, at the beginning, have fallen out."""
    at: int
    """The least sure token of the last answer."""


def one_text(model: Loaded, turns: Sequence[Turn]) -> Text:
    """All tokens of a chat; those that the last answer was drawn after have probabilities where the bot wrote them."""
    tokenizer: Any = model.tokenizer
    if not turns:
        return Text([], 0, -1)
    out: list[Shown] = []
    for turn in turns[: turns[-1].feed.first]:
        out += _shown(tokenizer, turn.said, None)
    seen = [Shown(tokenizer.itos[START_ID], START_ID, MARK, new_line=True)]  # of what is read, it is always the first
    ids = (*turns[-1].feed.ids, *turns[-1].said.reply, *([tokenizer.end_id] if turns[-1].said.ended else []))
    found = _places(model.hash, ids, Unhashed(model.model))
    for turn in turns[turns[-1].feed.first :]:
        seen += _shown(tokenizer, turn.said, found[len(seen) - 1 :])
    seen[1] = replace(seen[1], new_line=False)  # the first turn begins beside the start token
    last = len(seen) - turns[-1].n_written
    at = min(range(last, len(seen)), key=lambda i: 2.0 if (p := seen[i].prob) is None else p)
    return Text(out + seen, len(out), len(out) + at)


def _shown(tokenizer: ChatTokenizer, said: chat.Said, found: Sequence[Place] | None) -> list[Shown]:
    """The tokens of one turn, as `chat.turn_ids` has them."""
    asked, ids = chat.question_ids(tokenizer, said.said), chat.turn_ids(tokenizer, said)
    typed = split(said.said)
    tokens = []
    for i, token in enumerate(ids):
        own = i >= len(asked)
        strange = not own and token == tokenizer.unk_id
        kind = MARK if token in tokenizer.control_ids else UNKNOWN if strange else OF_BOT if own else OF_PERSON
        place = found[i] if own and found is not None else None
        tokens.append(
            Shown(
                tokenizer.itos[token], token, kind, new_line=token in (tokenizer.user_id, tokenizer.bot_id),
                prob=None if place is None else place.prob,
                alternatives=[] if place is None else [(tokenizer.itos[a], p, a) for a, p in place.alternatives],
                typed=typed[i - 1] if strange else "",
            )
        )  # fmt: skip
    return tokens
