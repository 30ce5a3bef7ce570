"""The pipeline under a person's hands: what is opened is the model's arithmetic, by mouse, finger and keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from lmcore import models, tokenizers
from lmcore.probes import feed_forward

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def says(page: Any, pattern: str) -> None:
    """What the program knows, in the caption."""
    expect(page.get_by_test_id("stCaptionContainer")).to_have_text(re.compile(pattern))


def digits(x: float) -> str:
    """Three digits as the page writes them, for numbers below 1."""
    return f"{x:#.3g}".replace("-", "−")


def stage(page: Any, name: str) -> Any:
    """The button of a stage."""
    return page.get_by_role("button", name=name, exact=True)


def test_each_stage_opens_its_arithmetic(app: Callable[..., Any]) -> None:
    tokenizer = tokenizers.train("word", "the cat sat on the <b>mat</b> . the dog sat .")
    model = models.build("ffnn", {"window": 3, "n_embd": 4, "hidden_size": 10}, tokenizer.vocab_size)
    inside = feed_forward.look_into(model, tokenizer.encode("the cat sat on the <b>mat</b>"))
    page = app("pipeline")
    sums = page.locator(".sums")
    expect(sums).to_be_hidden()

    stage(page, "Words").click()
    expect(sums).to_contain_text("earlier tokens are not seen")
    expect(sums.locator(".chip", has_text="the").first).to_be_visible()
    says(page, "stage=words")

    stage(page, "Embeddings").click()
    expect(sums.locator(".numbers span")).to_have_count(4)
    expect(sums.locator(".numbers span").first).to_have_text(digits(float(inside.embedding[0, 0])))
    page.get_by_role("button", name="Next word").click()
    expect(sums.locator(".numbers span").first).to_have_text(digits(float(inside.embedding[1, 0])))

    box = page.get_by_label("Hidden units").bounding_box()  # 10 units in one row of cells
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20)
    expect(page.locator(".readout.over")).to_have_text(f"hidden unit 7: {digits(float(inside.hidden[7]))}")
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 20)
    says(page, "stage=hidden place=1 unit=7")
    unit = feed_forward.unit_sum(model, inside, 7)
    expect(sums).to_contain_text(f"= {digits(unit.total)}")
    expect(sums).to_contain_text(f"tanh({digits(unit.total)}) = {digits(float(inside.hidden[7]))}")
    parts = unit.products.reshape(3, 4).sum(axis=1)
    expect(sums.locator(".products .right .row")).to_have_text([digits(float(part)) for part in parts])
    sums.get_by_text("All 12 products").click()
    expect(sums.locator(".list span")).to_have_count(12)

    page.locator(".logits .rows .row").nth(1).click()
    token = int((-inside.logits).argsort(kind="stable")[1])
    says(page, f"stage=logits place=1 unit=7 token={token}")
    expect(sums).to_contain_text(f"= {digits(float(inside.logits[token]))}")
    stage(page, "Softmax").click()
    expect(sums).to_contain_text(f"= {inside.probs[token] * 100:#.3g}%")
    stage(page, "Softmax").click()
    expect(sums).to_be_hidden()
    assert page.locator("b:text-is('mat')").count() == 0  # typed text became no element


def test_keyboard_and_program(app: Callable[..., Any]) -> None:
    page = app("pipeline")
    stage(page, "Hidden layer").focus()
    page.keyboard.press("Enter")
    says(page, "stage=hidden")
    cells = page.get_by_label("Hidden units")
    cells.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        cells.press(key)
    says(page, "unit=2")
    assert re.fullmatch(r"hidden unit 2: −?\d.*", cells.get_attribute("aria-valuetext"))
    page.get_by_role("button", name="Next unit").press("Enter")
    says(page, "unit=3")
    page.get_by_role("button", name="Previous unit").press("Space")
    says(page, "unit=2")
    page.get_by_role("button", name="Open unit 3").click()
    says(page, "stage=hidden place=0 unit=3 token=1")
    expect(page.locator(".stepper .which")).to_contain_text("unit 3 of 0 to 9")
    page.get_by_role("button", name="Rerun").click()
    says(page, "unit=3 token=1")
    assert page.locator(".stage").count() == 5


def test_a_phone_stacks_the_stages(app: Callable[..., Any]) -> None:
    """And before the text began there is nothing, which is said."""
    page = app("pipeline", "?text=cat&n=4", **PHONE)
    tops = [page.locator(f".stage.{name}").bounding_box()["y"] for name in ("words", "hidden", "softmax")]
    assert tops == sorted(tops)
    assert tops[0] + 150 < tops[1] < tops[2] - 50
    expect(page.locator(".word.none")).to_have_count(2)
    for name in ("Words", "Embeddings", "Hidden layer", "Linear layer", "Softmax"):
        stage(page, name).click()
        says(page, f"stage={name.split()[0].lower().replace('linear', 'logits')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".lm").evaluate("root => root.scrollWidth <= root.clientWidth")
