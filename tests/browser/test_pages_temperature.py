"""The Temperature page by mouse, keyboard and finger, and what its address keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.person import HOSTILE, button, go, nothing_came_of_it, settled, type_in
from tests.live import Server

SLIDER = '.lever input[type="range"]'
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def text_line(page: Any) -> Locator:
    """The chips of the line of text: the prompt, then a drawn token each."""
    return page.locator(".lm.written-text .chip")


def first_bar(page: Any) -> str:
    return str(page.locator(".rows .row .num").first.inner_text())


def says(page: Any, temperature: str) -> None:
    """The reading of the bench, and the sentence below it that the server wrote."""
    expect(page.locator(".reading .big")).to_have_text(f"T = {temperature}")


def reads(page: Any, temperature: str) -> None:
    expect(
        page.get_by_text(
            re.compile(rf"What you see\. At T = {re.escape(temperature)} (the|[\d,]+ tokens are the) most")
        )
    ).to_be_visible()


def quiet(page: Any) -> None:
    """The page has run to its end and the browser has drawn: nothing is under way."""
    settled(page)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_drag_moves_the_bars_and_tells_the_server_at_its_end(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature")
    says(page, "1.00")
    reads(page, "1")
    quiet(page)
    box, before, sent, bars = page.locator(SLIDER).bounding_box(), page.url, len(page.sent), set()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.42 * box["width"], y)
    page.mouse.down()
    for share in (0.35, 0.3, 0.2, 0.1, 0.3, 0.5, 0.62):
        page.mouse.move(box["x"] + share * box["width"], y, steps=5)
        bars.add(first_bar(page))
    assert len(bars) >= 5
    assert len(page.sent) == sent, "the drag sent a websocket frame"
    assert page.url == before
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]T=(1\.9|2)"))
    assert len(page.sent) == sent + 1
    expect(page.get_by_text(re.compile(r"At T = (1\.9\d*|2(\.0\d)?) the most probable"))).to_be_visible()
    # Only the fragment around the bench runs, which is what tests/load/sessions.py sends too.
    told = BackMsg.FromString(page.sent[-1]).rerun_script
    assert told.fragment_id, "the whole page ran"
    assert not told.is_auto_rerun


def test_by_keyboard_alone(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature")
    slider, draw = page.locator(SLIDER), page.locator("button.draw")
    reads(page, "1")
    tab_to(page, slider)
    for key, expected in [("ArrowRight", "1.05"), ("ArrowLeft", "1.00"), ("End", "∞"), ("Home", "0.00")]:
        page.keyboard.press(key)
        says(page, expected)
    reads(page, "0")
    expect(page).to_have_url(re.compile(r"[?&]T=0(&|$)"))
    best = page.locator(".rows .row .chip").first.inner_text()
    tab_to(page, draw)
    page.keyboard.press("Enter")
    expect(text_line(page)).to_have_count(2)
    expect(text_line(page).last).to_have_text(best)


def tab_to(page: Any, target: Locator) -> None:
    """Press Tab until it has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("node => node.getRootNode().activeElement === node"):
            return
    raise AssertionError("60 times Tab did not reach it")


def test_by_touch(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature", **PHONE)
    reads(page, "1")
    page.locator(SLIDER).scroll_into_view_if_needed()
    quiet(page)
    box, sent = page.locator(SLIDER).bounding_box(), len(page.sent)
    finger = page.context.new_cdp_session(page)

    def at(share: float) -> list[dict[str, float]]:
        return [{"x": box["x"] + share * box["width"], "y": box["y"] + box["height"] / 2}]

    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(0.42)})
    for share in (0.3, 0.2, 0.1, 0.02):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(share)})
    expect(page.locator(".reading .big")).to_have_text(re.compile(r"T = 0\.[01]"))
    assert len(page.sent) == sent, "the drag sent a websocket frame"
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page).to_have_url(re.compile(r"[?&]T=0(\.\d+)?(&|$)"))
    page.locator("button.draw").tap()
    expect(text_line(page)).to_have_count(2)


