"""The lesson on positions: what it says is what lmcore computes, its script runs, and odd texts break nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lmcore import checkpoints
from lmcore.figures.numbers import percent
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.positions import frequencies
from lmcore.probes import positions as probe
from pages.shared import positions_kinds, services
from tests.browser.person import HOSTILE
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text, workspace_of

NAME = "gpt-tales-word"
PROMPT = "The little fox gave the red ball to the old"


@pytest.fixture(scope="module")
def shipped() -> Any:
    return checkpoints.load(checkpoints.shipped()[NAME])


def read(at: AppTest, start: str) -> str:
    return next(str(one.value) for one in at.markdown if str(one.value).startswith(start))


def test_the_stage_gets_the_hands_and_their_speeds():
    at = open_page("positions", query={"place": "63", "dims": "32", "pair": "2"})
    found = payload(at)
    np.testing.assert_allclose(found["frequencies"], frequencies(32), rtol=1e-6)
    assert (found["n"], found["position"], found["pair"]) == (64, 63, 2)
    assert found["shown"] == [0, 2, 4, 6, 9, 11, 13, 15]
    assert "At position 63 the first hand has gone round 10.0 times" in shown_text(at)
    near = np.cos(frequencies(32)).mean()
    assert f"Two neighbours are alike by {near:.2f}" in shown_text(at)


@pytest.mark.parametrize("query", [{"place": "1000"}, {"pair": "31"}, {"place": "-1"}, {"dims": "7", "n": "x"}])
def test_a_place_that_is_not_there_is_brought_inside(query: dict[str, str]):
    at = open_page("positions", query=query)
    no_exception(at)
    found = payload(at)
    assert 0 <= found["position"] < found["n"] == 64
    assert found["pair"] in found["shown"]


def test_what_is_not_all_drawn_is_said():
    text = shown_text(open_page("positions", query={"dims": "64"}))
    assert "All 32 hands (8 of them are drawn) together" in text
    assert "All 8 hands together" in shown_text(open_page("positions"))


def test_rotary_by_hand_says_which_scale_it_speaks_of():
    at = open_page("positions")
    added = positions_kinds.formula_scores("rotary")
    finite = added[np.isfinite(added)]
    said = read(at, "**Rotary, by hand.**").replace("−", "-")
    assert added[10, 7] == pytest.approx(added[20, 17])
    assert f"curve above, of 32 dimensions and divided by √D, is alike: 3 back adds {added[10, 7]:.2f} from" in said
    low, high = (finite - finite.mean()).min(), (finite - finite.mean()).max()
    assert f"From {low:.2f} to {high:.2f} around its average." in shown_text(at).replace("−", "-")


def test_a_head_that_the_model_does_not_have_falls_back_to_the_first():
    at = open_page("positions", query={"head": "63"})
    no_exception(at)
    assert at.selectbox(key="positions.head").value == 0
    at.selectbox(key="positions.head").set_value(1).run()
    no_exception(at)
    assert "Measured in block 1, head 2" in shown_text(at)


def test_lengths_are_those_of_the_model(shipped: Any):
    at = open_page("positions")
    ids = shipped.tokenizer.encode(PROMPT)
    found = probe.sizes(shipped.model, ids)
    assert found is not None
    said = read(at, "**What you see.** A token's")
    assert "(start left out)" in said
    assert f"{found.token[1:].mean():.2f} long on average" in said
    assert f"{found.position[1:].mean() / found.token[1:].mean():.2f} times as long" in said
    assert f"At {found.recognised[1:].sum()} of {len(ids)} places" in said


def test_a_shuffle_is_told_by_its_numbers(shipped: Any):
    at = open_page("positions", query={"seed": "4"})
    ids = shipped.tokenizer.encode(PROMPT)
    other = probe.shuffled(ids, 4)
    kept = probe.reordered(shipped.model, ids, other)
    bare = probe.reordered(probe.without_positions(shipped.model), ids, other)
    assert bare.attention[0] < 1e-5 < bare.attention[1]
    said = read(at, "**Without positions, the first block's attention moves by exactly 0 but for rounding.**")
    assert f"From the second block on it is not ({bare.attention[1]:.2f})" in said
    moved = [percent(float(found.moved)) for found in (kept, bare)]
    assert f"moves by {moved[0]} with positions, by {moved[1]} without, where its other weights miss" in said
    untrained = open_page("positions", query={"step": "0"})
    assert "nothing is trained yet" in shown_text(untrained)
    assert "Nothing has been learnt yet" in shown_text(untrained)
    assert shipped.tokenizer.decode(other).replace(" ", "·") in shown_text(at)


@pytest.mark.parametrize("position", ["sinusoidal", "rotary", "alibi", "none"])
def test_a_model_of_any_kind_of_position_can_be_looked_into(position: str, shipped: Any, tmp_path: Path):
    at = open_page("positions")
    config = GPTConfig(shipped.tokenizer.vocab_size, block_size=16, n_layer=1, n_head=2, n_embd=8, position=position)
    checkpoints.save(tmp_path, GPT(config), shipped.tokenizer, {"title": "Mine"})
    workspace = workspace_of(at)
    model = services.library().keep_model(workspace, tmp_path)
    at.run()
    at.selectbox(key="positions.model").set_value(f"mine-{model.id}").run()
    no_exception(at)
    text = shown_text(at)
    assert ("This model adds no vector at all" in text) is (position != "sinusoidal")
    assert "exactly 0 but for rounding" in text


@pytest.mark.parametrize("text", ["", "a", " ", "😀", HOSTILE, "zebra xylophone", "fox fox fox fox", "the fox " * 600])
def test_odd_texts_break_nothing(text: str):
    at = open_page("positions")
    at.text_input(key="positions.prompt").set_value(text).run()
    no_exception(at)
    assert "**What you see.** A token's vector" in shown_text(at)
    at.selectbox(key="positions.model").set_value("gpt-shakespeare-char").run()
    no_exception(at)


def test_the_code_and_the_numbers_are_those_of_the_page(shipped: Any):
    at = open_page("positions", {"positions.code": True, "positions.numbers": True}, {"place": "3", "dims": "8"})
    no_exception(at)
    printed = run_script(str(at.code[0].value))
    assert "position 3: [ 0.141 -0.99 " in printed
    found = probe.sizes(shipped.model, shipped.tokenizer.encode(PROMPT))
    assert found is not None
    assert f"{found.token[0]:.6f}"[:5] in printed
    assert "without positions, each block's attention moves by" in printed
    table = at.dataframe[0].value
    assert list(table["dimensions"]) == ["0, 1", "2, 3", "4, 5", "6, 7"]
    assert table["sine"][0] == pytest.approx(np.sin(3), abs=1e-6)


def test_the_code_of_an_empty_text_and_an_earlier_step_runs(shipped: Any):
    step = checkpoints.steps(checkpoints.shipped()[NAME])[1]
    at = open_page("positions", {"positions.code": True}, {"prompt": "", "step": str(step)})
    no_exception(at)
    assert "lengths of tokens" in run_script(str(at.code[0].value))
