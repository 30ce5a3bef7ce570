"""Going on from a trained model: what is frozen stays, what is said adds up, and nonsense is refused in words."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from lmcore import tokenizers
from lmcore.corpora import Corpus
from lmcore.models.adapters import n_adapters
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.recurrent_config import RNNConfig
from lmcore.models.rnn import RNN
from lmcore.training import finetune
from lmcore.training import spec as specs
from lmcore.training.finetune import Start

FIRST = "The mouse ate the cheese. The cat saw the mouse.\n\n" * 30
SECOND = "A frog hid the lamp. Then the frog ran to the pond.\n\n" * 30
TOKENIZER = tokenizers.train("char", FIRST + SECOND)
CONFIG = GPTConfig(vocab_size=TOKENIZER.vocab_size, block_size=8, n_layer=2, n_head=2, n_embd=8)
HASH = "ab" * 32
PARTS = ("all", "last", "head", "lora")


def card(model: Any) -> dict[str, Any]:
    return {"family": model.family, "config": model.config.to_dict(), "hash": HASH, "title": "The first"}


def base(seed: int = 3) -> GPT:
    return GPT(CONFIG, seed=seed)


@cache
def second() -> Corpus:
    return Corpus("second", "The second", SECOND, "", "")


def spec_of(what: str = "all", max_steps: int = 4, **more: Any) -> dict[str, Any]:
    made = finetune.described(card(base()), "char", specs.named(second()), what=what, max_steps=max_steps)
    made["train"] |= {"batch_size": 2, "eval_windows": 2, "report_every": 1, "n_snapshots": 3, **more}
    return made


def run(spec: dict[str, Any], model: Any = None, first: str = FIRST, **more: Any) -> list[dict[str, Any]]:
    start = Start(model or base(), TOKENIZER, HASH, "The first", first)
    return list(specs.run(spec, lambda _: second(), resolve_start=lambda _: start, **more))


def learns(name: str, what: str) -> bool:
    last = name.startswith(("h.1.", "ln_f"))
    return {"all": True, "last": last, "head": name.startswith(("ln_f", "wte")), "lora": name.startswith("h.")
            and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))}[what]  # fmt: skip


@pytest.mark.parametrize("what", PARTS)
def test_what_is_frozen_does_not_move_by_a_bit_and_the_rest_does(what: str):
    events = run(spec_of(what, weight_decay=0.5))
    before, after = base().state_arrays(), events[-1]["arrays"]
    assert {name: array.shape for name, array in after.items()} == CONFIG.shapes()
    for name in before:
        moved = before[name].tobytes() != after[name].tobytes()
        assert moved == learns(name, what), name
    # At step 0 it is the base, in each kept snapshot too.
    zero = next(event for event in events if event["kind"] == "snapshot" and event["step"] == 0)
    assert all(zero["arrays"][name].tobytes() == before[name].tobytes() for name in before)


@pytest.mark.parametrize("what", PARTS)
def test_the_counts_are_those_of_the_shapes(what: str):
    n = finetune.n_trained(finetune.mark(base(), what, 3))
    sizes = {name: int(np.prod(shape)) for name, shape in CONFIG.shapes().items()}
    expected = n_adapters(CONFIG, 3) if what == "lora" else sum(s for name, s in sizes.items() if learns(name, what))
    assert n == expected
    assert run(spec_of(what))[0]["n_trained"] == finetune.n_trained(finetune.mark(base(), what))


@pytest.mark.parametrize("what", [*PARTS, "scratch"])
def test_a_run_that_is_cut_and_resumed_ends_in_the_same_weights(what: str):
    states: dict[int, dict[str, Any]] = {}

    def hold(state: Any) -> None:
        arrays = state()
        states[int(arrays["step"][0])] = arrays

    whole = run(spec_of(what, 6), hold_state=hold)
    rest = run(spec_of(what, 6), resume=states[3])
    assert rest[0]["resumed_from"] == 3
    for name, array in whole[-1]["arrays"].items():
        assert array.tobytes() == rest[-1]["arrays"][name].tobytes(), name


def test_from_scratch_is_a_new_model_whose_loss_is_counted_in_the_same_tokens():
    events = run(spec_of("scratch"))
    assert not np.array_equal(
        next(e for e in events if e["kind"] == "snapshot")["arrays"]["wte.weight"], base().state_arrays()["wte.weight"]
    )
    assert events[0]["tokenizer"] == TOKENIZER.to_dict()
    assert events[0]["n_trained"] == CONFIG.n_params


def test_both_texts_are_watched_from_step_0():
    events = run(spec_of("all"))
    steps = [event for event in events if event["kind"] == "step"]
    assert steps[0]["step"] == 0
    assert steps[0]["held_out_loss"] > 0
    assert steps[0]["first_loss"] > 0
    assert all(("first_loss" in event) == (event["held_out_loss"] is not None) for event in steps)
    history = events[-1]["card"]["history"]
    assert [step for step, _ in history["first"]] == [e["step"] for e in steps if "first_loss" in e]
    assert events[-1]["card"]["title"] == "The first, then The second"
    without = run(spec_of("all"), first="")
    assert without[0]["first"] is False
    assert not any("first_loss" in event for event in without)


def test_another_family_is_trained_whole():
    config = RNNConfig(vocab_size=TOKENIZER.vocab_size, block_size=8, n_embd=8, hidden_size=8)
    model = RNN(config, seed=1)
    spec = finetune.described(card(model), "char", specs.named(second()), max_steps=3)
    assert run(spec, model)[-1]["kind"] == "done"
    with pytest.raises(ValueError, match="only a part of a GPT"):
        specs.validate({**spec, "trained": {"what": "last"}})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trained": {"what": "everything"}}, "one of all"),
        ({"trained": {"what": "all", "rank": 4}}, "no other settings"),
        ({"trained": {"what": "lora", "rank": 0}}, "rank"),
        ({"trained": []}, "one of all"),
        ({"start": {"hash": "../../etc"}}, "64 hex"),
        ({"start": {"hash": HASH, "path": "/etc"}}, "hash of a model"),
        ({"start": {"hash": HASH, "title": "x" * 201}}, "title"),
        ({"start": "gpt"}, "hash of a model"),
        ({"model": {"family": "ngram", "order": 2}}, "cannot be trained on"),
    ],
)
def test_nonsense_is_refused_in_words(change: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=reason):
        specs.validate({**spec_of(), **change})


def test_what_is_trained_needs_something_to_start_from():
    spec = spec_of()
    del spec["start"]
    with pytest.raises(ValueError, match="starts from"):
        specs.validate(spec)


def test_a_model_of_another_shape_is_not_taken_for_it():
    with pytest.raises(ValueError, match="another shape"):
        run(spec_of(), GPT(replace(CONFIG, n_layer=1)))


def test_a_text_that_is_mostly_unknown_is_refused_and_the_share_is_said():
    words = tokenizers.train("word", FIRST)
    assert finetune.unknown_share(words, words.encode("The mouse ate zebras.")) == pytest.approx(1 / 5)
    assert finetune.unknown_share(TOKENIZER, TOKENIZER.encode("at")) == 0
    assert finetune.unknown_share(TOKENIZER, TOKENIZER.encode("a\N{GREEK SMALL LETTER PI}")) == pytest.approx(4 / 5)
    with pytest.raises(ValueError, match=re.escape("100% of this text are characters")):
        finetune.check_known(TOKENIZER, TOKENIZER.encode("\N{GREEK SMALL LETTER PI}" * 9))
    greek = Corpus("g", "Greek", "\N{GREEK SMALL LETTER PI} " * 400, "", "")
    start = Start(base(), TOKENIZER, HASH)
    with pytest.raises(ValueError, match="does not know"):
        list(specs.run(spec_of(), lambda _: greek, resolve_start=lambda _: start))


def test_a_run_is_the_same_by_its_model_not_by_its_titles():
    spec = spec_of()
    spec["corpus"] = {"kind": "text", "sha256": "0" * 64, "title": "a"}
    same = {**spec, "start": {**spec["start"], "title": "Another"}}
    assert specs.spec_hash(spec) == specs.spec_hash(same)
    for other in ({"start": {"hash": "cd" * 32}}, {"trained": {"what": "lora", "rank": 2}}):
        assert specs.spec_hash(spec) != specs.spec_hash({**spec, **other})
    assert specs.validate(specs.validate(spec)) == specs.validate(spec)
