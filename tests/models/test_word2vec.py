"""Word2Vec: the loss and its gradient against autograd, the table against an enumeration by hand, gensim beside it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lmcore import batches, models, tokenizers
from lmcore.batches import Tokens
from lmcore.models.word2vec import (
    Batch,
    Word2Vec,
    batch_loss,
    chances,
    pairs,
    sigmoid,
    softplus,
    table,
    table_gradient,
    table_loss,
)
from lmcore.models.word2vec_config import Word2VecConfig
from lmcore.training.config import TrainConfig
from lmcore.training.word2vec import Sampler, train

SMALL = Word2VecConfig(vocab_size=7, n_embd=4, window=2, negatives=3, subsample=0.3)
TOKENS = Tokens(np.array([1, 2, 3, 1, 4, 1, 5, 2, 6, 1], np.int32), np.array([0, 6], np.int64))


def some_model(config: Word2VecConfig, seed: int = 3) -> Word2Vec:
    """With contexts that are not 0 any more."""
    model, rng = Word2Vec(config, seed), np.random.default_rng(seed)
    model.vectors = rng.normal(size=model.vectors.shape).astype(np.float32)
    model.contexts = rng.normal(size=model.contexts.shape).astype(np.float32)
    return model


def leaves(model: Word2Vec) -> tuple[torch.Tensor, torch.Tensor]:
    u, v = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (model.vectors, model.contexts))
    return u, v


def test_the_table_by_enumeration() -> None:
    """Every place, every reach 1..window, every word within it, met with the chances of both."""
    ids, starts, window = TOKENS.ids.tolist(), [0, 6, 10], SMALL.window
    n = np.bincount(ids, minlength=7)
    t_f = SMALL.subsample * 10 / np.maximum(n, 1)
    keep = np.minimum(1, np.sqrt(t_f) + t_f)
    expected = np.zeros((7, 7))
    for begin, end in itertools.pairwise(starts):
        for i, reach in itertools.product(range(begin, end), range(1, window + 1)):
            for j in range(max(begin, i - reach), min(end, i + reach + 1)):
                if j != i:
                    expected[ids[i], ids[j]] += keep[ids[i]] * keep[ids[j]] / window
    np.testing.assert_allclose(pairs(TOKENS, SMALL), expected, rtol=1e-12)
    whole = table(TOKENS, SMALL)
    assert whole.positive.sum() == pytest.approx(1, abs=1e-6)
    assert whole.both.sum() == pytest.approx(1 + SMALL.negatives, abs=1e-5)


def test_the_chances_by_hand() -> None:
    keep, negative = chances(TOKENS, SMALL)
    assert negative.sum() == pytest.approx(1)
    assert negative[1] / negative[3] == pytest.approx(4**0.75)  # word 1 stands there four times, word 3 once
    assert keep[1] == pytest.approx(math.sqrt(0.3 / 0.4) + 0.3 / 0.4 if math.sqrt(0.75) + 0.75 < 1 else 1)
    rare = Word2VecConfig(vocab_size=7, subsample=0.01)
    assert chances(TOKENS, rare).keep[1] == pytest.approx(math.sqrt(0.01 / 0.4) + 0.01 / 0.4)
    assert (chances(TOKENS, Word2VecConfig(vocab_size=7, subsample=0.0)).keep == 1).all()


def test_the_tables_loss_and_gradient_against_autograd() -> None:
    model, whole = some_model(SMALL), table(TOKENS, SMALL)
    u, v = leaves(model)
    P = torch.tensor(whole.positive, dtype=torch.float64)
    negative = torch.tensor(chances(TOKENS, SMALL).negative)
    x = u @ v.T
    drawn = SMALL.negatives * P.sum(1, keepdim=True) * negative
    loss = -(P * F.logsigmoid(x)).sum() - (drawn * F.logsigmoid(-x)).sum()
    loss.backward()
    assert table_loss(model, whole) == pytest.approx(loss.item(), rel=1e-5)
    for ours, theirs in zip(table_gradient(model, whole), (u.grad, v.grad), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-6)


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_a_batchs_loss_and_gradient_against_autograd(method: str) -> None:
    config = Word2VecConfig(vocab_size=7, n_embd=4, window=2, negatives=3, method=method)
    model = some_model(config)
    batch = Sampler(TOKENS, config, 16, seed=1).batch_at(0)
    u, v = leaves(model)
    weight = torch.tensor(batch.weight, dtype=torch.float64)
    h = (u[batch.inputs] * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True)
    x = (h[:, None, :] * v[batch.targets]).sum(-1)
    loss = -(F.logsigmoid(x[:, 0]) + F.logsigmoid(-x[:, 1:]).sum(1)).mean()
    loss.backward()
    found, d_vectors, d_contexts = batch_loss(model, batch)
    assert found == pytest.approx(loss.item(), rel=1e-5)
    np.testing.assert_allclose(d_vectors, u.grad.numpy(), atol=1e-6)
    np.testing.assert_allclose(d_contexts, v.grad.numpy(), atol=1e-6)


def test_batches_are_samples_of_the_table() -> None:
    """The mean over many batches is the table's expectation, of the loss and of both gradients."""
    model, whole = some_model(SMALL), table(TOKENS, SMALL)
    sampler = Sampler(TOKENS, SMALL, 4096, seed=5)
    found = [batch_loss(model, sampler.batch_at(step)) for step in range(40)]
    assert np.mean([loss for loss, _, _ in found]) == pytest.approx(table_loss(model, whole), rel=0.01)
    for i, exact in enumerate(table_gradient(model, whole), start=1):
        np.testing.assert_allclose(np.mean([part[i] for part in found], axis=0), exact, atol=0.01)


