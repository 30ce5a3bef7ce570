"""A neural language model: what the page says is what the model computed, at every step of its training."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from lmcore import checkpoints, measured, models, tokenizers
from lmcore.probes.one_number import one_number
from lmcore.training import window_race
from pages.shared import lesson, services
from tests.pages.page import no_exception, open_page, payload, run_script, shown_text
from tests.pages.test_every_page import NASTY

SLUG, NAME, PROMPT = "neural-lm", "ffnn-tales-word", "One rainy morning, Mia"


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[NAME])


@pytest.mark.parametrize("step", [None, 0, -2])
def test_what_you_see_is_what_the_model_says(shipped, step: int | None):
    steps = checkpoints.steps(shipped.folder)
    step = steps[step] if step is not None else None
    past = shipped if step is None else checkpoints.load(shipped.folder, step)
    at = open_page(SLUG, query={"prompt": PROMPT} | ({} if step is None else {"step": str(step)}))
    no_exception(at)
    probs = np.exp(past.model.prompt(past.tokenizer.encode(PROMPT))[1].astype(np.float64))
    best = lesson.chip(past.tokenizer.itos[int(probs.argmax())])
    assert f"gives {best} the highest probability of {past.tokenizer.vocab_size:,}: {probs.max():.3g}" in shown_text(at)
    assert ("after all its training" in shown_text(at)) == (step is None)


def test_the_curve_has_the_line_of_guessing_and_a_mark_at_the_step(shipped):
    step = checkpoints.steps(shipped.folder)[4]
    at = open_page(SLUG, query={"step": str(step)})
    figure = at.get("plotly_chart")[0].proto.spec
    assert f"ln {shipped.tokenizer.vocab_size:,} = {math.log(shipped.tokenizer.vocab_size):.2f}" in figure
    assert f'"x0":{step},"x1":{step}' in figure.replace(" ", "")


def test_three_names_of_one_number(shipped):
    text = "Theo had a kite. He lost it."
    at = open_page(SLUG, query={"prompt": text})
    no_exception(at)
    found = one_number(shipped.model, shipped.tokenizer.encode(text))
    results = [formula.value for formula in at.latex if r"\mathbf" in formula.value]
    assert len(results) == 3
    for result, value in zip(results, (found.by_product, found.by_sum, found.by_cross_entropy), strict=True):
        assert rf"\mathbf{{{value:.4f}}}" in result
    assert f"one number: {found.by_sum:.4f} nats" in shown_text(at)


def test_no_token_no_number():
    at = open_page(SLUG, query={"prompt": " "})
    no_exception(at)
    assert "Write a prompt with at least one token" in shown_text(at)
    assert not [formula for formula in at.latex if r"\mathbf" in formula.value]


@pytest.mark.parametrize("prompt", [*NASTY, "x", "e" * 5000, "Mia saw the " * 160])
def test_any_prompt_is_only_text(prompt: str):
    for stage in ("words", "softmax"):
        at = open_page(SLUG, query={"prompt": prompt, "stage": stage})
        no_exception(at)
    assert "token" in shown_text(at)


@pytest.mark.parametrize(
    "query",
    [
        {"unit": "4095", "place": "63", "token": "999999", "stage": "hidden"},
        {"unit": "-1", "place": "x", "token": "-5", "stage": "nowhere", "step": "7"},
        {"model": "gpt-tales-word"},
    ],
)
def test_a_link_of_a_stranger(query: dict[str, str]):
    at = open_page(SLUG, query=query)
    no_exception(at)
    assert at.selectbox(key=f"{SLUG}.model").value == NAME


def test_the_windows_are_the_measured_ones():
    rows = [row for row in measured.read("window-race")["rows"] if row["about"] == "race"]
    networks = {row["window"]: row["perplexity"] for row in rows if row["model"] == "ffnn"}
    assert tuple(networks) == window_race.WINDOWS
    assert sorted(networks.values(), reverse=True) == list(networks.values())  # a wider window never hurt here
    at = open_page(SLUG, {f"{SLUG}.numbers": True, f"{SLUG}.which": "Windows"})
    no_exception(at)
    assert at.dataframe[0].value["perplexity"].tolist() == [row["perplexity"] for row in rows]
    assert f"With 8 it reaches {networks[8]:.3g}" in shown_text(at)


@pytest.mark.parametrize("which", ["Every stage", "One factor a token"])
def test_the_numbers_are_the_models(shipped, which: str):
    at = open_page(SLUG, {f"{SLUG}.numbers": True, f"{SLUG}.which": which}, {"prompt": PROMPT})
    no_exception(at)
    rows = at.dataframe[0].value
    ids = shipped.tokenizer.encode(PROMPT)
    if which == "Every stage":
        trace = shipped.model.trace(ids)
        for stage, name in (("embedding", "embedding"), ("hidden", "hidden"), ("sum before tanh", "sum")):
            kept = rows.loc[rows["stage"] == stage, "number"]
            assert kept.to_numpy() == pytest.approx(trace[name][-1].ravel(), abs=1e-6)
        probs = rows[rows["stage"] == "probability"]
        assert probs["number"].sum() == pytest.approx(1)
    else:
        assert rows["-ln p (nats)"].to_numpy() == pytest.approx(-shipped.model.score(ids), abs=1e-5)


def test_the_script_reproduces_the_numbers(shipped):
    step = checkpoints.steps(shipped.folder)[5]
    prompt = 'The "big" dog\'s \\ {ball}'
    query = {"prompt": prompt, "step": str(step), "unit": "7", "stage": "hidden"}
    at = open_page(SLUG, {f"{SLUG}.code": True}, query)
    no_exception(at)
    printed = run_script(at.code[0].value)
    past = checkpoints.load(shipped.folder, step)
    ids = past.tokenizer.encode(prompt)
    probs = np.exp(past.model.prompt(ids)[1].astype(np.float64))
    assert f"{past.tokenizer.itos[int(probs.argmax())]!r:16}" in printed
    assert f"{probs.max():.4g}" in printed
    hidden = float(past.model.trace(ids)["hidden"][-1, 7])
    assert float(printed.split("tanh ")[1].split()[0]) == pytest.approx(hidden, abs=1e-5)
    assert [float(x) for x in printed.split()[-3:]] == pytest.approx([-past.model.score(ids).mean()] * 3, rel=1e-4)


def test_training_ones_own_leads_to_train():
    at = open_page(SLUG)
    at.button(key=f"{SLUG}.train").click().run()
    no_exception(at)
    assert at.title[0].value == "Train"
    assert at.selectbox(key="train.size").value == "ffnn"
    assert at.selectbox(key="train.tokenizer").value == "word"


def test_the_picture_gets_the_numbers_of_the_model(shipped):
    sent = payload(open_page(SLUG, query={"prompt": PROMPT, "stage": "logits", "unit": "9", "token": "55"}))
    model, ids = shipped.model, shipped.tokenizer.encode(PROMPT)
    trace = {name: array[-1].ravel() for name, array in model.trace(ids).items()}
    for name in ("embedding", "sum", "hidden", "logits"):
        np.testing.assert_allclose(sent[name], trace[name], atol=1e-5)
    np.testing.assert_allclose(sent["unit_weights"] @ sent["embedding"] + sent["unit_bias"], trace["sum"][9], atol=1e-4)
    np.testing.assert_allclose(
        sent["logit_weights"] @ sent["hidden"] + sent["logit_bias"], trace["logits"][55], atol=1e-4
    )
    assert sent["look"] == {"stage": "logits", "place": model.config.window - 1, "unit": 9, "token": 55}
    assert sum(sent["parameters"].values()) == model.n_params
    assert sent["order"][0] == trace["logits"].argmax()


@pytest.mark.parametrize("window", [1, 64])
def test_ones_own_model_of_characters(tmp_path: Path, window: int):
    """Its tokens may be line breaks; it has no history and no snapshots; a link may point past its layers."""
    tokenizer = tokenizers.train("char", "abc <b>\n" * 20)
    model = models.build("ffnn", {"window": window, "n_embd": 2, "hidden_size": 3}, tokenizer.vocab_size)
    checkpoints.save(tmp_path / "model", model, tokenizer, {"title": "<b>mine</b>"})
    token = f"n{window:02}" + "w" * 40
    library = services.library()
    kept = library.keep_model(library.workspace_for(token), tmp_path / "model", "<b>mine</b>")
    query = {"model": f"mine-{kept.id}", "prompt": "ab\nc é", "unit": "190", "place": "60", "stage": "hidden"}
    at = open_page(SLUG, {"workspace": token, f"{SLUG}.code": True, f"{SLUG}.numbers": True}, query)
    no_exception(at)
    text = shown_text(at)
    assert f"The model sees {window} token{'' if window == 1 else 's'} and" in text
    assert "only the end was kept" in text
    assert "How this model was trained is not kept with it" in text
    assert "one number:" in text
    assert payload(at)["look"] == {
        "stage": "hidden",
        "place": min(60, window - 1),
        "unit": 2,
        "token": payload(at)["order"][0],
    }
    assert f"embeddings ({window}, 2) hidden (3,)" in run_script(at.code[0].value)
    assert len(at.dataframe[0].value) == 2 * window + 6 + 2 * tokenizer.vocab_size
