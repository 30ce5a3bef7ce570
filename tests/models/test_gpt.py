"""The GPT: parity with transformers and torch, its cache, its windows, its laws."""

from __future__ import annotations

import ctypes
import math
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from lmcore.models.attention import CausalSelfAttention, Recorder, attend
from lmcore.models.blas import use_one_thread
from lmcore.models.gpt import GPT, GPTConfig
from lmcore.models.gpt_step import StepWeights
from lmcore.models.windows import window_start, windows

TINY = GPTConfig(vocab_size=23, block_size=16, n_layer=2, n_head=3, n_embd=24)


def shaken(config: GPTConfig = TINY, seed: int = 0) -> GPT:
    """A GPT whose every parameter is random, norms and biases too, so that none can be forgotten unseen."""
    model = GPT(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model


def some_ids(n: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(1, TINY.vocab_size, n).tolist()


@pytest.fixture(scope="module")
def model() -> GPT:
    return shaken()


def test_logits_equal_those_of_transformers_on_the_same_weights(model: GPT) -> None:
    theirs = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=23,
            n_positions=16,
            n_layer=2,
            n_head=3,
            n_embd=24,
            bos_token_id=0,
            eos_token_id=0,
            pad_token_id=0,
        )
    ).eval()
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, parameter in theirs.transformer.named_parameters():
            ours = weights.pop(name)
            conv1d = name.endswith("weight") and (".attn." in name or ".mlp." in name)
            parameter.copy_(ours.T if conv1d else ours)
        assert not weights
        idx = torch.randint(0, 23, (3, 16), generator=torch.Generator().manual_seed(1))
        torch.testing.assert_close(model(idx), theirs(idx).logits, atol=1e-4, rtol=1e-4)


def test_explicit_attention_equals_scaled_dot_product_attention() -> None:
    attention = CausalSelfAttention(24, 3)
    x = torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(0))
    record = Recorder()
    torch.testing.assert_close(attention(x, record), attention(x), atol=1e-5, rtol=1e-5)
    q, k, v, weights = (record.values[name] for name in ("q", "k", "v", "attn_weights"))
    torch.testing.assert_close(
        weights @ v, F.scaled_dot_product_attention(q, k, v, is_causal=True), atol=1e-5, rtol=1e-5
    )
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 7))
    assert torch.equal(weights.triu(1), torch.zeros(2, 3, 7, 7))


@pytest.mark.parametrize("kind", ["causal", "which", "added", "all"])
def test_attention_in_bfloat16_on_a_cpu_is_torchs_in_float32(kind: str) -> None:
    """Forward and back, to what bfloat16 can hold; what is finer is made no coarser."""
    past = torch.ones(5, 5, dtype=torch.bool).tril()
    slope = torch.arange(5.0).view(1, 5).masked_fill(~past, -math.inf)
    mask = {"which": past & (torch.arange(5) != 2) | torch.eye(5, dtype=torch.bool), "added": slope}.get(kind)
    fine = torch.randn(3, 2, 2, 5, 4, generator=torch.Generator().manual_seed(0)).bfloat16().float().requires_grad_()
    rough = fine.detach().bfloat16().requires_grad_()
    expected = F.scaled_dot_product_attention(*fine, attn_mask=mask, is_causal=kind == "causal")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = attend(*rough, mask, causal=kind == "causal")
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, atol=0.02, rtol=0.02)
    expected.square().sum().backward()
    found.float().square().sum().backward()
    torch.testing.assert_close(rough.grad.float(), fine.grad, atol=0.1, rtol=0.05)
    assert attend(*fine.double(), mask, causal=kind == "causal").dtype == torch.float64


def test_attention_in_bfloat16_drops_weights() -> None:
    """Of equal values 1 it makes 1; with half of the weights dropped, and the others doubled, 1 on average."""
    q, v = torch.zeros(1, 1, 64, 4, dtype=torch.bfloat16), torch.ones(1, 1, 64, 4, dtype=torch.bfloat16)
    torch.testing.assert_close(attend(q, q, v, causal=True), v)
    dropped = attend(q, q, v, dropout=0.5)[..., 0]
    assert dropped.unique().numel() > 5
    assert abs(dropped.float().mean() - 1) < 0.1


