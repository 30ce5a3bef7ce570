"""The Probability page: what is said is what was computed, whatever is typed."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from lmcore import corpora
from lmcore.corpora import mouse
from lmcore.tokenizers.word import split
from pages.shared import models, probability
from tests.pages.page import no_exception, open_page, run_script, shown_text
from tests.pages.test_every_page import NASTY

OPEN = {"probability.numbers": True}
COUNTED = "count-mouse-2"


def table(name: str, query: dict[str, str]) -> pd.DataFrame:
    """One of the page's tables."""
    at = open_page("probability", {**OPEN, "probability.which": name}, query)
    no_exception(at)
    return at.dataframe[0].value


@pytest.mark.parametrize(
    ("world", "length", "n"),
    [("coin", 1, 2), ("coin", 8, 256), ("die", 1, 6), ("die", 4, 1296), ("mouse", 11, 764), ("pairs", 4, None)],
)
def test_all_outcomes_sum_to_exactly_1(world: str, length: int, n: int | None):
    query = {"world": world, "length": str(length), "heads": "0.35"}
    rows = table("All outcomes", query)
    assert sum(map(Fraction, rows["exactly"])) == 1
    assert n is None or len(rows) == n
    assert [float(Fraction(exactly)) for exactly in rows["exactly"]] == rows["probability"].tolist()
    assert f"All {len(rows):,} outcomes" in shown_text(at := open_page("probability", query=query))
    assert "= **1**, exactly" in shown_text(at)


def test_the_sentences_of_the_toy_language_are_the_grammars():
    rows = table("All outcomes", {"world": "mouse", "length": "11"})
    found = {tuple(words.split()[:-1]): Fraction(p) for words, p in zip(rows["outcome"], rows["exactly"], strict=True)}
    assert found == dict(mouse.enumerate_sentences())


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"world": "die", "length": "1"}, "All 6 outcomes are equally likely, 1/6 = 0.167 each"),
        ({"world": "coin", "length": "2", "heads": "0.75"}, "the likeliest is `HH` with 9/16 = 0.562"),
        ({"world": "coin", "length": "2", "heads": "0.0"}, "the likeliest is `TT` with 1"),
        ({"world": "mouse", "length": "1"}, "There is only one outcome"),
        ({"world": "pairs", "length": "3"}, "such as `the cheese ↵`"),
    ],
)
def test_the_stage_is_read_aright(query: dict[str, str], says: str):
    at = open_page("probability", query=query)
    no_exception(at)
    assert says in shown_text(at)


def test_a_length_that_another_world_does_not_have_is_cut():
    at = open_page("probability", query={"world": "die", "length": "11"})
    no_exception(at)
    assert at.slider(key="probability.length").value == 4


@pytest.mark.parametrize("model", [models.DEFAULT, "gpt-shakespeare-char", COUNTED, "count-tales-3"])
def test_the_factors_are_the_models(model: str):
    text = "the mouse ate the cheese"
    rows = table("One factor a token", {"model": model, "prompt": text})
    loaded = models.load(models.shipped().get(model) or models.Choice(model, "", None))
    ids = loaded.tokenizer.encode(text)
    logs = loaded.model.log_probs(ids)[np.arange(len(ids)), ids].astype(float)
    assert rows["factor"].to_numpy() == pytest.approx(np.exp(logs), rel=1e-3)
    assert rows["sum of logs so far (nats)"].iloc[-1] == pytest.approx(logs.sum(), rel=1e-4)
    assert rows["product so far (float64)"].iloc[-1] == pytest.approx(np.prod(rows["factor"]), rel=1e-9)


