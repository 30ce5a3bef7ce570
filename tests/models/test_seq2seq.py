"""Bahdanau's translator: by hand on a tiny case, torch's GRU, and what its masks hide."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from lmcore.models.seq2seq import Bahdanau, BahdanauConfig, gru

CONFIG = BahdanauConfig(vocab_size=11, source_vocab_size=9, n_embd=5, hidden_size=6)
SOURCE, TARGET = [3, 8, 1, 5], [4, 10, 2]


@pytest.fixture(scope="module")
def model() -> Bahdanau:
    model = Bahdanau(CONFIG, seed=1)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.4 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def test_attention_by_hand() -> None:
    """One unit, two words: e_j = v tanh(W s + U h_j + b), α = softmax(e), c = Σ α_j h_j."""
    tiny = Bahdanau(BahdanauConfig(vocab_size=3, source_vocab_size=3, n_embd=1, hidden_size=1))
    with torch.no_grad():
        for parameter in tiny.parameters():
            parameter.zero_()
        tiny.align_state.weight.fill_(2.0)
        tiny.align_source.weight[0] = torch.tensor([1.0, -1.0])
        tiny.align_source.bias.fill_(0.5)
        tiny.align_v.weight.fill_(3.0)
        memory = torch.tensor([[[0.2, 0.1], [-0.4, 0.3]]])
        read = tiny.encode(torch.tensor([[1, 2]]))._replace(memory=memory, asked=tiny.align_source(memory))
        names: dict[str, torch.Tensor] = {}

        class Keep:
            def __call__(self, name: str, tensor: torch.Tensor) -> torch.Tensor:
                names[name] = tensor
                return tensor

        tiny.write(read, torch.tensor([[0.25]]), torch.zeros(1, 1), Keep())  # type: ignore[arg-type]
    e = [3 * math.tanh(2 * 0.25 + (0.2 - 0.1) + 0.5), 3 * math.tanh(2 * 0.25 + (-0.4 - 0.3) + 0.5)]
    alpha = 1 / (1 + math.exp(e[1] - e[0]))
    assert names["cross_scores"][0].tolist() == pytest.approx(e)
    assert names["cross_weights"][0].tolist() == pytest.approx([alpha, 1 - alpha])
    context = [alpha * 0.2 + (1 - alpha) * -0.4, alpha * 0.1 + (1 - alpha) * 0.3]
    assert names["context"][0].tolist() == pytest.approx(context)


def test_the_unit_is_torchs_gru() -> None:
    cell = nn.GRUCell(4, 3)
    w = {name: p.detach().numpy() for name, p in cell.named_parameters()}
    x, h = torch.randn(4), torch.randn(3)
    np.testing.assert_allclose(gru(w, "", x.numpy(), h.numpy()), cell(x[None], h[None])[0].detach(), atol=1e-6)


def test_the_encoder_is_two_grus_that_read_against_each_other(model: Bahdanau) -> None:
    forward, backward = nn.GRU(5, 6, batch_first=True), nn.GRU(5, 6, batch_first=True)
    with torch.no_grad():
        for name, p in model.encoder.named_parameters():
            (backward if name.endswith("_reverse") else forward).get_parameter(name.removesuffix("_reverse")).copy_(p)
        x = model.source_wte(torch.tensor([SOURCE]))
        both = torch.cat([forward(x)[0], backward(x.flip(1))[0].flip(1)], dim=-1)[0]
    np.testing.assert_allclose(model.trace(SOURCE)["memory"], both, atol=1e-6)


def test_padding_changes_nothing(model: Bahdanau) -> None:
    idx = torch.tensor([[0, *TARGET]])
    alone = model(torch.tensor([SOURCE]), idx)
    padded = model(torch.tensor([[*SOURCE, 0, 0, 0], [5] * 7]), idx.repeat(2, 1))
    torch.testing.assert_close(padded[:1], alone, rtol=1e-5, atol=1e-6)
    before = model.source_wte.weight[0].clone()
    with torch.no_grad():
        model.source_wte.weight[0] = 100.0
        torch.testing.assert_close(model(torch.tensor([[*SOURCE, 0]]), idx), alone, rtol=1e-5, atol=1e-6)
        model.source_wte.weight[0] = before


def test_its_trace_says_where_it_looked(model: Bahdanau) -> None:
    trace = model.given(SOURCE).trace(TARGET)
    assert trace["cross_weights"].shape == (1, 1, 4, 4)
    np.testing.assert_allclose(trace["cross_weights"].sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(
        trace["context"], trace["cross_weights"][0, 0] @ trace["encoder.memory"], rtol=1e-5, atol=1e-6
    )


def test_its_parameters_are_those_of_its_configuration(model: Bahdanau) -> None:
    arrays = model.state_arrays()
    assert {name: array.shape for name, array in arrays.items()} == CONFIG.shapes()
    assert model.n_params == sum(array.size for array in arrays.values())
    again = Bahdanau.from_arrays(CONFIG, arrays)
    np.testing.assert_array_equal(again.given(SOURCE).log_probs(TARGET), model.given(SOURCE).log_probs(TARGET))


def test_greedy_for_many_is_greedy_one_by_one(model: Bahdanau) -> None:
    sources = [SOURCE, [2], [7, 7, 7, 7, 7, 7]]
    for source, found in zip(sources, model.greedy(sources, 10, 9), strict=True):
        state, row = model.given(source).start()
        ids: list[int] = []
        while len(ids) < 9:
            token = int(row[1:].argmax()) + 1
            if token == 10:
                break
            ids.append(token)
            state, row = model.given(source).step(state, token)
        assert found == ids


def test_an_empty_source_is_refused_in_words(model: Bahdanau) -> None:
    with pytest.raises(ValueError, match="the source is empty"):
        model.given([])
