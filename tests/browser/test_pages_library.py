"""The library: what one shares is all that another sees; a code opens it on another device; forgetting closes it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import HOSTILE, MINUTES, button, go, nothing_came_of_it, settled

TITLE = "N-gram of order 2 on The mouse ate the cheese"


@pytest.fixture
def owner(lesson: Callable[..., Any]) -> Any:
    """The Library page of a person who has kept one model."""
    page = lesson("train", "?text=mouse&tokenizer=word&size=order-2")
    button(page, "Train").click()
    button(page, "Keep this model").click(timeout=MINUTES)
    expect(page.get_by_text("Kept. It is in your library")).to_be_visible()
    go(page, "library")
    expect(cards(page)).to_have_count(1)
    return page


def cards(page: Any) -> Any:
    """The models on the page, a card each."""
    return page.locator("[class*=st-key-model-]")


def empty(page: Any) -> None:
    expect(page.get_by_text("None yet. Train one, then keep it.")).to_be_visible()
    expect(cards(page)).to_have_count(0)


def test_a_share_link_shows_one_model_and_nothing_else(owner: Any, lesson: Callable[..., Any]) -> None:
    button(owner, "Share").click()
    button(owner, "Make a link").click()
    link = owner.get_by_test_id("stCode")
    expect(link).to_contain_text("share=")
    slug, query = link.inner_text().strip().rsplit("/", 1)[1].split("?")
    guest = lesson(slug, f"?{query}")
    expect(guest.get_by_role("combobox", name="Model")).to_have_value(f"{TITLE} (shared)")
    expect(guest.locator(".rows .row .chip", has_text="cheese")).to_be_visible()
    guest.get_by_role("combobox", name="Model").click()
    expect(guest.get_by_role("option", name="(shared)")).to_have_count(1)
    expect(guest.get_by_role("option", name="(yours)")).to_have_count(0)
    guest.keyboard.press("Escape")
    go(guest, "library")
    empty(guest)
    expect(guest.get_by_test_id("stDataFrame")).to_have_count(0)
    button(owner, "End the link").click()
    expect(button(owner, "Make a link")).to_be_visible()
    late = lesson(slug, f"?{query}")
    expect(late.get_by_role("combobox", name="Model")).not_to_have_value(f"{TITLE} (shared)")


def test_a_code_opens_the_library_on_another_device(owner: Any, lesson: Callable[..., Any], server: Any) -> None:
    button(owner, "Use another device").click()
    expect(owner.get_by_text("/workspace/join on the other device")).to_be_visible()
    code = owner.get_by_test_id("stCode").inner_text().strip()
    other = lesson("library")
    empty(other)
    other.goto(f"{server.url}/workspace/join")
    other.get_by_label("Code").fill("ABCD-EFGH")
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_text("That code is not valid")).to_be_visible()
    other.get_by_label("Code").fill(code.lower())
    other.get_by_role("button", name="Join").click()
    expect(other).to_have_url(f"{server.url}/")
    go(other, "library")
    expect(cards(other)).to_have_count(1)
    other.get_by_role("link", name="Forget this computer").click()
    other.get_by_role("button", name="Forget").click()  # in the same tab: none stays open that still knows
    expect(other).to_have_url(f"{server.url}/")
    go(other, "library")
    empty(other)
    assert len(other.context.pages) == 1
    owner.reload()
    settled(owner)
    expect(cards(owner)).to_have_count(1)


def test_a_hostile_title_is_text_and_its_model_can_be_deleted(owner: Any) -> None:
    title = HOSTILE[:80]
    button(owner, "Rename").click()
    owner.get_by_label("New name").fill(title)
    owner.get_by_label("New name").press("Enter")
    owner.get_by_test_id("stPopoverBody").get_by_role("button", name="Rename").click()
    expect(cards(owner).locator("code").first).to_have_text(title)
    settled(owner)
    nothing_came_of_it(owner)
    button(owner, "Temperature").click()
    expect(owner.get_by_role("heading", level=1)).to_have_text("Temperature")
    expect(owner.get_by_role("combobox", name="Model")).to_have_value(f"{title} (yours)")
    owner.get_by_role("combobox", name="Model").click()
    expect(owner.get_by_role("option", name=title)).to_be_visible()
    nothing_came_of_it(owner)
    owner.keyboard.press("Escape")
    go(owner, "library")
    cards(owner).get_by_role("button", name="Delete").click()
    button(owner, "Delete it").click()
    empty(owner)


def test_a_gpt_goes_out_for_hugging_face_and_comes_in_again(lesson: Callable[..., Any], tmp_path: Path) -> None:
    page = lesson("library")
    with page.expect_download() as waiting:
        button(page, "Download for Hugging Face").click()
    archive = tmp_path / "<b>mine<b>.zip"
    waiting.value.save_as(archive)
    with zipfile.ZipFile(archive) as found:
        assert "gpt-tales-word/tokenizer_config.json" in found.namelist()
        assert found.testzip() is None
    page.locator("input[type=file]").set_input_files(archive)
    expect(button(page, "Open a GPT-2 folder")).to_be_enabled()
    button(page, "Open a GPT-2 folder").click()
    expect(page.get_by_text("Opened and kept:")).to_be_visible()
    expect(cards(page).locator("code").first).to_have_text("<b>mine<b>")
    nothing_came_of_it(page)
