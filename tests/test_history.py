"""The table of systems is in order and complete; parameter counts are those of the checkpoints and of transformers."""

from __future__ import annotations

import pytest

from lmcore import checkpoints
from lmcore.history import BY_ID, PUBLISHED, SYSTEMS, gpt_params, sizes, sizes_here


def test_the_systems_stand_in_order_of_time_and_on_what_was_there() -> None:
    assert len(BY_ID) == len(SYSTEMS)
    assert [one.year for one in SYSTEMS] == sorted(one.year for one in SYSTEMS)
    place = {one.id: i for i, one in enumerate(SYSTEMS)}
    for one in SYSTEMS:
        assert all(place[id] < place[one.id] for id in one.after)
        assert one.idea.endswith(".")
        assert one.brought.endswith(".")
        assert not one.paper.endswith(".")  # the card ends the sentence
        assert "“" in one.paper


def test_the_systems_that_the_course_names_are_there() -> None:
    years = {
        "ngram": 1948, "neural": 2003, "word2vec": 2013, "rnn": 1990, "lstm": 1997, "seq2seq": 2014, "attention": 2015,
        "transformer": 2017, "gpt": 2018, "bart": 2020, "chat": 2022,
    }  # fmt: skip
    assert {id: BY_ID[id].year for id in years} == years


def test_the_sizes_here_are_what_the_checkpoints_hold() -> None:
    here = {size.id: size.n_params for size in sizes_here()}
    assert set(here) == set(checkpoints.shipped())
    for name in ("rnn-shakespeare-char", "gpt-shakespeare-char"):
        model = checkpoints.load(checkpoints.shipped()[name]).model
        assert here[name] == sum(array.size for array in model.state_arrays().values())  # type: ignore[attr-defined]
    every = sizes()
    assert [one.n_params for one in every] == sorted(one.n_params for one in every)
    assert len({one.id for one in every}) == len(every) == len(here) + len(PUBLISHED)
    assert all(one.source for one in every)


@pytest.mark.parametrize(("shape", "n"), [((12, 768, 50257, 1024), 124_439_808), ((2, 16, 50, 8), None)])
def test_the_parameters_of_a_gpt_by_its_shape(shape: tuple[int, int, int, int], n: int | None) -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    n_layer, n_embd, vocab_size, block_size = shape
    with torch.device("meta"):
        model = GPT2LMHeadModel(
            GPT2Config(n_layer=n_layer, n_embd=n_embd, n_head=2, vocab_size=vocab_size, n_positions=block_size)
        )
    assert gpt_params(*shape) == model.num_parameters()
    assert n in (None, gpt_params(*shape))
