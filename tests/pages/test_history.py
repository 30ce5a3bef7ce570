"""A short history: rows and cards, doors, sizes as the checkpoints have them, and the script that prints them."""

from __future__ import annotations

import pytest

from lmcore import checkpoints
from lmcore.history import PUBLISHED, SYSTEMS
from pages.shared import history_parts as parts
from pages.shared.lessons import LESSONS
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text

COMING = {"fill-in-the-blanks", "classifier", "chatbot"}


def test_every_door_leads_to_a_lesson() -> None:
    assert {one.page for one in SYSTEMS if one.page} | set(parts.PAGES.values()) <= set(LESSONS) | COMING
    for row, system in zip(parts.in_time(), SYSTEMS, strict=True):
        assert row.here == (system.page in LESSONS)
        assert row.card.door == (f"Open its page: {LESSONS[system.page].title}" if row.here else "")
    for name in checkpoints.shipped():
        assert any(name.startswith(begins) for begins in parts.PAGES), name


def test_dots_stand_where_they_belong() -> None:
    for row, system in zip(parts.in_time(), SYSTEMS, strict=True):
        assert row.at * (parts.LAST - parts.FIRST) + parts.FIRST == pytest.approx(system.year)
        assert [SYSTEMS[i].id for i in row.after] == list(system.after)
    for row, size in zip(parts.by_size(), parts.all_sizes().values(), strict=True):
        assert 10 ** (4 + 8 * row.at) == pytest.approx(size.n_params)


def test_the_page_tells_of_the_picked_system() -> None:
    at = open_page("history", query={"system": "ngram"})
    no_exception(at)
    data = payload(at)
    assert data["rows"][data["picked"]]["name"] == "N-grams"
    assert "N-grams, 1948: 35 years after Markov’s count. From it came Smoothing, backoff and Neural" in shown_text(at)
    at.button(key="history.try1").click().run()
    data = payload(at)
    assert data["rows"][data["picked"]]["name"] == "Chatbots"
    assert at.query_params["system"] == "chat"


def test_how_many_of_ours_make_one_gpt2() -> None:
    at = open_page("history", query={"part": "size"})
    no_exception(at)
    card = checkpoints.read_card(checkpoints.shipped()["gpt-tales-word"])
    ratio = 124_000_000 / card["n_params"]
    assert f"{parts.times(124_000_000, card['n_params'])} of it would make one GPT-2 small" in shown_text(at)
    data = payload(at)
    assert len(data["rows"]) == len(checkpoints.shipped()) + len(PUBLISHED)
    assert data["rows"][data["picked"]]["name"] == card["title"]
    question = at.radio(key="history.size.predict")
    question.set_value(question.options[parts.answer()]).run()
    assert f"= {ratio:.3g}." in shown_text(at)
    assert 10**-0.5 <= ratio / 10 ** (parts.answer() + 1) <= 10**0.5


@pytest.mark.parametrize("part", ["time", "size"])
def test_the_script_prints_what_is_drawn(part: str) -> None:
    said = run_script(parts.script(part))
    for row in parts.in_time() if part == "time" else parts.by_size():
        assert row.name in said
    if part == "size":
        for size in parts.all_sizes().values():
            assert f"{size.n_params:,}" in said
        assert f"{parts.all_sizes()[parts.GPT2].n_params / parts.ours().n_params:.3g} of our GPT" in said
    at = open_page("history", {"history.code": True, "history.numbers": True}, {"part": part})
    no_exception(at)
    assert at.code[0].value == parts.script(part).strip()
    assert len(at.dataframe[0].value) == len(payload(at)["rows"])


@pytest.mark.parametrize("query", [{"part": "space"}, {"system": "<script>"}, {"part": "size", "size": "gpt-9"}])
def test_nonsense_in_a_link_opens_the_page(query: dict[str, str]) -> None:
    no_exception(open_page("history", query=query))
