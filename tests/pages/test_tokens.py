"""The page about tokens: what it draws is what the tokenizers make, whatever is typed or learnt from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lmcore import corpora, tokenizers
from lmcore.corpora import Corpus
from lmcore.probes.merges import replay
from lmcore.tokenizers.bpe import MIN_VOCAB
from pages.shared import bpe_merges, components, texts, token_cuts, tokenized
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text

NASTY = {
    "nothing": "",
    "one character": "x",
    "spaces": "  \t\n ",
    "emoji": "🦊🐭👨\u200d👩\u200d👧\u200d👦🇩🇪👍🏽",
    "right to left": "مرحبا بالعالم, שלום עולם",
    "script": "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "latex": r"$\href{javascript:x}$ :red[x] ![](http://x) `a``b`",
    "binary": "\x00\x01\x7f\x1b[31m\ufffd\u202eabc\ufeff",
    "marks": "e\u0301\u0302\u0303 z\u0335\u0336 \u0301",
    "one letter": "a" * 400,
    "longest": "漢" * 400,
}


def small(text: str) -> Corpus:
    return Corpus("mine-test", "Test", text, source="a test", licence="none")


@pytest.mark.parametrize("name", NASTY)
def test_the_cuts_are_the_tokenizers_own(name: str):
    typed = NASTY[name]
    at = open_page("tokens", {"tokens.typed": typed, "tokens.numbers": True}, {"text": "mouse", "merges": "250"})
    no_exception(at)
    text = corpora.load("mouse").text
    expected = {
        "Bytes": list(typed.encode()),
        "Characters": tokenizers.train("char", text).encode(typed),
        "Words": tokenizers.train("word", text).encode(typed),
        "Pieces": tokenizers.train("bpe", text, vocab_size=MIN_VOCAB + 250).encode(typed),
    }
    sent = payload(at, 0)
    assert sent["text"] == typed
    for c, (cut, ids) in enumerate(expected.items()):
        assert sent["cuts"][c]["name"] == cut
        assert sent["cuts"][c]["total"] == len(ids)
        assert sent[f"ids{c}"].tolist() == ids[: token_cuts.MAX_DRAWN]
    table = at.dataframe[-1].value
    for cut, ids in expected.items():
        assert table[table["cut"] == cut]["index"].tolist() == ids


def test_how_often_a_token_stands_in_the_text_is_counted():
    at = open_page("tokens", query={"text": "mouse", "typed": "the cheese", "merges": "250"})
    sent, text = payload(at, 0), corpora.load("mouse").text
    assert sent["times0"].tolist() == [text.encode().count(byte) for byte in b"the cheese"]
    assert sent["times1"].tolist() == [text.count(char) for char in "the cheese"]
    words = tokenizers.word.split(text)
    assert sent["times2"].tolist() == [words.count("the"), words.count("cheese")]


def test_the_merges_go_down_as_they_were_learnt():
    at = open_page("tokens", query={"text": "mouse", "merges": "250", "step": "7"})
    no_exception(at)
    sent, text = payload(at, 1), corpora.load("mouse").text
    history = replay(text, tokenizers.BPETokenizer.train(text, vocab_size=MIN_VOCAB + 250))
    assert sent["step"] == 7
    np.testing.assert_array_equal(sent["counts"], history.counts)
    np.testing.assert_array_equal(sent["new"], history.new)
    np.testing.assert_array_equal(sent["sizes"], history.vocab_sizes)
    assert "".join(sent["pieces"]) == payload(at, 0)["text"]
    first = at.get("bidi_component")[1].proto.bytes
    assert at.run().get("bidi_component")[1].proto.bytes == first  # a rerun sends nothing new


def test_a_text_that_is_too_long_is_cut_and_said_so():
    at = open_page("tokens", query={"text": "mouse"})
    at.text_area(key="tokens.typed").set_value("ab" * 50_000).run()
    no_exception(at)
    assert "You typed 100,000 characters; the first 400 are kept." in shown_text(at)
    assert payload(at, 0)["text"] == "ab" * 200
    assert "You typed" not in shown_text(at.run())


def test_the_script_prints_what_is_drawn():
    typed = "The mouse <b>ate</b> 🐭 '''\\"
    at = open_page(
        "tokens",
        {"tokens.code": True, "tokens.numbers": True, "tokens-rates.numbers": True},
        {"text": "mouse", "merges": "250", "step": "33", "typed": typed},
    )
    no_exception(at)
    printed = run_script(at.code[0].value).splitlines()
    drawn = at.dataframe[-1].value
    for line, cut in zip(printed[:4], ("Bytes", "Characters", "Words", "Pieces"), strict=True):
        assert line.endswith(f" {drawn[drawn['cut'] == cut]['index'].tolist()}")
    sent = payload(at, 1)
    assert printed[4].endswith(f" {sent['counts'][32]} {sent['sizes'][33]}")
    rates = at.dataframe[0].value
    rates = rates[rates["cut"] == "pieces"]
    lines = [line.split() for line in printed if line.startswith("rate")]
    assert [int(size) for _, size, _ in lines] == rates["vocabulary"].tolist()
    np.testing.assert_allclose([float(rate) for *_, rate in lines], rates["tokens per word"], atol=5e-5)


def test_the_vocabulary_is_listed_index_by_index_and_searched():
    at = open_page("tokens", query={"text": "mouse", "vocabulary": "word"})
    words = tokenizers.train("word", corpora.load("mouse").text)
    assert at.dataframe[0].value["index"].tolist() == list(range(words.vocab_size))
    at.text_input(key="tokens.find").set_value("mouse").run()
    assert set(at.dataframe[0].value["token"]) == {word for word in words.itos if "mouse" in word}
    at.text_input(key="tokens.find").set_value("1").run()
    assert 1 in at.dataframe[0].value["index"].tolist()
    at.text_input(key="tokens.find").set_value("[(.*").run()
    no_exception(at)
    assert "No token has that in it" in shown_text(at)


@pytest.mark.parametrize("word", ["flabbergasted", "<script>", "👨\u200d👩\u200d👧", "`x`", "   ", ""])
def test_an_unknown_word_is_unk_and_spelled_by_the_others(word: str):
    at = open_page("tokens", query={"text": "mouse", "word": word})
    no_exception(at)
    if word.strip():
        assert "`<unk>`. What it was is lost" in shown_text(at)


def test_a_known_word_is_said_to_be_known():
    assert "The text has every word of this" in shown_text(
        open_page("tokens", query={"text": "mouse", "word": "cheese"})
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one character", "a" * 5000),
        ("all different", "".join(chr(c) for c in range(0x4E00, 0x4E00 + 400))),
        ("many characters", "".join(chr(c) for c in range(0x3400, 0x1C000) if not 0xD800 <= c < 0xE000)),
        ("emoji", "👨\u200d👩\u200d👧\u200d👦🦊 " * 100),
        ("right to left", "مرحبا بالعالم. " * 50),
        ("marks", "\u0301\u0302" * 300),
    ],
)
def test_odd_texts_to_learn_from(name: str, text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "load", lambda id: small(text))
    at = open_page("tokens", query={"vocabulary": "bpe"})
    no_exception(at)
    history = payload(at, 1)
    assert history["sizes"][0] == 257
    if name == "all different":
        assert not at.error
    at.segmented_control(key="tokens.vocabulary").set_value("char").run()
    no_exception(at)
    assert len(at.dataframe[0].value) <= 5000


def test_a_text_of_spaces_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "load", lambda id: small(" \n" * 200))
    at = open_page("tokens")
    no_exception(at)
    assert "there is no text to make a vocabulary from" in at.error[0].value


def test_a_long_text_is_used_in_part_and_said_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokenized, "MAX_CHARS", 50_000)
    monkeypatch.setattr(texts, "load", lambda id: small(corpora.load("mouse").text))
    at = open_page("tokens")
    no_exception(at)
    assert "The first 50,000 of its" in shown_text(at)
    assert payload(at, 1)["sizes"].size <= 1001


def test_rare_words_leave_the_vocabulary():
    at = open_page("tokens", query={"text": "mouse", "min_count": "1000"})
    no_exception(at)
    assert "With 1,000 there are" in shown_text(at)


def test_no_word_so_frequent_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "load", lambda id: small("one two three four five " * 20))
    at = open_page("tokens", query={"min_count": "100"})
    no_exception(at)
    assert "no word occurs 100 times" in at.error[0].value.replace("\\", "")


@pytest.mark.parametrize("sent", [None, {}, {"step": 3}, {"step": {"at": 3}}, {"step": {"at": -1, "seq": 1}},
                                  {"step": {"at": 99, "seq": 1}}, {"step": {"at": "3", "seq": 1}}])  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(components.st, "session_state", {"x": sent})
    assert bpe_merges.merges_step("x", 50) is None
    components.st.session_state["x"] = {"step": {"at": 3, "seq": 1}}
    assert bpe_merges.merges_step("x", 50) == 3


def test_a_step_that_does_not_exist_is_refused():
    history = replay("abab", tokenizers.BPETokenizer([("a", "b")]))
    with pytest.raises(ValueError, match="step is 2; there are 1 merges"):
        bpe_merges.bpe_merges("abab", history, step=2, key="x")
