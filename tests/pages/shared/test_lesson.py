"""What a person typed appears literally, whatever it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lmcore.figures.theme import shown
from pages.shared import lesson

markdown = MarkdownIt("commonmark")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text("`a _*<>[]()!$:\\\n")


@given(texts)
def test_a_chip_is_one_code_span_with_the_text(text: str):
    (inline,) = [token for token in markdown.parse(f"x {lesson.chip(text)} y") if token.type == "inline"]
    kinds = [child.type for child in inline.children]
    assert kinds == ["text", "code_inline", "text"]
    assert inline.children[1].content == (shown(text) or "(nothing)")


@given(texts)
def test_a_plain_sentence_is_text_only(text: str):
    for token in markdown.parse(f"x {lesson.plain(text)}"):
        for child in token.children or []:
            assert child.type in ("text", "text_special", "softbreak", "hardbreak")


def test_a_plain_sentence_can_hold_no_emoji_or_colour():
    assert ":smile:" not in lesson.plain(":smile:").replace("\\", "")


def test_durations_as_people_say_them():
    assert [lesson.duration(s) for s in (0.2, 12, 300)] == ["about 1 s", "about 12 s", "about 5 min"]
    assert lesson.spoken(float("inf")) == "∞"


@pytest.mark.parametrize(("n_tokens", "first"), [(7, None), (8, 4), (11, 4), (12, 8), (16, 12)])
def test_a_cut_window_is_said(n_tokens: int, first: int | None, monkeypatch: pytest.MonkeyPatch):
    # 8 positions hold <s> and 7 tokens. The 8th finds them full: positions 4 to 7 are kept, it becomes the fifth.
    said: list[str] = []
    monkeypatch.setattr(lesson.st, "caption", said.append)
    lesson.say_cut(SimpleNamespace(family="gpt", block_size=8), n_tokens)  # type: ignore[arg-type]
    assert [text.split(" on:")[0] for text in said] == (
        [] if first is None else [f"What comes next is predicted from token {first} of {n_tokens}"]
    )


def test_a_model_without_a_window_is_never_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lesson.st, "caption", lambda text: pytest.fail(text))
    lesson.say_cut(SimpleNamespace(family="rnn", block_size=None), 1000)  # type: ignore[arg-type]
