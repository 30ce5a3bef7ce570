"""Conversations: what is held out never occurs in training, and every written answer passes the rule of the exam."""

from __future__ import annotations

from random import Random

import pytest

from lmcore.corpora import conversations, village, world_book
from lmcore.corpora.exact_fact import KINDS, masked, right
from lmcore.corpora.told import Scene, scenes


@pytest.fixture(scope="module")
def training():
    return conversations.training(1500, seed=1)


@pytest.mark.parametrize(
    ("reply", "good"),
    [
        ("Mia found the kite.", True),
        ("It was mia", True),
        ("Tom found the kite.", False),
        ("Mia and Tom found it.", False),
        ("", False),
        ("Miami found it.", False),
    ],
)
def test_the_rule_wants_the_fact_and_no_rival(reply: str, good: bool):
    assert right(reply, "Mia", frozenset({"Tom", "Ada"})) == good


def test_the_rule_wants_every_word_of_the_answer():
    assert right("I do not know that.", "not know", frozenset())
    assert not right("I know.", "not know", frozenset())
    assert right("The sum is 12.", "12", frozenset({"1", "2", "twelve"}))
    assert not right("1 + 2 = 12", "12", frozenset({"1", "2", "twelve"}))


def test_masking_hides_names_case_and_marks_but_not_sums():
    assert masked("What did Mia find?") == masked("what did Tom find") == "what did name find"
    assert masked("What is 3 + 4?") == "what is 3 + 4"
    assert masked("What is 3 + 4?") != masked("What is 4 + 3?")


def test_no_held_out_question_is_in_training_with_names_masked(training):
    asked = {masked(turn.question) for turns in training for turn in turns if turn.question}
    examined = {masked(turns[-1].question) for turns in conversations.exam()}
    assert len(asked) > 1000
    assert len(examined) > 150
    assert not asked & examined
    # and in the text that the shipped model learnt from, question by question as they stand there
    said = {masked(text) for turns in conversations.parse(conversations.shipped().text) for text, _ in turns}
    assert not said & examined


def test_the_exam_has_every_kind_and_every_answer_is_right_by_the_rule(training):
    exam = conversations.exam()
    assert {kind: sum(turns[-1].kind == kind for turns in exam) for kind in KINDS} == dict.fromkeys(KINDS, 60)
    for turns in (*exam, *training):
        for turn in turns:
            if turn.question:
                assert turn.said.lower().rstrip(".?").endswith(turn.question.lower().rstrip(".?"))
                assert right(turn.reply, turn.answer, turn.rivals), turn


def test_the_same_seed_gives_the_same_conversations_and_a_text_reads_back(training):
    assert conversations.training(1500, seed=1) == training
    assert conversations.training(20, seed=2) != training[:20]
    text = "\n".join("\t".join(part for turn in turns for part in (turn.said, turn.reply)) for turns in training)
    assert conversations.parse(text) == [tuple((turn.said, turn.reply) for turn in turns) for turns in training]
    with pytest.raises(ValueError, match="line 2"):
        conversations.parse("a\tb\nc")


def test_a_question_about_a_scene_is_answered_by_the_scene():
    scene = Scene("Mia", "found", "red", "kite", "by the river")
    for seed in range(60):
        turn = scene.asked(Random(seed))
        assert turn.answer in ("Mia", "kite", "red", "river")
        assert turn.answer in scene.told(Random(seed))
    first, second = scenes(Random(3), 2)
    for part in ("name", "color", "thing", "where"):
        assert getattr(first, part) != getattr(second, part)


def test_facts_are_stated_where_nobody_asks():
    """The base reads every fact as a statement, and no question of the exam."""
    facts = world_book.facts()
    told = {text for fact in facts for text in fact.statements}
    assert all(any(fact.answer.lower() in text.lower() for text in told) for fact in facts)
    assert not any(fact.answer in fact.rivals for fact in facts)
    text = village.generate(200_000, seed=5)
    assert text == village.generate(200_000, seed=5)
    assert not any(turns[-1].question in text for turns in conversations.exam())
