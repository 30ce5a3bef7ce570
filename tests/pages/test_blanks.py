"""Fill in the blanks: what is drawn is what the models say, and nothing typed is ever a mark."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore.probes import blanks as probes
from pages.shared import blanks, blanks_says, models
from pages.shared.blanks_here import DENOISER, MASKED, MOST, PAGE, Here, load
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text


def opened(text: str, places: str = "0"):
    at = open_page(PAGE, query={"text": text, "blanks": places})
    no_exception(at)
    return at


def test_the_opening_is_what_three_models_say():
    data = payload(open_page(PAGE))
    assert data["words"][data["at"]] == "borrowed"
    hidden = np.isin(np.arange(len(data["words"])), data["places"])
    for m, (name, ask) in enumerate(
        ((MASKED, probes.by_masked), (models.DEFAULT, probes.from_left), (DENOISER, probes.by_denoiser))
    ):
        loaded = load(name)
        ids = np.array([loaded.tokenizer.itos.index(word) for word in data["words"]])
        p = np.exp(ask(loaded.model, ids, hidden)[0])
        assert p.sum() == pytest.approx(1, abs=1e-4)
        k = data["k"]
        np.testing.assert_allclose(data["probs"][m * k : (m + 1) * k], np.sort(p)[::-1][:k], rtol=1e-4)
        assert data["truth"][m] == pytest.approx(p[ids[1]], rel=1e-4)
        assert data["rank"][m] == (p > p[ids[1]]).sum() + 1
        assert data["table"][data["top"][m * k]] == loaded.tokenizer.itos[p.argmax()]


def test_only_what_follows_says_the_word_and_who_cannot_look_there_does_not_know_it():
    """The sentence that the lesson opens with."""
    truth = payload(open_page(PAGE))["truth"]
    assert truth[0] > 0.6
    assert truth[2] > 0.6
    assert truth[1] < 0.1


@pytest.mark.parametrize(
    "sent",
    [None, 5, {"places": 3, "seq": 1}, {"places": ["x"], "at": 0, "seq": 1}, {"places": [-1], "at": 0, "seq": 1}],
)
def test_nonsense_from_the_browser_counts_as_nothing(sent, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blanks.st, "session_state", {"x": {"blanks": sent}})
    assert blanks.sent("x") is None


def test_marks_typed_by_a_person_are_text():
    at = opened("<mask> Tom had a <s> hat </s> [MASK]", "3")
    data = payload(at)
    assert data["words"][:3] == ["<", "mask", ">"]
    loaded = load(MASKED)
    assert loaded.tokenizer.mask_id not in loaded.tokenizer.encode("<mask> [MASK] </s>")
    assert 3 not in data["unknown"]


def test_no_blank_and_nothing_but_blanks():
    at = opened("The cat sat.", "")
    assert "Nothing is hidden" in shown_text(at)
    everything = payload(opened("Tom had a red hat.", "0.1.2.3.4.5"))
    assert list(everything["places"]) == [0, 1, 2, 3, 4, 5]
    assert everything["truth"].size == 18


@pytest.mark.parametrize(
    "text",
    ["x", "😀", "שלום עולם", "<script>alert(1)</script>", "\n\n", "word " * 2000, "a\u0300\u200b " * 40, "_" * 10_000],
)
def test_any_text_is_read_or_refused_in_words(text: str):
    at = opened(text, "0.1")
    if not text.strip():
        assert "Write a sentence" in shown_text(at) or payload(at)["words"]
        return
    assert 1 <= len(payload(at)["words"]) <= MOST


def test_an_empty_passage_is_refused_in_words():
    at = open_page(PAGE)
    at.text_area(key=f"{PAGE}.text").set_value("").run()
    no_exception(at)
    assert [error.value for error in at.error] == ["There is nothing to hide yet\\. Write a sentence\\."]


def test_a_word_that_is_not_known_is_said_so():
    at = opened("Zorbl had a red hat.", "0")
    assert "Zorbl" in shown_text(at)
    assert "none of them can ever say it" in shown_text(at)


def test_every_part_opens():
    for part in ("masks", "restored", "quality"):
        at = open_page(PAGE, query={"part": part})
        no_exception(at)


def test_the_masks_are_found_and_are_the_three_shapes():
    data = payload(open_page(PAGE), 1)
    T = len(data["words"])
    both, left, encoder, cross, written = (
        data[name].reshape(T, T) for name in ("both", "left", "encoder", "cross", "written")
    )
    ahead = np.triu(np.ones((T, T), bool), 1)
    for causal in (left, written):
        assert (causal[ahead] == 0).all()
        assert (causal[~ahead] > 0).all()
    for full in (both, encoder, cross):
        assert (full > 0).all()


def test_the_script_computes_what_is_drawn():
    data = payload(open_page(PAGE))
    here = Here(" ".join(data["words"]), tuple(data["words"]), 0, (1,), 1)
    printed = run_script(blanks_says.code(here)[1]).splitlines()
    assert len(printed) == 3
    for m, line in enumerate(printed):
        assert repr(data["table"][data["top"][6 * m]]) in line
        assert f"{round(float(data['probs'][6 * m]), 4)}" in line
