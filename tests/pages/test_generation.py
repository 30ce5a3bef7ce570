"""Temperature and Inspect: what is said is what was computed, and what a person types appears literally."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

from lmcore import checkpoints, sampling
from pages.shared import lesson, models
from tests.pages.page import no_exception, open_page, run_script, shown_text
from tests.pages.test_every_page import NASTY


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load(checkpoints.shipped()[models.DEFAULT])


def test_the_temperature_of_a_link_is_the_one_on_the_page(shipped):
    at = open_page("temperature", query={"T": "0.5", "prompt": "Once there was a", "model": models.DEFAULT})
    no_exception(at)
    log_probs = shipped.model.prompt(shipped.tokenizer.encode("Once there was a"))[1]
    probs = sampling.distribution(log_probs, temperature=0.5)
    best = shipped.tokenizer.itos[int(probs.argmax())]
    assert f"At T = 0.5 the most probable token is `{best}` with {probs.max():.3g}" in shown_text(at).replace("**", "")


@pytest.mark.parametrize("family", ["ffnn", "rnn", "lstm"])
def test_every_network_that_comes_with_the_playground_answers(family: str):
    name = next(name for name in checkpoints.shipped() if name.startswith(f"{family}-"))
    found = checkpoints.load(checkpoints.shipped()[name])
    prompt = "The little "
    best = found.tokenizer.itos[int(found.model.prompt(found.tokenizer.encode(prompt))[1].argmax())]
    at = open_page("temperature", query={"T": "1", "prompt": prompt, "model": name})
    no_exception(at)
    assert f"At T = 1 the most probable token is {lesson.chip(best)} with" in shown_text(at).replace("**", "")
    at = open_page("inspect", query={"prompt": prompt, "model": name})
    no_exception(at)
    at.button(key="inspect.more").click().run()
    no_exception(at)
    assert len(at.session_state["inspect.drawn"]) == 20


@pytest.mark.parametrize("T", ["0", "1", "inf"])
def test_the_script_reproduces_the_numbers(T: str):
    query = {"T": T, "prompt": 'The "big" dog\'s \\ {ball}', "top_k": "7"}
    at = open_page("temperature", {"temperature.code": True, "temperature.numbers": True}, query)
    no_exception(at)
    table = at.dataframe[0].value
    shown = table.set_index("token")["probability"]
    printed = [line.rsplit(maxsplit=1) for line in run_script(at.code[0].value).splitlines()]
    assert len(printed) == 20
    for token, prob in printed:
        assert float(prob) == pytest.approx(float(shown[eval_text(token)]), rel=1e-3, abs=1e-9)


def eval_text(printed: str) -> str:
    """The token that a script printed by its repr."""
    return str(ast.literal_eval(printed.strip()))


@pytest.mark.parametrize("prompt", NASTY)
@pytest.mark.parametrize("slug", ["temperature", "inspect"])
def test_what_a_person_types_appears_literally(slug: str, prompt: str):
    at = open_page(slug)
    field = at.text_input if slug == "temperature" else at.text_area
    field(key=f"{slug}.prompt").set_value(prompt).run()
    no_exception(at)
    for markdown in [*at.markdown, *at.caption]:
        outside = "".join(part for i, part in enumerate(markdown.value.split("`")) if i % 2 == 0)
        for danger in ("<script", "href{", ":red[", "](http"):
            assert danger not in outside


def test_inspect_scores_a_text_as_the_model_does(shipped):
    text = "Ella hugged the squirrel first and the drum second."
    at = open_page("inspect", query={"prompt": text})
    no_exception(at)
    score = shipped.model.score(shipped.tokenizer.encode(text))
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Log-likelihood"] == f"{score.sum():.1f} nats"
    assert metrics["Perplexity"] == f"{np.exp(-score.mean()):.3g} a token"


def test_inspects_script_reproduces_the_numbers():
    state = {"inspect.code": True, "inspect.numbers": True}
    at = open_page("inspect", state, {"prompt": 'Mia said, "It\'s a kite."'})
    no_exception(at)
    table = at.dataframe[0].value
    *lines, total = run_script(at.code[0].value).splitlines()
    assert len(lines) == len(table)
    for line, (_, row) in zip(lines, table.iterrows(), strict=True):
        _token, prob, _word, rank = line.rsplit(maxsplit=3)
        assert float(prob) == pytest.approx(row["probability"], rel=1e-3)
        assert int(rank) == row["rank"]
    assert float(total.split()[1]) == pytest.approx(table["log-probability (nats)"].sum(), abs=1e-3)


def test_unknown_words_are_named():
    at = open_page("inspect", query={"prompt": "Mia saw a zyzzyva"})
    assert "`zyzzyva`" in shown_text(at)


def test_the_opening_of_inspect_is_not_in_its_address():
    """What the model has written by itself is shown; the address keeps only what a person asked for."""
    at = open_page("inspect", {"inspect.numbers": True})
    no_exception(at)
    n_opening = len(at.dataframe[0].value)
    assert n_opening == 42  # ten tokens of the prompt and 32 more
    assert dict(at.query_params) == {}
    at.slider(key="inspect.T").set_value(1.5).run()  # for what is written next: what stands there stays
    no_exception(at)
    assert len(at.dataframe[0].value) == n_opening
    assert len("".join(at.query_params["drawn"]).split(".")) == 32


def test_writing_on_and_going_back():
    at = open_page("inspect", {"inspect.numbers": True})
    opening = at.dataframe[0].value
    at.button(key="inspect.more").click().run()
    no_exception(at)
    longer = at.dataframe[0].value
    assert len(longer) == len(opening) + 20
    assert list(longer["token"][: len(opening)]) == list(opening["token"])
    assert len("".join(at.query_params["drawn"]).split(".")) == 52
    at.button(key="inspect.back").click().run()
    assert at.dataframe[0].value.equals(opening)
    assert dict(at.query_params) == {}


def test_a_text_and_a_button_in_one_request_go_together():
    """Who types and at once clicks: what is written goes on from the new text, as for who waits in between."""
    drawn = []
    for at_once in (False, True):
        at = open_page("inspect")
        at.text_area(key="inspect.prompt").set_value("One rainy evening, Priya")
        if not at_once:
            at.run()
        at.button(key="inspect.more").click().run()
        no_exception(at)
        drawn.append(at.session_state["inspect.drawn"])
    assert len(drawn[0]) == 20
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("slug", ["temperature", "inspect", "sampling"])
def test_a_prompt_past_the_window_says_where_it_was_cut(slug: str, shipped):
    n, half = shipped.model.block_size, shipped.model.block_size // 2  # with <s> one position more than fit
    at = open_page(slug, query={"prompt": " ".join(["kite"] * n)})
    no_exception(at)
    assert f"predicted from token {half:,} of {n:,} on" in shown_text(at)


def test_unknown_words_count_as_they_were_typed():
    """As `python -m lmcore score` does: an emoji is one character, though it is read as <unk>."""
    found = checkpoints.load(checkpoints.shipped()["gpt-tales-word"])
    for text in ("x", "The \U0001f600 sat."):
        at = open_page("inspect", query={"prompt": text, "keep": "-1"})
        no_exception(at)
        nats = -float(found.model.score(found.tokenizer.encode(text)).sum())
        bits = {metric.label: metric.value for metric in at.metric}["Bits per character"]
        assert float(bits) == pytest.approx(nats / math.log(2) / len(text), rel=6e-3)
    assert "The one token is `<unk>`" in shown_text(open_page("inspect", query={"prompt": "x"}))


def test_at_infinity_no_token_is_the_most_probable():
    said = shown_text(open_page("temperature", query={"T": "inf"}))
    assert "At T = ∞ 823 tokens are the most probable, with 0.00122 each." in said


@pytest.mark.parametrize(
    "page", ["inspect", "inside-gpt", "positions", "neural-lm", "rnn", "lstm-gates", "pre-training"]
)
def test_a_text_that_is_too_long_is_cut_and_the_page_says_so(page: str):
    at = open_page(page)
    box = next(box for box in (*at.text_area, *at.text_input) if box.key == f"{page}.prompt")
    box.set_value("kite " * 1200).run()
    no_exception(at)
    assert "of these 6,000 characters are read here" in shown_text(at)
