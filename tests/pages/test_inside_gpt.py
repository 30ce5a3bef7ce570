"""The page Inside a GPT: every door shows this model's own numbers, and a link may say anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints
from lmcore.models.gpt_config import GPTConfig
from lmcore.probes import heads, logit_lens, what_if
from lmcore.probes.arithmetic import pieces
from lmcore.probes.attention import unpacked
from pages.shared import inside, inside_doors
from pages.shared.models import Loaded
from tests.pages.page import no_exception, open_page, own_gpt, payload, run_script, shown_text

MODEL, PAGE = "gpt-tales-word", "inside-gpt"
TEXT = "Once there was a girl named Ada."


def shipped() -> Any:
    return checkpoints.load(checkpoints.shipped()[MODEL])


def test_the_map_has_every_part_of_this_model_and_its_doors_lead_there() -> None:
    at = open_page(PAGE, query={"prompt": TEXT})
    no_exception(at)
    found = shipped()
    expected = pieces(found.model.config, len(found.tokenizer.encode(TEXT)) + 1)
    sent = payload(at)["parts"]
    assert [part["params"] for part in sent] == [piece.n_params for piece in expected]
    assert [part["products"] for part in sent] == [piece.n_products for piece in expected]
    assert sum(part["params"] for part in sent) == found.model.n_params
    total = sum(piece.n_products for piece in expected)
    assert f"**{total:,} multiplications**" in shown_text(at)
    assert {inside_doors.BEHIND.get(piece.kind, "lens") for piece in expected} <= set(inside_doors.DOORS)


def test_the_explorer_gets_the_weights_of_the_trace_and_the_heads_their_names() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "door": "attention", "block": "1", "head": "2", "place": "3"})
    no_exception(at)
    found = shipped()
    config, ids = found.model.config, found.tokenizer.encode(TEXT)
    trace, sent = found.model.trace(ids), payload(at)
    P = len(ids) + 1
    assert sent["rows"] == ["start", *(found.tokenizer.itos[i] for i in ids)]
    assert (sent["layer"], sent["head"], sent["row"], sent["exactOf"]) == (1, 2, 3, [1, 2])
    shape = (config.n_layer, config.n_head, P, P)
    codes = sent["codes"].view(np.uint8)[: config.n_layer * config.n_head * P * (P + 1) // 2]
    weights = np.stack([trace[f"block.{b}.attn_weights"] for b in range(config.n_layer)])
    np.testing.assert_allclose(unpacked(codes, shape, causal=True), weights, atol=0.004)
    np.testing.assert_allclose(sent["exact"], weights[1, 2][np.tril_indices(P)], rtol=1e-5)
    assert len(sent["labels"]) == config.n_layer * config.n_head
    assert "Attention is not explanation" in shown_text(at)
    assert "share of its weight by kind: previous token **0." in shown_text(at)
    at.button(key=f"{PAGE}.off-this").click().run()
    no_exception(at)
    assert "With block 2 head 3 switched off the next token moves by" in shown_text(at)


def test_block_by_block_is_the_lens() -> None:
    at = open_page(PAGE, query={"prompt": TEXT, "door": "lens"})
    no_exception(at)
    found, sent = shipped(), payload(at)
    ids = found.tokenizer.encode(TEXT)
    trace = found.model.trace(ids)
    lens, norms = logit_lens.lens(found.model, trace), logit_lens.norms(trace)
    shape = (sent["L"] + 1, sent["P"], sent["k"])
    guesses = [sent["texts"][i] for i in sent["guesses"].reshape(shape)[:, -1, 0]]
    assert guesses == [found.tokenizer.itos[i] for i in lens.tokens[:, -1, 0]]
    np.testing.assert_allclose(sent["probs"].reshape(shape), lens.probs[:, :, : sent["k"]], rtol=1e-4)
    np.testing.assert_allclose(sent["attention"].reshape(shape[0] - 1, -1), norms.attn_out, rtol=1e-4)
    np.testing.assert_allclose(sent["stream"].reshape(shape[0], -1)[1:], norms.residual, rtol=1e-4)


def test_what_if_is_that_of_the_core_and_the_script_prints_it() -> None:
    query = {"prompt": TEXT, "door": "what-if", "off": "b0h1.b2m", "patch": "True", "other": "Once there was a boy.",
             "after": "1", "from": "5", "to": "5", "place": "6"}  # fmt: skip
    at = open_page(PAGE, {f"{PAGE}.code": True}, query)
    no_exception(at)
    found = shipped()
    config, model = found.model.config, found.model
    ids, other = found.tokenizer.encode(TEXT), found.tokenizer.encode("Once there was a boy.")
    held = what_if.off([what_if.part(code, config.n_layer, config.n_head) for code in ("b0h1", "b2m")], config.n_head)
    name = "block.0.residual"
    held |= what_if.patch(model.trace(ids), name, 5, model.trace(other)[name], 5)
    moved = what_if.what_if(model, ids, held)
    said = "With block 1 head 2, block 3 MLP switched off and place 5 after block 1 taken from the other text the next"
    assert f"{said} token moves by **KL {moved.kl[6]:.3g} nats**" in shown_text(at)
    printed = run_script(at.code[0].value).splitlines()
    assert f"what if: KL {moved.kl[6]:.4f} nats" in printed[-1]
    n_pieces = len(pieces(config, len(ids) + 1))
    assert sum(int(line.split()[1].replace(",", "")) for line in printed[:n_pieces]) == model.n_params


@pytest.mark.parametrize("kept", [True, False])
def test_another_model_comes_at_the_end_of_its_training(kept: bool) -> None:
    """Two runs of other steps, there and back; their slider says the same as the address and the figures."""
    at = open_page(PAGE, query={"prompt": TEXT, "door": "lens"} | ({} if kept else {"step": "1"}))
    for name in ("gpt-shakespeare-char", MODEL):
        at.selectbox(key=f"{PAGE}.model").set_value(name).run()
        no_exception(at)
        steps = checkpoints.steps(checkpoints.shipped()[name])
        slider = at.select_slider(key=f"{PAGE}.step")
        assert slider.options[-1] == f"{steps[-1]:,}"
        assert slider.value == -1
        assert "step" not in at.query_params
        found = checkpoints.load(checkpoints.shipped()[name])
        lens = logit_lens.lens(found.model, found.model.trace(found.tokenizer.encode(TEXT)))
        np.testing.assert_allclose(payload(at)["kl"], lens.kl.reshape(-1), rtol=1e-3, atol=1e-5)


def test_the_slider_is_told_when_its_steps_are_others() -> None:
    """A link or a suggestion changes the model too: what the browser holds is the text of another run's end."""
    at = open_page(PAGE, query={"prompt": TEXT})
    at.session_state[f"{PAGE}.model"] = "gpt-shakespeare-char"
    at.run()
    assert at.select_slider(key=f"{PAGE}.step").proto.set_value
    at.run()
    assert not at.select_slider(key=f"{PAGE}.step").proto.set_value


