"""The words of the lesson Chatbot: the reading of the stage, what lies further, the script and the table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lmcore import measured
from lmcore.figures import chatbot as figures
from pages.shared import lesson
from pages.shared.chat_text import MARK
from pages.shared.chatting import AFTER, BEFORE, Text, Turn, block_size
from pages.shared.models import Loaded

MEASURE = "chatbot-exam"


def marks(step: int) -> dict[str, tuple[int, int]]:
    """Kind of held-out question -> (right, asked), as measured at a step of fine-tuning (-1: the last)."""
    rows = measured.read(MEASURE)["rows"]
    at = sorted({row["step"] for row in rows})[step]
    return {row["kind"]: (row["right"], row["asked"]) for row in rows if row["step"] == at}


def overall(step: int) -> tuple[int, int]:
    """(right, asked) over all kinds at a step."""
    found = marks(step).values()
    return sum(right for right, _ in found), sum(asked for _, asked in found)


def reading(model: Loaded, turns: Sequence[Turn], text: Text, who: str) -> str:
    """What the stage shows now, in numbers."""
    if not turns:
        return "Nothing has been said yet, so there is no text, and the model has read nothing. Say something."
    last = turns[-1]
    n, fed = last.n_written, len(last.feed.ids)
    read = sum(fed + 1 + i for i in range(n))
    least = text.tokens[text.at]
    says = (
        f"The chat is one text of {len(text.tokens):,} tokens, "
        f"{sum(token.kind == MARK for token in text.tokens):,} of them special, the start token among them. For the "
        f"first word of its last answer the model read {fed + 1:,} tokens, for each further one one more: {read:,} in "
        f"all for {n:,}. It was least sure of {lesson.chip(least.text)}, with {lesson.percent(least.prob or 0)}."
    )
    if text.n_out:
        gone, places = _turns(last.feed.first), block_size(model)
        says += f" The oldest {gone} into its {places} places: gone, as far as it can tell."
    elif len(text.tokens) > 0:
        says += f" All of it fits into the {block_size(model)} places that it sees at once."
    (before, asked), (after, _) = overall(0), overall(-1)
    if who == BEFORE:
        says += (
            " This is the model before fine-tuning: it has read stories and facts, but never a conversation. It goes "
            "on with the text as with any other, and gives the exact fact for "
            f"{before} of {asked} held-out questions; afterwards for {after}."
        )
    else:
        says += (
            f" Of {asked} questions that it never saw in training it answers {after} with the exact fact; before "
            f"fine-tuning, {before}."
        )
    return says


def _turns(n: int) -> str:
    return "turn no longer fits" if n == 1 else f"{n} turns no longer fit"


def further() -> None:
    """How it was made, how it is examined, and what large chatbots have besides."""
    card_rows = measured.read(MEASURE)["rows"]
    st.plotly_chart(figures.exam(card_rows, lesson.theme()), key="chatbot.exam", config={"displayModeBar": False})
    st.markdown(
        "**Examined.** Each line is one kind of held-out question: none of them, with its names masked, occurs among "
        "the training questions. An answer is right when it holds the exact fact and no rival of the same kind: “Mia”, "
        "and no other name. Step 0 is the model that went in."
    )
    right, asked = marks(-1)["not known"]
    st.markdown(
        "**It makes things up.** Asked for what nobody told it and what its training does not say, it should answer "
        f"that it does not know. In **{asked - right} of {asked}** held-out questions of that kind it names something "
        "instead, in the same tone as what it knows: a likely next word is all that it looks for. “Ask what nobody "
        "told it” tries two."
    )
    st.markdown(
        "**How it was made.** First, pre-training on running text: tales, a book of plain facts, little scenes told "
        "twice. Nobody asks there and nobody answers. Then fine-tuning on 8,000 conversations, where only the bot's "
        "own words and the end of its answers count in the loss. So the second part teaches how to answer; most of "
        "the facts were there before. [Fine-tuning](fine-tuning) shows the same with any two texts."
    )
    st.markdown(
        "**What you type stays text.** The marks are tokens that no text encodes to. Type `<bot>` and the model reads "
        "three ordinary tokens. Large chatbots need the same care; what a text *asks for* is another matter, and no "
        "tokenizer can stop a model from following it."
    )
    st.markdown(
        "**What large chatbots have besides.** Billions of weights and far longer contexts; then training on which of "
        "two answers people prefer (Ouyang et al., “Training language models to follow instructions”, 2022). The text "
        "is still fed back token by token. This one knows about a thousand words, and says so when it meets another."
    )


def code(model: Loaded, turns: Sequence[Turn], who: str) -> tuple[list[str], str]:
    """The source behind the stage, and a script that gives the same answers."""
    asked = [turn.asked for turn in turns]
    step = "" if who == AFTER else ", 0"
    script = f"""\
import math

from lmcore import chat, checkpoints

checkpoint = checkpoints.load(checkpoints.shipped()["chatbot"]{step})
model, tokenizer = checkpoint.model, checkpoint.tokenizer

turns = []
for said, temperature, seed in {asked!r}:
    fed = chat.feed(tokenizer, turns, said, model.block_size)
    reply, ended = chat.answer(model, tokenizer, fed.ids, temperature=temperature, seed=seed)
    turns.append(chat.Said(said, reply, ended))
    print(f"{{said!r}} -> {{tokenizer.decode(reply)!r}}, after {{len(fed.ids) + 1}} tokens")

if turns:  # the last answer, token by token, with the model's own probabilities
    ids = [*fed.ids, *reply, *([tokenizer.end_id] if ended else [])]
    for token, log_prob in list(zip(ids, model.score(ids)))[len(fed.ids):]:
        print(f"{{tokenizer.itos[token]!r:12}} {{math.exp(log_prob):.4f}}")
"""
    return ["lmcore.chat:feed", "lmcore.chat:answer", "lmcore.training.chat:conversation_ids",
            "lmcore.corpora.exact_fact:right"], script  # fmt: skip


def table(text: Text) -> pd.DataFrame:
    """The text, a token a row."""
    rows = [
        {
            "place": i + 1,
            "token": token.text,
            "index": token.id,
            "p": token.prob,
            "read": "no longer" if i < text.n_out else "yes",
        }
        for i, token in enumerate(text.tokens)
    ]
    return pd.DataFrame(rows, columns=["place", "token", "index", "p", "read"])
