"""The page "Attention by hand": what it draws is lmcore's, what it multiplies ends in it, any text is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints, models, tokenizers
from lmcore.figures import scaling
from lmcore.figures.theme import LIGHT
from lmcore.probes import attention_by_hand as probe
from pages.shared import attention_by_hand as component
from pages.shared import attention_paper, services
from pages.shared.attention_by_hand import Look, Sizes
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text

PAGE = "attention"
MODEL = "gpt-tales-word"
TEXT = "Mia had a kite."


def wide(heads: Any) -> Any:
    return np.concatenate(list(heads), axis=1)


def the_sums_end_in_the_values(sent: dict[str, Any]) -> None:
    """What JavaScript multiplies, done here with the payload's own numbers."""
    P, C, H = sent["P"], sent["C"], sent["H"]
    D = C // H
    x, out, joined = (sent[name].reshape(P, C) for name in ("x", "out", "o"))
    weights, scores = (sent[name].reshape(H, P, P) for name in ("weights", "scores"))
    q, k, v = (sent[name].reshape(P, C) for name in "qkv")
    for name, found in (("q", q), ("k", k), ("v", v)):
        if name == "v" or "angles" not in sent:
            np.testing.assert_allclose(x @ sent["w" + name].reshape(C, C) + sent["b" + name], found, atol=2e-4)
    np.testing.assert_allclose(joined @ sent["wo"].reshape(C, C) + sent["bo"], out, atol=2e-4)
    for h in range(H):
        own = slice(h * D, (h + 1) * D)
        dots = q[:, own] @ k[:, own].T / (np.sqrt(D) if sent["scaled"] else 1)
        if sent["slopes"]:
            dots -= sent["slopes"][h] * (np.arange(P)[:, None] - np.arange(P))
        np.testing.assert_allclose(dots, scores[h], atol=2e-4)
        seen = np.where(np.triu(np.ones((P, P), bool), 1) & sent["masked"], -np.inf, scores[h])
        powers = np.exp(seen - seen.max(axis=1, keepdims=True))
        np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), weights[h], atol=1e-5)
        np.testing.assert_allclose(weights[h] @ v[:, own], joined[:, own], atol=2e-4)
    if "stream" in sent:
        stream = sent["stream"].reshape(P, C)
        spread = np.sqrt(stream.var(axis=1, keepdims=True) + 1e-5)
        np.testing.assert_allclose(
            (stream - stream.mean(axis=1, keepdims=True)) / spread * sent["gain"] + sent["shift"], x, atol=2e-4
        )


@pytest.mark.parametrize(("heads", "scale", "mask"), [(1, True, True), (1, False, False), (3, True, False)])
def test_on_paper_the_component_gets_the_example(heads: int, scale: bool, mask: bool) -> None:
    at = open_page(PAGE, query={"heads": str(heads), "scale": str(scale), "mask": str(mask)})
    no_exception(at)
    sent = payload(at)
    walk = probe.example(n_head=heads).walk(scaled=scale, masked=mask)
    assert sent["tokens"] == ["Mia", "fed", "the", "cat"]
    assert sent["look"] == {"m": "a", "i": 3, "c": 1, "h": 0}
    np.testing.assert_allclose(sent["q"].reshape(4, 3), wide(walk.q))
    np.testing.assert_allclose(sent["scores"].reshape(heads, 4, 4), walk.scores, atol=1e-6)
    np.testing.assert_allclose(sent["out"].reshape(4, 3), walk.out, atol=1e-6)
    the_sums_end_in_the_values(sent)


def test_a_link_carries_changed_numbers() -> None:
    query = {"changed": "x.3.1.2_wq.0.0.-4_wo.9.9.9_wq.3.0.1_x.0.0.99_<b>_wv.1_zz.0.0.1", "sentence": "the cat fed Mia"}
    at = open_page(PAGE, {f"{PAGE}.code": True}, query)
    no_exception(at)
    changes: Any = {("x", 3, 1): 2, ("query", 0, 0): -4}
    walk = probe.example("the cat fed Mia", changes=changes).walk()
    sent = payload(at)
    assert sent["x"].reshape(4, 3)[1].tolist() == [1, 2, 2]  # the cat, wherever it stands
    np.testing.assert_allclose(sent["weights"].reshape(4, 4), walk.weights[0], atol=1e-6)
    the_sums_end_in_the_values(sent)
    assert str(walk.out.round(3)) in run_script(at.code[0].value)


