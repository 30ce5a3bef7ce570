"""Home: the sentence that is played is the one that was computed, and every lesson has its way in."""

from __future__ import annotations

from pages.shared import living
from pages.shared.lessons import CHAPTER_SAYS, LESSONS
from tests.pages.page import header_of, no_exception, open_page


def test_the_token_that_is_drawn_is_lit_where_it_stands():
    steps = [step for run in living.runs() for step in run["steps"]]
    for step in steps:
        if step["chosen"] < 0:
            assert step["text"].strip() not in [text.strip() for text, _ in step["alternatives"]]
        else:
            text, prob = step["alternatives"][step["chosen"]]
            assert text.strip() == step["text"].strip()
            assert prob == step["prob"]
    assert sum(step["chosen"] >= 0 for step in steps) > len(steps) / 2


def test_every_chapter_has_a_card_and_every_lesson_a_link():
    at = open_page("home")
    no_exception(at)
    chapters = header_of(at, "home.cards")["chapters"]
    assert [(card["name"], card["says"]) for card in chapters] == list(CHAPTER_SAYS.items())
    links = [(link["slug"], link["title"], link["says"]) for card in chapters for link in card["lessons"]]
    assert links == [(slug, lesson.title, lesson.says) for slug, lesson in LESSONS.items() if slug != "home"]
