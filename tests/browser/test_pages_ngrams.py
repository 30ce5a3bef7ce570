"""The N-grams lesson in a real Chromium: what is copied, the troubles a worker measures, a text of some size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.person import HOSTILE, button, nothing_came_of_it, settled, type_in


def test_a_copied_run_says_where_it_stands(lesson: Callable[..., Any]) -> None:
    page = lesson("n-grams", "?text=mouse&smoothing=mle")
    page.get_by_text("Let every order write").click()
    run = page.locator(".copied-runs .run").first
    run.hover()
    where = page.locator(".copied-runs .where")
    expect(where).to_contain_text("tokens in a row, as in the text")
    words = " ".join(run.inner_text().split())
    assert words in where.locator("q").inner_text()
    page.mouse.move(0, 0)
    expect(where).to_contain_text("Underlined")
    run.focus()
    page.keyboard.press("Enter")
    page.mouse.move(0, 0)
    expect(where.locator("q")).to_be_visible()  # locked
    before = page.locator(".copied-runs .lines").inner_text()
    button(page, "Write anew").click()
    settled(page)
    expect(page.locator(".copied-runs .lines")).not_to_have_text(before)


def test_the_troubles_are_measured_by_a_worker_and_drawn(lesson: Callable[..., Any]) -> None:
    page = lesson("n-grams", "?text=mouse")
    page.get_by_text("Four troubles, measured").click()
    expect(page.get_by_text("judged on the last")).to_be_visible(timeout=90_000)
    for name, said in (
        ("Short sight", "stand a little further back too"),
        ("Size", "times as much, to remember"),
        ("Unknown words", "A closed vocabulary of every word seen"),
        ("What helps", "Best on held-out text so far"),
        ("Sparsity", "were never seen"),
    ):
        page.get_by_role("radio", name=name, exact=True).or_(button(page, name)).first.click()
        expect(page.get_by_text(said).first).to_be_visible(timeout=60_000)
        settled(page)


def test_a_text_of_six_megabytes_is_counted_by_a_worker(lesson: Callable[..., Any]) -> None:
    page = lesson("n-grams")
    text = "\n\n".join(f"{HOSTILE} and the {n % 977} mice ate the cheese of house {n % 1999}." for n in range(42_000))
    assert len(text) > 5_000_000
    button(page, "Yours").click()
    uploader = page.get_by_test_id("stFileUploader")
    uploader.locator("input").set_input_files({"name": "big.txt", "mimeType": "text/plain", "buffer": text.encode()})
    expect(uploader.get_by_role("button", name="Remove big.txt")).to_be_visible(timeout=60_000)
    page.get_by_label("Its name").fill("Big")
    button(page, "Use this text").click()
    expect(page.get_by_text("so a worker counts it").or_(page.get_by_text("What followed what.")).first).to_be_visible(
        timeout=90_000
    )
    expect(page.get_by_role("combobox", name="Text")).to_have_value("Big (yours)", timeout=120_000)
    expect(page.get_by_text("What followed what.")).to_be_visible(timeout=120_000)
    settled(page)
    type_in(page, "After these words", "mice ate")
    expect(page.get_by_text("which stands in the text 42,000 times")).to_be_visible()
    nothing_came_of_it(page)
