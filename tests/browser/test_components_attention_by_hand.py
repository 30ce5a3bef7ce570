"""Attention by hand under a person's hands: every cell's arithmetic ends in lmcore's number."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from lmcore import checkpoints
from lmcore.probes import attention_by_hand as probe
from tests.browser.person import HOSTILE, button, nothing_came_of_it, settled, type_in

SUMS = ("q", "k", "v", "s", "a", "o", "out")
DOES = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

MANY_CELLS = """async (root) => {  // walk over all matrices with the arrow keys, and read what is said of each cell
  const found = [];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (const node of root.querySelectorAll('.matrix')) {
    const canvas = node.querySelector('canvas.over'), press = (key) =>
      canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const [rows, columns] = node.querySelector('.shape').textContent.split(' × ').map(Number);
    for (let i = 1; i < rows; i += 2) { // every other row: each cell costs a frame
      press('ArrowDown');
      press('Home');
      for (let c = 0; c < columns; c++) {
        if (c) press('ArrowRight');
        await frame();
        const texts = (part) => [...root.querySelectorAll('.sums ' + part)].map((node) => node.innerText);
        const [lines, value] = [texts('.line'), texts('.value').at(-1)];
        found.push({ m: node.dataset.matrix, i, c, lines, value, spoken: canvas.getAttribute('aria-valuetext') });
      }
      press('ArrowDown');
    }
  }
  return found;
}"""


def read(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-").replace("∞", "inf").replace(",", ""))


def worth(sum_: str) -> float:
    """The value of a text like "2·1 + 0·(−1)"."""
    source = sum_.replace("−", "-").replace("·", "*").strip()
    return worked(ast.parse(source, mode="eval").body)


def worked(node: ast.expr) -> float:
    """A sum, product, quotient or number, worked out."""
    if isinstance(node, ast.BinOp):
        return DOES[type(node.op)](worked(node.left), worked(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -worked(node.operand)
    assert isinstance(node, ast.Constant), ast.dump(node)
    return float(node.value)


def panel(page: Any) -> Any:
    """The arithmetic."""
    return page.locator(".attention-by-hand .sums")


def canvas(page: Any, key: str) -> Any:
    """The cells of a matrix."""
    return page.locator(f'.attention-by-hand [data-matrix="{key}"] canvas.over')


def middle(page: Any, key: str, i: int, c: int, rows: int, columns: int) -> tuple[float, float]:
    """Where a cell is on the screen."""
    canvas(page, key).evaluate("node => node.scrollIntoView({ block: 'center' })")  # not under the arithmetic
    box = canvas(page, key).bounding_box()
    return (
        box["x"] + 3 + (c + 0.5) * (box["width"] - 6) / columns,
        box["y"] + 3 + (i + 0.5) * (box["height"] - 6) / rows,
    )


def test_on_paper_each_cell_opens_its_sum(lesson: Callable[..., Any]) -> None:
    page = lesson("attention", viewport={"width": 1280, "height": 1000})  # the usual projector
    sizes = page.locator(".matrix").evaluate_all("(all) => all.map((node) => Number(node.dataset.number))")
    assert len(sizes) == 13
    assert min(sizes) >= 13  # of the numbers' letters in pixels; 0 would be none at all
    expect(panel(page)).to_contain_text("10.1 / 20.7 = 0.487")
    inputs = probe.example()
    walk, w = inputs.walk(), inputs.weights
    matrices = {
        "x": walk.x, "wq": w.query, "wk": w.key, "wv": w.value, "q": walk.q[0], "k": walk.k[0], "v": walk.v[0],
        "s": walk.scores[0], "m": walk.masked[0], "a": walk.weights[0], "o": walk.heads[0], "wo": w.out,
        "out": walk.out,
    }  # fmt: skip
    cells = page.locator(".attention-by-hand").evaluate(MANY_CELLS)
    assert len(cells) == 6 * 2 * 3 + 3 * 2 * 4 + 4 * 1 * 3  # of every other row
    for cell in cells:
        expected = matrices[cell["m"]][cell["i"], cell["c"]]
        where = f"{cell['m']} {cell['i']} {cell['c']}: {cell['lines']}"
        near = pytest.approx(expected, abs=6e-3 * max(0.1, abs(expected)))
        assert read(cell["value"]) == near, where
        assert read(cell["spoken"].split()[-1]) == near, where
        if cell["m"] not in SUMS or (cell["m"] == "a" and cell["c"] > cell["i"]):
            continue
        powers = 1 if cell["m"] == "a" else 0  # its first part is e to the power of the scores
        written = [worth(part) for part in cell["lines"][1].strip("= ").split(" = ")[powers:]]
        if cell["m"] == "s":  # the products, then divided
            assert written == [walk.dots[0, cell["i"], cell["c"]]] * 3, where
            assert cell["lines"][-1].endswith(f"/ 1.73 = {cell['value']}"), where
        else:  # a·b + c·d = ab + cd = the value, each as it is written, with its rounded numbers
            assert written == pytest.approx([expected] * 3, abs=0.011), where

    # the mouse previews, a click holds, Escape lets go; the page's words and its address follow
    page.mouse.move(*middle(page, "q", 1, 0, 4, 3))
    expect(panel(page)).to_contain_text("= 0·0 + 2·(−1) + 0·1 = 0 − 2 + 0 = −2")
    page.mouse.move(5, 5)
    expect(panel(page)).to_contain_text("10.1 / 20.7 = 0.487")
    page.mouse.click(*middle(page, "s", 1, 0, 4, 4))
    expect(page).to_have_url(re.compile(r"cell=s\.1\.0"))
    expect(page.get_by_test_id("stMain")).to_contain_text("fed looks most at Mia, with 99.0%")
    page.locator('[data-matrix="a"] .sides .tok').nth(2).hover()
    expect(panel(page).locator(".look .share")).to_have_text(["19.3%", "61.3%", "19.3%"])
    canvas(page, "a").focus()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"cell=(&|$)"))
    expect(panel(page)).to_contain_text("Point at a number")
    for key in ("Home", "ArrowUp", "Enter"):
        canvas(page, "k").press(key)
    expect(page).to_have_url(re.compile(r"cell=k\.2\.0"))

    # another number on paper: by key and by button
    for key in ("Home", "ArrowUp", "ArrowUp", "ArrowUp"):
        canvas(page, "wq").press(key)
    canvas(page, "wq").press("+")
    expect(page).to_have_url(re.compile(r"changed=wq\.0\.0\.1(&|$)"))
    expect(page.locator('[data-matrix="wq"] canvas.over')).to_have_attribute("aria-valuetext", re.compile(": 1$"))
    panel(page).get_by_role("button", name="One more").click()
    expect(page).to_have_url(re.compile(r"changed=wq\.0\.0\.2(&|$)"))
    expect(panel(page).get_by_role("button", name="One more")).to_be_focused()
    button(page, "Start over").click()
    settled(page)

    # the switches
    button(page, "Split the width in three heads").click()
    settled(page)
    expect(page.locator(".head[aria-pressed=true]")).to_have_text("Head 2")
    expect(panel(page).locator(".look .share").first).to_have_text("61.0%")
    page.locator(".head", has_text="Head 1").click()
    expect(panel(page).locator(".look .share").nth(1)).to_have_text("94.8%")
    button(page, "Take the mask away").click()
    settled(page)
    expect(panel(page).locator(".look")).to_have_count(4)
    button(page, "Do not divide by √d").click()
    settled(page)
    expect(panel(page)).to_contain_text("54.6 / 84.8 = 0.644")


def test_in_a_trained_gpt_long_sums_are_listed(lesson: Callable[..., Any]) -> None:
    found = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    model: Any = found.model
    ids = found.tokenizer.encode("Mia had a kite.")
    C, D, P, H = model.config.n_embd, model.config.head_dim, len(ids) + 1, model.config.n_head
    inputs = probe.of_block(model, model.trace(ids), 0)
    walk = inputs.walk()
    page = lesson("attention", "?with=trained&prompt=Mia+had+a+kite.&cell=")
    page.mouse.move(*middle(page, "q", 2, 1, P, D))
    expect(panel(page)).to_contain_text(f"{C} products")
    assert panel(page).locator(".term").count() == 0  # a preview is short
    page.mouse.click(*middle(page, "q", 2, 1, P, D))
    expect(panel(page).locator(".term")).to_have_count(C)
    terms = [text.split(" = ") for text in panel(page).locator(".term").all_inner_texts()]
    total = sum(read(last) for _, last in terms) + float(inputs.weights.query_bias[1])
    assert total == pytest.approx(walk.q[0, 2, 1], abs=0.01)
    for factors, product in terms[:: max(1, C // 12)]:
        assert worth(factors.split(" ", 1)[1]) == pytest.approx(read(product), rel=0.02)
    page.locator(".head").nth(H - 1).click()
    page.mouse.click(*middle(page, "a", 3, 1, P, P))
    expect(page).to_have_url(re.compile(rf"head={H - 1}"))
    expected = walk.weights[H - 1, 3, 1]
    assert read(panel(page).locator(".value").inner_text()) == pytest.approx(expected, rel=0.01, abs=1e-6)
    page.mouse.click(*middle(page, "s", 2, 1, P, P))
    expect(panel(page).locator(".term")).to_have_count(D if D > 8 else 0)
    expect(panel(page)).to_contain_text(f"/ √{D} =")
    assert read(panel(page).locator(".value").last.inner_text()) == pytest.approx(walk.scores[H - 1, 2, 1], rel=0.01)
    page.mouse.click(*middle(page, "out", 4, 7, P, C))
    expect(panel(page)).to_contain_text("The output at ")
    assert read(panel(page).locator(".value").inner_text()) == pytest.approx(walk.out[4, 7], rel=0.01, abs=2e-4)
    page.mouse.click(*middle(page, "x", 1, 3, P, C))
    expect(panel(page)).to_contain_text("after the LayerNorm")
    line = panel(page).locator(".line").nth(1).inner_text()
    assert worth(line.strip("= ").rsplit(" = ", 1)[0]) == pytest.approx(walk.x[1, 3], abs=0.02)
    type_in(page, "Text", HOSTILE)
    settled(page)
    expect(page.locator('[data-matrix="x"] .sides .tok')).to_have_count(17)
    nothing_came_of_it(page)
    type_in(page, "Text", "")
    settled(page)
    expect(page.locator('[data-matrix="x"] .sides .tok')).to_have_text(["start"])


def test_a_finger_holds_a_cell(lesson: Callable[..., Any]) -> None:
    page = lesson("attention", "?heads=3", **PHONE)
    page.touchscreen.tap(*middle(page, "v", 1, 1, 4, 3))
    expect(panel(page)).to_contain_text("The value of head 2")
    expect(page.locator(".head[aria-pressed=true]")).to_have_text("Head 2")
    page.get_by_role("button", name="Let go").tap()
    expect(panel(page)).to_contain_text("Point at a number")
    assert page.locator(".lm.attention-by-hand").evaluate("root => root.scrollWidth <= root.clientWidth")
