"""Sampling: every part says what lmcore computes, its script prints the same, and any text or link opens it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from lmcore import checkpoints, sampling
from lmcore.beam import beam_search
from lmcore.figures.numbers import signed
from lmcore.probes import decoding
from lmcore.speculative import speculate
from pages.shared import models
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text
from tests.pages.test_every_page import NASTY

PARTS = ["pipeline", "ends", "draws", "five", "best", "two"]
PROMPT = "Mia liked the kite and the drum. Theo liked the"
OPENING = {"repetition_penalty": 1.1, "temperature": 0.8, "top_k": 8, "top_p": 0.9, "min_p": 0.05}


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[models.DEFAULT])


def component(at, name: str) -> dict:
    """The payload of the component that has an entry of this name."""
    found = [payload(at, i) for i in range(len(at.get("bidi_component")))]
    return next(one for one in found if name in one)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_its_furniture_and_its_script_runs(part: str):
    at = open_page("sampling", {"sampling.code": True, "sampling.numbers": True}, {"part": part})
    no_exception(at)
    assert len(at.dataframe[0].value) > 3
    assert "**Predict, then reveal.**" in shown_text(at)
    assert len(run_script(at.code[0].value).splitlines()) >= 5


@pytest.mark.parametrize("part", PARTS)
def test_any_prompt_is_data(part: str):
    at = open_page("sampling", query={"part": part})
    for prompt in [*NASTY, "a " * 990, "zyzzyva"]:
        at.text_input(key="sampling.prompt").set_value(prompt).run()
        no_exception(at)
        for markdown in [*at.markdown, *at.caption]:
            outside = "".join(piece for i, piece in enumerate(markdown.value.split("`")) if i % 2 == 0)
            for danger in ("<script", "href{", ":red[", "](http"):
                assert danger not in outside


@pytest.mark.parametrize("T", ["0", "1", "inf"])
@pytest.mark.parametrize("cut", [{}, {"top_k": "1"}, {"top_p": "0.5", "min_p": "0.2", "penalty": "3"}])
def test_what_is_read_is_the_pipeline_of_the_link(shipped, T: str, cut: dict[str, str]):
    off = {"top_k": "0", "top_p": "1", "min_p": "0", "penalty": "1"}
    query = {"T": T, "prompt": PROMPT, **off, **cut}
    at = open_page("sampling", query=query)
    no_exception(at)
    ids = shipped.tokenizer.encode(PROMPT)
    z, _ = decoding.next_logits(shipped.model, ids)
    probs = sampling.distribution(
        z, previous=ids, temperature=float(T), top_k=int(query["top_k"]), top_p=float(query["top_p"]),
        min_p=float(query["min_p"]), repetition_penalty=float(query["penalty"]),
    )  # fmt: skip
    said, kept = shown_text(at), np.count_nonzero(probs)
    if T != "inf":
        assert f"is in front with p = {probs.max():.3g}." in said
    elif kept > 1:
        assert f"none is in front: all that can be drawn are alike, 1/{kept:,} = {1 / kept:.3g} each" in said
        assert "is in front with" not in said
        assert "The penalty did that" not in said
    many = {1: "Only this one", probs.size - 1: f"All {kept:,} tokens can be drawn"}
    assert many.get(kept, f"{kept:,} of {probs.size - 1:,} tokens can be drawn") in said
    assert f"to {sampling.entropy(probs):.3g} nats" in said
    at.segmented_control(key="sampling.part").set_value("draws").run()
    no_exception(at)


def test_the_component_gets_the_logits_and_the_number_that_was_drawn(shipped):
    at = open_page("sampling", query={"draw": "3", "seed": "7"})
    sent = component(at, "seen")
    ids = shipped.tokenizer.encode(PROMPT)
    np.testing.assert_array_equal(sent["logits"], decoding.next_logits(shipped.model, ids)[0])
    assert sent["seen"] == sorted(set(ids))
    assert sent["u"] == sampling.random_for(7, 2)
    assert component(open_page("sampling", query={"draw": "3", "settled": "3"}), "seen")["u"] is None
    at = open_page("sampling", query={"drawn": "5.9.99999"})  # what is not in the vocabulary is left out
    assert {5, 9} <= set(component(at, "seen")["seen"])


def test_two_hundred_more_go_on_with_the_same_draws(shipped):
    at = open_page("sampling", {"sampling.numbers": True}, {"part": "draws"})
    ids = shipped.tokenizer.encode(PROMPT)
    z, _ = decoding.next_logits(shipped.model, ids)
    probs = sampling.distribution(z, previous=ids, **OPENING)
    for n in (200, 400):
        table = at.dataframe[0].value
        assert table["drawn"].sum() == n
        counts = decoding.many_draws(probs, n, 1)
        assert table["drawn"].tolist()[:3] == counts[np.argsort(-probs, kind="stable")[:3]].tolist()
        assert table["expected"].sum() == pytest.approx(n)
        at.button(key="sampling.more").click().run()
        no_exception(at)
    at.button(key="sampling.fewer").click().run()
    assert at.dataframe[0].value["drawn"].sum() == 200


def test_five_temperatures_are_those_of_lmcore(shipped):
    at = open_page("sampling", {"sampling.numbers": True}, {"part": "five"})
    table = at.dataframe[0].value
    ids = shipped.tokenizer.encode(PROMPT)
    for T, text, entropy in zip((0, 0.5, 1, 1.5, math.inf), table["text"], table["mean entropy (nats)"], strict=True):
        found = decoding.written(shipped.model, ids, T, 20, 1, shipped.tokenizer.encode("\n\n"))
        assert "echo" not in text
        assert text == shipped.tokenizer.decode(list(found.tokens))
        assert entropy == pytest.approx(found.entropy)
    before = [text.value for text in at.text]
    at.button(key="sampling.anew").click().run()
    after = [text.value for text in at.text]
    assert before[0] == after[0]
    assert before[2:] != after[2:]


def test_the_tree_is_the_search_and_each_result_has_its_probability(shipped):
    query = {"part": "best", "beams": "4", "steps": "6", "stop": "True", "length_penalty": "0.5"}
    at = open_page("sampling", query=query)
    no_exception(at)
    end = tuple(i for i, text in enumerate(shipped.tokenizer.itos) if text in (".", "!", "?"))
    ids = shipped.tokenizer.encode(PROMPT)
    tree = beam_search(shipped.model, ids, num_beams=4, max_new_tokens=6, length_penalty=0.5, end=end)
    sent, shown = component(at, "best"), tree.likeliest(8)
    np.testing.assert_allclose(sent["total"], [node.total for node in shown.nodes], atol=1e-5)
    assert sent["best"] == shown.found[0].node
    assert f"ln p = {signed(tree.found[0].total)}" in shown_text(at)
    no_exception(open_page("sampling", query={"part": "best", "node": "9999", "beams": "1", "steps": "1"}))


@pytest.mark.parametrize("draft", ["ffnn-tales-word", "count-tales-2", "count-tales-3"])
def test_rounds_are_those_of_lmcore(shipped, draft: str):
    at = open_page("sampling", query={"part": "two", "draft": draft, "k": "3"})
    no_exception(at)
    small = models.load(models.choices()[draft]).model
    rounds = list(
        speculate(shipped.model, small, shipped.tokenizer.encode(PROMPT), max_new_tokens=40, n_draft=3, seed=1)
    )
    sent = component(at, "rounds")
    assert [len(line) for line in sent["rounds"]] == [len(one.guesses) + 1 + len(one.unread) for one in rounds]
    assert f"40 tokens took {len(rounds)} passes" in shown_text(at)


@pytest.mark.parametrize("model", ["gpt-shakespeare-char", "count-mouse-2", "count-tales-3", "rnn-shakespeare-char"])
def test_every_model_can_be_asked(model: str):
    at = open_page("sampling", {"sampling.code": True, "sampling.numbers": True}, {"model": model})
    for part in PARTS:
        at.segmented_control(key="sampling.part").set_value(part).run()
        no_exception(at)
        assert not at.error
    if model == "count-mouse-2":
        assert "No other model here has exactly this vocabulary" in shown_text(at)


def test_the_limit_is_in_this_distributions_numbers(shipped):
    probs = sampling.distribution(decoding.next_logits(shipped.model, shipped.tokenizer.encode(PROMPT))[0])
    first, second = np.sort(probs)[::-1][:2]
    at = open_page("sampling", query={"part": "ends", "end": "0"})
    ratio, power, _, exponent = re.search(
        r"([\d.]+)\^\{10\} \\approx ([\d.]+)( \\cdot 10\^\{(-\d+)\})?", at.latex[0].value
    ).groups()
    shown = float(f"{power}e{exponent or 0}")
    assert f"{float(ratio) ** 10:.3g}" == f"{shown:.3g}" == f"{(second / first) ** 10:.3g}"  # a calculator agrees
    at.segmented_control(key="sampling.end").set_value("inf").run()
    no_exception(at)
    assert re.search(r"\^0 = 1", at.latex[0].value)
    assert f"1/{probs.size - 1} = " in shown_text(at)


def test_level_tokens_have_no_favourite():
    """At T = infinity with k = 8 eight are alike; the penalty is not what did that."""
    at = open_page("sampling", query={"T": "inf", "top_k": "8", "top_p": "1", "min_p": "0"})
    said = shown_text(at)
    assert "alike, 1/8 = 0.125 each" in said
    assert "choose by the order of the logits" in said
    assert "The penalty did that" not in said


def test_a_sentence_shows_the_same_whatever_was_set_before():
    at = open_page("sampling", query={"top_k": "2", "top_p": "0.3", "penalty": "3", "T": "5", "prompt": "x"})
    tries = {button.label: button for button in at.button if str(button.key).startswith("sampling.try")}
    tries["10,000 draws: the scatter shrinks"].click().run()
    no_exception(at)
    at.session_state["sampling.numbers"] = True
    at.run()
    fresh = open_page("sampling", {"sampling.numbers": True}, {"part": "draws", "n": "10000"})
    assert at.dataframe[0].value.equals(fresh.dataframe[0].value)


def test_the_best_sequence_is_judged_by_its_own_numbers():
    """What the model writes greedily is more probable than the text at these places, or it is not: both are told."""
    few = shown_text(open_page("sampling", query={"part": "best"}))
    many = shown_text(open_page("sampling", query={"part": "best", "prompt": "One rainy morning, Mia", "steps": "12"}))
    for said, moral in ((few, False), (many, True)):
        ours, theirs = re.findall(r"on average it has (\S+) nats a token, the text (\S+)\. ", said)[0]
        assert (float(ours.replace("−", "-")) > float(theirs.replace("−", "-"))) == moral
        assert ("takes an unlikely word now and then" in said) == moral
    assert "8.05·10⁷ times as probable" in shown_text(open_page("sampling", query={"part": "best", "prompt": ""}))


def test_the_two_best_are_two():
    at = open_page("sampling")
    next(button for button in at.button if button.label == "Keep the two best only").click().run()
    no_exception(at)
    assert "2 of 823 tokens can be drawn" in shown_text(at)