def test_a_context_is_what_stands_around_a_word() -> None:
    config = Word2VecConfig(vocab_size=7, n_embd=4, window=2, method="cbow", subsample=0.0)
    batch = Sampler(TOKENS, config, 64, seed=1).batch_at(0)
    ids, allowed = TOKENS.ids.tolist(), set()
    for i, word in enumerate(ids):
        begin, end = (0, 6) if i < 6 else (6, 10)
        for reach in (1, 2):
            around = [ids[j] for j in range(max(begin, i - reach), min(end, i + reach + 1)) if j != i]
            allowed.add((word, tuple(sorted(around))))
    for inputs, weight, targets in zip(batch.inputs, batch.weight, batch.targets, strict=True):
        assert (targets[0], tuple(sorted(inputs[weight > 0]))) in allowed


def test_it_begins_knowing_nothing() -> None:
    model = Word2Vec(SMALL, seed=1)
    nothing = (1 + SMALL.negatives) * math.log(2)
    assert table_loss(model, table(TOKENS, SMALL)) == pytest.approx(nothing, rel=1e-6)
    batch = Batch(np.array([[1]]), np.ones((1, 1), np.float32), np.array([[2, 3, 4, 5]]))
    assert batch_loss(model, batch)[0] == pytest.approx(nothing, rel=1e-6)
    assert np.abs(model.vectors).max() <= 0.5 / SMALL.n_embd


def test_the_seed_decides() -> None:
    assert (Word2Vec(SMALL, 1).vectors == Word2Vec(SMALL, 1).vectors).all()
    assert not (Word2Vec(SMALL, 1).vectors == Word2Vec(SMALL, 2).vectors).all()


def test_it_is_saved_and_traced_but_no_language_model() -> None:
    model = some_model(SMALL)
    again = Word2Vec.from_arrays(SMALL, model.state_arrays())
    traced = again.trace([2, 5])
    np.testing.assert_array_equal(traced["one_hot"] @ model.vectors, traced["embedding"])
    np.testing.assert_array_equal(traced["context"], model.contexts[[2, 5]])
    assert model.n_params == sum(a.size for a in model.state_arrays().values())
    assert "word2vec" not in models.FAMILIES
    assert models.model_class("word2vec") is Word2Vec
    assert models.build("word2vec", {"n_embd": 8}, 11).vectors.shape == (11, 8)
    with pytest.raises(ValueError, match="names and shapes"):
        Word2Vec.from_arrays(SMALL, {"vectors": model.vectors})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"method": "glove"}, "skip-gram, cbow"),
        ({"subsample": -1}, "from 0 to 1"),
        ({"subsample": True}, "from 0 to 1"),
        ({"subsample": float("nan")}, "from 0 to 1"),
        ({"window": 0}, "window must lie between"),
        ({"n_embd": 2.5}, "whole number"),
        ({"layers": 2}, "no setting named 'layers'"),
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        models.configure("word2vec", wrong, 10)


def test_a_text_without_neighbours_is_refused() -> None:
    alone = Tokens(np.array([1, 2, 3], np.int32), np.array([0, 1, 2], np.int64))
    with pytest.raises(ValueError, match="neighbour"):
        table(alone, SMALL)
    with pytest.raises(ValueError, match="neighbour"):
        Sampler(alone, SMALL, 4, seed=1)


# Training -----------------------------------------------------------------------------------------------------------