def test_a_sentence_in_all_units_by_hand():
    """Counted in the text itself: c(mouse after the) / c(the), …, with the page's smoothing of 0.01."""
    words = split(corpora.load("mouse").text)
    V, nats = len(set(words)) + 2, 0.0
    for before, after in (("\n", "the"), ("the", "mouse"), ("mouse", "slept")):
        follow = [b for a, b in pairwise(words) if a == before]
        if before == "\n":  # before the first token of a passage stands the start token
            passages = corpora.load("mouse").text.splitlines()
            follow = [line.split()[0] for line in passages]
        nats -= np.log((follow.count(after) + 0.01) / (len(follow) + 0.01 * V))
    at = open_page("probability", query={"model": COUNTED, "prompt": "the mouse slept"})
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["−ln p, in nats"] == f"{nats:.2f}"
    assert shown["−log₂ p, in bits"] == f"{nats / np.log(2):.2f}"
    assert shown["−log₁₀ p"] == f"{nats / np.log(10):.2f}"
    assert float(shown["Perplexity"]) == pytest.approx(np.exp(nats / 3), rel=5e-3)


@pytest.mark.parametrize(("model", "text"), [(models.DEFAULT, "tales"), ("gpt-shakespeare-char", "python-docs")])
def test_products_underflow_where_the_page_says(model: str, text: str):
    query = {"model": model, "text": text}
    rows = table("A long text", query)
    says = shown_text(open_page("probability", query=query))
    for name, dtype in (("float32", np.float32), ("float64", np.float64)):
        product, place = dtype(1), 0
        for place, factor in enumerate(rows["factor"], start=1):  # noqa: B007 (the place is what is asked)
            product = dtype(product * dtype(factor))
            if product == 0:
                break
        assert product == 0
        assert f"in {name} it is 0 from token {place:,} on" in says
        assert rows[name].iloc[place - 2] > 0
        assert (rows[name].iloc[place - 1 :] == 0).all()
    assert rows["sum of logs so far (nats)"].iloc[-1] < -745
    assert np.isfinite(rows["sum of logs so far (nats)"]).all()


def test_the_truth_stands_beside_the_odds():
    says = shown_text(open_page("probability"))
    assert "They part at token 2: `mouse` against `cheese`" in says
    assert "3/25 against 3/2000, odds of exactly **80 to 1** for the first" in says
    rows = table("Two sentences", {})
    ends = rows.groupby("sentence")["sum of logs so far (nats)"].last()
    ratio = re.search(r"the first is \*\*([\d.]+) times\*\*", says)
    assert ratio is not None
    assert float(ratio[1]) == pytest.approx(np.exp(ends[1] - ends[2]), rel=5e-3)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("", "", "the same tokens"),
        ("the cat", "the cat", "the same tokens"),
        ("the cat", "", "the end of the sentence"),
        ("the little", "the little mouse", "token 3: the end of the sentence against `mouse`"),
        ("cheese", "the mouse", "0 (it never says that) against 3/10"),
        ("the dragon", "the mouse", "`dragon`"),
        ("the dog that slept chased the cat", "the dog that chased the cat slept", "equally probable"),
    ],
)
def test_pairs_of_all_kinds(first: str, second: str, says: str):
    at = open_page("probability", query={"first": first, "second": second})
    no_exception(at)
    at.text_input(key="probability.first").set_value(first)
    at.text_input(key="probability.second").set_value(second).run()
    no_exception(at)
    assert says in shown_text(at)


def test_the_likelihood_is_best_at_the_relative_frequency():
    rows = table("Likelihood", {"tries": "20", "hits": "5"})
    assert rows["p"][rows["likelihood"].idxmax()] == pytest.approx(0.25)
    assert rows["likelihood"].idxmax() == rows["negative log-likelihood (nats)"].idxmin()
    says = shown_text(open_page("probability", query={"tries": "20", "hits": "5", "p": "0.25"}))
    assert "Heads came 5 times in 20" in says
    assert "p = 5/20 = 0.25" in says


def test_the_word_is_counted_in_the_text():
    words = split(corpora.load("mouse").text)
    after = [b for a, b in pairwise(words) if a == "the"][:50]
    says = shown_text(open_page("probability", query={"seen": "word", "tries": "50"}))
    assert f"Mouse came {after.count('mouse')} times in 50" in says


