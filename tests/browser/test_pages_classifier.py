"""Classifier as a person meets it: words are left out by pointer and keyboard, labels asked about, text stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from lmcore import checkpoints
from lmcore.probes.classifying import leave_one_out
from pages.shared import classifier_models as classifiers
from pages.shared.classifier_own import EXAMPLE
from tests.browser.person import HOSTILE, MINUTES, button, choose, idle, nothing_came_of_it, settled, type_in

STAGE = ".lm.word-votes"


def test_a_word_is_left_out_and_the_decision_turns(lesson: Callable[..., Any]) -> None:
    page = lesson("classifier", viewport={"width": 1300, "height": 1200})
    found = checkpoints.load(checkpoints.shipped()[classifiers.DEFAULT])
    verdict = leave_one_out(found.model, found.tokenizer.encode("the soup was not bad at all."))
    words, said = page.locator(f"{STAGE} .word"), page.locator(f"{STAGE} .said")
    network = page.locator(f"{STAGE} .panel.side0")
    expect(words.locator(".tok")).to_have_text(["the", "soup", "was", "not", "bad", "at", "all", "."])
    expect(network.locator(".verdict")).to_contain_text("says positive")
    moves = verdict.moves(1)
    shown = [float(x.replace("−", "-")) for x in words.locator(".value").all_inner_texts()]
    assert all(abs(x - move) < 0.06 for x, move in zip(shown, moves, strict=True))

    idle(page)
    page.sent.clear()
    words.nth(3).hover()  # pointing: both bars glide, nothing is sent
    expect(words.nth(3)).to_have_class(re.compile("out"))
    expect(said).to_contain_text("Without not")
    expect(network.locator(".verdict")).to_contain_text("says negative")
    expect(said).to_contain_text("now it says negative")
    page.mouse.move(5, 5)
    expect(network.locator(".verdict")).to_contain_text("says positive")

    page.locator(f"{STAGE} .words").focus()
    for key in ("ArrowRight", "ArrowRight", "End", "Home", "ArrowRight"):
        page.keyboard.press(key)
    expect(said).to_contain_text("Without soup")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("Point at a word")
    words.nth(3).click()
    page.mouse.move(5, 5)
    expect(words.nth(3)).to_have_class(re.compile("kept"))
    network.locator(".row").first.focus()  # the other label: what speaks for it
    page.keyboard.press("Enter")
    expect(network.locator(".row").first).to_have_attribute("aria-pressed", "true")
    shown = [float(x.replace("−", "-")) for x in words.locator(".value").all_inner_texts()]
    assert all(abs(x + move) < 0.06 for x, move in zip(shown, moves, strict=True))
    assert page.sent == []

    type_in(page, "Text", HOSTILE[:90])
    settled(page)
    nothing_came_of_it(page)
    expect(words.locator(".tok.unknown").first).to_be_visible()
    type_in(page, "Text", "")
    settled(page)
    expect(words).to_have_count(0)
    expect(said).to_contain_text("There is no word to read")
    choose(page, "It decides", "Classifier of opinions by topic")
    settled(page)
    expect(network.locator(".row")).to_have_count(5)


def test_own_labels_on_a_phone(lesson: Callable[..., Any]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = lesson("classifier", "?part=own", **phone)
    page.locator(f"{STAGE} .word").nth(3).tap()
    expect(page.locator(f"{STAGE} .said")).to_contain_text("Without not")
    type_in(page, "Your labelled texts", "good;yes\nbad")
    settled(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("Line 2")
    expect(page.get_by_label("Your labelled texts", exact=True)).to_have_value("good;yes\nbad")
    button(page, "Train on these labels").click()
    settled(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    lines = f"{HOSTILE.replace(';', '')};<b>b</b>\nשלום;<b>b</b>\nworse;😡\nworst;😡"
    type_in(page, "Your labelled texts", lines)
    settled(page)
    expect(page.get_by_text("4 texts, 2 labels")).to_be_visible()
    nothing_came_of_it(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_own_labels_are_found_after_a_reload_kept_and_asked(lesson: Callable[..., Any]) -> None:
    page = lesson("classifier", "?part=own")
    button(page, "Train on these labels").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("There are no lines to train on")
    page.get_by_label("Your labelled texts", exact=True).fill(EXAMPLE)
    button(page, "Train on these labels").click()  # at once: the box was not left before
    expect(page.get_by_text("A classifier on")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Your labelled texts", exact=True)).to_have_value(EXAMPLE.strip() + "\n")
    button(page, "Keep this model").click(timeout=MINUTES)  # it comes by itself when the run has ended
    expect(page.get_by_text("Kept. It is in your library")).to_be_visible()
    button(page, "Ask it").click()
    expect(page).to_have_url(re.compile("model=mine-"))
    expect(page.locator(f"{STAGE} .row").first).to_contain_text("question")