def test_a_number_is_changed_one_by_one_and_back() -> None:
    class Kept(dict[str, Any]):
        def set(self, **values: Any) -> None:
            self.update(values)

    view: Any = Kept(changed="", sentence="the cat fed Mia")
    for by, expected in [(1, "x.3.0.2"), (1, "x.3.0.3"), (-1, "x.3.0.2"), (-1, ""), (-1, "x.3.0.0")]:
        attention_paper.change(view, Look("x", 1, 0), by)  # the cat is the second word here
        assert (view["changed"], view["cell"]) == (expected, "x.1.0")
    for _ in range(30):
        attention_paper.change(view, Look("wo", 2, 1), 1)
    assert view["changed"] == "x.3.0.0_wo.2.1.9"


def test_what_it_says_is_this_rows() -> None:
    text = shown_text(open_page(PAGE))
    entropy = [probe.entropies(probe.example().walk(scaled=scaled).weights)[0, 3] for scaled in (True, False)]
    assert "`cat` looks most at `fed`, with 48.7%" in text
    assert (
        f"**{entropy[0]:.3g} nats** of at most ln 4 = 1.39; without dividing by √3 it would be **{entropy[1]:.3g}**"
        in text
    )
    free = open_page(PAGE, query={"mask": "False", "cell": "t.0.0"})
    share = probe.on_later(probe.example().walk(masked=False).weights)[0, 0]
    assert f"Nothing is masked: {share:.1%} of its attention goes to tokens after it" in shown_text(free)
    three = shown_text(open_page(PAGE, query={"heads": "3"}))
    assert "with or without dividing, for √1 = 1" in three
    first = shown_text(open_page(PAGE, query={"cell": "s.0.0"}))
    assert "may see only itself" in first


def test_in_a_trained_gpt_the_component_gets_the_trace() -> None:
    query = {"with": "trained", "prompt": TEXT, "block": "1", "cell": "a.4.2", "head": "1"}
    at = open_page(PAGE, {f"{PAGE}.code": True, f"{PAGE}.numbers": True}, query)
    no_exception(at)
    found = checkpoints.load(checkpoints.shipped()[MODEL])
    ids = found.tokenizer.encode(TEXT)
    trace, sent = found.model.trace(ids), payload(at)
    P, C = sent["P"], sent["C"]
    assert sent["tokens"] == ["start", *(found.tokenizer.itos[token] for token in ids)]
    assert sent["look"] == {"m": "a", "i": 4, "c": 2, "h": 1}
    for name in "qkv":
        np.testing.assert_allclose(sent[name].reshape(P, C), wide(trace[f"block.1.{name}"]), atol=2e-4)
    np.testing.assert_allclose(sent["weights"].reshape(-1, P, P), trace["block.1.attn_weights"], atol=2e-4)
    np.testing.assert_allclose(sent["o"].reshape(P, C), wide(trace["block.1.attn_heads"]), atol=2e-4)
    np.testing.assert_allclose(sent["out"].reshape(P, C), trace["block.1.attn_out"], atol=2e-4)
    the_sums_end_in_the_values(sent)
    printed = run_script(at.code[0].value).splitlines()
    assert float(printed[-1].rsplit(" ", 1)[-1]) < 1e-3
    assert list(at.dataframe[-1].value["token"]) == sent["tokens"]


def test_the_script_on_paper_prints_the_matrices() -> None:
    at = open_page(PAGE, {f"{PAGE}.code": True}, {"heads": "3", "scale": "False"})
    printed = run_script(at.code[0].value)
    assert "side_by_side" in printed
    entropy = probe.entropies(probe.example(n_head=3).walk(scaled=False).weights).round(3)
    assert printed.strip().endswith(str(entropy))


def test_an_earlier_step_is_another_model() -> None:
    step = checkpoints.steps(checkpoints.shipped()[MODEL])[0]
    at = open_page(PAGE, {f"{PAGE}.code": True}, {"with": "trained", "prompt": TEXT, "step": str(step)})
    no_exception(at)
    found = checkpoints.load(checkpoints.shipped()[MODEL], step)
    trace = found.model.trace(found.tokenizer.encode(TEXT))
    sent = payload(at)
    np.testing.assert_allclose(
        sent["weights"].reshape(sent["H"], sent["P"], -1), trace["block.0.attn_weights"], atol=2e-4
    )
    assert f", {step})" in at.code[0].value