def test_more_heads_than_throws_are_cut():
    at = open_page("probability", query={"tries": "3", "hits": "200"})
    no_exception(at)
    assert "Heads came 3 times in 3" in shown_text(at)


@pytest.mark.parametrize("prompt", [*NASTY, "cheese", "😀😀😀", "x" * 2000, "the mouse " * 200, "\x00\u202e"])
@pytest.mark.parametrize("model", [models.DEFAULT, COUNTED, "gpt-shakespeare-char"])
def test_what_a_person_types_appears_literally(model: str, prompt: str):
    at = open_page("probability", query={"model": model, "judge": model})
    for name in ("prompt", "first", "second"):
        at.text_input(key=f"probability.{name}").set_value(prompt[:500] if name != "prompt" else prompt)
    at.run()
    no_exception(at)
    for markdown in [*at.markdown, *at.caption]:
        outside = "".join(part for i, part in enumerate(re.split("`+", markdown.value)) if i % 2 == 0)
        for danger in ("<script", "href{", ":red[", "](http"):
            assert danger not in outside
    assert "nan" not in " ".join(metric.value for metric in at.metric).lower()


def test_nothing_typed_is_the_empty_product():
    at = open_page("probability")
    at.text_input(key="probability.prompt").set_value("").run()
    no_exception(at)
    assert "the empty product is 1" in shown_text(at)
    assert not at.metric


@pytest.fixture
def unsmoothed(monkeypatch):
    """Counted models without smoothing: what never stood in the text has probability 0."""
    monkeypatch.setattr(models, "counted_config", lambda order: {"order": order, "smoothing": "add-k", "k": 0.0})
    for cache in (models._counted, probability._unrolled, probability._passage):
        cache.cache_clear()
    yield
    for cache in (models._counted, probability._unrolled, probability._passage):
        cache.cache_clear()


@pytest.mark.usefixtures("unsmoothed")
def test_probability_0_is_said_in_words():
    query = {"model": COUNTED, "prompt": "the cheese that cheese", "text": "tales", "first": "the the", "second": "cat"}
    at = open_page("probability", OPEN, query)
    no_exception(at)
    says = shown_text(at)
    assert "gives `cheese`, token 4, probability 0 there" in says
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown == {"−ln p, in nats": "∞", "−log₂ p, in bits": "∞", "−log₁₀ p": "∞", "Perplexity": "∞"}
    assert "That is no underflow: the true product is 0" in says
    assert "Both are impossible for this model" in says
    assert "nan" not in says.lower()
    for chart in at.get("plotly_chart"):
        assert "Infinity" not in chart.proto.spec


@pytest.mark.parametrize("world", ["coin", "die", "mouse", "pairs"])
def test_the_script_reproduces_the_numbers(world: str):
    query = {"world": world, "length": "3", "heads": "0.75", "prompt": 'The "big" {mouse}\'s \\ cat', "model": COUNTED}
    at = open_page("probability", {**OPEN, "probability.code": True, "probability.which": "All outcomes"}, query)
    no_exception(at)
    printed = run_script(at.code[0].value)
    outcomes = at.dataframe[0].value
    assert f"{len(outcomes)} outcomes, sum 1" in printed
    top = printed.splitlines()[0].rsplit(maxsplit=1)[1]
    assert top == outcomes["exactly"][0]
    rows = table("One factor a token", query)
    for factor, total in zip(rows["factor"], rows["sum of logs so far (nats)"], strict=True):
        assert f"{factor:.4g} " in printed
        assert f" {total:.4f}\n" in printed
    says = shown_text(at)
    for name in ("float32", "float64"):
        found = re.search(rf"{name} is 0 from token (\d+)", printed)
        assert found is not None
        assert f"in {name} it is 0 from token {int(found[1]):,} on" in says
    assert "they part at 1 log odds 1.4" in printed
    assert "p = 0.700: ln likelihood -6.1086" in printed
