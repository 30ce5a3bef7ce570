"""The Markov page: what is said and drawn is what the text has, whatever the text is."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lmcore import corpora
from lmcore.corpora import Corpus
from lmcore.tokenizers.word import split
from pages.shared import texts
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text
from tests.pages.test_every_page import NASTY

PAGE = "markov-chains"
OPEN = {f"{PAGE}.numbers": True}
WORDS = split(corpora.load("mouse").text)


def opened(query: dict[str, str] | None = None, state: dict[str, object] | None = None) -> AppTest:
    at = open_page(PAGE, {**OPEN, **(state or {})}, query)
    no_exception(at)
    return at


def table(which: str, query: dict[str, str] | None = None) -> pd.DataFrame:
    """One of the page's tables."""
    return opened(query, {f"{PAGE}.which": which}).dataframe[0].value


def bring(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A text of one's own in the place of the toy language."""
    monkeypatch.setattr(texts, "load", lambda _id: Corpus("mine-1", "mine", text, "", ""))


def test_the_matrix_is_counted_in_the_text():
    at = opened({"shown": "5"})
    most = [word for word, _ in Counter(WORDS).most_common(5)]
    lumped = [word if word in most else "other words" for word in WORDS]
    rows = table("The matrix", {"shown": "5"})
    assert dict(zip(zip(rows["now"], rows["next"], strict=True), rows["count"], strict=True)) == Counter(
        pairwise(lumped)
    )
    assert rows.groupby("now")["probability"].sum().to_numpy() == pytest.approx(1)
    sent = payload(at)
    assert sent["names"] == [*most, "other words"]
    assert sent["probs"].reshape(6, 6).sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert "stands for the 9 that are not shown" in shown_text(at)


def test_all_words_shown_need_no_others():
    sent = payload(opened())
    assert sent["opening"] > 0
    assert payload(opened({"seed": "2"}))["opening"] == 0
    assert len(sent["names"]) == len(set(WORDS)) == 14
    assert sent["others"] is False


def test_the_long_walk_and_the_frequencies():
    at = opened({"text": "tales"})
    rows, words = table("The long walk", {"text": "tales"}), split(corpora.load("tales").text)
    counted = Counter(words)
    assert rows["times in the text"].tolist() == [counted[token] for token in rows["token"]]
    assert rows["text"].to_numpy() == pytest.approx(rows["times in the text"] / len(words))
    assert rows["long walk"].to_numpy() == pytest.approx(rows["text"], abs=1e-4)
    visits = rows.filter(like="visits").iloc[:, 0]
    assert visits.sum() <= 10_000
    said = re.search(r"frequencies is \*\*([\d.e-]+)\*\*", shown_text(at))
    assert said is not None
    assert 0 < float(said[1]) < 1e-4


@pytest.mark.parametrize(
    "query",
    [{}, {"text": "tales", "shown": "6"}, {"text": "shakespeare-1mb", "tokenizer": "char", "seed": "7"}],
)
def test_the_script_prints_what_is_drawn(query: dict[str, str]):
    at = opened(query, {f"{PAGE}.code": True})
    printed = run_script(at.code[0].value)
    sent, K = payload(at), len(payload(at)["names"])
    matrix = [list(map(float, line.split()[-K:])) for line in printed.splitlines()[:K]]
    assert np.array(matrix) == pytest.approx(sent["probs"].reshape(K, K), abs=6e-5)
    rows = table("The long walk", query).set_index("token")
    for line in printed.splitlines()[K + 1 :]:
        if found := re.fullmatch(r"('.*'|\".*\") +long walk ([\d.]+)  text ([\d.]+)", line):
            row = rows.loc[eval(found[1])]  # noqa: S307 (a repr that the script printed)
            assert (float(found[2]), float(found[3])) == pytest.approx((row["long walk"], row["text"]), abs=1e-6)
    drawn = json.loads(at.get("plotly_chart")[-1].proto.spec)["data"][0]
    far = re.findall(r"(\d+) steps: ([\d.]+)", printed)
    assert [float(d) for _, d in far] == pytest.approx(drawn["y"], abs=6e-5)
    assert [int(n) for n, _ in far] == drawn["x"]
    assert table("The way there", query)["distance"].tolist() == drawn["y"]


def test_one_last_word_one_distribution():
    at = opened({"one": "I am going to the", "two": "the mouse ate the"})
    first, second = (json.loads(chart.proto.spec)["data"] for chart in at.get("plotly_chart")[:2])
    assert first[0]["x"] == second[0]["x"]
    assert len(first) == 1  # nothing longer than "the" is known of the first
    after = Counter(WORDS[i + 3] for i in range(len(WORDS) - 3) if WORDS[i : i + 3] == ["mouse", "ate", "the"])
    assert max(second[1]["x"]) == pytest.approx(max(after.values()) / sum(after.values()))
    rows = table("Two sentences", {"one": "I am going to the", "two": "the mouse ate the"})
    both = [rows[rows["sentence"] == i].set_index("next") for i in (1, 2)]
    assert both[0]["last token alone"].to_dict() == both[1]["last token alone"].to_dict()
    assert both[1]["last two or three"].sum() == pytest.approx(1)
    assert both[0]["last two or three"].isna().all()
    says = shown_text(at)
    assert "The same last token, so the same bars" in says
    assert "`I`, `am`, `going`, `to`" in says
    other = opened({"one": "the cat", "two": "the mouse"})
    assert "The last tokens differ" in shown_text(other)


@pytest.mark.parametrize("sentence", [*NASTY, "zebra", "the zebra", "🦊🦊", "\u202e", "x" * 199])
def test_sentences_of_all_kinds(sentence: str):
    at = opened()
    at.text_input(key=f"{PAGE}.one").set_value(sentence).run()
    no_exception(at)
    for markdown in [*at.markdown, *at.caption, *at.info]:
        outside = "".join(part for i, part in enumerate(re.split("`+", markdown.value)) if i % 2 == 0)
        for danger in ("<script", "href{", ":red[", "](http"):
            assert danger not in outside
    if not sentence.strip():
        assert "no present to depend on" in shown_text(at)
    elif "zebra" in sentence:
        assert "no row for it" in shown_text(at)


@pytest.mark.parametrize("kind", ["char", "word"])
@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "a" * 300,
        "🦊" * 50 + "🐭🧀" * 80,
        "שלום עולם. الفأر أكل الجبن\n" * 20,
        "<script>alert(1)</script> :red[x] $x$ [a](http://b) `c` " * 10,
        "ab " * 100,
        "Title page\n" + "tick tock " * 60,
    ],
    ids=["word", "letter", "emoji", "rtl", "hostile", "period", "title"],
)
def test_texts_of_all_kinds(monkeypatch: pytest.MonkeyPatch, kind: str, text: str):
    bring(monkeypatch, text)
    at = opened({"tokenizer": kind})
    sent = payload(at)
    K = len(sent["names"])
    assert sent["probs"].reshape(K, K).sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert set(sent["names"]) - {sent["other_name"]} <= set(text if kind == "char" else split(text))
    for chart in at.get("plotly_chart"):
        assert "NaN" not in chart.proto.spec
        assert "<script" not in chart.proto.spec


