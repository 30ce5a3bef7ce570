"""The translator: parity with torch.nn.Transformer, what its masks hide, and how it is asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lmcore import models, sampling
from lmcore.beam import beam_search
from lmcore.models.encoder_decoder import MAX_SOURCE, MAX_TARGET
from lmcore.models.translator import Translator, TranslatorConfig
from lmcore.models.translator_step import FIRST_WAVES

TINY = TranslatorConfig(vocab_size=23, source_vocab_size=17, block_size=16, n_layer=2, n_head=3, n_embd=24)
C = TINY.n_embd
SOURCE = [4, 9, 2, 16, 4]
TARGET = [3, 22, 1, 8, 8, 5, 19]


def shaken(config: TranslatorConfig = TINY, seed: int = 0) -> Translator:
    """Every parameter is random, norms and biases too, so that none can be forgotten unseen."""
    model = Translator(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


@pytest.fixture(scope="module")
def model() -> Translator:
    return shaken()


def tensor(*rows: list[int]) -> Tensor:
    return torch.tensor(rows)


# Somebody else's ----------------------------------------------------------------------------------------------------


def gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def theirs_with_the_weights_of(model: Translator) -> nn.Transformer:
    """torch's own encoder-decoder; every parameter of ours between embeddings and head is used exactly once."""
    L, H = TINY.n_layer, TINY.n_head
    theirs = nn.Transformer(C, H, L, L, 4 * C, dropout=0.0, activation=gelu, norm_first=True, batch_first=True).eval()
    ours = {k: v for k, v in model.named_parameters() if "wte" not in k}
    left = {k: v.shape for k, v in theirs.named_parameters()}

    def give(name: str, value: Tensor) -> None:
        assert left.pop(name) == value.shape
        with torch.no_grad():
            theirs.get_parameter(name).copy_(value)

    def take(name: str) -> Tensor:
        return ours.pop(name)

    for side in ("encoder", "decoder"):
        for i in range(L):
            here, there = f"{side}.{i}", f"{side}.layers.{i}"
            parts = [("attn", "self_attn"), ("cross", "multihead_attn")][: 1 if side == "encoder" else 2]
            for kind in ("weight", "bias"):
                for mine, his in parts:
                    both = [take(f"{here}.{mine}.c_q.{kind}"), take(f"{here}.{mine}.c_kv.{kind}")]
                    give(f"{there}.{his}.in_proj_{kind}", torch.cat(both))
                    give(f"{there}.{his}.out_proj.{kind}", take(f"{here}.{mine}.c_proj.{kind}"))
                for n in range(1, len(parts) + 2):
                    give(f"{there}.norm{n}.{kind}", take(f"{here}.ln_{n}.{kind}"))
                give(f"{there}.linear1.{kind}", take(f"{here}.mlp.c_fc.{kind}"))
                give(f"{there}.linear2.{kind}", take(f"{here}.mlp.c_proj.{kind}"))
    for kind in ("weight", "bias"):
        give(f"encoder.norm.{kind}", take(f"ln_source.{kind}"))
        give(f"decoder.norm.{kind}", take(f"ln_f.{kind}"))
    assert not ours
    assert not left
    return theirs


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_it_is_torchs_transformer_on_the_same_weights_with_padding(model: Translator) -> None:
    theirs = theirs_with_the_weights_of(model)
    source = tensor(SOURCE, [7, 7, 3, 0, 0], [1, 0, 0, 0, 0])
    idx = torch.randint(0, 23, (3, 8), generator=torch.Generator().manual_seed(1))
    hidden = source == 0
    with torch.no_grad():
        embedded = [
            C**0.5 * table(ids) + model.waves[: ids.shape[1]]
            for table, ids in ((model.source_wte, source), (model.wte, idx))
        ]
        out = theirs(
            *embedded,
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(8),
            src_key_padding_mask=hidden.float().masked_fill(hidden, -torch.inf),
            memory_key_padding_mask=hidden.float().masked_fill(hidden, -torch.inf),
            tgt_is_causal=True,
        )
        torch.testing.assert_close(model(source, idx), out @ model.wte.weight.T, rtol=1e-5, atol=1e-4)
        ours = model.encode(source)[0]
        there = theirs.encoder(embedded[0], src_key_padding_mask=hidden.float().masked_fill(hidden, -torch.inf))
        torch.testing.assert_close(ours[~hidden], there[~hidden], rtol=1e-5, atol=1e-5)


# Masks --------------------------------------------------------------------------------------------------------------


def test_padding_changes_nothing(model: Translator) -> None:
    """However much of it there is, and whatever stands in the row beside."""
    idx = tensor([0, *TARGET])
    alone = model(tensor(SOURCE), idx)
    padded = model(tensor([*SOURCE, 0, 0, 0], [5] * 8), idx.repeat(2, 1))
    torch.testing.assert_close(padded[:1], alone, rtol=1e-5, atol=1e-5)


def test_what_padding_is_embedded_as_does_not_matter(model: Translator) -> None:
    """Cross-attention and the encoder look past it: its vector can be anything."""
    source, idx = tensor([*SOURCE, 0, 0]), tensor([0, *TARGET])
    before = model(source, idx)
    other = shaken()
    with torch.no_grad():
        other.source_wte.weight[0] = 1000.0
    torch.testing.assert_close(other(source, idx), before)


