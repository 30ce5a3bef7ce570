"""Each bench runs through on tiny sizes, and what it compares is comparable. No timing is judged here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
import torch

from lmcore.bench import BENCHES, app, growth, peers
from lmcore.models.gpt import GPTConfig
from tests.live import Server


@pytest.fixture
def threads() -> Iterator[None]:
    """The benches fix torch's threads for their process; here they share it with other tests."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("growth", 3),
        ("generation", 3),
        ("training", 3),
        ("tales", 5),
        ("embeddings", 1),
        ("recurrent", 6),
        ("first_step", 3),
        ("inside", 2),
    ],
)
def test_it_runs_through(name: str, rows: int) -> None:
    found = list(importlib.import_module(f"lmcore.bench.{name}").run("tiny"))
    assert len(found) == rows
    assert all((row.ours > 0 or row.unit == "%") and row.repeats > 0 and row.what and row.unit for row in found)


def test_growth_finds_the_power() -> None:
    lengths = [10, 100, 1000]
    assert growth.exponent(lengths, [n * 3.0 for n in lengths]) == pytest.approx(1)
    assert growth.exponent(lengths, [0.1 * n**2 for n in lengths]) == pytest.approx(2)


def test_longer_texts_go_on_having_new_ngrams() -> None:
    (short_bytes, short, V), (long_bytes, long, _) = growth.texts("tiny")
    assert long.ids.size == pytest.approx(short.ids.size * long_bytes / short_bytes, rel=0.01)
    assert long.ids.min() >= 1
    assert long.ids.max() < V


def test_every_bench_of_the_table_is_a_module() -> None:
    assert all(callable(importlib.import_module(f"lmcore.bench.{name}").run) for name in BENCHES)


def test_twins_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    config = GPTConfig(vocab_size=17, block_size=8, n_layer=1, n_head=2, n_embd=8)
    ours, theirs = peers.twins(config)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    other = peers.gpt2
    monkeypatch.setattr(peers, "gpt2", lambda config: other(config).apply(_shift))
    with pytest.raises(ValueError, match="differ by"):
        peers.twins(config)


def _shift(module: torch.nn.Module) -> None:
    """A GPT-2 whose norms forgot their ε: almost the same, and not."""
    if isinstance(module, torch.nn.LayerNorm):
        module.eps = 1.0


def test_sessions_speak_streamlits_protocol(server: Server) -> None:
    found = app.drive(
        "sessions", server.url, "--sessions", 2, "--seconds", 1, "--period", 0.3, "--arrive", 0, "--pid", server.pid
    )
    assert len(found["first"]) == 2
    assert len(found["reruns"]) >= 2  # the driver itself fails when a page does not follow its slider
    assert found["rss_mib"] > 50


def test_a_driver_that_fails_is_a_refusal() -> None:
    with pytest.raises(ValueError, match="failed"):
        app.drive("sessions", "http://example.org")
    with pytest.raises(ValueError, match="is not here"):
        app.drive("nothing")
