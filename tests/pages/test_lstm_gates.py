"""The page on LSTM gates: what it draws is the trace, what it says is measured, what it is given may be anything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints, measured, models, tokenizers
from lmcore.probes import gates
from pages.shared import lstm_gates, services
from pages.shared.lstm_gates import Locked, Sorting
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text

MODEL = "lstm-shakespeare-char"
PAGE = "lstm-gates"


def drawn(at: Any) -> dict[str, Any]:
    """What the component was given, its parts as the numbers they stand for."""
    header = payload(at)
    P, H = header["P"], header["H"]
    values = header["values"].view("<i2")[: 6 * P * H].reshape(6, P, H) / header["full"]
    values[gates.PARTS.index("cell")] *= header["most"]
    return header | {"values": values}


def test_the_component_gets_the_trace_of_the_sentence() -> None:
    at = open_page(PAGE, query={"prompt": "To be.", "sort": "number"})
    no_exception(at)
    found = checkpoints.load(checkpoints.shipped()[MODEL])
    ids = found.tokenizer.encode("To be.")
    inside = gates.inside(found.model.trace(ids))
    sent = drawn(at)
    assert sent["tokens"] == ["start", *"To be."]
    for name, values in zip(gates.PARTS, sent["values"], strict=True):
        bound = 1e-4 * (sent["most"] if name == "cell" else 1)
        np.testing.assert_allclose(values, getattr(inside, name), atol=bound)
    names = [name for name, *_ in sent["menu"]]
    assert {"open", "position-in-line", "after-a-space", "uppercase", "number"} <= set(names)
    assert "inside-quotes" not in names  # Shakespeare's text has none, and the page says so
    assert "Nothing can be said about inside quotes" in shown_text(at)
    orders = sent["orders"].reshape(len(names), sent["H"])
    assert all(sorted(order) == list(range(sent["H"])) for order in orders.tolist())
    r = sent["scores"].reshape(len(names), sent["H"])[names.index("uppercase")]
    assert np.abs(r[orders[names.index("uppercase")]]).tolist() == sorted(np.abs(r).tolist(), reverse=True)


def test_the_what_if_is_that_of_the_core_and_the_script_prints_it() -> None:
    query = {"prompt": "To be.", "gate": "input_gate", "value": "1", "unit": "3", "place": "2", "units": "one"}
    at = open_page(PAGE, {f"{PAGE}.code": True}, query)
    no_exception(at)
    found = checkpoints.load(checkpoints.shipped()[MODEL])
    ids = found.tokenizer.encode("To be.")
    moved = gates.held(found.model, ids, "input_gate", 1, [3], true=found.model.trace(ids)["log_probs"])
    text = shown_text(at)
    assert f"At `o` it moves by **{moved.total_variation[2]:.3g}** (KL {moved.kl[2]:.3g} nats)" in text
    costs = gates.loss(found.model.log_probs(ids), ids), gates.loss(moved.log_probs, ids)
    assert f"costs **{costs[0]:.3g} nats** as it is and **{costs[1]:.3g}** held" in text
    printed = run_script(at.code[0].value).splitlines()
    assert printed[-1] == f"{costs[0]:.4f} nats a token, held {costs[1]:.4f}"
    assert printed[2].startswith("'o'")
    assert f"{gates.inside(found.model.trace(ids)).forget_gate[2, 3]:.3f}" in printed[2]


def test_an_earlier_step_is_another_model_and_its_script_opens_it() -> None:
    step = checkpoints.steps(checkpoints.shipped()[MODEL])[0]
    at = open_page(PAGE, {f"{PAGE}.code": True}, {"prompt": "To be.", "step": str(step)})
    no_exception(at)
    found = checkpoints.load(checkpoints.shipped()[MODEL], step)
    ids = found.tokenizer.encode("To be.")
    inside = gates.inside(found.model.trace(ids))
    np.testing.assert_allclose(drawn(at)["values"][0], inside.forget_gate, atol=1e-4)
    expected = gates.loss(found.model.log_probs(ids), ids)
    assert run_script(at.code[0].value).splitlines()[-1].startswith(f"{expected:.4f} nats a token")


@pytest.mark.parametrize("prompt", ["", " ", "a", "😀", "<script>alert(1)</script>\n`x`", "ab\n" * 1600])
def test_any_text_is_read(prompt: str) -> None:
    at = open_page(PAGE, query={"prompt": prompt, "unit": "5", "place": "240", "sort": "x"})
    no_exception(at)
    assert drawn(at)["P"] <= 241
    for _ in range(2):
        at.run()
        no_exception(at)


def test_ones_own_model_of_words_with_two_layers(tmp_path: Path) -> None:
    """It has quotes and marks, and its sentences are measured on themselves where its text is not at hand."""
    text = 'Mia said, "No." Then Leo said, "Yes, Mia, yes."\n'
    tokenizer = tokenizers.train("word", text)
    model = models.build("lstm", {"n_embd": 4, "hidden_size": 6, "n_layer": 2}, tokenizer.vocab_size)
    card = {"title": "Mine", "corpus": {"name": "x", "title": "x", "sha256": "0" * 64}, "metrics": {}, "n_params": 1}
    checkpoints.save(tmp_path / "model", model, tokenizer, card)
    token = "w" * 43
    workspace = services.library().workspace_for(token)
    kept = services.library().keep_model(workspace, tmp_path / "model", "Mine")
    query = {"model": f"mine-{kept.id}", "prompt": text.strip(), "layer": "1"}
    at = open_page(PAGE, {"workspace": token}, query)
    no_exception(at)
    assert "Mine (yours)" in at.selectbox(key=f"{PAGE}.model").options
    assert not [option for option in at.selectbox(key=f"{PAGE}.model").options if "GPT" in option]
    sent = drawn(at)
    assert sent["apart"]
    inside = gates.inside(model.trace(tokenizer.encode(text.strip())), 1)
    np.testing.assert_allclose(sent["values"][0], inside.forget_gate, atol=1e-4)
    assert {"inside-quotes", "after-a-mark"} <= {name for name, *_ in sent["menu"]}
    assert "of `this text`, which is short for that" in shown_text(at)


def test_the_race_opens_with_what_was_measured() -> None:
    at = open_page(PAGE, {f"{PAGE}.numbers": True, f"{PAGE}.which": "The race"})
    no_exception(at)
    rows = [row for row in measured.read("memory-race")["rows"] if row["about"] == "race"]
    table = next(frame.value for frame in at.dataframe if "letters between" in frame.value)
    assert table["right"].tolist() == [row["accuracy"] for row in rows]
    text = shown_text(at)
    assert "Measured before, in" in text
    reach = [int(n) for n in re.search(r"at most \*\*(\d+)\*\*.*RNN over \*\*(\d+)\*\*.*\*\*(\d+)\*\*", text).groups()]
    assert reach == sorted(reach)


INSIDE = gates.Inside(*(np.zeros((3, 4), np.float32) for _ in gates.PARTS))
NUMBER = Sorting("number", "number", "", np.arange(4), np.zeros(4))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tokens": ["a"]}, "3 positions but 1 tokens"),
        ({"sortings": []}, "each of the 4 units once"),
        ({"sortings": [Sorting("n", "n", "", np.zeros(4, int), np.zeros(4))]}, "each of the 4 units once"),
        ({"locked": Locked(4, 0, "number")}, "not in a layer of 4 units"),
        ({"locked": Locked(0, None, "number")}, "not in a layer of 4 units"),
        ({"locked": Locked(None, None, "x")}, "not in a layer of 4 units"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    good = {"inside": INSIDE, "tokens": ["s", "a", "b"], "sortings": [NUMBER], "locked": Locked(None, None, "number")}
    with pytest.raises(ValueError, match=says):
        lstm_gates.lstm_gates(**{**good, **change}, apart=False, key="x")


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, {"unit": 1, "position": 1, "sort": "number"},
        {"unit": 9, "position": 1, "sort": "number", "seq": 1},
        {"unit": 1, "position": -1, "sort": "number", "seq": 1},
        {"unit": True, "position": 1, "sort": "number", "seq": 1},
        {"unit": 1, "position": 1, "sort": "<b>", "seq": 1}, {"unit": None, "position": 1, "sort": "number", "seq": 1},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm_gates.st, "session_state", {"x": {"locked": sent}})
    assert lstm_gates.held_in("x", 3, 4, ["number"]) is None


def test_what_a_browser_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"unit": 3, "position": 2, "sort": "number", "seq": 1}
    monkeypatch.setattr(lstm_gates.st, "session_state", {"x": {"locked": sent}})
    assert lstm_gates.held_in("x", 3, 4, ["number"]) == Locked(3, 2, "number")
    sent |= {"unit": None, "position": None}
    assert lstm_gates.held_in("x", 3, 4, ["number"]) == Locked(None, None, "number")
