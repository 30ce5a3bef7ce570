"""A word of the course can be asked where it first appears: marked once, with the glossary's own text."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest

from pages.shared import glossary_words
from pages.shared.glossary_terms import BY_NAME, TERMS
from pages.shared.lessons import LESSONS
from tests.pages.page import no_exception, open_page, unpack

LINK = re.compile(r"\[([^\]]+)\]\(glossary\?find=([^)]+)\)")
TEACHING = [slug for slug in LESSONS if slug not in ("home", "library", "glossary")]


@pytest.mark.parametrize("slug", TEACHING)
def test_every_lesson_offers_its_words(slug: str) -> None:
    at = open_page(slug, {f"{slug}.words": True})
    no_exception(at)
    texts = [part.value for part in (*at.markdown, *at.caption)]
    marked = [unquote(name) for text in texts for _, name in LINK.findall(text)]
    assert len(set(marked)) == len(marked)  # where a word first appears, and nowhere else
    offered = {name for text in texts for name in re.findall(r"\*\*(.+?)\*\* ·", text)}
    brings = {term.name for term in TERMS if term.page == slug}
    assert brings
    assert brings | set(marked) <= offered
    said = "\n".join(texts)
    for name in brings | set(marked):
        assert f"**{name}** · {BY_NAME[name].says}" in said


def test_the_text_of_a_tip_is_the_glossarys() -> None:
    at = open_page("attention")
    data = unpack(at.get("bidi_component")[-1].proto.bytes)
    assert data["link"] == glossary_words.LINK
    assert data["says"] == {term.name: term.says for term in TERMS}


def test_the_first_of_each_is_marked_and_nothing_else() -> None:
    seen: set[str] = set()
    text = glossary_words.mark("Logits, logits and `logits`, $logits$, [logits](x), mylogits; the indices.", seen)
    assert text == (
        "[Logits](glossary?find=logits), logits and `logits`, $logits$, [logits](x), mylogits; the "
        "[indices](glossary?find=index)."
    )
    assert seen == {"logits", "index"}
    assert glossary_words.mark("logits and an index", seen) == "logits and an index"
    long = glossary_words.mark("probabilities in the residual streams", set())
    assert f"[residual streams](glossary?find={quote('residual stream')})" in long  # the longest name wins
    assert "[probabilities](glossary?find=probability)" in long


def test_every_link_finds_its_term() -> None:
    for term in TERMS:
        at_first = glossary_words.mark(term.name, set())
        expected = f"[{term.name}](glossary?find={quote(term.name)})"
        assert at_first == (term.name if term.name in glossary_words.PLAIN else expected)
    at = open_page("glossary", query={"find": "causal mask"})
    no_exception(at)
    assert "Hides later tokens" in "".join(part.value for part in at.markdown)
