"""Classifier: the stage is what both classifiers say, nonsense is refused, own labels become a model."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints, measured
from lmcore.corpora import labels as reading
from lmcore.models import word_counts
from lmcore.probes.calibration import summary
from lmcore.probes.classifying import Verdict, leave_one_out
from lmcore.training.labels import tokenize_labels
from pages.shared import classifier_models as classifiers
from pages.shared import services, word_votes
from pages.shared.classifier_own import EXAMPLE, SLOT, right_of
from pages.shared.lesson import percent
from tests.pages.page import (
    no_exception,
    open_page,
    payload,
    reloaded,
    run_script,
    shown_text,
    unpack,
    wait_for_end,
    workspace_of,
)

BOX = "classifier.text"
SENTENCE = "The soup was not bad at all."
HOSTILE = [
    "", "x", "😀", "<script>alert(1)</script>", "</s> <unk> <s>", "שלום עולם", "$x$ :red[y] `z`", "word " * 2000,
    "a\tb\nc", "\u202egood\u202c",
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[classifiers.DEFAULT])


@pytest.fixture(scope="module")
def counts(shipped):
    rows = reading.shipped("sentiment").split()[0]
    data = tokenize_labels(shipped.tokenizer, rows, shipped.model.labels, 64)
    return word_counts.fit(data.ids, data.y, shipped.tokenizer.vocab_size, 2)


def asked(at: AppTest, text: str) -> AppTest:
    at.text_input(key=BOX).set_value(text).run()
    no_exception(at)
    return at


def test_the_stage_is_what_both_say(shipped, counts):
    at = open_page("classifier")
    no_exception(at)
    drawn = payload(at, 0)
    ids = shipped.tokenizer.encode(SENTENCE.lower())
    assert drawn["tokens"] == ["the", "soup", "was", "not", "bad", "at", "all", "."]
    assert drawn["labels"] == list(shipped.model.labels) == ["negative", "positive"]
    for side, model in enumerate((shipped.model, counts)):
        found = leave_one_out(model, ids)
        np.testing.assert_allclose(drawn[f"probs{side}"], found.probs, atol=1e-4)
        np.testing.assert_allclose(drawn[f"without{side}"].reshape(8, 2), found.without, atol=1e-4)
    network, counted = leave_one_out(shipped.model, ids), leave_one_out(counts, ids)
    assert (network.best, counted.best) == (1, 0)  # the sentence with which the lesson opens: counting fails on it
    text = shown_text(at)
    assert f"with **{percent(network.probs[1])}**; counting words says `negative` with" in text
    at.session_state["classifier.code"] = True
    at.run()
    printed = run_script(next(code.value for code in at.code if "leave_one_out(model" in code.value))
    assert f"{network.probs[1]:.4f}" in printed
    assert f"'negative': {counted.probs[0]:.4f}" in printed


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_gets_a_verdict(typed: str):
    at = asked(open_page("classifier"), typed)
    drawn = payload(at, 0)
    assert drawn["probs0"].sum() == pytest.approx(1, abs=1e-5)
    assert len(drawn["tokens"]) <= 63
    assert len(drawn["without0"]) == 2 * len(drawn["tokens"])
    if typed == "😀":
        assert drawn["unknown"] == [0]
        assert drawn["tokens"] == ["😀"]
    if typed.startswith("word"):
        assert "Only the first 1,000 of these 10,000 characters" in shown_text(at)
        assert "Only the first 63 tokens are read; 137 more" in shown_text(at)


def test_the_topic_and_its_quality(shipped):
    at = open_page("classifier", query={"model": classifiers.TOPIC})
    no_exception(at)
    assert payload(at, 0)["labels"] == ["film", "food", "sport", "travel", "weather"]
    text = shown_text(at)
    topic = checkpoints.load(checkpoints.shipped()[classifiers.TOPIC])
    held_out = reading.shipped("topic").split()[1]
    data = tokenize_labels(topic.tokenizer, held_out, topic.model.labels, 64)
    found = summary(topic.model.probabilities(data.ids), data.y)
    assert f"{round(500 * found['accuracy'])} of 500 right" in text
    assert f"The network **{found['calibration_error']:.3f}**" in text


def test_a_mistake_comes_to_the_stage():
    at = open_page("classifier")
    button = next(button for button in at.button if str(button.key).startswith("classifier.wrong."))
    text = reading.shipped("sentiment").split()[1][int(button.key.split(".")[-1])]
    button.click().run()
    no_exception(at)
    assert at.text_input(key=BOX).value == text[0]
    drawn = payload(at, 0)
    assert drawn["labels"][int(drawn["probs0"].argmax())] != text[1]


def test_how_few_labels_says_what_was_measured():
    at = open_page("classifier", query={"part": "few"})
    no_exception(at)
    rows = measured.read("few-labels")["rows"]
    mean = np.mean([r["accuracy"] for r in rows if r["way"] == "pretrained" and r["n"] == 200])
    assert f"the pre-trained body is right in **{percent(mean)}**" in shown_text(at)


# Own labels -----------------------------------------------------------------------------------------------------------


def own_page() -> AppTest:
    at = open_page("classifier", query={"part": "own"})
    no_exception(at)
    return at


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good;yes\nbad", "Line 2"),
        ("a;x\nb;x\nc;x\nd;x", "bring lines of at least two"),
        ("\n".join(f"text {i};label {i}" for i in range(1000)), "1,000 different labels"),
        ("a;w\nb;x\nc;y\nd;z", "No label has two texts"),
        ("one line", "Put one between a text and its label"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_and_stay_in_the_box(text: str, said: str):
    at = own_page()
    at.text_area(key=f"{SLOT}.text").set_value(text).run()
    no_exception(at)
    assert said in at.error[0].value.replace("\\", "")
    assert at.text_area(key=f"{SLOT}.text").value == text
    at.button(key=f"{SLOT}.go").click().run()
    no_exception(at)
    assert [said in error.value.replace("\\", "") for error in at.error] == [True]  # said once, and nothing runs
    assert at.text_area(key=f"{SLOT}.text").value == text


def test_how_many_come_out_right_is_said_in_whole_lines():
    assert right_of(1, 1.0, 3).startswith("Of 1 line that was kept back **1** comes out right, too few")
    assert (
        right_of(40, 0.95, 2)
        == "Of 40 lines that were kept back **38** come out right (95.0%). Guessing gets one in 2."
    )


def test_the_example_is_read():
    at = own_page()
    at.button(key=f"{SLOT}.example").click().run()
    no_exception(at)
    found = reading.parse(EXAMPLE)
    assert (len(found.rows), found.labels) == (24, ("question", "request", "statement"))


def test_own_labels_become_a_classifier():
    """Emoji as labels, a quoted comma, an empty line, one label with one line only."""
    at = own_page()
    lines = "\n".join(
        f'"the {word} soup, {i}",{label}' for i in range(6) for word, label in (("good", "😀"), ("bad", "😡"))
    )
    at.text_area(key=f"{SLOT}.text").set_value(lines + "\n\nhm hm,🤷\n").run()
    no_exception(at)
    assert "Only one line has the label 🤷" in shown_text(at)
    at.button(key=f"{SLOT}.go").click().run()
    no_exception(at)
    again = reloaded(at, "classifier", {"part": "own"})  # while it trains: the lines are in the box
    no_exception(again)
    assert reading.parse(again.text_area(key=f"{SLOT}.text").value).rows == reading.parse(lines + "\n\nhm hm,🤷\n").rows
    wait_for_end(at.session_state[f"{SLOT}.job"])
    at.run()
    no_exception(at)
    assert "new to the body" in shown_text(at)
    assert "Of 2 lines that were kept back" in shown_text(at)
    at.button(key=f"{SLOT}.keep").click().run()
    no_exception(at)
    at.button(key=f"{SLOT}.use").click().run()
    no_exception(at)
    assert str(at.session_state["classifier.model"]).startswith("mine-")
    drawn = payload(asked(at, "the good soup, 3"), 0)
    assert drawn["labels"] == sorted(["😀", "😡", "🤷"])
    assert drawn["names"] == ["The network", "Counting words"]
    library = services.library()
    workspace = workspace_of(at)
    for text in library.texts(workspace):  # its lines go: the network still answers, and the page says what is missing
        library.delete_text(workspace, text.id)
    at.session_state["classifier.part"] = "good"
    at.run()
    no_exception(at)
    assert payload(at, 0)["names"] == ["The network"]
    assert "no longer in your library" in shown_text(at)


# The component --------------------------------------------------------------------------------------------------------


def test_what_goes_to_the_component(monkeypatch: pytest.MonkeyPatch):
    sent: list[bytes] = []
    monkeypatch.setattr(word_votes, "_VOTES", lambda **arguments: sent.append(arguments["data"]))
    verdict = Verdict(np.array([0.25, 0.75]), np.array([[0.5, 0.5], [0.9, 0.1]]))
    word_votes.word_votes(["<b>", "\ud800"], ["a", "b"], [("One", verdict)], hint="h", empty="e", key="k")
    header = unpack(sent[0])
    assert header["tokens"] == ["<b>", "\ud800"]
    np.testing.assert_allclose(header["without0"], [0.5, 0.5, 0.9, 0.1])
    with pytest.raises(ValueError, match="one or two verdicts"):
        word_votes.word_votes(["a"], ["a", "b"], [("One", verdict)], hint="", empty="", key="k")


@pytest.mark.parametrize("text", ["a", "😀", "abc", "zzz qqq"])
def test_the_reading_says_which_way_the_strongest_word_speaks(text: str) -> None:
    at = open_page("classifier", query={"text": text})
    no_exception(at)
    said = shown_text(at)
    speaks = re.search(r"What speaks most for it .*?\(([+-][\d.]+) nats", said)
    assert (speaks is not None and float(speaks[1]) > 0) or "No word speaks for it" in said
