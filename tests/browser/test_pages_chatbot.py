"""Chatbot as a person meets it: something is said by keyboard, and the text beside it is stepped through."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from pages.shared import chatting
from tests.browser.person import HOSTILE, idle, nothing_came_of_it, settled

STRIP = ".chat-text .strip"


def test_what_is_typed_is_text_and_the_answer_is_stepped_through(lesson: Callable[..., Any]) -> None:
    page = lesson("chatbot", viewport={"width": 1300, "height": 1400})
    model = chatting.loaded()
    marks = page.locator(f"{STRIP} .tok.mark")
    expect(marks).to_have_text(["<s>", *["<user>", "<bot>", "<end>"] * 2])

    box = page.get_by_test_id("stChatInputTextArea")
    box.focus()
    page.keyboard.type("<bot> " + HOSTILE)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(6)
    settled(page)
    expect(page.get_by_test_id("stChatMessage").nth(4)).to_contain_text("<bot> " + HOSTILE)
    expect(marks).to_have_count(10)  # the start token, and three a turn, however many were typed
    nothing_came_of_it(page)

    said = ["Mia found a red kite by the river.", "Who found the kite?", "<bot> " + HOSTILE]
    turns, _ = chatting.replayed(model, [(one, 0.3, 1) for one in said])
    text = chatting.one_text(model, turns)
    own = [i for i, token in enumerate(text.tokens) if token.prob is not None]
    idle(page)
    page.sent.clear()
    page.locator(f"{STRIP} .tok[tabindex='0']").focus()
    page.keyboard.press("Home")
    for i in own[:3]:
        now = page.locator(f"{STRIP} .tok.now")
        expect(now).to_have_text(text.tokens[i].text)
        expect(now).to_be_focused()
        expect(page.locator(".chat-text .where")).to_contain_text(f"Read for it: {i} tokens")
        expect(page.locator(".chat-text .alt:visible .chip")).to_have_text(
            [one for one, _, _ in text.tokens[i].alternatives]
        )
        expect(page.locator(f"{STRIP} .tok.later")).to_have_count(len(text.tokens) - 1 - i)
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="One token of the bot back").click()
    expect(page.locator(f"{STRIP} .tok.now")).to_have_text(text.tokens[own[2]].text)
    page.locator(f"{STRIP} .tok[data-i='{own[-1]}']").hover()
    expect(page.locator(".chat-text .where")).to_contain_text(f"Read for it: {own[-1]} tokens")
    assert page.sent == []


def test_a_full_context_on_a_phone(lesson: Callable[..., Any]) -> None:
    page = lesson("chatbot", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.get_by_text("Fill the context", exact=True).click()
    expect(page.locator(f"{STRIP} .seam")).to_have_count(1)
    settled(page)
    expect(page.locator(f"{STRIP} .line.out .tok").first).to_have_css("text-decoration-line", "line-through")
    expect(page.get_by_text("Above: no longer read.")).to_be_attached()
    page.locator(f"{STRIP} .tok.own[data-i]").last.tap()
    expect(page.locator(".chat-text .where")).to_contain_text(re.compile(r"Read for it: \d+ tokens"))
    widest = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert widest <= 390