def test_a_hundred_thousand_characters(monkeypatch: pytest.MonkeyPatch):
    bring(monkeypatch, "".join(map(chr, [*range(0x4E00, 0x9FFF), *range(0x20000, 0x20000 + 80_000)])))
    at = opened({"tokenizer": "char", "shown": "16"})
    sent = payload(at)
    assert sent["others"]
    assert sent["probs"].reshape(17, 17).sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_what_is_special_about_a_chain_is_said(monkeypatch: pytest.MonkeyPatch):
    bring(monkeypatch, "tick tock " * 60)
    assert "only after a multiple of 2 steps" in shown_text(opened())
    bring(monkeypatch, "once " + "tick tock tick " * 60)
    assert "A walk that has left `once` never comes back" in shown_text(opened())
    bring(monkeypatch, "tick tock " * 60 + "end")
    assert "Nothing ever followed `end`" in shown_text(opened())
    bring(monkeypatch, corpora.load("mouse").text)
    says = shown_text(opened())
    for special in ("only after a multiple", "never comes back", "Nothing ever followed"):
        assert special not in says


def test_what_is_locked_lives_in_the_link():
    at = opened({"locked": "4.0"})
    sent = payload(at)
    assert sent["locked"] == [3, -1]
    assert f"`{sent['names'][3]}` stands in the text" in shown_text(at)
    for nonsense in ("0.0", "99.1", "4", "-1.2", "a.b", "1.2.3"):
        assert payload(opened({"locked": nonsense}))["locked"] in (None, [0, 1])
    assert payload(opened({"least": "0.5", "seed": "12"}))["least"] == 0.5


def test_the_edges_and_the_seed_reach_the_stage():
    sent = payload(opened({"least": "0.25", "seed": "12"}))
    assert (sent["least"], sent["seed"]) == (0.25, 12)
    assert "below 25% are walked, but not drawn" in shown_text(opened({"least": "0.25"}))


def test_another_picture_has_no_lock_of_the_old_one():
    at = opened({"locked": "4.0"})
    assert payload(at)["locked"] == [3, -1]
    at.slider(key=f"{PAGE}.shown").set_value(9).run()
    no_exception(at)
    assert payload(at)["locked"] is None
