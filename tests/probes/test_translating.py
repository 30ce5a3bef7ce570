"""Translating one sentence: what is written is what the model says, step by step, and ends where it must."""

from __future__ import annotations

import numpy as np
import pytest

from lmcore.beam import beam_search
from lmcore.models import build
from lmcore.probes.translating import MOST, alternatives, translate

V, END = 12, 11
SHAPES = {
    "translator": {"source_vocab_size": 9, "n_layer": 2, "n_head": 2, "n_embd": 16},
    "bahdanau": {"source_vocab_size": 9, "n_embd": 8, "hidden_size": 8},
}
SOURCE = [3, 5, 1, 8]


@pytest.fixture(params=SHAPES)
def given(request):
    return build(request.param, SHAPES[request.param], V).given(SOURCE)


def test_greedy_takes_the_likeliest_each_time(given):
    written, _ = translate(given, END, len(SOURCE))
    state, log_probs = given.start()
    for token in written.tokens:
        best = int(np.argmax(np.where(np.arange(V) == 0, -np.inf, log_probs)))
        assert token == best
        state, log_probs = given.step(state, token)
    assert written.ended == (written.tokens[-1] == END)
    assert len(written.tokens) <= 2 * len(SOURCE) + 10


@pytest.mark.parametrize("beams", [1, 3])
def test_its_rows_are_the_models_and_its_probability_their_product(given, beams):
    written, tree = translate(given, END, len(SOURCE), num_beams=beams)
    P = len(written.tokens)
    np.testing.assert_allclose(written.log_probs, given.log_probs(written.tokens[:-1]), atol=1e-5)
    assert written.cross.shape[2:] == (P, len(SOURCE))
    np.testing.assert_allclose(written.cross.sum(-1), 1, atol=1e-5)
    assert written.log_prob == pytest.approx(float(given.score(written.tokens).sum()), abs=1e-4)
    assert tree is not None
    assert tree.found[0].tokens == written.tokens
    assert tree.found == beam_search(given, [], num_beams=beams, max_new_tokens=18, end=(END,)).found


def test_what_was_taken_stands_and_the_model_goes_on(given):
    own, _ = translate(given, END, len(SOURCE))
    other = next(i for i in range(1, END) if i != own.tokens[0])
    written, _ = translate(given, END, len(SOURCE), taken=[other])
    assert written.tokens[0] == other
    ended, tree = translate(given, END, len(SOURCE), taken=[other, END])
    assert (ended.tokens, ended.ended, tree) == ((other, END), True, None)
    full, tree = translate(given, END, len(SOURCE), taken=[other] * 18)
    assert (len(full.tokens), full.ended, tree) == (18, False, None)
    assert MOST > 18


def test_alternatives_are_the_likeliest_and_never_the_start(given):
    log_probs = given.log_probs([2, 3])
    ids, probs = alternatives(log_probs, 5)
    assert ids.shape == probs.shape == (3, 5)
    assert 0 not in ids
    for row, found, p in zip(np.exp(log_probs), ids, probs, strict=True):
        assert sorted(row[1:])[::-1][:5] == pytest.approx(p.tolist())
        np.testing.assert_allclose(row[found], p)
    assert alternatives(log_probs, 99)[0].shape == (3, V - 1)
