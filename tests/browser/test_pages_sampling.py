"""Sampling as a person meets it: each stage in JavaScript is what lmcore makes of it, trees and rounds are walked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from lmcore import checkpoints, sampling
from lmcore.beam import beam_search
from lmcore.probes import decoding
from lmcore.speculative import speculate
from pages.shared import models
from tests.browser.person import HOSTILE, button, go, idle, nothing_came_of_it, painted, settled, type_in

PROMPT = "Mia liked the kite and the drum. Theo liked the"
PIPE = ".sampling-pipeline"


@pytest.fixture(scope="module")
def shipped() -> Any:
    return checkpoints.load(checkpoints.shipped()[models.DEFAULT])


def share(text: str) -> float:
    """A probability as it stands there."""
    return 0.0 if text == "cut" else float(text.replace("%", "").replace("<", "").replace(">", "")) / 100


def set_to(page: Any, stage: str, label: str, value: str) -> None:
    """Open a stage, and type a number."""
    page.locator(f"{PIPE} .open", has_text=stage).click()
    box = page.get_by_label(f"{label} as a number")
    box.fill(value)
    box.press("Enter")


SETTINGS = [
    {"repetition_penalty": 1.0, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    {"repetition_penalty": 1.6, "temperature": 0.5, "top_k": 5, "top_p": 1.0, "min_p": 0.0},
    {"repetition_penalty": 0.8, "temperature": 2.5, "top_k": 0, "top_p": 0.7, "min_p": 0.1},
    {"repetition_penalty": 1.3, "temperature": 0.0, "top_k": 9, "top_p": 0.7, "min_p": 0.0},
    {"repetition_penalty": 1.3, "temperature": math.inf, "top_k": 9, "top_p": 0.5, "min_p": 0.3},
]


def test_every_stage_is_what_lmcore_makes_of_it(lesson: Callable[..., Any], shipped: Any) -> None:
    page = lesson("sampling", viewport={"width": 1300, "height": 1500})
    ids = shipped.tokenizer.encode(PROMPT)
    z = decoding.next_logits(shipped.model, ids)[0]
    shown = np.argsort(-z[1:], kind="stable")[:12] + 1
    for s in SETTINGS:
        for stage, label, name in (
            ("penalty", "Repetition penalty", "repetition_penalty"), ("÷ T", "Temperature", "temperature"),
            ("top-k", "Top-k", "top_k"), ("top-p", "Top-p", "top_p"), ("min-p", "Min-p", "min_p"),
        ):  # fmt: skip
            set_to(page, stage, label, "inf" if math.isinf(s[name]) else str(s[name]))
        for stage, settings in (
            ("softmax", {name: s[name] for name in ("repetition_penalty", "temperature")}),
            ("sum = 1", s),
        ):
            page.locator(f"{PIPE} .open", has_text=stage).click()
            probs = sampling.distribution(z, previous=ids, **settings)
            found = [share(text) for text in page.locator(f"{PIPE} .rows .row .num:last-child").all_inner_texts()]
            np.testing.assert_allclose(found, probs[shown], rtol=6e-3, atol=2e-5)
        page.locator(f"{PIPE} .open", has_text="penalty").click()
        after = page.locator(f"{PIPE} .rows .row .num:last-child").all_inner_texts()
        penalised = sampling.repetition_penalty(z, ids, s["repetition_penalty"])
        np.testing.assert_allclose([float(text.replace("−", "-")) for text in after], penalised[shown], rtol=6e-3)
    idle(page)
    settled(page)
    expect(page).to_have_url(re.compile(r"T=inf"))

    # a drag sends nothing until it ends; a switch takes a stage out and brings it back as it was
    page.locator(f"{PIPE} .open", has_text="÷ T").click()
    idle(page)
    said = page.locator(f"{PIPE} .limit:not([hidden])")
    for text, says in (("-3", "Not taken. T is a number from 0 to 5"), ("1e9", "Set to 5. T is"), ("1", "")):
        set_to(page, "÷ T", "Temperature", text)
        expect(said).to_have_text(re.compile(f"^{says}{'.*' if says else '$'}"))
    idle(page)
    slider, before = page.locator(f"{PIPE} .lever:visible .slider"), len(page.sent)
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    for x in (0.8, 0.6, 0.42):
        page.mouse.move(box["x"] + 13 + x * (box["width"] - 26), box["y"] + box["height"] / 2)
    expect(page.locator(f"{PIPE} .title")).to_contain_text(re.compile(r"off|T = (0\.9|1|1\.0)"))
    assert len(page.sent) == before
    page.mouse.up()
    slider.press("ArrowRight")
    slider.press("End")
    expect(page.locator(f"{PIPE} .title")).to_contain_text("T = ∞")
    switch = page.get_by_label("Top-k on")
    switch.press("Space")
    expect(page.locator(f"{PIPE} .title")).to_contain_text("Top-k off")
    switch.press("Space")
    expect(page.locator(f"{PIPE} .title")).to_contain_text("k = 9")

    # the drawn number points at the token that Python would take, and writing it moves the text on
    written = page.locator(".written-text")
    before_it = written.text_content()
    button(page, "Draw a token").click()
    settled(page)
    said = page.locator(f"{PIPE} .drawn-line")
    expect(said).to_contain_text(f"u = {sampling.random_for(1, 0):.3f}")
    token = said.locator(".chip").inner_text()
    button(page, "Write it, go on").click()
    settled(page)
    expect(written).not_to_have_text(before_it)
    assert written.text_content().count(token) == before_it.count(token) + 1
    expect(said).to_have_text("")
    button(page, "Take back").click()
    settled(page)
    expect(written).to_have_text(before_it)


def test_a_tree_grows_is_walked_and_locked(lesson: Callable[..., Any], shipped: Any) -> None:
    page = lesson("sampling", "?part=best", viewport={"width": 1300, "height": 1500})
    tree = beam_search(shipped.model, shipped.tokenizer.encode(PROMPT), num_beams=3, max_new_tokens=8)
    nodes, tokens = page.locator(".beam-tree .node"), shipped.tokenizer.itos
    expect(nodes).to_have_count(len(tree.nodes))
    expect(page.locator(".beam-tree .more")).to_contain_text("scroll it sideways")
    expect(page.locator(".beam-tree .more")).to_be_visible()
    rest = page.locator(".beam-tree .rest")
    expect(rest).to_contain_text(f"score −{-tree.found[0].total:.2f} / 8 = −{-tree.found[0].score:.3f}")
    idle(page)
    before = len(page.sent)
    dropped = next(i for i, node in enumerate(tree.nodes) if not node.kept and node.depth == 2)
    nodes.nth(dropped).hover()
    expect(rest).to_contain_text("Dropped: others were more probable")
    page.get_by_label("One step back").click()
    expect(page.locator(".beam-tree .node:visible")).to_have_count(sum(node.depth < 8 for node in tree.nodes))
    assert len(page.sent) == before, "looking sent a websocket frame"
    page.get_by_label("One step on").click()
    nodes.nth(0).focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"node=1"))
    settled(page)
    expect(page.locator(".beam-tree .said .chip")).to_have_text([tokens[tree.nodes[1].token]])
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile(r"node="))
    settled(page)
    type_in(page, "Prompt", HOSTILE)
    settled(page)
    nothing_came_of_it(page)


def test_who_leaves_the_page_leaves_nothing_behind(lesson: Callable[..., Any]) -> None:
    page = lesson("sampling")
    page.get_by_label("Top-p on").press("Space")  # so that its script runs once more
    settled(page)
    root = page.locator(PIPE).element_handle()
    assert root.evaluate("(root) => root.childElementCount") > 0
    go(page, "glossary")
    assert root.evaluate("(root) => root.childElementCount") == 0


def test_rounds_tell_why_each_guess_was_taken_or_not(lesson: Callable[..., Any], shipped: Any) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = lesson("sampling", "?part=two&draft=ffnn-tales-word", **phone)
    small = models.load(models.shipped()["ffnn-tales-word"]).model
    rounds = list(speculate(shipped.model, small, shipped.tokenizer.encode(PROMPT), max_new_tokens=40, seed=1))
    guesses = [guess for one in rounds for guess in one.guesses]
    chips = page.locator(".speculative-rounds button.token")
    expect(chips).to_have_count(len(guesses))
    assert page.locator(".speculative-rounds .token.no").count() == sum(one.refused for one in rounds)
    for i in (0, len(guesses) - 1):
        chips.nth(i).click()
        word = "accepted" if guesses[i].accepted else "refused"
        expect(page.locator(".speculative-rounds .title")).to_have_text(
            re.compile(f"^{re.escape(shipped.tokenizer.itos[guesses[i].token])} {word}$")
        )
        expect(page.locator(".speculative-rounds .why")).to_contain_text(f"{guesses[i].u:.3f}")
    expect(page).to_have_url(re.compile(f"guess={len(guesses) - 1}"))
    idle(page)
    page.keyboard.press("Home")  # and the list moves under the mouse, which lies on the last guess
    painted(page)
    painted(page)
    expect(page.locator(".speculative-rounds .why")).to_contain_text(f"{guesses[0].u:.3f}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".speculative-rounds .why")).to_contain_text(f"{guesses[1].u:.3f}")
    widest = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert widest <= 390