def test_what_you_see_speaks_of_the_view() -> None:
    said = {}
    for door in inside_doors.DOORS:
        at = open_page(PAGE, query={"prompt": TEXT, "door": door, "off": "b0"})
        said[door] = next(m.value for m in at.markdown if m.value.startswith("**What you see.**"))
    assert len(set(said.values())) == len(said)
    found = shipped()
    ids, config = found.tokenizer.encode(TEXT), found.model.config
    held = what_if.off([what_if.part("b0", config.n_layer, config.n_head)], config.n_head)
    now = what_if.what_if(found.model, ids, held).log_probs[-1, 1:].argmax() + 1
    assert f"With block 1 switched off it says `{found.tokenizer.itos[now].strip()}`" in said["what-if"].replace(
        "`` ", "`"
    )


def test_a_suggestion_about_a_head_holds_in_this_model() -> None:
    """Induction is offered where a head does it; the head that looks back is shown from a place where it does."""
    at = open_page(PAGE)
    found, ids = shipped(), None
    at.button(key=f"{PAGE}.try0").click().run()
    no_exception(at)
    sent = payload(at)
    ids = found.tokenizer.encode(at.text_area(key=f"{PAGE}.prompt").value)
    weights = found.model.trace(ids)[f"block.{sent['layer']}.attn_weights"][sent["head"]]
    back = {row: weights[row, row - 1] for row in range(2, len(ids) + 1)}
    assert back[sent["row"]] == max(back.values())
    assert [label.split()[0] for label, _ in sent["labels"]].count("mixed") == sum(
        "mixed, no kind" in full for _, full in sent["labels"]
    )
    measured, _ = inside.heads(Loaded(MODEL, "", found.model, found.tokenizer, found.card, found.hash), tuple(ids))
    assert measured is not None
    assert ("induction" in at.button(key=f"{PAGE}.try1").label) == measured.above_chance("induction")


