"""Translator as a person meets it: the words are written, stepped through and taken otherwise; text stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from lmcore import checkpoints
from lmcore.probes.translating import alternatives, translate
from pages.shared import translator_models as translators
from tests.browser.person import HOSTILE, button, idle, nothing_came_of_it, settled, type_in

STAGE = ".lm.translation"
WORD_ON_TOP = """node => {  // lines take no pointer unless asked to: what is on top where the word stands?
  const svg = node.getRootNode().querySelector('.scene svg');
  node.scrollIntoView({ block: 'center' });
  svg.style.pointerEvents = 'all';
  for (const path of svg.querySelectorAll('path')) path.style.pointerEvents = 'all';
  const now = node.getBoundingClientRect();
  const top = node.getRootNode().elementFromPoint(now.left + now.width / 2, now.top + now.height / 2);
  return top === node;
}"""
SENTENCE = "The red car is in front of the white house."


@pytest.fixture(scope="module")
def shipped() -> Any:
    return checkpoints.load(checkpoints.shipped()[translators.DEFAULT])


def test_a_translation_is_stepped_through_and_another_word_taken(lesson: Callable[..., Any], shipped: Any) -> None:
    page = lesson("translator", viewport={"width": 1300, "height": 1500})
    tokenizer, itos = shipped.tokenizer, shipped.tokenizer.itos
    source = tokenizer.encode_source(SENTENCE)
    given = shipped.model.given(source)
    written, _ = translate(given, tokenizer.end_id, len(source))
    ids, _ = alternatives(written.log_probs, 8)
    looks = written.cross[-1].mean(axis=0)
    words = page.locator(f"{STAGE} .word")
    expect(words).to_have_text([*(itos[token] for token in written.tokens[:-1]), "end"])

    idle(page)
    page.sent.clear()
    for t in (0, 4, len(written.tokens) - 1):  # pointing: bars and weights follow, nothing is sent
        words.nth(t).hover()
        expect(words.nth(t)).to_have_class(re.compile("now"))
        names = ["end" if i == tokenizer.end_id else itos[i] for i in ids[t]]
        expect(page.locator(f"{STAGE} .alt:visible .chip")).to_have_text(names)
        loud = [f"{round(100 * w)}%" if w >= 0.2 else "" for w in looks[t].tolist()]
        expect(page.locator(f"{STAGE} .source .value")).to_have_text(loud)
        expect(page.locator(f"{STAGE} svg path")).to_have_count(int((looks[t] >= 0.02).sum()))
    assert page.sent == []

    page.mouse.move(5, 5)
    page.locator(f"{STAGE} .target").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"at=2"))
    settled(page)
    expect(page.locator(".attention-explorer .said")).to_contain_text("(place 3)")  # as the stage counts
    expect(page.locator(f"{STAGE} .hint")).to_be_hidden()
    expect(page.locator(f"{STAGE} .where")).to_have_text(f"word 3 of {len(written.tokens)}")

    other = page.locator(f"{STAGE} .alt:not(.mine)").first
    taken = other.locator(".chip").inner_text()
    other.focus()
    page.keyboard.press("Enter")
    expect(button(page, "Back to its own words")).to_be_visible()
    settled(page)
    expect(words.nth(2)).to_have_text(taken)
    expect(words.nth(2)).to_have_class(re.compile("given"))
    button(page, "Back to its own words").click()
    settled(page)
    expect(words.nth(2)).to_have_text(itos[written.tokens[2]])

    page.locator(f"{STAGE} .bar button.main").click()  # Write: the words come one after another
    expect(page.locator(f"{STAGE} .word.away").first).to_be_attached()
    expect(page.locator(f"{STAGE} .where")).to_have_text(f"word {len(written.tokens)} of {len(written.tokens)}")
    expect(page.locator(f"{STAGE} .word.away")).to_have_count(0)

    type_in(page, "Sentence", HOSTILE[:60] + " dragon")
    settled(page)
    nothing_came_of_it(page)


def test_own_pairs_on_a_phone(lesson: Callable[..., Any]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = lesson("translator", "?part=own", **phone)
    expect(page.locator(f"{STAGE} .hint")).to_be_visible()
    type_in(page, "Sentence", "The dragon and the wizard and the unicorn and the griffin sing.")
    settled(page)
    expect(page.locator(f"{STAGE} .about").first).to_contain_text("a word it does not know")
    boxes = page.locator(f"{STAGE} .read").all()
    middles = [page.evaluate(WORD_ON_TOP, box.element_handle()) for box in boxes]
    assert all(middles), "a line crosses a word"
    type_in(page, "Your pairs", "a cat;un chat\na dog")
    settled(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("Line 2")
    expect(page.get_by_label("Your pairs", exact=True)).to_have_value("a cat;un chat\na dog")
    button(page, "Train on these pairs").click()
    settled(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    type_in(page, "Your pairs", f"a cat;שלום\n{HOSTILE.replace(';', '')};<b>b</b>")
    settled(page)
    expect(page.get_by_text("2 pairs")).to_be_visible()
    nothing_came_of_it(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
