"""Neural / Embeddings: the shipped vectors replayed, sums of words, a person's own text, a training, and its code."""

from __future__ import annotations

import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints, corpora
from lmcore.corpora import Corpus, kingdoms
from pages.shared import embedding_parts as parts
from pages.shared import services, vectors
from tests.pages.page import no_exception, open_page, run_script, shown_text

SAID = "**What you see.**"


def finished(at: AppTest, seconds: float = 60) -> AppTest:
    """The page once its job has ended."""
    until = time.monotonic() + seconds
    while "**Trained**" not in shown_text(at):
        assert time.monotonic() < until, shown_text(at)
        job_id = at.session_state["embeddings.job"][1]
        services.runner().wait(job_id, services.runner().status(job_id).last_seq, 0.5)
        at.run()
        no_exception(at)
    return at


def test_it_opens_with_the_numbers_of_the_shipped_run() -> None:
    at = open_page("embeddings")
    card = checkpoints.read_card(checkpoints.shipped()[vectors.SHIPPED])
    text = shown_text(at)
    assert f"{card['metrics']['analogy_accuracy']:.1%} after it" in text
    assert "the word nearest to it is `king`" in text
    assert "712 questions" in text


def test_a_step_in_the_url_is_looked_at() -> None:
    at = open_page("embeddings", query={"step": "8"})
    no_exception(at)
    assert "At step 8 the word nearest" in shown_text(at)
    assert "At step 200 " in shown_text(open_page("embeddings", query={"step": "9"}))  # nothing was kept at step 9


@pytest.mark.parametrize(
    ("typed", "best"),
    [("queen - female + male", "king"), ("paris − france + italy", "Rome"), ("prince - he + she", "princess")],
)
def test_sums_of_words_are_answered(typed: str, best: str) -> None:
    at = open_page("embeddings", query={"ask": typed})
    no_exception(at)
    bars = at.get("plotly_chart")[1].proto.spec
    assert re.search(rf'"text": ?\["{best}  0\.', bars)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type words with"), ("queen", "Type words with"), ("- queen - king", "Type words with"), ("+ − –", "Type"),
        ("queen - zebra + 😀", "Not in this vocabulary: `zebra`, `😀`"), ("<script>alert(1)</script>", "Not in this"),
        ("x" * 5000, "Not in this"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(typed: str, says: str) -> None:
    at = open_page("embeddings", query={"ask": typed})
    no_exception(at)
    assert says in shown_text(at)


@pytest.mark.parametrize(
    "typed", ["queen + male", "king - male", "king + queen - male - female", "queen - queen + king"]
)
def test_other_sums_are_answered_too(typed: str) -> None:
    at = open_page("embeddings", query={"ask": typed})
    no_exception(at)
    assert "Ranked by cosine" in shown_text(at)


def test_questions_as_people_type_them() -> None:
    known = {"queen": 2, "Paris": 3, "male": 4}
    assert parts.read("queen - male+Paris", known) == (["queen", "Paris"], ["male"], [])
    assert parts.read("−QUEEN + paris", known) == (["Paris"], ["queen"], [])
    assert parts.read(" + + ", known) == ([], [], [])
    assert parts.read("big queen", known).unknown == ["big queen"]


def test_training_it_live_and_the_code_of_that_run() -> None:
    at = open_page("embeddings", query={"n_embd": "4", "seed": "3"})
    finished(at)
    assert "now 4 numbers" in shown_text(at)
    share = float(re.search(r"and ([\d.]+)% after it", shown_text(at)).group(1))  # type: ignore[union-attr]
    assert share < 90  # too little room
    at.button(key="embeddings.go").click().run()
    no_exception(at)
    finished(at)
    at.session_state["embeddings.code"] = True
    at.run()
    out = run_script(at.code[0].value)
    assert "Accuracy(" in out


def test_a_text_that_is_too_small_is_told_so() -> None:
    tiny = Corpus("x", "Tiny", "Ada met a cat. " * 20 + "One two three four five six seven.", "", "")
    assert "only 4 of its words" in (parts.too_small(tiny) or "")
    assert parts.too_small(corpora.load("mouse")) is None
    small = Corpus("x", "Small", kingdoms.generate(20_000, seed=4), "", "")
    words = ["king", "Paris", "queen"]
    assert "near by chance" in (parts.honest_words(small, vectors.shipped(), words) or "")
    assert parts.honest_words(corpora.load("kingdoms"), vectors.shipped(), words) is None


def test_a_text_of_ones_own_without_kinds() -> None:
    at = finished(open_page("embeddings", query={"text": "mouse", "word": "queen"}))
    text = shown_text(at)
    assert "there is no accuracy to draw" in text
    assert SAID in text
    assert not [box for box in at.get("button_group") if getattr(box, "key", "") == "embeddings.show"]


@pytest.mark.parametrize(
    "query", [{}, {"step": "24", "word": "Rome", "show": "places", "ask": "Paris - France + Italy"}]
)
def test_the_script_gives_the_pages_numbers(query: dict[str, str]) -> None:
    at = open_page("embeddings", state={"embeddings.code": True, "embeddings.numbers": True}, query=query)
    no_exception(at)
    out = run_script(at.code[0].value)
    word = query.get("word", "queen")
    row = at.dataframe[0].value.set_index("word").loc[word]
    assert out.startswith(f"{row['index']} [")
    assert re.search(rf"^{row['nearest']} +{row['cosine']:.2f}$", out, re.MULTILINE)
    places = [float(number) for number in re.search(r"^\[\[(.*?)\]\]", out, re.MULTILINE).group(1).split()]  # type: ignore[union-attr]
    assert places == pytest.approx([row[f"axis {d}"] for d in (1, 2, 3)], abs=5e-3)
