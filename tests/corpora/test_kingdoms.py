"""Kingdoms: told from a seed, every word of the analogies frequent, and no analogy in it."""

from __future__ import annotations

from collections import Counter

import pytest

from lmcore import corpora
from lmcore.corpora import kingdoms
from lmcore.corpora.kingdoms_lexicon import COUNTRIES, GENDERS, PAIRS
from lmcore.tokenizers.word import split

TEXT = corpora.load("kingdoms").text


def test_the_seed_decides_the_text() -> None:
    assert kingdoms.generate(5000, seed=1) == kingdoms.generate(5000, seed=1) == TEXT[: len(kingdoms.generate(5000, 1))]
    assert kingdoms.generate(5000, seed=1) != kingdoms.generate(5000, seed=2)


@pytest.mark.parametrize("n_chars", [1, 200, 12_345])
def test_it_is_as_long_as_asked_for_in_whole_lines(n_chars: int) -> None:
    text = kingdoms.generate(n_chars, seed=3)
    assert text.endswith(".\n")
    assert n_chars - 100 < len(text) <= max(n_chars, 100)
    assert all(line.endswith(".") for line in text.splitlines())


@pytest.mark.parametrize("n_chars", [0, -1, 5_000_001])
def test_a_length_out_of_reach_is_refused(n_chars: int) -> None:
    with pytest.raises(ValueError, match="1 to 5,000,000"):
        kingdoms.generate(n_chars, seed=1)


def test_the_shipped_text() -> None:
    assert 490_000 < len(TEXT) <= 500_000
    assert 300 < len(set(split(TEXT))) < 500


def test_every_word_of_the_questions_is_frequent() -> None:
    counts = Counter(split(TEXT))
    asked = {word for q in kingdoms.questions() for word in (q.a, q.b, q.c, q.d)}
    assert min(counts[word] for word in asked | set(kingdoms.kinds())) >= 50


def test_no_analogy_is_stated() -> None:
    """No line has three of the four words of any question: a fact ("Paris is the capital of France") has two."""
    lines = {frozenset(split(line)) for line in TEXT.splitlines()}
    questions = [{q.a, q.b, q.c, q.d} for q in kingdoms.questions()]
    at = {word: {i for i, q in enumerate(questions) if word in q} for q in questions for word in q}
    for words in lines:
        met = Counter(i for word in words for i in at.get(word, ()))
        assert max(met.values(), default=0) <= 2
    assert not {"as", "like", "than"} & {word for words in lines for word in words}


def test_a_line_is_about_one_gender_and_one_country() -> None:
    his = {word for forms in GENDERS.values() for word in forms[0]} | {
        him for pairs in PAIRS.values() for him, _ in pairs
    }
    her = {word for forms in GENDERS.values() for word in forms[1]} | {
        her for pairs in PAIRS.values() for _, her in pairs
    }
    for line in TEXT.splitlines()[:4000]:
        words = set(split(line))
        assert not (words & his and words & her), line
        assert sum(bool(words & set(place)) for place in COUNTRIES) <= 1, line


def test_the_article_is_right() -> None:
    assert " a uncle " not in TEXT
    assert " is an uncle " in TEXT
    assert "an Italian song" in TEXT
    assert "is an heir " in TEXT
    assert " an husband" not in TEXT


def test_questions_by_category() -> None:
    questions = kingdoms.questions()
    n = Counter(q.category for q in questions)
    assert set(n) == {"royalty", "family", "gender", "animals", "capitals", "languages"}
    assert 500 < len(questions) == len(set(questions)) < 1000
    assert kingdoms.Question("royalty", "king", "queen", "prince", "princess") in questions
    assert kingdoms.Question("gender", "female", "male", "queen", "king") in questions
    assert kingdoms.Question("capitals", "France", "Paris", "Italy", "Rome") in questions
    assert all(len({q.a, q.b, q.c, q.d}) == 4 for q in questions)


def test_the_tasks_file_has_the_form_that_others_read() -> None:
    rows = kingdoms.tasks_text().splitlines()
    assert rows[0] == ": royalty"
    assert sum(row.startswith(": ") for row in rows) == 6
    assert [row.split() for row in rows if not row.startswith(":")] == [
        [q.a, q.b, q.c, q.d] for q in kingdoms.questions()
    ]


def test_kinds_colour_every_word_of_the_questions_but_two() -> None:
    asked = {word for q in kingdoms.questions() for word in (q.a, q.b, q.c, q.d)}
    assert asked - set(kingdoms.kinds()) == {"male", "female"}
    assert set(kingdoms.kinds().values()) == {
        "royalty", "family", "people", "animals", "country", "capital", "language", "river", "food",
    }  # fmt: skip