def test_draw_take_and_take_back(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature")
    expect(text_line(page)).to_have_count(1)
    expect(button(page, "Take back")).to_be_disabled()
    page.locator("button.draw").click()
    expect(text_line(page)).to_have_count(2)
    quiet(page)
    third = page.locator(".rows .row .chip").nth(2).inner_text()
    page.locator(".rows .row").nth(2).click()
    expect(text_line(page)).to_have_count(3)
    expect(text_line(page).last).to_have_text(third)
    expect(page).to_have_url(re.compile(r"drawn=\d+\.\d+"))
    button(page, "Take back").click()
    expect(text_line(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"drawn=\d+(&|$)"))


def test_a_prompt_that_is_typed_and_at_once_drawn_from(lesson: Callable[..., Any]) -> None:
    """By the same seed, the token is the one that who waits draws: from the prompt as it is, not as it was."""
    texts = []
    for at_once in (False, True):
        page = lesson("temperature")
        quiet(page)
        box = page.get_by_label("Prompt", exact=True)
        box.fill("One rainy evening, Priya")
        if not at_once:
            box.press("Enter")
            expect(text_line(page)).to_have_text(["One·rainy·evening,·Priya"])
            quiet(page)
        page.locator("button.draw").click()
        expect(text_line(page)).to_have_count(2)
        texts.append(text_line(page).all_inner_texts())
    assert texts[0] == texts[1]


def test_another_model_then_a_draw_then_an_open_section(lesson: Callable[..., Any]) -> None:
    """The page runs whole, then a part of it, then another part: each knows what the others did."""
    page = lesson("temperature", "?T=2")
    button(page, "Shakespeare, letter by letter").click()
    expect(page.get_by_label("Prompt")).to_have_value("But soft, what l")
    expect(text_line(page).first).to_have_text("But·soft,·what·l")
    page.locator("button.draw").click()
    expect(text_line(page)).to_have_count(2)
    page.get_by_test_id("stExpander").get_by_text("The code", exact=True).click()
    expect(page.get_by_text("temperature=1.0").first).to_be_visible()  # the sentence sets T too
    page.locator(SLIDER).press("Home")
    reads(page, "0")
    expect(page.get_by_text("temperature=0").first).to_be_visible()
    type_in(page, "Prompt", "To be or")
    expect(text_line(page)).to_have_count(1)
    page.locator("button.draw").click()
    expect(text_line(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"T=0&|T=0$"))
    expect(page).to_have_url(re.compile(r"prompt=To"))


def test_the_text_and_draw_stand_on_the_first_screen(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature", "?drawn=40", viewport={"width": 1280, "height": 900})
    draw, first = page.locator("button.draw"), page.locator(".rows .row").first
    expect(text_line(page).last).to_be_in_viewport()
    expect(draw).to_be_in_viewport(ratio=1)
    slider = page.locator(SLIDER).bounding_box()
    assert slider["y"] < draw.bounding_box()["y"] < first.bounding_box()["y"]
    size = text_line(page).last.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 20


def test_the_address_keeps_the_state(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature", "?T=2.5&top_k=10&prompt=Once+there+was+a&drawn=40")
    says(page, "2.50")
    expect(page.locator(".rows .row.cut").first).to_be_attached()
    line = text_line(page).all_inner_texts()
    assert line[0] == "Once·there·was·a"
    assert len(line) == 2
    page.locator(SLIDER).press("End")
    reads(page, "∞")
    expect(page).to_have_url(re.compile(r"T=inf"))
    url = page.url
    page.reload()
    settled(page)
    says(page, "∞")
    assert text_line(page).all_inner_texts() == line
    assert page.get_by_label("Prompt").input_value() == "Once there was a"
    go(page, "inspect")
    assert "T=inf" not in page.url
    go(page, "temperature")
    says(page, "∞")
    reads(page, "∞")
    expect(page).to_have_url(url)
    assert text_line(page).all_inner_texts() == line


def test_an_early_click_loses_nothing(lesson: Callable[..., Any], server: Server) -> None:
    """The script of a text box comes late, as on a slow network; the page runs anew before the box is there."""
    page, held = lesson("home"), []
    page.route(re.compile(r"/TextInput\.[\w-]+\.js"), lambda route: held.append(route))
    page.goto(f"{server.url}/temperature?prompt=Once+there+was+a")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(1)
    page.get_by_test_id("stExpander").get_by_text("The numbers", exact=True).click()
    expect(page.get_by_text("Download as CSV")).to_be_visible()
    for route in held:
        route.continue_()
    expect(page.get_by_label("Prompt")).to_have_value("Once there was a")
    page.locator("button.draw").click()
    expect(text_line(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"prompt=Once"))
    assert held


def test_suggestions_move_the_bench(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature")
    button(page, "Set T to infinity: every word alike").click()
    says(page, "∞")
    button(page, "Keep only the ten best at T = 2").click()
    says(page, "2.00")
    reads(page, "2")
    button(page, "Start over").click()
    says(page, "1.00")
    expect(page).to_have_url(re.compile(r"/temperature$"))


def test_a_hostile_prompt_is_text(lesson: Callable[..., Any]) -> None:
    page = lesson("temperature")
    type_in(page, "Prompt", HOSTILE)
    expect(text_line(page).first).to_have_text(HOSTILE.replace(" ", "·"))
    expect(page.get_by_text("Not in this model's vocabulary")).to_be_visible()
    settled(page)
    nothing_came_of_it(page)


def test_who_draws_on_and_on_in_one_place_draws(lesson: Callable[..., Any]) -> None:
    """What stands below keeps its place while the text grows: the tenth click meets what the first one met."""
    page = lesson("temperature", viewport={"width": 1280, "height": 800})
    box = page.get_by_role("button", name="Draw a token", exact=True).bounding_box()
    for n in range(1, 13):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(text_line(page)).to_have_count(n + 1)
        settled(page)
    assert page.get_by_role("button", name="Draw a token", exact=True).bounding_box() == box