@pytest.mark.parametrize("prompt", ["", " ", "a", "😀", "<script>alert(1)</script>\n`x`", "kite " * 999, "qqq zzz"])
@pytest.mark.parametrize("model", [MODEL, "gpt-shakespeare-char"])
def test_any_text_is_read(prompt: str, model: str) -> None:
    at = open_page(PAGE, query={"with": "trained", "model": model, "prompt": prompt, "cell": "out.16.5", "head": "40"})
    no_exception(at)
    assert 1 <= payload(at)["P"] <= 17
    at.run()
    no_exception(at)


@pytest.mark.parametrize(
    "cell", ["", "a", "a.1", "a.9.9", "j.0.0", "x.-1.0", "<b>.1.1", "a.1.1.1", "a.1e3.0", "wq.3.0", "x.0.3"]
)
def test_a_cell_that_is_not_there_is_none(cell: str) -> None:
    at = open_page(PAGE, query={"cell": cell, "head": "63"})
    no_exception(at)
    assert payload(at)["look"] == {"m": "", "i": 0, "c": 0, "h": 0}


@pytest.mark.parametrize(("position", "n_embd"), [("rotary", 16), ("alibi", 16), ("none", 16), ("sinusoidal", 300)])
def test_ones_own_gpt_with_other_positions(position: str, n_embd: int, tmp_path: Path) -> None:
    text = "the cat sat on the mat and the dog sat on the cat\n"
    tokenizer = tokenizers.train("word", text)
    shape = {"n_layer": 1, "n_head": 2, "n_embd": n_embd, "block_size": 8, "position": position}
    model = models.build("gpt", shape, tokenizer.vocab_size)
    card = {"title": "Mine", "corpus": {"name": "x", "title": "x", "sha256": "0" * 64}, "metrics": {}, "n_params": 1}
    checkpoints.save(tmp_path / "model", model, tokenizer, card)
    token = position[0] * 43
    kept = services.library().keep_model(services.library().workspace_for(token), tmp_path / "model", "Mine")
    at = open_page(
        PAGE, {"workspace": token}, {"with": "trained", "model": f"mine-{kept.id}", "prompt": text, "block": "7"}
    )
    no_exception(at)
    sent = payload(at)
    assert sent["P"] == 8  # one window
    assert ("angles" in sent) == (position == "rotary")
    assert bool(sent["slopes"]) == (position == "alibi")
    assert sent["known"] == ("wq" in sent) == (n_embd <= component.WIDEST)
    if sent["known"]:
        the_sums_end_in_the_values(sent)


def test_every_table_of_numbers() -> None:
    at = open_page(PAGE, {f"{PAGE}.numbers": True}, {"heads": "3"})
    box = at.selectbox(key=f"{PAGE}.which")
    for which in box.options:
        at.selectbox(key=f"{PAGE}.which").set_value(which).run()
        no_exception(at)
        assert len(at.dataframe[-1].value) in (4, 9)


def test_the_figure_is_one_that_plotly_knows() -> None:
    import plotly.graph_objects as go

    made = scaling.entropy_by_width([1, 4], [2, 1], [2, 2], 16, 4, theme=LIGHT)
    go.Figure(made.to_dict())  # checks every name and value