def test_every_word_of_the_source_matters_to_every_word_that_is_written(model: Translator) -> None:
    given = model.given(SOURCE).log_probs(TARGET)
    for place in range(len(SOURCE)):
        other = [*SOURCE[:place], SOURCE[place] % 16 + 1, *SOURCE[place + 1 :]]
        assert (np.abs(model.given(other).log_probs(TARGET) - given).max(axis=1) > 1e-3).all()


def test_no_attention_goes_to_padding_or_ahead(model: Translator) -> None:
    trace = model.given(SOURCE).trace(TARGET)
    P, S = len(TARGET) + 1, len(SOURCE)
    assert trace["cross_weights"].shape == (2, 3, P, S)
    np.testing.assert_array_equal(trace["cross_weights"][1], trace["block.1.cross_weights"])
    for name in ("block.0.attn_weights", "block.1.cross_weights", "encoder.block.0.attn_weights"):
        np.testing.assert_allclose(trace[name].sum(-1), 1, atol=1e-5)
    assert (np.triu(trace["block.0.attn_weights"], 1) == 0).all()
    assert (trace["encoder.block.0.attn_weights"] > 0).all()  # the source is read to both sides
    assert trace["encoder.memory"].shape == (S, C)
    np.testing.assert_array_equal(trace["encoder.memory"], model.trace(SOURCE)["memory"])


# Weights ------------------------------------------------------------------------------------------------------------


def test_its_parameters_are_those_of_its_configuration(model: Translator) -> None:
    arrays = model.state_arrays()
    assert {name: array.shape for name, array in arrays.items()} == TINY.shapes()
    assert model.n_params == sum(array.size for array in arrays.values())
    again = Translator.from_arrays(TINY, arrays)
    np.testing.assert_array_equal(again.given(SOURCE).log_probs(TARGET), model.given(SOURCE).log_probs(TARGET))
    assert again.lm_head.weight is again.wte.weight
    with pytest.raises(ValueError, match="names and shapes"):
        Translator.from_arrays(TINY, {**arrays, "more": arrays["wte.weight"]})


def test_trained_on_it_answers_anew() -> None:
    model = shaken()
    before = model.given(SOURCE).start()[1]
    with torch.no_grad():
        model.wte.weight += 0.1 * torch.randn(23, C, generator=torch.Generator().manual_seed(3))
    given = model.given(SOURCE)
    assert np.abs(given.start()[1] - before).max() > 1e-3
    np.testing.assert_allclose(given.start()[1], given.log_probs([])[0], atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_head": 5}, "n_embd .24. must be a multiple of n_head .5."),
        ({"source_vocab_size": 1}, "source_vocab_size must lie between 2"),
        ({"dropout": 1.0}, "dropout must be a number"),
        ({"n_layers": 2}, "has no setting named 'n_layers'"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused_in_words(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        models.configure("translator", {**TINY.to_dict(), **wrong}, 23)


# Asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([], "nothing to translate: the source is empty"),
        ([5] * (MAX_SOURCE + 1), "the source has 1,025 tokens; the limit is 1,024"),
        ([5, 17], "the source: token 17 at place 1 is not in the vocabulary"),
        ([0], "the source: token 0"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused_in_words(model: Translator, source: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        model.given(source)


def test_long_ones_are_read_and_written(model: Translator) -> None:
    """Further than it was trained on, and further than the waves that a step has at hand."""
    given = model.given([5] * MAX_SOURCE)
    ids = np.random.default_rng(0).integers(1, 23, FIRST_WAVES + 10).tolist()
    state, row = given.prompt(ids)
    assert state.length == len(ids) + 1
    np.testing.assert_allclose(row, given.log_probs(ids)[-1], atol=1e-4)
    with pytest.raises(ValueError, match="too many for a translation; the limit is 2,047"):
        given.log_probs([5] * MAX_TARGET)


def test_greedy_for_many_is_greedy_one_by_one_and_a_beam_of_one(model: Translator) -> None:
    sources = [SOURCE, [3], [8, 8, 8, 1, 2, 3, 4], [16, 15]]
    end = max(token for row in model.greedy(sources, 0, 3) for token in row)  # one that is written early on
    many = model.greedy(sources, end, 12)
    assert len({len(row) for row in many}) > 1  # some have ended
    for source, found in zip(sources, many, strict=True):
        given, ids = model.given(source), []
        while len(ids) < 12:
            row = given.log_probs(ids)[-1]
            row[0] = -np.inf
            token = int(row.argmax())
            if token == end:
                break
            ids.append(token)
        assert found == ids
        best = beam_search(given, num_beams=1, max_new_tokens=12, end=(end,)).found[0].tokens
        assert [token for token in best if token != end] == ids
    assert model.greedy([], end, 5) == []


def test_a_wide_beam_finds_what_looking_at_everything_finds() -> None:
    small = shaken(TranslatorConfig(vocab_size=5, source_vocab_size=17, n_layer=1, n_head=1, n_embd=8))
    given = small.given(SOURCE)
    every = [(a, b, c) for a in range(1, 5) for b in range(1, 5) for c in range(1, 5)]
    totals = {ids: float(given.score(ids).sum()) for ids in every}
    found = beam_search(given, num_beams=64, max_new_tokens=3, length_penalty=0).found[0]
    assert found.tokens == max(totals, key=totals.__getitem__)
    assert found.total == pytest.approx(max(totals.values()), abs=1e-4)


def test_it_can_be_sampled_until_its_end(model: Translator) -> None:
    steps = list(sampling.generate(model.given(SOURCE), [], max_new_tokens=30, seed=4))
    assert len(steps) == 30
    assert 0 not in [step.token for step in steps]
