"""Beam search: the same paths and scores as transformers', greedy at width 1, everything when it is wide enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from lmcore import models, sampling
from lmcore.beam import ROOT, Tree, beam_search

V = 11


class Asked:
    """A transformers model behind our interface: index 0 begins every text."""

    def __init__(self, model: GPT2LMHeadModel) -> None:
        self.model = model

    def prompt(self, ids: Sequence[int]) -> tuple[tuple[int, ...], np.ndarray]:
        with torch.no_grad():
            logits = self.model(torch.tensor([[0, *ids]])).logits[0, -1]
        return tuple(ids), torch.log_softmax(logits, -1).numpy()

    def step(self, state: tuple[int, ...], token: int) -> tuple[tuple[int, ...], np.ndarray]:
        return self.prompt((*state, token))


def tiny(seed: int) -> GPT2LMHeadModel:
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=V, n_positions=32, n_embd=16, n_layer=2, n_head=2, eos_token_id=None)
    ).eval()
    for parameter in model.parameters():
        parameter.data.mul_(6)  # so that tokens differ clearly
    return model


def until(end: int | None, tokens: list[int]) -> tuple[int, ...]:
    """What is theirs without the filling after the end token."""
    return tuple(tokens[: tokens.index(end) + 1] if end in tokens else tokens)


@pytest.mark.parametrize("num_beams", [1, 2, 3, 5])
@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0, -1.0])
@pytest.mark.parametrize("end", [None, 4])
def test_paths_and_scores_are_those_of_transformers(num_beams: int, penalty: float, end: int | None) -> None:
    for seed in range(3):
        model = tiny(seed)
        theirs = model.generate(
            torch.tensor([[0, 3, 7]]), attention_mask=torch.ones(1, 3), num_beams=num_beams, max_new_tokens=6,
            length_penalty=penalty, do_sample=False,
            num_return_sequences=num_beams, suppress_tokens=[0], pad_token_id=0, eos_token_id=end,
            return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
        ours = beam_search(
            Asked(model), [3, 7], num_beams=num_beams, max_new_tokens=6, length_penalty=penalty,
            end=() if end is None else (end,),
        )  # fmt: skip
        rows = [until(end, row[3:].tolist()) for row in theirs.sequences]
        assert [found.tokens for found in ours.found] == rows
        if num_beams > 1:  # width 1 is another function of theirs, without scores
            np.testing.assert_allclose([found.score for found in ours.found], theirs.sequences_scores, atol=2e-5)


def gpt() -> Any:
    torch.manual_seed(1)
    model = models.build("gpt", {"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 16}, V)
    for parameter in model.parameters():
        parameter.data.mul_(8)
    return model.eval()


def test_a_beam_of_one_is_greedy() -> None:
    tree = beam_search(gpt(), [2, 5], num_beams=1, max_new_tokens=8)
    steps = list(sampling.generate(gpt(), [2, 5], max_new_tokens=8, temperature=0))
    assert list(tree.found[0].tokens) == [step.token for step in steps]
    assert tree.found[0].total == pytest.approx(sum(math.log(step.model_prob) for step in steps), abs=1e-5)
    # the same logits through transformers' greedy decoding, past the parity above
    assert sum(node.kept for node in tree.nodes) == 8


def test_a_beam_that_is_wide_enough_is_brute_force() -> None:
    class Four:
        """p(next | last two), drawn once."""

        table = np.log(np.random.default_rng(5).dirichlet(np.ones(4), (4, 4)))

        def prompt(self, ids: Sequence[int]) -> tuple[tuple[int, ...], np.ndarray]:
            last = (0, 0, *ids)[-2:]
            return tuple(ids), self.table[last]

        def step(self, state: tuple[int, ...], token: int) -> tuple[tuple[int, ...], np.ndarray]:
            return self.prompt((*state, token))

    model = Four()

    def total(tokens: Sequence[int]) -> float:
        return sum(float(model.prompt(tokens[:n])[1][token]) for n, token in enumerate(tokens))

    every = sorted(product(range(1, 4), repeat=3), key=total, reverse=True)
    wide = beam_search(model, num_beams=27, max_new_tokens=3)
    assert [found.tokens for found in wide.found] == every
    np.testing.assert_allclose([found.total for found in wide.found], [total(tokens) for tokens in every])
    narrow = beam_search(model, num_beams=1, max_new_tokens=3).found[0].total
    assert narrow <= beam_search(model, num_beams=9, max_new_tokens=3).found[0].total == pytest.approx(total(every[0]))


class Fork:
    """By hand: "the" 0.6 then nothing above 0.4; "a" 0.4 then "dog" 0.9. Greedy misses the better path."""

    first = np.log([1e-9, 0.6, 0.4, 1e-9, 1e-9])  # <s> the a dog cat
    after = np.log([[0.2] * 5, [1e-9, 0.2, 0.1, 0.4, 0.3], [1e-9, 0.05, 0.03, 0.9, 0.02]])

    def prompt(self, ids: Sequence[int]) -> tuple[None, np.ndarray]:
        return None, self.first

    def step(self, state: None, token: int) -> tuple[None, np.ndarray]:
        return None, self.after[token]


def test_a_fork_by_hand() -> None:
    greedy = beam_search(Fork(), num_beams=1, max_new_tokens=2)
    assert greedy.found[0].tokens == (1, 3)
    assert math.exp(greedy.found[0].total) == pytest.approx(0.24)  # 0.6 * 0.4
    tree = beam_search(Fork(), num_beams=2, max_new_tokens=2)
    assert [found.tokens for found in tree.found] == [(2, 3), (1, 3)]
    assert math.exp(tree.found[0].total) == pytest.approx(0.36)  # 0.4 * 0.9
    assert tree.found[0].score == pytest.approx(math.log(0.36) / 2)
    # step 1: 4 looked at, 2 kept; step 2: the 4 likeliest of both branches
    assert [(node.token, node.kept) for node in tree.nodes[:4]] == [(1, True), (2, True), (3, False), (4, False)]
    assert [round(math.exp(node.total), 3) for node in tree.nodes[4:]] == [0.36, 0.24, 0.18, 0.12]
    assert [node.kept for node in tree.nodes[4:]] == [True, True, False, False]


def test_the_tree_holds_together_and_ties_go_to_the_lower_index() -> None:
    tree = beam_search(gpt(), [1], num_beams=3, max_new_tokens=5)
    for node in tree.nodes:
        parent = tree.nodes[node.parent] if node.parent != ROOT else None
        assert node.depth == (parent.depth + 1 if parent else 1)
        assert node.total == pytest.approx((parent.total if parent else 0) + node.log_prob)
        assert parent is None or parent.kept
    for depth in range(1, 6):
        assert sum(node.kept for node in tree.nodes if node.depth == depth) == 3
    again = beam_search(gpt(), [1], num_beams=3, max_new_tokens=5)
    assert isinstance(again, Tree)
    assert tree == again

    class Even:
        def prompt(self, ids: Sequence[int]) -> tuple[None, np.ndarray]:
            return None, np.full(6, -math.log(6))

        def step(self, state: None, token: int) -> tuple[None, np.ndarray]:
            return self.prompt(())

    assert [found.tokens for found in beam_search(Even(), num_beams=3, max_new_tokens=2).found] == [
        (1, 1), (1, 2), (1, 3),
    ]  # fmt: skip


def test_a_smaller_tree_keeps_what_was_kept() -> None:
    tree = beam_search(gpt(), [1], num_beams=3, max_new_tokens=5, end=(2, 4))
    small = tree.likeliest(4)
    for depth in range(1, 6):
        assert sum(node.depth == depth for node in small.nodes) <= max(4, 6)
    assert [node for node in small.nodes if not node.kept] != []

    def kept(one: Tree) -> list[tuple[int, ...]]:
        paths = [one.path(i) for i, node in enumerate(one.nodes) if node.kept]
        return [tuple(one.nodes[i].token for i in path) for path in paths]

    assert kept(small) == kept(tree)
    assert [found.tokens for found in small.found] == [
        tuple(small.nodes[i].token for i in small.path(found.node)) for found in tree.likeliest(4).found
    ]
    assert tree.likeliest(10_000) == tree


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_beams": 0}, "1 to 64 paths wide, not 0"),
        ({"num_beams": 65}, "1 to 64 paths wide"),
        ({"max_new_tokens": 0}, "max_new_tokens must be 1 or more"),
        ({"length_penalty": math.nan}, "length penalty must lie between"),
        ({"length_penalty": 1e9}, "length penalty must lie between"),
    ],
)
def test_settings_out_of_range_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        beam_search(Fork(), **{"num_beams": 2, "max_new_tokens": 2, **options})
