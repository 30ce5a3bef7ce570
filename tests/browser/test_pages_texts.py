"""A text of one's own: pasted, uploaded, refused, and full of what a careless page would run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import HOSTILE, button, go, nothing_came_of_it, settled

STORY = "the cat sat on the mat and the dog sat on the log\n\n" * 30


@pytest.fixture
def page(lesson: Callable[..., Any]) -> Any:
    """The N-grams page with the place for a text of one's own open."""
    page = lesson("n-grams")
    button(page, "Yours").click()
    expect(page.get_by_label("Paste a text")).to_be_visible()
    return page


def take_back(page: Any, name: str) -> None:
    page.get_by_test_id("stFileUploader").get_by_role("button", name=f"Remove {name}").click()


def upload(page: Any, file: Path, data: bytes) -> None:
    file.write_bytes(data)
    uploader = page.get_by_test_id("stFileUploader")
    uploader.locator("input").set_input_files(file)
    expect(uploader.get_by_role("button", name=f"Remove {file.name}")).to_be_visible()


def test_two_files_are_refused_in_words_and_the_third_becomes_the_text(page: Any, tmp_path: Path) -> None:
    upload(page, tmp_path / "long.txt", b"a story without an end\n" * 930_000)
    expect(page.get_by_text("must be 20")).to_be_visible()
    take_back(page, "long.txt")
    upload(page, tmp_path / "picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    button(page, "Use this text").click()
    expect(page.get_by_test_id("stAlertContentError")).to_be_visible()
    expect(page.get_by_role("combobox", name="Text")).to_have_value("Little tales")
    take_back(page, "picture.txt")
    upload(page, tmp_path / "story.txt", STORY.encode())
    button(page, "Use this text").click()
    expect(page.get_by_role("combobox", name="Text")).to_have_value("story (yours)")
    page.get_by_label("After these words").fill("sat on the")
    page.get_by_label("After these words").press("Enter")
    expect(page.get_by_text("on·the, which stands in the text 60 times")).to_be_visible()
    go(page, "library")
    expect(page.get_by_text("1,529 characters")).to_be_visible()  # its last blank line is no text


def test_a_hostile_text_with_a_hostile_title_is_text(page: Any) -> None:
    title = HOSTILE[:80]
    page.get_by_label("Paste a text").fill(f"{HOSTILE}\n\n" * 12)
    page.get_by_label("Its name").fill(title)
    page.get_by_label("Its name").press("Tab")
    button(page, "Use this text").click()
    expect(page.get_by_role("combobox", name="Text")).to_have_value(f"{title} (yours)")
    page.get_by_text("Go further").click()
    page.get_by_role("radio", name="Characters").click()
    expect(page.get_by_label("After these letters")).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    settled(page)
    nothing_came_of_it(page)
    go(page, "library")
    expect(page.locator("[class*=st-key-text-] code").first).to_have_text(title)
    nothing_came_of_it(page)
    go(page, "train")
    page.get_by_role("combobox", name="Text").click()
    page.get_by_role("option", name=title).click()
    button(page, "Train").click()
    expect(page.get_by_text("A GPT on").locator("code").first).to_have_text(title)
    nothing_came_of_it(page)
    if button(page, "Stop").count():
        button(page, "Stop").click()
