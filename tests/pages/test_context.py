"""The lesson on context: what it says is what lmcore measures, scripts reproduce it, and odd texts break nothing."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lmcore import checkpoints, measured
from lmcore.models.windows import window_start
from lmcore.probes import context_cost, context_length, in_context
from pages.shared import context_copies, context_own, context_word
from pages.shared import context_cost as cost_page
from pages.shared import context_length as length_page
from tests.pages.page import no_exception, open_page, run_script, shown_text

WORDS, LETTERS = "gpt-tales-word", "gpt-shakespeare-char"
ODD = ["", "a", "\n", "😀", "<script>alert(1)</script>", "Zürich € 日本", "x" * 5000]


@pytest.fixture(scope="module")
def tales() -> Any:
    return checkpoints.load(checkpoints.shipped()[WORDS])


@pytest.fixture(scope="module")
def letters() -> Any:
    return checkpoints.load(checkpoints.shipped()[LETTERS])


def read(at: Any, start: str = "**What you see.**") -> str:
    return next(str(one.value) for one in at.markdown if str(one.value).startswith(start))


def script_of(at: Any) -> str:
    at.session_state["context.code"] = True
    at.run()
    no_exception(at)
    return str(at.code[0].value)


def charts(at: Any) -> int:
    return len(at.get("plotly_chart"))


# What it buys ---------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_measured_one(tales: Any):
    at = open_page("context")
    no_exception(at)
    row = next(row for row in measured.read("context-length")["rows"] if row.get("hash") == tales.hash)
    said = read(at)
    assert f"With 1 token of context this model's perplexity is {math.exp(row['loss'][0]):.3g}" in said
    assert f"**{math.exp(row['loss'][-1]):.3g}**" in said
    assert "the feed-forward model stands at" in said
    assert "standard error up and one down" in shown_text(at)
    assert charts(at) == 2


@pytest.mark.parametrize("unit", length_page.UNITS)
def test_both_units_and_a_model_of_letters(unit: str):
    at = open_page("context", query={"model": LETTERS, "unit": unit})
    no_exception(at)
    assert "the LSTM stands at" in read(at)
    assert "the RNN stands at" in read(at)


def test_a_model_nobody_measured_is_measured_at_once(tales: Any, monkeypatch: pytest.MonkeyPatch):
    """Few windows, so wider bars; the numbers are those of the probe."""
    nothing = {"about": {"seconds": 1, "cores": 2, "machine": "x"}, "rows": []}
    monkeypatch.setattr(length_page.measured, "read", lambda name: nothing)
    at = open_page("context")
    no_exception(at)
    ids = tales.tokenizer.encode(context_length.held_out("tales")[: 400 * tales.model.block_size])
    windows = context_length.windows_of(ids, tales.model.block_size, length_page.LIVE // tales.model.block_size)
    found = context_length.curve(context_length.window_losses(tales.model, windows), groups=12)
    assert f"**{math.exp(found.loss[-1]):.3g}**" in read(at)
    assert "Measured just now, on few windows" in shown_text(at)


def test_where_the_beginning_is_lost(tales: Any):
    B = tales.model.block_size
    loaded: Any = SimpleNamespace(model=tales.model)
    assert f"From token {B + 1:,} on that would end" in context_own.seen_from(loaded, B)
    said = context_own.seen_from(loaded, 3 * B)
    assert f"**From token {B + 1:,} on the model no longer sees the beginning.**" in said
    assert (
        f"is predicted from tokens {B // 2:,} to {B:,}, the last one from token {window_start(3 * B - 1, B):,}" in said
    )
    ids = list(range(1, B + 2))
    other = [5, *ids[1:]]  # token B + 1 does not know the first one, token B does
    a, b = tales.model.score(ids), tales.model.score(other)
    assert a[B] == b[B]
    assert a[B - 1] != b[B - 1]


def test_the_own_text_with_the_last_token_only(tales: Any):
    at = open_page("context", query={"last": "1"})
    no_exception(at)
    text = at.text_area(key="context.prompt").value
    ids = tales.tokenizer.encode(text)
    full, last = -tales.model.score(ids).sum() / math.log(2), context_length.with_last(tales.model, ids, 1).sum()
    assert (
        f"costs {full:.1f} bits with everything in sight, {last / math.log(2):.1f} with the last token."
        in shown_text(at)
    )


@pytest.mark.parametrize("model", [WORDS, LETTERS])
@pytest.mark.parametrize("prompt", ODD)
def test_odd_texts_break_nothing(prompt: str, model: str):
    at = open_page("context")
    at.session_state["context.model"] = model
    at.text_area(key="context.prompt").set_value(prompt).run()
    no_exception(at)
    assert "Your text has" in shown_text(at)
    at.session_state["context.numbers"] = True
    at.session_state["context.which"] = "Your text"
    at.run()
    no_exception(at)


def test_the_script_prints_the_numbers_of_the_own_text(tales: Any):
    at = open_page("context", query={"prompt": "Mia had a pie.", "last": "2"})
    printed = run_script(script_of(at))
    ids = tales.tokenizer.encode("Mia had a pie.")
    last = context_length.with_last(tales.model, ids, 2) / math.log(2)
    assert [float(x) for x in re.findall(r"last 2 only +([\d.]+)", printed)] == pytest.approx(last.tolist(), abs=1e-3)


# What it costs --------------------------------------------------------------------------------------------------------


def test_the_cost_of_a_text_of_a_token_and_the_memory(tales: Any):
    rows = [row for row in measured.read("context-cost")["rows"] if row["about"] == "step"]
    at = open_page("context", query={"part": "cost"})
    no_exception(at)
    config = tales.model.config
    total = context_cost.pass_products(config.n_layer, config.n_embd, config.block_size)
    assert f"multiplies {total:,} times for L = {config.block_size:,}" in read(at)
    assert "By count the RNN's slope is 1 everywhere" in shown_text(at)
    assert charts(at) == 2
    assert "the RNN 256 units" in shown_text(at)
    assert "the head is not" in read(at)
    at.session_state["context.cost"] = "step"
    at.run()
    no_exception(at)
    assert "RNN" not in " ".join(str(one.value) for one in at.caption)
    last = rows[-1]
    assert f"**{last['anew'] / last['cached']:.3g} times** less" in shown_text(at)
    at.session_state["context.cost"] = "memory"
    at.run()
    no_exception(at)
    assert f"{last['cache']:,}" in shown_text(at)
    assert charts(at) == 1
    at.session_state["context.numbers"] = True
    at.run()
    assert len(at.dataframe[0].value) == len(rows)
    printed = run_script(script_of(at))
    assert f"{total:14,} multiplications" in printed


def test_the_growth_is_between_two_and_four(tales: Any):
    growth = cost_page.growth(SimpleNamespace(model=tales.model))  # type: ignore[arg-type]
    assert 2 < growth < 4
    at = open_page("context", query={"part": "cost"})
    question = at.radio(key="context.cost.predict")
    question.set_value(question.options[1]).run()
    assert f"Yes. By {growth:.3g}." in shown_text(at)


# Learning in the prompt -----------------------------------------------------------------------------------------------


def test_the_copies_say_what_the_probe_says(tales: Any):
    at = open_page("context", query={"part": "adapt"})
    no_exception(at)
    loaded: Any = SimpleNamespace(**vars(tales), id=WORDS)
    passages = context_copies.passages(loaded, "echo")
    assert passages is not None
    first, second = in_context.copies(tales.model, *passages).means
    assert f"The first copy costs {first:.2f} nats a token, the second {second:.2f}." in read(at)
    assert charts(at) == 2
    printed = run_script(script_of(at))
    assert f"second copy: {second:.4f}" in printed
    at.session_state["context.numbers"] = True
    at.run()
    assert at.dataframe[0].value["step"].tolist() == checkpoints.steps(tales.folder)


def test_the_slider_goes_back_in_time(tales: Any):
    step = checkpoints.steps(tales.folder)[0]
    at = open_page("context", query={"part": "adapt", "step": str(step)})
    no_exception(at)
    past = checkpoints.load(tales.folder, step)
    loaded: Any = SimpleNamespace(**vars(past), id=WORDS)
    passages = context_copies.passages(loaded, "echo")
    assert passages is not None
    assert f"The first copy costs {in_context.copies(past.model, *passages).means[0]:.2f} nats" in read(at)
    assert "it has not learnt to copy from its prompt" in read(at)


@pytest.mark.parametrize("kind", context_copies.KINDS)
@pytest.mark.parametrize("model", [WORDS, LETTERS])
def test_every_kind_of_passage(kind: str, model: str):
    at = open_page("context", query={"part": "adapt", "kind": kind, "model": model})
    no_exception(at)
    offered = at.selectbox(key="context.kind").options
    assert ("Random words, as in its text" in offered) == (model == WORDS)
    assert "The first copy costs" in read(at)


def test_a_made_up_word_letter_by_letter(letters: Any):
    at = open_page("context", query={"part": "adapt", "mode": "word", "model": LETTERS})
    no_exception(at)
    frame = context_word.frame_of(context_word.FRAME)
    assert frame is not None
    other = context_word.other_than(context_word.WORD)
    found = in_context.two_uses(letters.model, letters.tokenizer, frame, context_word.WORD, other)
    assert found.control is not None
    bits = [float(losses.sum()) / math.log(2) for losses in (found.first, found.second, found.control)]
    said = read(at)
    assert f"cost **{bits[0]:.1f} bits** at the first use and **{bits[1]:.1f} bits** at the second" in said
    assert f"there the same letters cost {bits[2]:.1f} bits" in said
    printed = run_script(script_of(at))
    assert len(printed.splitlines()) == len(context_word.WORD)


def test_a_word_model_says_why_it_cannot_learn_it():
    at = open_page("context", query={"part": "adapt", "mode": "word"})
    no_exception(at)
    assert "What was not read cannot be learnt" in shown_text(at)
    at.button(key="context.letters").click().run()
    no_exception(at)
    assert at.selectbox(key="context.model").value == LETTERS
    assert "at the first use and" in read(at)


@pytest.mark.parametrize("model", [WORDS, LETTERS])
@pytest.mark.parametrize("word", ["", " ", "a", "*", "😀", "<script>", "Mia", "two words", "\\", "{word}", "quimpet"])
def test_odd_words_break_nothing(word: str, model: str):
    at = open_page("context", query={"part": "adapt", "mode": "word", "model": model, "word": word})
    no_exception(at)
    script_of(at)


@pytest.mark.parametrize("frame", ["", "*", "**", "* *", "a*b*c", "no star", "😀*<b>*", "x" * 300 + "*y*"])
def test_odd_frames_break_nothing(frame: str):
    at = open_page("context", query={"part": "adapt", "mode": "word", "model": LETTERS})
    at.text_area(key="context.frame").set_value(frame).run()
    no_exception(at)


def test_frames():
    assert context_word.frame_of("a * b *") == ("a ", " b ")
    assert context_word.frame_of("* and * ") == ("", " and ")
    for frame in ("", "a", "*", "**", "* * *", "* b * c"):
        assert context_word.frame_of(frame) is None


def test_a_window_too_short_for_two_copies_is_said():
    from lmcore import models, tokenizers

    tokenizer = tokenizers.train("char", "a little text")
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}, tokenizer.vocab_size)
    loaded: Any = SimpleNamespace(model=model, tokenizer=tokenizer, card={}, hash="tiny", id="tiny", folder=None)
    assert context_copies.kinds(loaded) == []
    assert "must fit twice" in context_copies.reading(loaded, loaded, "")
    assert length_page.rows_of("context", loaded) == ()
    assert "a curve shows how far" in length_page.reading(loaded, ())


def test_a_model_of_ones_own_text_is_measured_on_what_it_did_not_learn(monkeypatch: pytest.MonkeyPatch):
    from lmcore import corpora, models, tokenizers

    text = "one cat saw two dogs. two dogs saw one cat.\n\n" * 60
    corpus = corpora.from_text(text)
    tokenizer = tokenizers.train("char", text)
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 16}, tokenizer.vocab_size)
    mine = SimpleNamespace(id="t1", sha256=corpus.sha256)
    library = SimpleNamespace(texts=lambda workspace: [mine], read_text=lambda workspace, id: text)
    monkeypatch.setattr(length_page.services, "library", lambda: library)
    monkeypatch.setattr(length_page.services, "workspace", lambda: "w")
    card = {"corpus": {"name": "text", "title": "Cats", "sha256": corpus.sha256}}
    loaded: Any = SimpleNamespace(model=model, tokenizer=tokenizer, card=card, hash="cats", id="mine", folder=None)
    about, curve = length_page.rows_of("context", loaded)
    assert about["n_chars"] <= len(corpus.split()[1])
    windows = context_length.windows_of(tokenizer.encode(corpus.split()[1]), 16, about["windows"])
    found = context_length.curve(context_length.window_losses(model, windows), groups=12)
    assert curve["loss"] == pytest.approx(found.loss, rel=1e-4)


@pytest.mark.parametrize("model", [WORDS, LETTERS])
def test_the_first_doubling_helps_most(model: str):
    """What the question of the first part calls the answer."""
    hash_ = checkpoints.load(checkpoints.shipped()[model]).hash
    row = next(row for row in measured.read("context-length")["rows"] if row.get("hash") == hash_)
    xs = [(low + high) / 2 for low, high in zip(row["low"], row["high"], strict=True)]
    losses = np.interp(np.log([1, 2, 32, 64]), np.log(xs), row["loss"])
    assert losses[0] - losses[1] > 3 * (losses[2] - losses[3])


def test_each_part_asks_its_own_question():
    keys = set()
    for part in ("length", "cost", "adapt"):
        at = open_page("context", query={"part": part})
        no_exception(at)
        keys |= {radio.key for radio in at.radio if str(radio.key).endswith("predict")}
    assert keys == {"context.length.predict", "context.cost.predict", "context.adapt.predict"}


def test_an_empty_text_predicts_nothing(tales: Any):
    loaded: Any = SimpleNamespace(model=tales.model)
    assert "every one of them" not in context_own.seen_from(loaded, 0)
    assert "no tokens yet" in context_own.seen_from(loaded, 0)


def test_a_text_above_the_limit_is_cut_aloud():
    at = open_page("context")
    at.text_area(key="context.prompt").set_value("Mia had a pie. " * 400).run()
    no_exception(at)
    assert "Only the first 5,000 of these 6,000 characters are read here." in shown_text(at)


def test_what_misleads_is_said():
    """The letters of Shakespeare's GPT, on a tale that is none of his: four letters are the better advice."""
    said = shown_text(open_page("context", query={"model": LETTERS}))
    full, short = re.findall(r"costs ([\d.]+) bits with everything in sight, ([\d.]+) with the last 4", said)[0]
    assert float(full) > float(short)
    assert "What stands further back misleads it here" in said