def test_the_suggestion_about_the_acorn_puts_the_drum_in_its_place() -> None:
    at = open_page(PAGE)
    at.button(key=f"{PAGE}.try2").click().run()
    no_exception(at)
    words = shipped().tokenizer.encode(at.text_area(key=f"{PAGE}.prompt").value)
    assert shipped().tokenizer.itos[words[11]] == "acorn"
    assert "place 12 after the embedding taken from the other text" in shown_text(at)


@pytest.mark.parametrize("door", inside_doors.DOORS)
@pytest.mark.parametrize("prompt", ["", "😀", "<script>alert(1)</script>\n`x`", "Mia ran. " * 600])
def test_any_text_behind_every_door(door: str, prompt: str) -> None:
    query = {"door": door, "prompt": prompt, "place": "127", "block": "47", "head": "63", "off": "b9h9.b0h0.<b>.b0h0",
             "patch": "True", "other": prompt, "from": "127", "to": "127", "after": "48"}  # fmt: skip
    at = open_page(PAGE, query=query)
    no_exception(at)
    at.run()
    no_exception(at)


def test_an_earlier_step_is_another_model() -> None:
    folder = checkpoints.shipped()[MODEL]
    step = checkpoints.steps(folder)[0]
    at = open_page(PAGE, query={"prompt": TEXT, "door": "attention", "step": str(step)})
    no_exception(at)
    model = checkpoints.load(folder, step).model
    weights = model.trace(shipped().tokenizer.encode(TEXT))["block.0.attn_weights"][0]
    np.testing.assert_allclose(payload(at)["exact"], weights[np.tril_indices(len(weights))], rtol=1e-5)


@pytest.mark.parametrize("position", ["rotary", "none"])
def test_ones_own_model_whose_text_is_not_at_hand(tmp_path: Path, position: str) -> None:
    """Its heads are measured on the typed text, and nothing is added to the embedding for the place."""
    token, mine = own_gpt(tmp_path, block_size=8, position=position)
    for door in inside_doors.DOORS:
        query = {"model": mine, "prompt": "to be or not to be", "door": door}
        at = open_page(PAGE, {"workspace": token}, query)
        no_exception(at)
        text = shown_text(at)
        assert "The first 7 tokens are looked into; the text has 18." in text
        if door == "attention":
            assert "measured on 7 tokens of `this text`" in text
        if door == "embedding":
            assert "Nothing is added for the place" in text


@pytest.mark.parametrize(
    ("n_layer", "n_head", "block_size", "most"), [(4, 4, 192, 127), (4, 4, 16, 15), (48, 64, 512, 43)]
)
def test_no_more_attention_than_a_browser_is_sent(n_layer: int, n_head: int, block_size: int, most: int) -> None:
    shape = {"n_layer": n_layer, "n_head": n_head, "block_size": block_size, "n_embd": 64}
    model = SimpleNamespace(config=GPTConfig(vocab_size=9, **shape))
    found = inside.most_tokens(Loaded("x", "x", model, None, {}, ""))  # type: ignore[arg-type]
    assert found == most
    assert n_layer * n_head * (found + 1) * (found + 2) // 2 <= 1.1 * inside.MAX_BYTES


def test_every_table_and_what_is_further() -> None:
    state = {f"{PAGE}.numbers": True, f"{PAGE}.in-turn": True, f"{PAGE}.through": True}
    for which in ("Parts", "Heads", "One head", "Lens", "What if"):
        at = open_page(PAGE, {**state, f"{PAGE}.which": which}, {"prompt": TEXT})
        no_exception(at)
        assert len(at.dataframe[0].value) > 6
    assert "head 1: KL " in shown_text(at)
    assert at.get("plotly_chart")
    found = shipped().model.config
    table = open_page(PAGE, {f"{PAGE}.numbers": True, f"{PAGE}.which": "Heads"}).dataframe[0].value
    assert len(table) == found.n_layer * found.n_head
    assert set(heads.KINDS) <= set(table.columns)
