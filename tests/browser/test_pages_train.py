"""Training as a class does it: reload, stop, resume, watch what others asked for, keep the model and play with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import MINUTES, button, choose, go, settled, type_in

LONG = "?text=mouse&tokenizer=word&size=tiny&steps=100000&seed={seed}"  # runs until somebody stops it
SHORT = "?text=mouse&tokenizer=word&size=tiny&steps=30&seed={seed}"
COUNTS = "?text=mouse&tokenizer=word&size=order-3&seed={seed}"


def running(page: Any) -> None:
    expect(page.get_by_text(re.compile(r"Step [1-9][\d,]* of 100,000, "))).to_be_visible(timeout=MINUTES)


@pytest.fixture
def stops() -> Iterator[list[Any]]:
    """Pages whose run must not outlive the test, even a failing one: the others wait for the same worker."""
    pages: list[Any] = []
    yield pages
    for page in pages:
        if button(page, "Stop").count():
            button(page, "Stop").click()
            button(page, "Stop").wait_for(state="detached")


def test_reload_stop_resume(lesson: Callable[..., Any], stops: list[Any]) -> None:
    page = lesson("train", LONG.format(seed=11))
    stops.append(page)
    expect(page.get_by_text("A replay:")).to_be_visible()
    button(page, "Train").click()
    running(page)
    page.reload()
    settled(page)
    running(page)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    go(page, "temperature")  # the page of a run can be left, and found again
    go(page, "train")
    running(page)
    expect(button(page, "Stop")).to_be_in_viewport()
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped at step [\d,]+\."))).to_be_visible()
    expect(button(page, "Keep this model")).to_be_visible()
    button(page, "Resume").click()
    running(page)
    expect(page.get_by_text(re.compile(r"Resumed from step [\d,]+\."))).to_be_visible()
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_visible()


def test_the_time_follows_the_steps_and_the_size_stays(lesson: Callable[..., Any]) -> None:
    page = lesson("train", "?steps=1200")
    size = page.get_by_role("combobox", name="Model and size")
    expect(size).to_have_value(re.compile(r"GPT tiny, about \d+ (s|min)"))
    choose(page, "Model and size", re.compile(r"GPT small, about \d+ (s|min)"))
    before = size.input_value()
    page.get_by_test_id("stExpander").get_by_text("Go further", exact=True).click()
    type_in(page, "Steps (0: as the size says)", "70")
    expect(size).not_to_have_value(before)
    expect(size).to_have_value(re.compile(r"GPT small, about \d+ (s|min)"))
    expect(page).to_have_url(re.compile(r"size=small"))


def test_two_people_watch_one_job(lesson: Callable[..., Any], stops: list[Any]) -> None:
    first, second = lesson("train", LONG.format(seed=12)), lesson("train", LONG.format(seed=12))
    stops += [first, second]
    button(first, "Train").click()
    running(first)
    expect(first.get_by_text("more watch it")).to_have_count(0)
    button(second, "Train").click()
    for page in (first, second):
        expect(page.get_by_text("1 more watch it.")).to_be_visible()
    button(second, "Stop").click()  # stops watching: the first one's run goes on
    expect(first.get_by_text("1 more watch it.")).to_have_count(0)
    running(first)
    button(first, "Stop").click()
    expect(button(first, "Resume")).to_be_visible()


def test_train_keep_and_drag_its_temperature(lesson: Callable[..., Any]) -> None:
    page = lesson("train", SHORT.format(seed=13))
    button(page, "Train").click()
    expect(page.get_by_text("Done: 30 steps")).to_be_visible(timeout=MINUTES)
    expect(page.get_by_text("Random guessing among")).to_be_visible()
    button(page, "Keep this model").click()
    expect(page.get_by_text("Kept. It is in your library")).to_be_visible()
    button(page, "Drag its temperature").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Temperature")
    settled(page)
    expect(page.get_by_role("combobox", name="Model")).to_have_value("GPT tiny on The mouse ate the cheese (yours)")
    expect(page).to_have_url(re.compile(r"/temperature\?.*model=mine-"))
    expect(page.locator(".rows .row .chip", has_text="cheese")).to_be_visible()


def test_a_double_click_makes_one_job(lesson: Callable[..., Any]) -> None:
    page = lesson("train", COUNTS.format(seed=14))
    button(page, "Train").dblclick()
    expect(page.get_by_text("Done: counted in")).to_be_visible(timeout=MINUTES)
    go(page, "library")
    expect(page.get_by_test_id("stDataFrame").locator("table[role=grid]")).to_have_attribute(
        "aria-rowcount", "2"
    )  # and a head


def test_an_unsaved_model_is_not_replaced_without_a_question(lesson: Callable[..., Any]) -> None:
    page = lesson("train", COUNTS.format(seed=15))
    button(page, "Train").click()
    expect(page.get_by_text("Done: counted in")).to_be_visible(timeout=MINUTES)
    expect(button(page, "Keep this model")).to_be_visible()
    button(page, "Train").click()
    expect(page.get_by_role("dialog")).to_contain_text("was not kept")
    button(page, "Keep it, then train").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Kept. It is in your library")).to_be_visible()