def mouse() -> tuple[tokenizers.Tokenizer, Tokens]:
    from lmcore.corpora import mouse

    text = mouse.generate(600, seed=1)
    tokenizer = tokenizers.train("word", text)
    return tokenizer, batches.tokenize(tokenizer, text)


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_training_lowers_the_loss_and_resumes_exactly(method: str) -> None:
    tokenizer, tokens = mouse()
    config = Word2VecConfig(vocab_size=tokenizer.vocab_size, n_embd=8, method=method)
    settings = TrainConfig(max_steps=30, batch_size=256, learning_rate=0.05, warmup_steps=0, report_every=1)
    model, states = Word2Vec(config, 1), {}
    reports = []
    for report in train(model, tokens, tokens, settings):
        reports.append(report)
        states[report.step] = report.state_arrays()
    assert reports[0].loss == pytest.approx(6 * math.log(2), rel=1e-5)
    assert reports[-1].loss < 0.9 * reports[0].loss
    assert reports[-1].held_out_loss < 0.9 * reports[0].loss
    assert [r.step for r in reports if r.snapshot is not None] == settings.snapshot_steps()
    middle = reports[len(reports) // 2].step
    other = Word2Vec(config, 9)
    last = list(train(other, tokens, tokens, settings, resume=states[middle]))[-1]
    assert last.step == 30
    np.testing.assert_array_equal(other.vectors, model.vectors)


def test_adam_against_torch() -> None:
    config = TrainConfig(max_steps=20, learning_rate=0.03, warmup_steps=3, weight_decay=0.2, grad_clip=0, n_snapshots=0)
    whole, ours = table(TOKENS, SMALL), some_model(SMALL)
    u, v = (torch.nn.Parameter(torch.tensor(a)) for a in (ours.vectors.copy(), ours.contexts.copy()))
    optimizer = torch.optim.AdamW([u, v], betas=(config.beta1, config.beta2), eps=1e-12, weight_decay=0.2)
    both, positive = torch.tensor(whole.both), torch.tensor(whole.positive)
    for step in range(1, 21):
        optimizer.param_groups[0]["lr"] = config.learning_rate_at(step)
        x = u @ v.T
        loss = (both * F.softplus(-x)).sum() + ((both - positive) * x).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for _ in train(ours, TOKENS, TOKENS, config):
        pass
    np.testing.assert_allclose(ours.vectors, u.detach().numpy(), atol=1e-4)
    np.testing.assert_allclose(ours.contexts, v.detach().numpy(), atol=1e-4)


def test_numbers_that_are_no_longer_finite_stop_it() -> None:
    config = TrainConfig(max_steps=9, learning_rate=0.1, report_every=1, warmup_steps=0)
    model = some_model(SMALL)
    reports = train(model, TOKENS, TOKENS, config)
    next(reports)
    next(reports)
    good = model.vectors.copy()
    model.vectors[1, 0] = np.nan
    last = list(reports)[-1]
    assert "no longer finite" in (last.stopped or "")
    np.testing.assert_array_equal(model.vectors, good)


def test_analogies_beside_gensim() -> None:
    """The same text, dimensions, windows, negatives and epochs; ours of a table is one update an epoch."""
    from gensim.models import Word2Vec as Gensim

    from lmcore import corpora
    from lmcore.corpora import kingdoms
    from lmcore.probes.embeddings import accuracy

    text = corpora.load("kingdoms").text
    tokenizer = tokenizers.train("word", text)
    tokens = batches.tokenize(tokenizer, text)
    stoi = {word: i for i, word in enumerate(tokenizer.itos)}
    sentences = [[str(i) for i in part] for part in np.split(tokens.ids, tokens.starts[1:])]
    theirs = Gensim(sentences, sg=1, vector_size=64, window=5, negative=5, min_count=1, epochs=12, workers=1, seed=1)
    vectors = np.zeros((tokenizer.vocab_size, 64), np.float32)
    for i in range(tokenizer.vocab_size):
        if str(i) in theirs.wv:
            vectors[i] = theirs.wv[str(i)]
    model = Word2Vec(Word2VecConfig(tokenizer.vocab_size, n_embd=64), seed=1)
    settings = TrainConfig(
        max_steps=12, learning_rate=0.2, warmup_steps=0, weight_decay=0.0, min_lr_ratio=0.05, n_snapshots=0
    )
    for _ in train(model, tokens, tokens, settings):
        pass
    asked = kingdoms.questions()
    ours, peers = accuracy(model.vectors, stoi, asked).share, accuracy(vectors, stoi, asked).share
    assert peers > 0.85
    assert ours > 0.9
    assert ours > peers - 0.08


def test_the_functions_of_the_loss_do_not_overflow() -> None:
    x = np.array([-200, -30, -1, 0, 1e-3, 1, 30, 200], np.float32)
    np.testing.assert_allclose(softplus(x), np.logaddexp(0, x.astype(np.float64)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(sigmoid(x), torch.sigmoid(torch.tensor(x)).numpy(), rtol=1e-5, atol=1e-7)