def test_attention_by_hand() -> None:
    """One head of width 1, q = k = v = x = (0, 1, 2): row 2 has scores 0, 2, 4, weights e⁰, e², e⁴ over their sum."""
    attention = CausalSelfAttention(1, 1)
    with torch.no_grad():
        attention.c_attn.weight.fill_(1)
        attention.c_attn.bias.fill_(0)
        record = Recorder()
        attention(torch.tensor([[[0.0], [1.0], [2.0]]]), record)
    total = 1 + math.exp(2) + math.exp(4)
    expected = [
        [1, 0, 0],
        [1 / (1 + math.e), math.e / (1 + math.e), 0],
        [1 / total, math.exp(2) / total, math.exp(4) / total],
    ]
    np.testing.assert_allclose(record.values["attn_weights"][0, 0].numpy(), expected, rtol=1e-5)


def test_initialisation_is_that_of_gpt2() -> None:
    model = GPT(GPTConfig(vocab_size=500, block_size=64, n_layer=8, n_head=4, n_embd=128), seed=3)
    block = model.h[5]
    for weight in (model.wte.weight, model.wpe.weight, block.attn.c_attn.weight, block.mlp.c_fc.weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.05)
    for weight in (block.attn.c_proj.weight, block.mlp.c_proj.weight):
        assert weight.std().item() == pytest.approx(0.02 / math.sqrt(16), rel=0.05)
    assert block.attn.c_attn.bias.abs().max() == 0
    assert torch.equal(block.ln_1.weight, torch.ones(128))
    assert model.lm_head.weight is model.wte.weight
    again = GPT(model.config, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert not torch.equal(GPT(model.config, seed=4).wte.weight, model.wte.weight)


def test_config_counts_what_the_model_has(model: GPT) -> None:
    assert {name: tuple(p.shape) for name, p in model.named_parameters()} == TINY.shapes()
    assert sum(p.numel() for p in model.parameters()) == TINY.n_params == model.n_params
    assert GPTConfig.from_dict(TINY.to_dict()) == TINY
    # V C + 12 C² a layer are in matrix products; 6 each, and 12 L C B for attention
    assert TINY.flops_per_token == 6 * (23 * 24 + 2 * 12 * 24 * 24) + 12 * 2 * 24 * 16


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_head": 5}, "multiple of n_head"),
        ({"block_size": 15}, "even"),
        ({"block_size": 0}, "between 2 and"),
        ({"vocab_size": 1}, "between 2 and"),
        ({"n_layer": 10**9}, "between 1 and 48"),
        ({"n_embd": 2.0}, "whole number"),
        ({"n_layer": True}, "whole number"),
        ({"dropout": 1}, "dropout"),
        ({"dropout": float("nan")}, "dropout"),
        ({"n_experts": 2}, "n_experts"),
    ],
)
def test_nonsense_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GPTConfig.from_dict(TINY.to_dict() | changes)


def test_windows_answer_for_every_position_once() -> None:
    for P in range(1, 70):
        rows = [p for window in windows(P, 16) for p in range(window.first, window.stop)]
        assert rows == list(range(P))
        for window in windows(P, 16):
            assert window.stop - window.start <= 16
            assert all(window_start(p, 16) == window.start for p in range(window.first, window.stop))
    # by hand, B = 4: 0..3 see from 0; 4, 5 from 2; 6, 7 from 4
    assert [window_start(p, 4) for p in range(8)] == [0, 0, 0, 0, 2, 2, 4, 4]


@pytest.mark.parametrize("n", [0, 1, 14, 15, 16, 17, 23, 24, 25, 60])
def test_log_probs_score_step_prompt_and_trace_agree(model: GPT, n: int) -> None:
    ids = some_ids(n)
    full = model.log_probs(ids)
    assert full.shape == (n + 1, 23)
    assert full.dtype == np.float32
    np.testing.assert_allclose(np.exp(full).sum(1), 1, atol=1e-5)

    state, row = model.start()
    rows = [row]
    for token in ids:
        state, row = model.step(state, token)
        rows.append(row)
    np.testing.assert_allclose(np.array(rows), full, atol=1e-4)
    assert row.dtype == np.float32

    np.testing.assert_allclose(model.prompt(ids)[1], full[-1], atol=1e-4)
    np.testing.assert_allclose(model.score(ids), full[np.arange(n), ids], atol=1e-4)
    assert model.score(ids).dtype == np.float32
    np.testing.assert_allclose(model.trace(ids)["log_probs"], full, atol=1e-4)


