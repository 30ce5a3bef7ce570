"""Training on pairs: what a batch is, that it learns, resumes exactly, and is checked like a stranger's wish."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lmcore import checkpoints
from lmcore.corpora import Corpus, CorpusError
from lmcore.models import build
from lmcore.models.base import LanguageModel
from lmcore.tokenizers.pairs import PairTokenizer, train_pairs
from lmcore.training import pairs, spec, translate
from lmcore.training.pairs import IGNORED, PairBatches, exact_share, padded, tokenize_pairs, translations

WORDS = ["red", "blue", "cat", "dog", "sun", "moon"]


def reversals(n: int, seed: int = 0) -> list[tuple[str, str]]:
    """Words, and the same words backwards."""
    rng = random.Random(seed)
    rows = {" ".join(rng.choices(WORDS, k=rng.randint(1, 5))) for _ in range(n)}
    return [(row, " ".join(reversed(row.split()))) for row in sorted(rows)]


def own(rows: list[tuple[str, str]]) -> Corpus:
    return Corpus("pairs", "Reversals", "".join(f"{a}\t{b}\n" for a, b in rows), "", "")


CORPUS = own(reversals(300))
SMALL: dict[str, dict[str, Any]] = {
    "translator": {"n_layer": 1, "n_head": 2, "n_embd": 32, "block_size": 8},
    "bahdanau": {"n_embd": 16, "hidden_size": 24, "block_size": 8},
}


def spec_of(family: str = "translator", **train: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "corpus": {"kind": "text", "sha256": CORPUS.sha256, "title": CORPUS.title},
        "model": {"family": family, **SMALL[family]},
        "train": {"max_steps": 12, "batch_size": 8, "warmup_steps": 2, "n_snapshots": 3, "report_every": 1, **train},
    }


def run(wish: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return list(translate.run(wish, lambda _: CORPUS, **more))


# Batches ------------------------------------------------------------------------------------------------------------


def test_padded_by_hand() -> None:
    (source, idx), y = padded([([5, 6], [7, 8, 9]), ([4], [3, 9])])
    assert source.tolist() == [[5, 6], [4, 0]]
    assert idx.tolist() == [[0, 7, 8], [0, 3, 0]]
    assert y.tolist() == [[7, 8, 9], [3, 9, IGNORED]]


@pytest.mark.parametrize("family", SMALL)
def test_the_loss_of_a_padded_batch_is_the_mean_over_all_real_tokens(family: str) -> None:
    torch.manual_seed(0)
    model = build(family, {**SMALL[family], "source_vocab_size": 9}, 12)
    ids = [([3, 4, 5], [6, 7, 11]), ([8], [2, 11]), ([1, 1, 1, 1], [5, 5, 5, 5, 11])]
    (source, idx), y = padded(ids)
    logits = model(torch.from_numpy(source), torch.from_numpy(idx))
    loss = F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(y).flatten())
    each = np.concatenate([model.given(read).score(written) for read, written in ids])
    assert loss.item() == pytest.approx(-each.mean(), rel=1e-5)
    assert pairs.held_out_loss(model, ids, 2) == pytest.approx(-each.mean(), rel=1e-5)


def test_every_pair_comes_once_a_round_among_others_of_its_length() -> None:
    tokenizer = train_pairs(reversals(300))
    data = tokenize_pairs(tokenizer, reversals(300), 8)
    batches = PairBatches(data, batch_size=16, seed=3)
    seen: Counter[tuple[int, ...]] = Counter()
    filled = []
    n = len(data.ids) // 16
    for step in range(n):
        (_, _), y = batches.batch_at(step)
        seen.update(tuple(int(i) for i in row if i != IGNORED) for row in y)
        filled.append((y != IGNORED).mean())
    assert set(seen.values()) == {1}
    assert sum(seen.values()) == n * 16
    assert np.mean(filled) > 0.9  # unsorted it would be about 0.67
    again = PairBatches(data, batch_size=16, seed=3)
    for step in (0, n + 2, 5):  # fixed by seed and step alone
        for a, b in zip(again.batch_at(step)[0], batches.batch_at(step)[0], strict=True):
            np.testing.assert_array_equal(a, b)
    other = PairBatches(data, batch_size=16, seed=4).batch_at(0)[1]
    assert other.shape != again.batch_at(0)[1].shape or (other != again.batch_at(0)[1]).any()


def test_some_source_words_are_read_as_unknown_so_that_the_model_has_met_it() -> None:
    data = tokenize_pairs(train_pairs(reversals(300)), reversals(300), 8)
    unk = data.tokenizer.source.unk_id
    batches = PairBatches(data, batch_size=64, seed=0)
    read = np.concatenate([batches.batch_at(step)[0][0].ravel() for step in range(60)])
    assert 0.002 < (read[read != 0] == unk).mean() < 0.03


def test_pairs_that_are_too_long_are_left_out_and_counted() -> None:
    rows = [("a b", "c d"), ("a " * 9, "c"), ("a", "c " * 8), ("", "c"), ("a", "")]
    data = tokenize_pairs(train_pairs(rows), rows, 8)
    assert data.pairs == [("a b", "c d")]
    assert data.n_dropped == 4
    with pytest.raises(ValueError, match="none of the 1 pairs has two sides of 1 to 7 tokens"):
        tokenize_pairs(train_pairs(rows), rows[1:2], 8)


# Runs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", SMALL)
def test_it_learns_to_reverse_sentences_it_has_never_seen(family: str) -> None:
    corpus = own(reversals(800))
    wish = spec_of(family, max_steps=200, batch_size=32, learning_rate=1e-2, report_every=0, eval_every=50)
    wish["corpus"]["sha256"] = corpus.sha256
    events = list(translate.run(wish, lambda _: corpus))
    losses = [event["held_out_loss"] for event in events if event["kind"] == "step" and "exact" in event]
    assert losses[-1] < 0.5 < 1.5 < np.log(9)  # at random it would be ln 9
    done = events[-1]
    assert done["metrics"]["exact"] > 0.3
    assert done["metrics"]["chrf"] > 60
    assert done["card"]["history"]["exact"][-1][0] == 200
    samples = [event["text"] for event in events if event["kind"] == "sample"]
    assert " → " in samples[-1]


@pytest.mark.parametrize("family", SMALL)
def test_a_resumed_run_is_the_same_run(family: str) -> None:
    wish = spec_of(family, max_steps=9)
    held: list[Any] = []
    for event in translate.run(wish, lambda _: CORPUS, hold_state=lambda state: held.append(state)):
        if event["kind"] == "step" and event["step"] == 5:
            state = held[-1]()
            break
    resumed, whole = run(wish, resume=state)[-1], run(wish)[-1]
    for name, array in whole["arrays"].items():
        np.testing.assert_array_equal(resumed["arrays"][name], array)
    assert resumed["metrics"] == whole["metrics"]


@pytest.mark.parametrize("family", SMALL)
def test_a_run_becomes_a_checkpoint_that_translates(family: str, tmp_path: Path) -> None:
    events = list(checkpoints.record(tmp_path / "model", iter(run(spec_of(family)))))
    start = events[0]
    assert start["n_pairs"] + start["n_held_out_pairs"] == len(reversals(300))
    assert start["n_dropped"] == 0
    found = checkpoints.load(tmp_path / "model")
    assert checkpoints.steps(tmp_path / "model") == [0, 1, 12]
    assert isinstance(found.tokenizer, PairTokenizer)
    given = found.model.given(found.tokenizer.encode_source("red cat"))  # type: ignore[attr-defined]
    assert isinstance(given, LanguageModel)
    assert given.log_probs([]).shape == (1, found.tokenizer.vocab_size)
    train, held_out = translate.pairs_of(CORPUS)
    assert {source for source, _ in train}.isdisjoint(source for source, _ in held_out)
    assert pairs.measure(found.model, found.tokenizer, held_out) == pytest.approx(found.card["metrics"], rel=1e-3)


def test_a_checkpoint_whose_sides_do_not_match_is_refused(tmp_path: Path) -> None:
    events = run(spec_of())
    start, done = events[0], events[-1]
    one, other = train_pairs(reversals(300)), train_pairs([("one two", "red blue cat dog sun moon")])
    mixed = PairTokenizer(other.source, one.target)
    checkpoints.save_arrays(tmp_path / "a", "translator", start["config"], done["arrays"], mixed, {})
    with pytest.raises(ValueError, match="reads a source of 8 tokens and its tokenizer a source of 4 tokens"):
        checkpoints.load(tmp_path / "a")
    gpt = build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 4, "block_size": 4}, one.vocab_size)
    checkpoints.save(tmp_path / "b", gpt, one, {})
    with pytest.raises(ValueError, match="reads no source and its tokenizer a source of 8 tokens"):
        checkpoints.load(tmp_path / "b")


def test_translations_of_many_come_back_in_their_order() -> None:
    rows = reversals(300)
    data = tokenize_pairs(train_pairs(rows), rows, 8)
    torch.manual_seed(1)
    sizes = {"source_vocab_size": data.tokenizer.source.vocab_size}
    model = build("translator", {**SMALL["translator"], **sizes}, data.tokenizer.vocab_size)
    found = translations(model, data)
    for i in (0, 17, 101):
        alone = tokenize_pairs(data.tokenizer, [rows[i]], 8)
        most = int(pairs.LONGER * len(alone.ids[0][0])) + 10
        mine = data.tokenizer.decode(model.greedy([alone.ids[0][0]], data.tokenizer.end_id, most)[0])
        assert found[i].startswith(mine)  # in a batch a longer one beside it gives it more room
    assert exact_share([target for _, target in rows], data) == 1


# Specs --------------------------------------------------------------------------------------------------------------


def test_a_spec_is_made_whole_and_named_by_what_it_computes() -> None:
    whole = translate.validate(spec_of())
    assert whole["tokenizer"] == {"kind": "auto"}
    assert "vocab_size" not in whole["model"]
    assert translate.validate(whole) == whole
    renamed = {**spec_of(), "corpus": {**spec_of()["corpus"], "title": "Another title"}}
    assert translate.spec_hash(renamed) != translate.spec_hash(spec_of(max_steps=13))
    for family in SMALL:
        shipped = translate.make({"kind": "shipped", "name": "french"}, family, seed=3, max_steps=10)
        assert shipped["train"]["seed"] == 3
        assert shipped["train"]["warmup_steps"] == 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"corpus": {"kind": "shipped", "name": "tales"}}, "the only pairs of sentences that are shipped"),
        ({"corpus": {"kind": "text", "sha256": "x"}}, "SHA-256"),
        ({"model": {"family": "gpt"}}, "there is no translator 'gpt'"),
        ({"model": {"family": "translator", "vocab_size": 5}}, "come from its tokenizer"),
        ({"model": {"family": "translator", "n_layer": 99}}, "n_layer must lie between"),
        ({"model": None}, "there is no translator None"),
        ({"tokenizer": {"kind": "word"}}, "there is no tokenizer of the kind 'word' for pairs"),
        ({"tokenizer": {"kind": "bpe", "vocab_size": 10}}, "vocab_size must be a whole number between 300"),
        ({"tokenizer": {"kind": "phrase", "min_count": 2}}, "no settings but its vocab_size"),
        ({"train": {"steps": 1}}, "training has no setting named 'steps'"),
        ({"more": 1}, "no setting named 'more'"),
        ({"version": 2}, "only version 1 is known"),
        ({"model": {"family": "translator", "n_layer": 12, "n_embd": 2048}}, "parameters are too many"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        translate.validate({**spec_of(), **change})


def test_a_translator_cannot_learn_from_a_plain_text() -> None:
    wish = {"version": 1, "corpus": {"kind": "shipped", "name": "tales"}, "tokenizer": {"kind": "word"}}
    with pytest.raises(ValueError, match="learns from pairs of sentences, not from a text"):
        spec.validate({**wish, "model": {"family": "translator"}})


def test_words_that_are_hardly_ever_the_same_are_spelled() -> None:
    """Thirty sentences without a word in common: their held-out words would all be unknown."""
    rows = [(f"word{i} another{i}", f"mot{i} autre{i}") for i in range(30)]
    tokenizer, _, held_out = translate.prepare(own(rows), '{"kind":"auto"}', 64)
    assert tokenizer.source.kind == "bpe"
    assert tokenizer.decode(tokenizer.encode(held_out.pairs[0][1])) == held_out.pairs[0][1]
    assert translate.prepare(CORPUS, '{"kind":"auto"}', 64)[0].source.kind == "phrase"


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "b"), ("c", "d")],
        [("hello world", "שלום עולם"), ("good night", "לילה טוב")],
        [("the cat", "猫"), ("the dog", "犬"), ("a cat", "猫"), ("<s>", "</s>")],
    ],
)
def test_few_pairs_and_other_alphabets(rows: list[tuple[str, str]]) -> None:
    corpus = own(rows)
    wish = spec_of(max_steps=3)
    wish["model"]["block_size"] = 64
    wish |= {"corpus": {"kind": "text", "sha256": corpus.sha256}}
    events = list(translate.run(wish, lambda _: corpus))
    assert events[-1]["metrics"]["n_pairs"] >= 1
    assert events[-1]["stopped"] is None


def test_a_pair_without_its_second_side_is_refused_by_its_line() -> None:
    corpus = Corpus("pairs", "Broken", "a\tb\nc\n", "", "")
    with pytest.raises(CorpusError, match="Line 2"):
        list(translate.run(spec_of(), lambda _: corpus))