INPUTS = probe.example(n_head=3)
GOOD: dict[str, Any] = {
    "inputs": INPUTS, "walk": INPUTS.walk(), "tokens": list("abcd"), "scaled": True, "masked": True, "paper": True,
    "look": Look(), "key": "x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tokens": ["a"]}, "4 positions but 1 tokens"),
        ({"look": Look("a", 4, 0)}, "not in attention of"),
        ({"look": Look("a", 0, 0, 3)}, "not in attention of"),
        ({"look": Look("j", 0, 0)}, "not in attention of"),
        ({"look": Look("<b>", 0, 0)}, "not in attention of"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        component.attention_by_hand(**{**GOOD, **change})


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, {"m": "a", "i": 1, "c": 1, "h": 0}, {"m": "a", "i": 9, "c": 1, "h": 0, "seq": 1},
        {"m": "a", "i": True, "c": 1, "h": 0, "seq": 1}, {"m": ["a"], "i": 1, "c": 1, "h": 0, "seq": 1},
        {"m": "a", "i": 1, "c": 1, "h": 5, "seq": 1}, {"m": "x", "i": 1, "c": "1", "h": 0, "seq": 1},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component.st, "session_state", {"x": {"look": sent}})
    assert component.held_in("x", Sizes(4, 4, 2, True)) is None
    good = {"m": "o", "i": 1, "c": 3, "h": 1, "seq": 1}
    monkeypatch.setattr(component.st, "session_state", {"x": {"look": good}})
    assert component.held_in("x", Sizes(4, 4, 2, True)) == Look("o", 1, 3, 1)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"m": "wq", "i": 1, "c": 3, "by": -1}, (Look("wq", 1, 3), -1)),
        ({"m": "q", "i": 1, "c": 3, "by": 1}, None),  # it is computed
        ({"m": "x", "i": 4, "c": 3, "by": 1}, None),
        ({"m": "x", "i": 1, "c": 3, "by": 5}, None),
        ({"m": ["x"], "i": 1, "c": 3, "by": 1}, None),
        ([], None),
    ],
)
def test_only_given_numbers_can_be_changed(sent: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component.st, "session_state", {"y": {"change": sent}})
    assert component.change_in("y", Sizes(4, 4, 2, True)) == found
    assert component.change_in("y", Sizes(4, 4, 2, False)) is None


def test_equals_are_not_told_apart() -> None:
    alike = shown_text(open_page(PAGE, query={"heads": "3", "head": "1", "cell": "t.2.0"}))
    assert "`the`, in head 2, looks at all 3 tokens alike that it may see, with 33.3% each" in alike
    two = {"heads": "3", "head": "0", "sentence": "the cat fed Mia", "cell": "t.2.0"}
    assert "looks most, and alike, at `the` and `cat`, with 49.5% each" in shown_text(open_page(PAGE, query=two))


def test_a_held_number_takes_its_head_along() -> None:
    """With one head it was the third number of it; with three it is the only one of the third."""
    at = open_page(PAGE, query={"cell": "o.3.2"})
    assert payload(at)["look"] == {"m": "o", "i": 3, "c": 2, "h": 0}
    at.segmented_control(key=f"{PAGE}.heads").set_value(3).run()
    no_exception(at)
    assert payload(at)["look"] == {"m": "o", "i": 3, "c": 2, "h": 2}
    C = checkpoints.load(checkpoints.shipped()[MODEL]).model.config.n_embd
    trained = open_page(PAGE, query={"with": "trained", "cell": f"q.1.{C - 1}", "head": "1"})
    assert payload(trained)["look"]["h"] == payload(trained)["H"] - 1


def test_the_answer_is_that_of_the_numbers_on_the_stage() -> None:
    query = {"heads": "3", "scale": "False", "sentence": "the cat fed Mia", "mask": "False"}
    at = open_page(PAGE, query=query)
    at.radio(key=f"{PAGE}.predict").set_value("It stays the same, to the last digit").run()
    out = probe.example("the cat fed Mia", 3).walk(scaled=False, masked=False).out[3]
    assert f"({out[0]:.3g}, {out[1]:.3g}, {out[2]:.3g}) both times" in shown_text(at)
    nothing = "wo.0.1.0_wo.1.0.0_wo.1.2.0_wo.2.2.0"  # the output is 0 whatever is looked at
    at = open_page(PAGE, query={"changed": nothing})
    at.radio(key=f"{PAGE}.predict").set_value("It stays the same, to the last digit").run()
    assert "not even the mask makes a difference" in shown_text(at)


def test_one_share_goes_to_later_tokens_whatever_the_switches() -> None:
    at = open_page(PAGE, query={"scale": "False", "cell": "t.1.0"})
    free = probe.on_later(probe.example().walk(scaled=False, masked=False).weights)[0, 1]
    assert f"Without the mask {free:.1%} of its attention" in shown_text(at)
    table = next(frame.value for frame in at.dataframe if "sees" in frame.value)
    assert table["without the mask, on later tokens"][1] == pytest.approx(free)
