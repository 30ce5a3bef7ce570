"""What must be true of every page, by the table of lessons."""

from __future__ import annotations

import pytest

from pages.shared.lessons import CHAPTERS, LESSONS
from tests.live import ROOT
from tests.pages.page import no_exception, open_page, shown_text

STAGES = [slug for slug in LESSONS if slug not in ("home", "library", "glossary")]
NASTY = ["<script>alert(1)</script>", r"$\href{javascript:x}$", ":red[x]", "![](http://x)", "`a``b`", "😀", " ", ""]


@pytest.mark.parametrize("slug", LESSONS)
def test_it_opens_and_runs_again(slug: str):
    at = open_page(slug)
    no_exception(at)
    before = shown_text(at)
    at.run()
    no_exception(at)
    assert len(before) > 40
    assert shown_text(at) == before


@pytest.mark.parametrize("slug", STAGES)
def test_it_has_the_furniture(slug: str):
    at = open_page(slug)
    text = shown_text(at)
    assert at.title[0].value == LESSONS[slug].title
    assert "**What you see.**" in text
    assert "**Predict, then reveal.**" in text
    labels = [expander.label for expander in at.expander]
    assert {"Go further", "The code", "The numbers"} <= set(labels)
    assert at.button(key=f"{slug}.reset").label == "Start over"


@pytest.mark.parametrize("slug", STAGES)
def test_predicting_reveals_the_reason(slug: str):
    at = open_page(slug)
    question = next(one for one in at.radio if str(one.key).startswith(slug) and str(one.key).endswith(".predict"))
    assert question.value is None
    before = len(at.markdown)
    question.set_value(question.options[0]).run()
    no_exception(at)
    assert len(at.markdown) == before + 1


@pytest.mark.parametrize("slug", STAGES)
def test_every_suggestion_works_and_start_over_undoes_it(slug: str):
    at = open_page(slug)
    opening = shown_text(at)
    n = sum(str(button.key).startswith(f"{slug}.try") for button in at.button)
    assert n >= 3
    for i in range(n if slug != "train" else 0):  # on the Train page they train: see test_train.py
        at.button(key=f"{slug}.try{i}").click().run()
        no_exception(at)
        at.button(key=f"{slug}.reset").click().run()
        no_exception(at)
        assert shown_text(at) == opening


@pytest.mark.parametrize("slug", STAGES)
@pytest.mark.parametrize("value", NASTY)
def test_a_link_with_nonsense_opens_the_page(slug: str, value: str):
    names = (
        "model",
        "text",
        "prompt",
        "context",
        "T",
        "top_k",
        "drawn",
        "order",
        "seed",
        "steps",
        "size",
        "keep",
        "share",
    )
    no_exception(open_page(slug, query=dict.fromkeys(names, value)))


def test_the_table_and_the_folder_agree():
    files = {str(path.relative_to(ROOT / "pages")) for path in (ROOT / "pages").rglob("*.py")}
    lessons = {file for file in files if not file.startswith("shared/") and file != "main.py"}
    assert {lesson.file for lesson in LESSONS.values()} == lessons
    assert sum(len(lessons) for lessons in CHAPTERS.values()) == len(LESSONS)
