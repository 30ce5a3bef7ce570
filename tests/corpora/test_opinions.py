"""Opinions: their labels are true by the grammar's own rules, and what the held-out ones say is said nowhere else."""

from __future__ import annotations

import re
from functools import lru_cache

import pytest

from lmcore.corpora import opinions
from lmcore.corpora.opinions_lexicon import BARE, GENERAL, NEGATIVE, POSITIVE, TOPICS, VERBS
from lmcore.tokenizers.word import split

ADJECTIVES = {
    word: polarity
    for polarity in (POSITIVE, NEGATIVE)
    for words in (GENERAL[polarity], *(topic[polarity] for topic in TOPICS.values()))
    for word in words
}
FORMS = {BARE[verb]: verb for verbs in VERBS.values() for verb in verbs}
SAID = ADJECTIVES | {form: polarity for polarity in VERBS for verb in VERBS[polarity] for form in (verb, BARE[verb])}
THINGS = {thing: name for name, topic in TOPICS.items() for thing in topic["things"]}


@lru_cache(maxsize=1)
def texts() -> list[opinions.Opinion]:
    return opinions.labelled(400)


def test_the_same_seed_tells_the_same_and_nothing_twice():
    assert opinions.labelled(50, 3) == opinions.labelled(50, 3)
    assert opinions.labelled(50, 3) != opinions.labelled(50, 4)
    assert opinions.labelled(50) == opinions.labelled(200)[:50]
    assert opinions.unlabelled(5_000, 1) == opinions.unlabelled(5_000, 1)
    assert len({one.text for one in texts()}) == len(texts())


def test_labels_and_kinds_are_mixed_as_said():
    counts = {kind: sum(one.kind == kind for one in texts()) / len(texts()) for kind in opinions.KINDS}
    assert counts == pytest.approx({"plain": 0.6, "turned": 0.2, "contrast": 0.2}, abs=0.07)
    assert {one.topic for one in texts()} == set(opinions.TOPIC_NAMES)
    assert sum(one.sentiment == POSITIVE for one in texts()) / len(texts()) == pytest.approx(0.5, abs=0.07)


def test_a_plain_text_says_what_its_words_say_and_a_turned_one_the_opposite():
    """The first sentence that judges, read by the lexicon alone."""
    for one in texts():
        judging = next(part for part in one.text.split(". ") if SAID.keys() & set(split(part)))
        found = {SAID[word] for word in split(judging) if word in SAID}
        if one.kind == "plain":
            assert found == {one.sentiment}, one.text
        elif (
            one.kind == "turned"
            and " but " not in judging
            and any(
                mark in judging
                for mark in ("not", "never", "far from", "anything but", "nobody", "hardly", "by no means")
            )
        ):
            assert found == {opinions.OTHER[one.sentiment]}, one.text


def test_the_topic_is_that_of_its_things():
    for one in texts():
        own = {THINGS[word] for word in split(one.text) if word in THINGS}
        assert one.topic in own


def said_of(text: str) -> set[tuple[str, str]]:
    """(thing, word) within one clause, as the held-out rule has them."""
    found = set()
    for clause in re.split(r"[.,]|\b(?:but|yet|although|though)\b", text):
        words = split(clause)
        for thing in (word for word in words if word in THINGS):
            found |= {(thing, FORMS.get(word, word)) for word in words if word in SAID}
    return found


def test_what_held_out_texts_say_of_a_thing_is_said_of_it_nowhere_else():
    """Clauses with one thing only: there it is certain what is said of what."""
    tested = set()
    for one in opinions.held_out(300):
        for thing, word in said_of(one.text):
            if not ({"despite"} & set(split(one.text))):
                tested.add((thing, word))
    learnt = set()
    for text in [one.text for one in texts()] + opinions.unlabelled(400_000, 1).split("\n"):
        if "despite" not in text:
            learnt |= said_of(text)
    assert len(tested) > 200
    assert not tested & learnt
    assert all(opinions.kept_back(*pair) for pair in tested)


def test_the_plain_text_has_the_words_of_the_labelled_ones_and_no_label():
    words = set(split(opinions.unlabelled(1_000_000, 1)))
    assert 400 < len(words) < 1500
    for one in (*texts(), *opinions.held_out(500)):
        assert set(split(one.text)) <= words
    assert not words & {"positive", "negative", *opinions.TOPIC_NAMES} - {"film", "weather"}  # things, too


def test_limits():
    assert len(opinions.unlabelled(1, 0).split("\n")) == 2
    assert len(opinions.unlabelled(3_000, 0)) <= 3_000
    for wrong in (0, -1, opinions.MAX_CHARS + 1):
        with pytest.raises(ValueError, match="characters long"):
            opinions.unlabelled(wrong)
    for wrong in (0, opinions.MAX_LABELLED + 1):
        with pytest.raises(ValueError, match="labelled opinions"):
            opinions.labelled(wrong)
