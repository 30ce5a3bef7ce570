"""The checkpoints that come with the project are what their cards say, and write like their corpus."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from lmcore import checkpoints, corpora, measured, models, pretrain
from lmcore.corpora import kingdoms, labels
from lmcore.corpora.french import held_out_pairs
from lmcore.corpora.tales_check import check_story
from lmcore.models import FAMILIES, word_counts
from lmcore.probes.calibration import summary
from lmcore.probes.embeddings import accuracy, answers, real_words
from lmcore.sampling import generate
from lmcore.tokenizers import PairTokenizer
from lmcore.training import blanks, classify, translate
from lmcore.training import spec as specs
from lmcore.training.labels import tokenize_labels

SHIPPED = checkpoints.shipped()
MB = 1024 * 1024
LANGUAGE_MODELS = [name for name, recipe in pretrain.RECIPES.items() if recipe.model["family"] in FAMILIES]
TRANSLATORS = [name for name, recipe in pretrain.RECIPES.items() if recipe.model["family"] in models.TRANSLATORS]
VECTORS = "word2vec-kingdoms"


@lru_cache(maxsize=2)
def corpus_of(name: str) -> corpora.Corpus:
    try:
        return pretrain.RECIPES[name].corpus()
    except corpora.CorpusError as missing:
        import os

        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def written(name: str, seed: int, n: int) -> str:
    found = checkpoints.load(SHIPPED[name])
    steps = generate(found.model, [], max_new_tokens=n, temperature=0.8, seed=seed, n_alternatives=0)
    return found.tokenizer.decode([step.token for step in steps])


def test_every_recipe_is_shipped() -> None:
    assert set(SHIPPED) == set(pretrain.RECIPES)


@pytest.mark.parametrize("name", pretrain.RECIPES)
def test_its_size_and_its_snapshots(name: str) -> None:
    folder = SHIPPED[name]
    recipe = pretrain.RECIPES[name]
    assert (folder / "model.safetensors").stat().st_size < 4 * MB
    assert sum(path.stat().st_size for path in (folder / "snapshots").iterdir()) < 12 * MB
    steps = checkpoints.steps(folder)
    assert steps[0] == 0
    assert steps[-1] == recipe.train["max_steps"]
    assert len(steps) >= (2 if recipe.start else 10)  # who goes on from another changes little on the way
    last, final = checkpoints.load(folder, steps[-1]).model, checkpoints.load(folder).model
    ids = [5, 6, 7, 8]
    if name in TRANSLATORS:
        last, final = last.given(ids), final.given(ids)
    if name in (*LANGUAGE_MODELS, *TRANSLATORS):
        np.testing.assert_allclose(last.log_probs(ids), final.log_probs(ids), atol=0.05)
    else:
        np.testing.assert_allclose(last.trace(ids)["embedding"], final.trace(ids)["embedding"], atol=0.01)


@pytest.mark.parametrize("name", pretrain.RECIPES)
def test_its_card_says_the_truth(name: str) -> None:
    """The metrics, from the shipped weights and the text anew."""
    found = checkpoints.load(SHIPPED[name])
    corpus = corpus_of(name)
    card = found.card
    assert card["corpus"] == {"name": corpus.name, "title": corpus.title, "sha256": corpus.sha256}
    assert card["title"] == pretrain.RECIPES[name].title
    assert card["n_params"] == found.model.n_params
    recipe = pretrain.RECIPES[name]
    trainer = pretrain.trainer_of(recipe)
    assert trainer.validate(card["spec"]) == trainer.validate(pretrain.spec_of(recipe, corpus))
    held_out = translate.pairs_of(corpus)[1] if name in TRANSLATORS else corpus.split()[1]
    if recipe.model["family"] == "classifier":
        held_out = classify.lines_of(corpus).split()[1]
    assert specs.measure(found.model, found.tokenizer, held_out) == pytest.approx(card["metrics"], rel=1e-3)


@pytest.mark.parametrize("name", LANGUAGE_MODELS)
def test_it_is_born_knowing_nothing_and_learns(name: str) -> None:
    """Its first snapshot guesses at random (ln V nats a token), and the loss falls from snapshot to snapshot."""
    folder = SHIPPED[name]
    ids = checkpoints.load(folder).tokenizer.encode(corpus_of(name).split()[1][:3000])
    steps = checkpoints.steps(folder)
    losses = [-float(checkpoints.load(folder, step).model.score(ids).mean()) for step in (steps[0], *steps[4::2])]
    assert losses[0] == pytest.approx(np.log(checkpoints.load(folder).model.vocab_size), abs=0.1)
    assert losses == sorted(losses, reverse=True)


def test_tales_are_told() -> None:
    checks = [
        check_story(passage)
        for seed in range(3)
        for passage in written("gpt-tales-word", seed, 500).split("\n\n")[:-1]
        if passage.strip()
    ]
    stories = [check for check in checks if not check.is_echo]
    assert len(stories) >= 8
    assert sum(s.n_parsed for s in stories) >= 0.8 * sum(s.n_sentences for s in stories)


@pytest.mark.parametrize("family", ["gpt", "rnn", "lstm"])
def test_plays_are_written(family: str) -> None:
    """Speakers in capitals with a colon, and words, most of which Shakespeare used."""
    text = written(f"{family}-shakespeare-char", 0, 1500)
    corpus = corpus_of(f"{family}-shakespeare-char").text
    speakers = re.findall(r"^[A-Z][A-Z ]+:$", text, re.MULTILINE)
    assert len(speakers) >= 5
    words = re.findall(r"[a-z]+", text.lower())
    known = set(re.findall(r"[a-z]+", corpus.lower()))
    assert sum(word in known for word in words) > 0.75 * len(words)


def test_vectors_learn_what_was_never_said() -> None:
    """From knowing nothing ((1 + k) ln 2 nats a pair) to the analogies, and the two that the lesson names."""
    folder = SHIPPED[VECTORS]
    found = checkpoints.load(folder)
    stoi = {word: i for i, word in enumerate(found.tokenizer.itos)}
    among = real_words(found.tokenizer.itos)
    loss, k = found.card["history"]["steps"][0][1], found.model.config.negatives
    assert loss == pytest.approx((1 + k) * np.log(2), abs=1e-3)
    shares = [
        accuracy(checkpoints.load(folder, step).model.vectors, stoi, kingdoms.questions(), among).share
        for step in checkpoints.steps(folder)
    ]
    assert shares[0] < 0.02
    assert shares[-1] > 0.95
    assert found.card["metrics"]["analogy_accuracy"] == pytest.approx(shares[-1], abs=0.01)
    for plus, minus, answer in ((("queen", "male"), "female", "king"), (("Paris", "Italy"), "France", "Rome")):
        best = answers(found.model.vectors, [stoi[word] for word in plus], [stoi[minus]], 1, among)
        assert found.tokenizer.itos[best[0].word] == answer


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_translator_is_born_knowing_nothing_and_learns_to_translate(name: str) -> None:
    """What the lesson promises: 95 of 100 sentences that it has never seen, to the letter, and chrF 97 or better."""
    folder = SHIPPED[name]
    card = checkpoints.read_card(folder)
    assert card["metrics"]["n_pairs"] == 1000
    if name == "translator-french":
        assert card["metrics"]["exact"] >= 0.95
        assert card["metrics"]["chrf"] >= 97
    found = checkpoints.load(folder)
    assert isinstance(found.tokenizer, PairTokenizer)
    losses = []
    for step in (0, *checkpoints.steps(folder)[4::2]):
        model = checkpoints.load(folder, step).model
        pairs = [(found.tokenizer.encode_source(s), found.tokenizer.encode(t)) for s, t in held_out_pairs(20)]
        losses.append(-float(np.mean(np.concatenate([model.given(read).score(written) for read, written in pairs]))))
    assert losses[0] > np.log(found.model.vocab_size) - 0.2
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.3  # after the last step


@pytest.mark.parametrize("name", ["masked-tales", "denoiser-tales"])
def test_blanks_are_filled(name: str) -> None:
    """Of the words that were hidden in tales it has never seen most are its first choice; at first none was."""
    metrics = checkpoints.read_card(SHIPPED[name])["metrics"]
    assert metrics["n_blanks"] > 800
    assert metrics["filled"] > 0.5 > 4 * metrics["commonest"]
    found = checkpoints.load(SHIPPED[name])
    rows = blanks.examples(found.tokenizer, corpus_of(name).split()[1], found.model.config.block_size, 10)
    shares = []
    for step in (0, *checkpoints.steps(SHIPPED[name])[-2:]):
        model = checkpoints.load(SHIPPED[name], step).model
        shares.append(blanks.share([blanks.fill(model, ids, hidden) for ids, hidden in rows], rows))
    assert shares[0] < 0.1
    assert shares[-1] > 0.5


@pytest.mark.parametrize("target", ["sentiment", "topic"])
def test_a_classifier_does_with_200_labels_what_the_lesson_promises(target: str) -> None:
    """Nine in ten of 500 texts that say nothing it has heard before, beside counting words on the same 200."""
    found = checkpoints.load(SHIPPED[f"classifier-{target}"])
    rows, held_out = labels.shipped(target).split()
    assert (len(rows), len(held_out), found.card["n_texts"]) == (200, 500, 200)
    data, tested = (tokenize_labels(found.tokenizer, part, found.model.labels, 64) for part in (rows, held_out))
    right = summary(found.model.probabilities(tested.ids), tested.y)["accuracy"]
    assert right >= 0.9
    assert right == pytest.approx(found.card["metrics"]["accuracy"], abs=0.005)
    counts = word_counts.fit(data.ids, data.y, found.tokenizer.vocab_size, len(found.model.labels))
    assert summary(counts.probabilities(tested.ids), tested.y)["accuracy"] < right - 0.1


def test_making_one_replaces_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = pretrain.Recipe(
        "Small",
        lambda: corpora.load("mouse"),
        {"kind": "word"},
        {"family": "gpt", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8},
        {"max_steps": 3, "batch_size": 2, "warmup_steps": 1, "n_snapshots": 2},
    )
    monkeypatch.setitem(pretrain.RECIPES, "small", small)
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "old").touch()
    kinds = [event["kind"] for event in pretrain.make("small", tmp_path)]
    assert kinds[0] == "start"
    assert kinds[-1] == "done"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]
    assert checkpoints.load(tmp_path / "small").card["title"] == "Small"
    assert checkpoints.steps(tmp_path / "small") == [0, 3]
    assert not (tmp_path / "small" / "old").exists()


def test_what_is_trained_and_what_is_measured_have_names_of_their_own() -> None:
    """`python -m lmcore.pretrain NAME` takes both."""
    assert not set(pretrain.RECIPES) & set(measured.MEASURES)
