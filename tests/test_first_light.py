"""What the server sends for "/": Streamlit's page with Home's first light in it, and when it does not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import struct
import urllib.request
from pathlib import Path

import pytest
import streamlit as st

from pages.shared import chapter_cards, first_light, living
from pages.shared.lessons import LESSONS
from tests.live import Server

INDEX = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")


def get(url: str, **headers: str) -> tuple[str, bytes]:
    """(content encoding, body) of an address that answers 200."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return answer.headers.get("content-encoding", ""), answer.read()


def header(page: str, name: str) -> dict:
    """The header of a component's payload in the page."""
    found = re.search(rf'data-component="{name}" data-payload="([^"]+)"', page)
    assert found
    payload = base64.b64decode(found[1])
    (length,) = struct.unpack("<I", payload[:4])
    return json.loads(payload[4 : 4 + length])


def test_streamlits_page_is_whole_and_the_first_light_is_in_it():
    page = first_light.page(INDEX)
    for line in INDEX.splitlines():
        assert line.strip() in page, line
    assert first_light.titled(page).count("<title>LM Playground</title>") == 1
    assert page.index('<div id="first-light">') < page.index('<div id="root"></div>')
    assert f"<h1>{html.escape(first_light.TITLE)}</h1>" in page
    assert "<strong>every</strong>" in page
    assert "**" not in first_light.page(INDEX).split('<div id="first-light">')[1].split("</p>")[0]


def test_it_plays_the_sentences_of_home_and_shows_its_cards():
    page = first_light.page(INDEX)
    runs = header(page, "living_sentence")["runs"]
    assert [run["prompt"] for run in runs] == [run["prompt"] for run in living.runs()]
    for shown, run in zip(runs, living.runs(), strict=True):
        assert [step[0] for step in shown["steps"]] == [step["text"] for step in run["steps"]]
        assert [step[1] for step in shown["steps"]] == pytest.approx([step["prob"] for step in run["steps"]], rel=1e-4)
    assert header(page, "chapter_cards")["chapters"] == chapter_cards.shown()
    assert sum(len(card["lessons"]) for card in chapter_cards.shown()) == len(LESSONS) - 1


def test_its_script_is_whole_in_the_page_and_named_by_the_policy(server: Server):
    script = first_light.script()
    assert "</script" not in script
    assert script.count("return mount(make);") == len(first_light.COMPONENTS)
    assert "export default" not in script
    page = first_light.page(INDEX)
    assert f'<script type="module" async>{script}</script>' in page
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    with urllib.request.urlopen(server.url + "/", timeout=30) as home:
        assert f"'sha256-{digest}'" in home.headers["content-security-policy"]
    with urllib.request.urlopen(server.url + "/temperature", timeout=30) as other:
        assert digest not in other.headers["content-security-policy"]


def test_the_server_sends_it_for_home_alone(server: Server):
    mark = b'<div id="first-light">'
    encoding, plain = get(server.url + "/")
    assert (encoding, mark in plain) == ("", True)
    encoding, zipped = get(server.url + "/", **{"Accept-Encoding": "gzip"})
    assert encoding == "gzip"
    assert gzip.decompress(zipped) == plain
    for path in ("/temperature", "/?embed=true", "/no-such-lesson"):
        assert mark not in get(server.url + path)[1], path
    other = get(server.url + "/temperature?T=2")[1].decode()
    assert other == INDEX.replace("<title>Streamlit</title>", "<title>LM Playground</title>") != INDEX
    assert get(server.url + "/temperature?embed=true")[1].decode() == INDEX
