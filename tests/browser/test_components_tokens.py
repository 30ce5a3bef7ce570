"""The cuts of a text and the merges of its pieces in a real Chromium: what lights up, what is kept, what is re-cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from lmcore import tokenizers

CUTS = ".token-cuts"
MERGES = ".bpe-merges"
TEXT = "The little mouse ate the fox 🦊"
TRAIN = "The little mouse loved the little fox. The fox loved the mouse.\nThe little fox ate the cheese.\n" * 20
HOSTILE = r"<script>alert(1)</script> <img src=x onerror=alert(1)> $\href{javascript:x}$"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}


def chips(page: Any, cut: int) -> Any:
    return page.locator(f"{CUTS} .cut").nth(cut).locator(".pair")


def lit(page: Any, cut: int, kind: str = "place") -> list[int]:
    """Which chips of a cut carry a mark."""
    found = page.locator(f"{CUTS} .cut").nth(cut).locator(f".pair.{kind}").all()
    return [int(chip.get_attribute("data-i")) for chip in found]


def panel(page: Any) -> str:
    return str(page.locator(f"{CUTS} .panel").inner_text())


def indices(page: Any) -> list[int]:
    """The re-cut text of the stepper."""
    return [int(text) for text in page.locator(f"{MERGES} .chips .idx").all_inner_texts()]


def says(page: Any, text: str) -> None:
    page.get_by_text(text).wait_for()


@pytest.fixture(scope="module")
def pieces() -> tokenizers.BPETokenizer:
    """The tokenizer of the harness app."""
    return tokenizers.BPETokenizer.train(TRAIN, vocab_size=287)


@pytest.fixture
def tokens(app: Callable[..., Any]) -> Callable[..., Any]:
    """`tokens("?text=…")` opens the harness app and waits for both components."""

    def open_tokens(query: str = "", **options: Any) -> Any:
        page = app("tokens", query, **options)
        page.locator(f"{MERGES} .where").filter(has_text="merges").wait_for(state="attached")
        page.locator(f"{CUTS} .choice button").first.wait_for(state="attached")
        return page

    return open_tokens


def early(pieces: tokenizers.BPETokenizer, step: int, text: str = TEXT) -> list[int]:
    return tokenizers.BPETokenizer(pieces.merges[:step]).encode(text)


def test_hover_lights_the_same_place_in_every_cut_and_sends_nothing(tokens: Callable[..., Any]) -> None:
    page = tokens()
    page.wait_for_timeout(500)
    sent = len(page.sent)
    assert "Point at a token" in panel(page)
    chips(page, 2).nth(2).locator(".tok").hover()  # the word "mouse": characters 11 to 16
    assert lit(page, 0) == lit(page, 1) == [11, 12, 13, 14, 15]
    assert lit(page, 2) == lit(page, 2, "shown") == [2]
    assert [chips(page, 3).nth(i).inner_text().split()[0] for i in lit(page, 3)] == ["·mouse"]
    assert "Bytes: 6d 6f 75 73 65." in panel(page)
    chips(page, 0).nth(4).locator(".tok").hover()  # the byte "l" of "little"
    assert lit(page, 2) == [1]
    assert len(page.sent) == sent


def test_hover_lights_every_token_with_the_same_index(tokens: Callable[..., Any]) -> None:
    page = tokens()
    where = [i for i, char in enumerate(TEXT) if char == "t"]
    chips(page, 1).nth(where[0]).locator(".tok").hover()
    assert lit(page, 1, "same") == where
    assert f"{len(where)} times here" in panel(page)


def test_tokens_and_indices_are_linked_both_ways(tokens: Callable[..., Any]) -> None:
    page = tokens()
    numbers = page.locator(f"{CUTS} .numbers .num")
    chips(page, 3).nth(1).locator(".idx").hover()  # the index below a token is as good as the token
    assert lit(page, 3, "shown") == [1]
    assert numbers.nth(1).get_attribute("class").split()[-1] == "shown"
    numbers.nth(2).hover()  # and so is the number in the row that the model gets
    assert lit(page, 3, "shown") == [2]
    assert lit(page, 2) == [2]
    page.locator(f"{CUTS} .choice").get_by_role("button", name="Words").click()
    words = tokenizers.train("word", TRAIN)
    assert [int(text) for text in numbers.all_inner_texts()] == words.encode(TEXT)
    numbers.nth(3).hover()
    assert lit(page, 2, "shown") == [3]


def test_click_keeps_and_escape_lets_go(tokens: Callable[..., Any]) -> None:
    page = tokens()
    chips(page, 2).nth(2).click()
    chips(page, 0).nth(0).hover()
    assert lit(page, 2, "locked") == [2]  # the lock holds
    assert "mouse" in panel(page)
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=2")
    assert lit(page, 2, "locked") == [2]  # also when the page runs anew
    page.locator(f"{CUTS} .cut").nth(2).locator(".pair").nth(2).focus()
    page.keyboard.press("Escape")
    assert lit(page, 2, "locked") == []
    chips(page, 3).nth(0).click()
    assert lit(page, 3, "locked") == [0]
    chips(page, 3).nth(0).click()  # a second click lets go as well
    assert lit(page, 3, "locked") == []


def test_the_keyboard_walks_along_and_across_the_cuts(tokens: Callable[..., Any]) -> None:
    page = tokens()
    chips(page, 2).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert lit(page, 2, "shown") == [2]
    page.keyboard.press("ArrowUp")
    assert lit(page, 1, "shown") == [11]
    page.keyboard.press("ArrowUp")
    assert lit(page, 0, "shown") == [11]
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert lit(page, 3, "shown") == [2]
    page.keyboard.press("Enter")
    assert lit(page, 3, "locked") == [2]
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    assert lit(page, 3, "shown") == [0]


def test_an_unknown_word_says_what_was_lost(tokens: Callable[..., Any]) -> None:
    page = tokens()
    assert chips(page, 2).last.inner_text().split() == ["<unk>", "1"]
    chips(page, 2).last.hover()
    assert "“🦊” is not in the vocabulary" in panel(page)
    assert [chip.split()[0] for chip in chips(page, 0).all_inner_texts()[-4:]] == ["f0", "9f", "a6", "8a"]
    assert len(lit(page, 1)) == 8  # two hex halves for each of its four bytes


def test_texts_stand_there_literally(tokens: Callable[..., Any]) -> None:
    page = tokens(f"?text={quote(HOSTILE)}")
    rows = [[chip.split("\n")[0] for chip in chips(page, cut).all_inner_texts()] for cut in (0, 3)]
    for row in rows:
        assert "".join(row) == HOSTILE.replace(" ", "·")
    assert "".join(page.locator(f"{MERGES} .chips .tok").all_inner_texts()) == HOSTILE.replace(" ", "·")
    for part in (CUTS, MERGES):
        assert page.locator(f"{part} script, {part} img, {part} a").count() == 0


@pytest.mark.parametrize(
    "text", ["مرحبا hello", "e\u0301\u200d\ufe0f", "👨\u200d👩\u200d👧", "a\nb\n", "\u202eabc", "x" * 600]
)
def test_odd_texts_are_cut_to_their_indices(tokens: Callable[..., Any], text: str, pieces: Any) -> None:
    page = tokens(f"?text={quote(text)}&step=30")
    assert [int(chip.split("\n")[-1]) for chip in chips(page, 0).all_inner_texts()] == list(text.encode())[:400]
    assert indices(page) == early(pieces, 30, text)[:400]
    assert page.locator(f"{CUTS} .chips").first.get_attribute("dir") == ("rtl" if text[0] == "م" else "ltr")
    faces = page.locator(f"{CUTS} .cut .tok").all_inner_texts()
    assert all(face.strip() for face in faces)  # nothing is invisible
    assert not any("\u202e" in face for face in faces)  # and nothing turns the page around
    assert ("the first 400 drawn" in page.locator(f"{CUTS} .name").first.inner_text()) == (len(text) > 400)


def test_no_text_is_a_sentence(tokens: Callable[..., Any]) -> None:
    page = tokens("?text=")
    assert page.locator(f"{CUTS} .empty").is_visible()
    assert page.locator(f"{MERGES} .none").is_visible()
    assert chips(page, 0).count() == 0


def test_every_step_cuts_as_the_tokenizer_of_that_size(tokens: Callable[..., Any], pieces: Any) -> None:
    page = tokens()
    assert indices(page) == early(pieces, 5)
    for step in (0, 1, 2, 17, 29, 30):
        page.locator(f"{MERGES} .slider").fill(str(step))
        assert indices(page) == early(pieces, step)
        assert f"{len(early(pieces, step))} tokens for" in page.locator(f"{MERGES} .count").inner_text()
    assert "Merge 30" in page.locator(f"{MERGES} .head").inner_text()


def test_the_drag_cuts_anew_and_tells_the_page_at_its_end(tokens: Callable[..., Any], pieces: Any) -> None:
    page = tokens()
    page.wait_for_timeout(500)
    box, sent, seen = page.locator(f"{MERGES} .slider").bounding_box(), len(page.sent), set()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.1 * box["width"], y)
    page.mouse.down()
    for share in (0.2, 0.4, 0.6, 0.8, 0.5):
        page.mouse.move(box["x"] + share * box["width"], y, steps=4)
        step = int(page.locator(f"{MERGES} .slider").input_value())
        assert indices(page) == early(pieces, step)
        seen.add(len(indices(page)))
    assert len(seen) >= 4
    assert len(page.sent) == sent, "the drag sent a websocket frame"
    page.mouse.up()
    says(page, f"step={step} ")
    assert len(page.sent) == sent + 1
    assert indices(page) == early(pieces, step)  # and it does not jump back


def test_the_merge_is_named_with_its_count(tokens: Callable[..., Any], pieces: Any) -> None:
    page = tokens("?step=1")
    left, right = pieces.merges[0]
    head = page.locator(f"{MERGES} .head .tok").all_inner_texts()
    shown = [part.replace("Ġ", "·") for part in (left, right, left + right)]
    assert head == shown
    letters = "".join(part.replace("Ġ", " ") for part in (left, right))
    assert f"The pair stood in the text {TRAIN.count(letters)} times" in page.locator(f"{MERGES} .facts").inner_text()
    fresh = page.locator(f"{MERGES} .chips .fresh .idx").all_inner_texts()
    assert fresh == ["257"] * early(pieces, 1).count(257)
    assert fresh


def test_keyboard_buttons_and_play(tokens: Callable[..., Any], pieces: Any) -> None:
    page = tokens()
    slider = page.locator(f"{MERGES} .slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    says(page, "step=6 ")
    assert indices(page) == early(pieces, 6)
    page.keyboard.press("End")
    says(page, "step=30 ")
    assert page.locator(f"{MERGES} .next").is_disabled()
    page.locator(f"{MERGES} .back").click()
    says(page, "step=29 ")
    page.locator(f"{MERGES} .play").click()
    says(page, "step=30 ")  # it stops at the end by itself, and tells
    assert page.locator(f"{MERGES} .play").inner_text() == "Play"
    page.keyboard.press("Tab")
    slider.focus()
    page.keyboard.press("Home")
    says(page, "step=0 ")
    assert indices(page) == early(pieces, 0)
    assert "No merge yet" in page.locator(f"{MERGES} .head").inner_text()


def test_the_program_sets_the_step_and_reruns_change_nothing(tokens: Callable[..., Any], pieces: Any) -> None:
    page = tokens("?step=9")
    page.locator(f"{MERGES} .slider").fill("20")
    says(page, "step=20 ")
    page.get_by_role("button", name="Rerun").click()
    says(page, "runs=3")
    assert indices(page) == early(pieces, 20)
    page.get_by_role("button", name="Undo all").click()
    says(page, "step=0 ")
    assert indices(page) == early(pieces, 0)
    for part in (CUTS, MERGES):
        assert page.locator(part).count() == 1


def test_on_a_phone_in_the_dark_by_touch(tokens: Callable[..., Any]) -> None:
    page = tokens(f"?text={quote('The little fox ' * 25)}", reduced_motion="reduce", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in (CUTS, MERGES):
        assert page.locator(part).evaluate("root => root.scrollWidth <= root.clientWidth")
    chips(page, 2).nth(1).locator(".tok").tap()
    assert lit(page, 2, "locked") == [1]
    assert lit(page, 0) == list(range(4, 10))
    assert "dark" in page.locator(CUTS).get_attribute("class")
    sizes = page.eval_on_selector_all(
        f"{CUTS} .tok, {CUTS} .idx, {CUTS} .num, {MERGES} .tok, {MERGES} .facts",
        "nodes => nodes.map(node => parseFloat(getComputedStyle(node).fontSize))",
    )
    assert min(sizes) >= 16
