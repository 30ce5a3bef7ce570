"""The shipped chatbot answers what it has never been asked, and the model that went into it does not."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lmcore import chat, checkpoints, measured
from lmcore.corpora import conversations
from lmcore.corpora.exact_fact import masked
from lmcore.training.chat import examine

FOLDER = checkpoints.shipped()["chatbot"]


@lru_cache(maxsize=2)
def marks(step: int | None) -> dict[str, tuple[int, int]]:
    found = checkpoints.load(FOLDER, step)
    return examine(found.model, found.tokenizer)


def share(of: dict[str, tuple[int, int]]) -> float:
    return sum(right for right, _ in of.values()) / sum(asked for _, asked in of.values())


def test_it_answers_what_was_held_out_and_its_base_does_not():
    assert sum(asked for _, asked in marks(None).values()) == 300
    assert share(marks(None)) >= 0.8
    kinds = {kind: right / asked for kind, (right, asked) in marks(None).items()}
    assert min(kinds.values()) >= 0.6  # weakest: asked for what nobody told, it makes up an answer one time in three
    assert share(marks(0)) < 0.2


def test_no_question_of_the_exam_is_in_the_text_it_learnt_from():
    text = conversations.shipped()
    assert checkpoints.read_card(FOLDER)["corpus"]["sha256"] == text.sha256
    said = {masked(part) for line in text.text.splitlines() for part in line.split("\t")}
    assert not said & {masked(turns[-1].question) for turns in conversations.exam()}


def test_the_page_opens_with_what_these_weights_do():
    rows = measured.read("chatbot-exam")["rows"]
    steps = checkpoints.steps(FOLDER)
    assert sorted({row["step"] for row in rows}) == steps
    for step in (0, steps[-1]):
        shown = {row["kind"]: (row["right"], row["asked"]) for row in rows if row["step"] == step}
        for kind, (right, asked) in marks(0 if step == 0 else None).items():
            assert shown[kind][1] == asked
            assert abs(shown[kind][0] - right) <= 2  # another machine may round the other way, and float16


def test_it_forgets_what_has_fallen_out_and_knows_what_has_not():
    found = checkpoints.load(FOLDER)
    model, tokenizer = found.model, found.tokenizer
    turns: list[chat.Said] = []
    answers = []
    for said in ("My name is Ada.", "What is my name?", *("What is the opposite of big?",) * 12, "What is my name?"):
        fed = chat.feed(tokenizer, turns, said, model.block_size)
        turns.append(chat.Said(said, *chat.answer(model, tokenizer, fed.ids)))
        answers.append(tokenizer.decode(turns[-1].reply))
    assert "Ada" in answers[1]
    assert "Ada" not in answers[-1]
    assert "not know" in answers[-1]


def test_every_answer_reads_back_as_it_was_written():
    found = checkpoints.load(FOLDER)
    for step in (None, 0):
        model = checkpoints.load(FOLDER, step).model
        for seed in range(4):
            ids = chat.feed(found.tokenizer, [], "Tell me who found the kite.", model.block_size).ids
            reply, _ = chat.answer(model, found.tokenizer, ids, temperature=1.5, seed=seed)
            assert found.tokenizer.encode(found.tokenizer.decode(reply)) == list(reply)
            assert np.isfinite(model.score([*ids, *reply])).all()
