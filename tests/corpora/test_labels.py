"""Labelled lines: what can be read is read, what cannot is refused in words that name the line."""

from __future__ import annotations

import pytest

from lmcore.corpora import labels
from lmcore.corpora.base import CorpusError

FOUR = "so good\tyes\nvery good\tyes\nso bad\tno\nvery bad\tno"


def test_two_columns_with_any_separator():
    for separator in ("\t", ";", ","):
        found = labels.parse(FOUR.replace("\t", separator))
        assert found.rows == (("so good", "yes"), ("very good", "yes"), ("so bad", "no"), ("very bad", "no"))
        assert found.labels == ("no", "yes")


def test_quotes_empty_lines_and_repeated_ones():
    found = labels.parse('\n"good, very good",yes\n\n"she said ""fine""",yes\nbad,no\nbad,no\nworse,no\n\n')
    assert found.rows[:2] == (("good, very good", "yes"), ('she said "fine"', "yes"))
    assert any("repeated line is read once" in note for note in found.notes)


def test_names_of_columns_are_left_out_and_the_label_may_come_first():
    found = labels.parse("label,text\nyes,so good\nyes,very good\nno,so bad\nno,very bad")
    assert found.rows == labels.parse(FOUR).rows
    assert len(found.notes) == 3  # names, order, few kept back


def test_emoji_and_right_to_left_labels():
    found = labels.parse("so good;😀\nvery good;😀\nרע;😡\nרע מאוד;😡")
    assert found.labels == ("😀", "😡")
    assert labels.parse(found.text).rows == found.rows


def test_the_split_keeps_a_fifth_of_each_label_back_and_never_a_label_whole():
    rows = [f"text {i}\t{'ab'[i % 2]}" for i in range(100)] + ["alone\tc"]
    found = labels.parse("\n".join(rows))
    training, held_out = found.split()
    assert len(held_out) == 20
    assert {label for _, label in training} == {"a", "b", "c"}
    assert not {text for text, _ in training} & {text for text, _ in held_out}
    assert any("Only one line has the label c" in note for note in found.notes)
    shuffled = labels.parse("\n".join(reversed(rows)))
    assert set(shuffled.split()[1]) == set(held_out)


def test_a_text_with_two_labels_is_learnt_from_and_not_tested():
    found = labels.parse(FOUR + "\nso good\tno\nquite bad\tno")
    assert any("stands with two labels" in note for note in found.notes)
    assert "so good" not in {text for text, _ in found.split()[1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line yet"),
        ("   \n \n", "no line yet"),
        ("just a text", "Line 1: there is no tab, semicolon or comma in it. Put one between a text and its label"),
        ("a\tx\nb\nc\tx\nd\ty", "Line 2"),
        ("a\tx\n\tx\nc\tx\nd\ty", "Line 2: the text is empty"),
        ("a\tx\nb\t\nc\tx\nd\ty", "Line 2: the label is empty"),
        ("a\tx\nb\tx\nc\tx\nd\tx", "Every line has the label 'x'"),
        ("a\tx\nb\ty", "at least 4"),
        ("a\tw\nb\tx\nc\ty\nd\tz", "No label has two texts"),
        (
            "\n".join(f"{i}\tl{i % 500}" for i in range(1000)),
            "There are 500 different labels in 1,000 lines; at most 20",
        ),
        ("\n".join(f"text {i}\tlabel {i}" for i in range(1000)), "There are 1,000 different labels"),
        (f"a\t{'x' * 41}\nb\ty\nc\ty\nd\ty", "a label has at most 40"),
        (f"{'a ' * 300}\tx\nb\ty\nc\ty\nd\ty", "Line 1: its text has 599 characters"),
        ("\n".join(f"{i}\t{i % 2}" for i in range(labels.MAX_LINES + 1)), "at most 5,000 are read"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_words(text: str, said: str):
    with pytest.raises(CorpusError) as refused:
        labels.parse(text)
    assert said in str(refused.value)


def test_the_shipped_ones():
    for target, n in (("sentiment", 2), ("topic", 5)):
        found = labels.shipped(target)
        training, held_out = found.split()
        assert (len(training), len(held_out), len(found.labels)) == (200, 500, n)
        assert not {text for text, _ in training} & {text for text, _ in held_out}
    with pytest.raises(ValueError, match="not by 'taste'"):
        labels.shipped("taste")
    assert labels.from_bytes(FOUR.encode("utf-16"), "mine.csv").title == "mine"
