"""The logit lens: the last block's row is the model's own answer, and the parts of the stream add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lmcore import models
from lmcore.models.positions import POSITIONS
from lmcore.probes import logit_lens

V = 23
IDS = np.random.default_rng(0).integers(1, V, 12).tolist()


@pytest.fixture(params=POSITIONS)
def model(request: pytest.FixtureRequest) -> Any:
    shape = {"n_layer": 3, "n_head": 2, "n_embd": 16, "block_size": 16, "position": request.param}
    found = models.build("gpt", shape, V)
    with torch.no_grad():  # larger weights than at the beginning, and norms that do something
        for name, parameter in found.named_parameters():
            parameter.mul_(4.0) if parameter.dim() > 1 else parameter.add_(0.3 * torch.randn(parameter.shape))
            assert name
    return found


def test_after_the_last_block_it_is_the_models_own_answer(model: Any) -> None:
    trace = model.trace(IDS)
    stream = logit_lens.stream(trace)
    assert len(stream) == 4
    np.testing.assert_allclose(logit_lens.read_out(model, stream[-1]), model.log_probs(IDS), atol=2e-5)
    found = logit_lens.lens(model, trace, k=5)
    assert found.tokens.shape == found.probs.shape == (4, 13, 5)
    own = np.exp(model.log_probs(IDS))[:, 1:]
    np.testing.assert_array_equal(found.tokens[-1, :, 0], own.argmax(axis=1) + 1)
    np.testing.assert_allclose(found.probs[-1], -np.sort(-own, axis=1)[:, :5], atol=1e-5)
    np.testing.assert_allclose(found.final[-1], own.max(axis=1), atol=1e-5)
    assert (found.kl[-1] == 0).all()


def test_every_row_is_a_model_that_ends_there(model: Any) -> None:
    """Torch's own norm and head on the stream; the KL by scipy's definition, written out."""
    trace = model.trace(IDS)
    found = logit_lens.lens(model, trace, k=3)
    own = model.log_probs(IDS).astype(np.float64)
    for row, x in enumerate(logit_lens.stream(trace)):
        with torch.no_grad():
            q = torch.log_softmax(model.lm_head(model.ln_f(torch.from_numpy(x))), dim=-1).double().numpy()
        kl = (np.exp(own) * (own - q)).sum(axis=1)
        np.testing.assert_allclose(found.kl[row], kl, atol=1e-4)
        best = q[:, 1:].max(axis=1)
        np.testing.assert_allclose(found.probs[row, :, 0], np.exp(best), atol=1e-5)
    assert (found.tokens > 0).all()  # the start token never comes next


def test_what_is_added_adds_up_to_the_stream(model: Any) -> None:
    trace = model.trace(IDS)
    total = trace["embedding"].copy()
    for block in range(3):
        total += trace[f"block.{block}.attn_out"] + trace[f"block.{block}.mlp_out"]
        np.testing.assert_allclose(total, trace[f"block.{block}.residual"], atol=1e-4)
    norms = logit_lens.norms(trace)
    assert norms.attn_out.shape == norms.mlp_out.shape == norms.residual.shape == (3, 13)
    np.testing.assert_allclose(norms.residual[-1], np.linalg.norm(total, axis=1), rtol=1e-4)
    np.testing.assert_allclose(norms.mlp_out[1], np.linalg.norm(trace["block.1.mlp_out"], axis=1), rtol=1e-5)


def test_what_the_parts_push_adds_up_to_the_logits(model: Any) -> None:
    trace = model.trace(IDS)
    names = ["embedding"] + [f"block.{b}.{part}" for b in range(3) for part in ("attn_out", "mlp_out")]
    total = sum(logit_lens.pushed(model, trace, name, 7).astype(np.float64) for name in names)
    bias = (model.lm_head.weight @ model.ln_f.bias).detach().numpy()
    np.testing.assert_allclose(total + bias, trace["logits"][7], atol=2e-4)
    with pytest.raises(ValueError, match="nothing that is added"):
        logit_lens.pushed(model, trace, "block.0.mlp_hidden", 0)


def test_by_hand() -> None:
    """x = (3, 1): mean 2, deviation 1, so z = (1, -1); the head's rows score it 1, -1 and 0."""
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 2, "block_size": 4}, 3)
    with torch.no_grad():
        model.lm_head.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
    found = np.exp(logit_lens.read_out(model, np.array([[3.0, 1.0]])))
    e = np.exp([1.0, -1.0, 0.0])
    np.testing.assert_allclose(found[0], e / e.sum(), atol=1e-4)


def test_fewer_tokens_than_guesses() -> None:
    model = models.build("gpt", {"n_layer": 1, "n_head": 1, "n_embd": 4, "block_size": 4}, 3)
    assert logit_lens.lens(model, model.trace([1]), k=8).tokens.shape == (2, 2, 2)
    with pytest.raises(ValueError, match="at least one guess"):
        logit_lens.lens(model, model.trace([]), k=0)
