"""Pre-training: what the page draws is what lmcore computes, of any text and any link."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints
from lmcore.probes import one_step, pairs
from lmcore.probes.one_step import Rule
from pages.shared import pretraining, pretraining_says
from pages.shared.pretraining_doors import DOORS
from tests.pages.page import no_exception, open_page, own_gpt, payload, run_script, shown_text

MODEL, PAGE = "gpt-tales-word", "pre-training"
TEXT = "Once there was a girl named Ada. She had a golden acorn."


def shipped(step: int | None = None) -> Any:
    return checkpoints.load(checkpoints.shipped()[MODEL], step)


def cut(length: int, stride: int) -> pairs.Windows:
    return pairs.windows(shipped().tokenizer.encode(TEXT), length, stride)


def test_the_windows_of_a_text() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "length": "4", "stride": "3", "window": "2"})
    no_exception(at)
    sent, found = payload(at), cut(4, 3)
    itos = shipped().tokenizer.itos
    assert sent["tokens"] == ["", *(itos[i] for i in found.sequence[1:])]
    assert (sent["mode"], sent["length"], sent["stride"], sent["at"]) == ("windows", 4, 3, 2)
    M, L = found.x.shape
    assert f"**{M * L} pairs**" in shown_text(at)
    assert f"asks for `{itos[found.y[2, -1]]}`" in shown_text(at)


WINDOWS = [  # length, stride, tokens of the text, what is said
    (6, 6, 26, "every token is asked for once, but the last 2 fill no window of their own and are never asked for."),
    (6, 6, 24, "The stride is the window's length: every token is asked for once. "),
    (6, 6, 25, "but the last one fills no window of its own and is never asked for."),
    (6, 6, 1, "One window holds the whole text: every token is asked for once. "),
    (6, 9, 7, "In this window every token is asked for once, but the last one fills no window"),
    (2, 3, 9, "longer than a window: 2 tokens between windows are never asked for, nor is the last 1, which fills"),
    (4, 2, 8, "asked for 1.5 times on average, 2 at most, after different contexts. "),
    (1, 1, 2, "asks for `b` after *start*."),
]


@pytest.mark.parametrize(("length", "stride", "n", "expected"), WINDOWS)
def test_what_is_said_of_windows_is_counted(length: int, stride: int, n: int, expected: str) -> None:
    found = pairs.windows([1, 2] * (n // 2) + [1] * (n % 2), length, stride)
    tokenizer = SimpleNamespace(itos={0: "", 1: "b", 2: "c"})
    said = pretraining_says.of_windows(SimpleNamespace(tokenizer=tokenizer), found, 0)
    assert expected in said
    places = [first + t for first in found.first for t in range(found.length)]
    assert pretraining_says.times_asked(found).tolist() == [places.count(t) for t in range(n)]
    for plural in ("1 tokens", "1 token that begin", "1 windows", "1 pairs", "1 token of the text fill"):
        assert plural not in said.replace("11 ", "")


def test_a_dear_text_is_wrong_and_not_unsure() -> None:
    assert "as if it guessed among" in pretraining_says.unsure(2.0, 824)
    assert "1,097:" in pretraining_says.unsure(7.0, 1200)
    said = pretraining_says.unsure(17.1, 824)
    assert "not unsure but wrong" in said
    assert "e+" not in said
    assert "perplexity" not in said


def test_how_near_to_guessing_the_beginning_is_is_computed() -> None:
    even, uneven = np.array([[6.7, 6.5]]), np.array([[6.1, 9.0]])
    assert "lay between 6.5 and 6.7: a model that knows nothing" in pretraining_says.at_first(even, 824)
    assert "lay between 6.1 and 9: random weights" in pretraining_says.at_first(uneven, 824)


@pytest.mark.parametrize(
    ("x", "text"),
    [(-0.0123456, "−0.0123"), (1234.5, "1,234"), (-2.5e-7, "−2.5 · 10⁻⁷"), (3e12, "3 · 10¹²"), (0, "0"),
     (math.inf, "∞"), (20.83, "20.8")],
)  # fmt: skip
def test_numbers_in_words(x: float, text: str) -> None:
    assert pretraining_says.number(x) == text


@pytest.mark.parametrize("step", [None, 0])
def test_the_padded_pairs_and_the_one_pass_are_equal_to_the_last_digit(step: int | None) -> None:
    query = {"prompt": TEXT, "door": "mask", "length": "5", "stride": "2", "window": "1"}
    at = open_page(PAGE, query=query | ({} if step is None else {"step": str(step)}))
    no_exception(at)
    sent, found = payload(at), cut(5, 2)
    expected = pairs.losses(one_step.precise(shipped(step).model), found.x[1:2], found.y[1:2])[0]
    assert sent["alone"] == sent["atOnce"] == [f"{x:.6f}" for x in expected]
    assert sent["meanAlone"] == sent["meanAtOnce"] == f"{expected.mean():.6f}"
    assert "for 5 times fewer multiplications" in shown_text(at)


def test_the_loss_place_by_place_begins_at_ln_v() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "door": "loss", "length": "4", "stride": "4", "place": "5"})
    no_exception(at)
    sent, found, kept = payload(at), cut(4, 4), checkpoints.steps(checkpoints.shipped()[MODEL])
    assert sent["steps"] == kept
    assert (sent["step"], sent["at"]) == (len(kept) - 1, 5)
    losses = sent["losses"].reshape(len(kept), *found.x.shape)
    np.testing.assert_allclose(losses[-1], pairs.losses(shipped().model, found.x, found.y), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(losses[0], pairs.losses(shipped(kept[0]).model, found.x, found.y), rtol=1e-4)
    assert sent["guess"] == pytest.approx(np.log(sent["V"]))
    assert np.abs(losses[0] - sent["guess"]).max() < 1.0
    assert sent["means"][-1] < sent["means"][0] - 2
    assert "as unsure as if it guessed among so many tokens" in shown_text(at)


def test_one_step_and_its_script() -> None:
    rule = Rule("sgd", 0.001)
    query = {
        "prompt": TEXT, "door": "step", "length": "4", "stride": "4", "rule": rule.name, "phase": "3",
        "rate": f"{rule.learning_rate}", "matrix": "h.0.mlp.c_fc.weight", "weight": "3.5",
    }  # fmt: skip
    at = open_page(PAGE, {f"{PAGE}.code": True}, query)
    no_exception(at)
    sent, found = payload(at), cut(4, 4)
    model = one_step.precise(shipped().model)
    step = one_step.take(model, found.x, found.y, rule)
    assert (sent["loss"], sent["after"]) == (pytest.approx(step.loss), f"{step.loss_after:.5g}")
    assert sent["change"].startswith("lower by")
    grads = step.grads["h.0.mlp.c_fc.weight"]
    drawn = np.ix_(sent["rows"], sent["columns"])
    np.testing.assert_allclose(sent["grads"].reshape(sent["R"], sent["C"]), grads[drawn], rtol=1e-5)
    n = sent["at"]
    assert (sent["rows"][n // sent["C"]], sent["columns"][n % sent["C"]]) == (3, 5)  # in sight, whatever its gradient
    one = one_step.one_weight(model, found.x, found.y, "h.0.mlp.c_fc.weight", (3, 5), rule, float(grads[3, 5]))
    assert sent["checked"]["high"] == f"{one.loss_high:.10f}"
    printed = run_script(at.code[0].value)
    assert f"loss after the step {step.loss_after:.6f}" in printed
    assert f"gradient {one.grad:.6g}, by difference {one.measured:.6g}" in printed
    expected = pairs.losses(model, found.x[1:2], found.y[1:2])[0]
    assert f"mean {expected.mean():.6f} {expected.mean():.6f}" in printed


def test_what_adamw_would_do() -> None:
    query = {"prompt": TEXT, "door": "step", "length": "4", "stride": "4", "rule": "adamw", "rate": "0.001"}
    at = open_page(PAGE, query=query)
    no_exception(at)
    found, sent = cut(4, 4), payload(at)
    step = one_step.take(one_step.precise(shipped().model), found.x, found.y, Rule("adamw", 0.001))
    assert (sent["rule"], sent["rate"], sent["after"]) == ("adamw", 0.001, f"{step.loss_after:.5g}")
    assert "moves nearly every weight by η" in shown_text(at)


def test_by_itself_the_weight_with_the_largest_gradient_is_looked_at() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "door": "step"})
    no_exception(at)
    sent = payload(at)
    assert sent["at"] == np.abs(sent["grads"]).argmax()
    at.selectbox(key=f"{PAGE}.matrix").set_value("h.1.attn.c_attn.weight").run()
    no_exception(at)
    sent = payload(at)
    assert sent["title"] == "Block 2: queries, keys, values"
    assert sent["at"] == np.abs(sent["grads"]).argmax()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "prompt", ["", "a", "😀", "<script>alert(1)</script>\n`x`", "مرحبا بالعالم", "Mia ran. " * 1100]
)
def test_any_text_behind_every_door(door: str, prompt: str) -> None:
    query = {"door": door, "prompt": prompt, "length": "12", "stride": "1", "window": "9000", "place": "9000",
             "matrix": "<b>", "weight": "999999.-1", "step": "77", "rate": "99"}  # fmt: skip
    at = open_page(PAGE, query=query)
    no_exception(at)
    at.run()
    no_exception(at)


def test_many_windows_are_looked_at_eight_at_a_time() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "door": "loss", "length": "3", "stride": "1", "window": "9"})
    no_exception(at)
    M = len(cut(3, 1).first)
    assert payload(at)["first"] == 8
    assert f"Windows 9 to {M} of {M}" in shown_text(at)


@pytest.mark.parametrize("position", ["rotary", "alibi"])
def test_ones_own_small_model(tmp_path: Path, position: str) -> None:
    """Windows are no longer than what it reads at once, and nothing was kept of its learning."""
    token, mine = own_gpt(tmp_path, block_size=4, position=position)
    for door in DOORS:
        query = {"model": mine, "prompt": "to be or not", "door": door, "length": "9"}
        at = open_page(PAGE, {"workspace": token, f"{PAGE}.predict": None}, query)
        no_exception(at)
        if door == "windows":
            assert (payload(at)["length"], payload(at)["most"]) == (4, 4)
        if door == "loss":
            assert len(payload(at)["steps"]) == 1


def test_every_table_and_what_is_further() -> None:
    for door in DOORS:
        at = open_page(PAGE, {f"{PAGE}.numbers": True, f"{PAGE}.logits": True}, {"prompt": TEXT, "door": door})
        no_exception(at)
        tables = [frame.value for frame in at.dataframe]
        assert len(tables[-1]) > 4
        scores = next(table for table in tables if "p − wanted" in table.columns)
        assert scores["wanted"].tolist()[0] == 1
        assert "pairs a step" in shown_text(at)


def test_titles_of_matrices() -> None:
    names = [name for name, shape in shipped().model.config.shapes().items() if len(shape) == 2]
    titles = [pretraining._title(name) for name in names]
    assert len(set(titles)) == len(names)