def test_a_window_is_read_as_the_contract_says(model: GPT) -> None:
    """The row of position p is what a bare forward pass over its window says last."""
    sequence = [0, *some_ids(40)]
    full = model.log_probs(sequence[1:])
    for p in (15, 16, 23, 24, 31, 40):
        start = window_start(p, 16)
        with torch.no_grad():
            logits = model(torch.tensor([sequence[start : p + 1]]))[0, -1]
        np.testing.assert_allclose(full[p], F.log_softmax(logits, -1).numpy(), atol=1e-5)


def test_chunks_change_nothing(model: GPT, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = some_ids(100)
    whole = model.score(ids)
    monkeypatch.setattr("lmcore.models.gpt.CHUNK_FLOATS", 1)
    np.testing.assert_allclose(model.score(ids), whole, atol=1e-5)


def test_the_future_changes_nothing_before(model: GPT) -> None:
    ids = some_ids(30)
    changed = ids[:20] + some_ids(10, seed=9)
    np.testing.assert_array_equal(model.log_probs(ids)[:21], model.log_probs(changed)[:21])


def test_states_stay_usable_after_branching(model: GPT) -> None:
    ids = some_ids(12)
    state, _ = model.prompt(ids)
    trunk, expected = state, {}
    for token in (1, 2, 3):  # three futures of one state, each two tokens on, interleaved
        first, _ = model.step(trunk, token)
        expected[token] = first
    for token, first in expected.items():
        _, row = model.step(first, 5)
        np.testing.assert_allclose(row, model.log_probs([*ids, token, 5])[-1], atol=1e-4)
    # an old state past which the cache has gone on for a whole window and been cut
    deep = trunk
    for token in some_ids(20, seed=3):
        deep, _ = model.step(deep, token)
    np.testing.assert_allclose(model.step(trunk, 7)[1], model.log_probs([*ids, 7])[-1], atol=1e-4)
    assert state.window().tolist() == [0, *ids]


def test_many_threads_may_go_on_from_one_state(model: GPT) -> None:
    ids = some_ids(6)
    state, _ = model.prompt(ids)
    rows: dict[int, list[np.ndarray]] = {}

    def go_on(token: int) -> None:
        mine = state
        rows[token] = []
        for _ in range(8):
            mine, row = model.step(mine, token)
            rows[token].append(row)

    threads = [threading.Thread(target=go_on, args=(token,)) for token in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for token, found in rows.items():
        np.testing.assert_allclose(np.array(found), model.log_probs([*ids, *[token] * 8])[-8:], atol=1e-4)


def test_step_follows_the_weights_when_they_change() -> None:
    model = shaken()
    before = model.start()[1]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
    model(torch.tensor([[0, 1, 2]])).sum().backward()
    optimizer.step()
    after = model.start()[1]
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, model.log_probs([])[0], atol=1e-4)
    model.load_state_dict(shaken(seed=5).state_dict())
    np.testing.assert_allclose(model.start()[1], model.log_probs([])[0], atol=1e-4)
    model.load_state_dict(shaken(seed=6).state_dict(), assign=True)
    np.testing.assert_allclose(model.start()[1], model.log_probs([])[0], atol=1e-4)


def test_a_state_keeps_the_weights_it_began_with() -> None:
    model = shaken()
    expected = model.log_probs([3, 4])[-1]
    state, _ = model.prompt([3])
    model.load_state_dict(shaken(seed=5).state_dict())
    np.testing.assert_allclose(model.step(state, 4)[1], expected, atol=1e-4)


def test_step_weights_are_copies(model: GPT) -> None:
    arrays = {name: p.detach().numpy() for name, p in model.named_parameters()}
    weights = StepWeights(TINY, arrays)
    assert not any(np.shares_memory(weights.wte, array) for array in arrays.values())


def test_trace_names_and_shapes(model: GPT) -> None:
    for n in (5, 37):  # within one window, and over several
        P = n + 1
        trace = model.trace(some_ids(n))
        H, D, C = 3, 8, 24
        shapes = dict.fromkeys(("token_embedding", "position_embedding", "embedding", "ln_f"), (P, C))
        shapes |= {"logits": (P, 23), "log_probs": (P, 23)}
        for i in range(2):
            shapes |= {f"block.{i}.{name}": (H, P, D) for name in ("q", "k", "v", "attn_heads")}
            shapes |= {f"block.{i}.{name}": (H, P, P) for name in ("attn_scores", "attn_weights")}
            shapes |= {f"block.{i}.{name}": (P, C) for name in ("attn_out", "residual_mid", "mlp_out", "residual")}
            shapes[f"block.{i}.mlp_hidden"] = (P, 4 * C)
        assert {name: array.shape for name, array in trace.items()} == shapes
        for i in range(2):
            weights, scores = trace[f"block.{i}.attn_weights"], trace[f"block.{i}.attn_scores"]
            np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
            assert (np.triu(weights, 1) == 0).all()
            np.testing.assert_allclose(np.exp(scores) / np.exp(scores).sum(-1, keepdims=True), weights, atol=1e-4)
        np.testing.assert_allclose(
            trace["block.0.residual"],
            trace["embedding"] + trace["block.0.attn_out"] + trace["block.0.mlp_out"],
            atol=1e-5,
        )
    # position 20 sees from 8 on
    assert (trace["block.1.attn_weights"][:, 20, :8] == 0).all()
    assert (trace["block.1.attn_weights"][:, 20, 8:21] > 0).all()


def test_dropout_is_off_when_the_model_is_asked() -> None:
    model = shaken(GPTConfig(vocab_size=23, block_size=16, n_layer=1, n_head=2, n_embd=8, dropout=0.5))
    model.train()
    np.testing.assert_array_equal(model.log_probs([1, 2]), model.log_probs([1, 2]))
    assert model.training
    idx = torch.tensor([[0, 1, 2]])
    assert not torch.equal(model(idx), model(idx))


def test_ids_outside_the_vocabulary_are_refused(model: GPT) -> None:
    for ids in ([23], [0], [-1]):
        with pytest.raises(ValueError, match="vocabulary"):
            model.log_probs(ids)
    with pytest.raises(ValueError, match="vocabulary"):
        model.step(model.start()[0], 23)
    with pytest.raises(ValueError, match="block_size of 16"):
        model(torch.zeros(1, 17, dtype=torch.int64))
    with pytest.raises(ValueError, match="too many"):
        model.trace([1] * 3000)


def test_steps_use_one_blas_thread(model: GPT) -> None:
    """Where numpy brings its own OpenBLAS, asking for a step sets it to one thread."""
    model.start()
    if not use_one_thread():
        return
    library = next((Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*"))
    assert ctypes.CDLL(str(library)).scipy_openblas_get_num_threads64_() == 1


def test_how_large_new_weights_are() -> None:
    """By default a new model guesses (ln V); "wide" keeps a vector's length through the blocks."""
    config = GPTConfig(vocab_size=500, block_size=16, n_layer=2, n_head=2, n_embd=64)
    wide = GPTConfig.from_dict({**config.to_dict(), "init": "wide"})
    plain, large = GPT(config), GPT(wide)
    assert plain.h[0].mlp.c_fc.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert large.h[0].mlp.c_fc.weight.std().item() == pytest.approx(1 / 8, rel=0.05)
    assert large.h[0].mlp.c_proj.weight.std().item() == pytest.approx(1 / 16, rel=0.05)  # 1/√C · 1/√(2 · 2)
    assert large.wte.weight.std().item() == pytest.approx(3 / 8, rel=0.05)
    assert large.wpe.weight.std().item() == pytest.approx(0.02, rel=0.1)
    unsure = GPT(GPTConfig.from_dict({**config.to_dict(), "init": "wide-unsure"}))
    idx = torch.arange(1, 17)[None]
    losses = [F.cross_entropy(model(idx)[0, :-1], idx[0, 1:]).item() for model in (plain, unsure, large)]
    assert losses[:2] == pytest.approx([math.log(500)] * 2, abs=0.3)
    assert losses[2] > math.log(500) + 1
    with pytest.raises(ValueError, match="init must be one of gpt-2, wide, wide-unsure"):
        GPTConfig(vocab_size=10, init="huge")
