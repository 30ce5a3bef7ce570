"""The Python reference: cleaned lightly, code left alone, nothing told twice."""

from __future__ import annotations

import re
import sys
import types

import pytest

from lmcore import corpora
from lmcore.corpora import CorpusError, python_docs

TOPIC = """The "if" statement
******************

The “if” statement is *used* for **conditional
execution** [3].  It’s old; *args and "*kwargs" stay.

+---+---+
| a | b |
+---+---+

   def f(x, *args):
       return x * 2 ** args[0]

-[ Footnotes ]-

[1] A note.
"""


def test_a_topic_by_hand():
    assert python_docs.clean(TOPIC) == (
        'The "if" statement\n\n'
        'The "if" statement is used for conditional\nexecution.  It\'s old; *args and "*kwargs" stay.\n\n'
        "   def f(x, *args):\n       return x * 2 ** args[0]\n\n"
        "Footnotes\n\nA note."
    )


def test_it_is_long_english_without_rules_and_curly_quotes():
    text = corpora.load("python-docs").text
    assert len(text) > 200_000
    assert not re.search(r"^ *[*=~^-]{3,} *$", text, re.MULTILINE)
    assert not set("“”‘’–—…") & set(text)
    assert "lambda" in text


def test_no_paragraph_of_some_length_comes_twice():
    paragraphs = [" ".join(p.split()) for p in corpora.load("python-docs").text.split("\n\n")]
    long = [p for p in paragraphs if len(p) > 40]
    assert len(long) == len(set(long))


def test_topics_are_taken_in_the_order_of_their_names(monkeypatch):
    shared = "A paragraph that two topics share, long enough to be noticed."
    fake = types.ModuleType("pydoc_data.topics")
    fake.topics = {"b": f"Second topic.\n\n{shared}\n", "a": f"First topic.\n\n{shared}\n\nMore.\n"}
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", fake)
    assert python_docs.available()
    assert python_docs.text() == f"First topic.\n\n{shared}\n\nMore.\n\nSecond topic.\n"


def test_a_python_without_the_texts_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    assert not python_docs.available()
    with pytest.raises(CorpusError, match="pydoc_data"):
        python_docs.text()
