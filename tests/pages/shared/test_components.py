"""The components' wrappers: what goes down is exact, and what comes back from a browser is checked."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import components
from pages.shared.components import BenchResult, pack
from tests.pages.page import payload, unpack


def test_a_payload_round_trips_and_its_arrays_are_aligned() -> None:
    for text in ("", "a", "ab", "abc", 'é\n"<script>\u2028'):
        probs = np.array([[0.5, -np.inf], [1e-9, 3]])
        payload = pack({"text": text}, probs=probs, ids=np.array([1, -1]))
        header = unpack(payload)
        assert header["text"] == text
        np.testing.assert_array_equal(header["probs"], probs.astype(np.float32).ravel())
        np.testing.assert_array_equal(header["ids"], [1, -1])
        assert struct.unpack_from("<I", payload)[0] % 4 == 0


def test_a_thousand_tokens_take_less_than_150_kilobytes() -> None:
    alternatives = [[f" word{j}", 0.1, j] for j in range(10)]
    tokens = [
        {"text": f" w{i % 300}", "prob": 0.2, "rank": 2, "entropy": 1.0, "alternatives": alternatives}
        for i in range(1000)
    ]
    header, arrays = components._strip_payload(tokens)
    assert len(pack(header, **arrays)) < 150_000
    assert header["texts"][:2] == [" w0", " word0"]


def test_a_token_without_score_has_none() -> None:
    header, arrays = components._strip_payload([{"text": "a", "prob": None, "rank": None, "entropy": None}])
    assert (header["n"], header["k"]) == (1, 0)
    assert (arrays["prob"][0], arrays["rank"][0], arrays["entropy"][0]) == (-1, 0, -1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": 6}, "0 to 5"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"top_k": -1}, "top_k"),
        ({"top_p": 1.1}, "top_p"),
        ({"min_p": math.nan}, "min_p"),
        ({"log_probs": np.zeros(2)}, "3 tokens but 2"),
        ({"log_probs": np.array([0, -np.inf, -np.inf])}, "finite"),
        ({"log_probs": np.array([0, np.nan, 0])}, "NaN"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    good = {"tokens": ["<s>", "a", "b"], "log_probs": np.log([0.2, 0.3, 0.5]), "temperature": 1.0, "key": "b"}
    with pytest.raises(ValueError, match=says):
        components.temperature_bench(**{**good, **change})


@pytest.mark.parametrize(
    "sent",
    [
        None, [], "x", {}, {"temperature": 1}, {"temperature": "x", "top_k": 0, "top_p": 1, "min_p": 0, "seq": 1},
        {"temperature": 9, "top_k": 0, "top_p": 1, "min_p": 0, "seq": 1},
        {"temperature": 1, "top_k": 1e400, "top_p": 1, "min_p": 0, "seq": 1},
        {"temperature": 1, "top_k": None, "top_p": 1, "min_p": 0, "seq": 1},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components.st, "session_state", {"bench": {"settings": sent}})
    assert components.bench_settings("bench") is None


def test_infinity_travels_as_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"temperature": "inf", "top_k": 3, "top_p": 0.5, "min_p": 0, "seq": 1}
    monkeypatch.setattr(components.st, "session_state", {"bench": {"settings": sent}})
    assert components.bench_settings("bench") == BenchResult(math.inf, 3, 0.5, 0.0)


def test_a_trigger_names_a_token_of_the_vocabulary_or_none() -> None:
    assert components._index({"token": 2}, 3, [0]) == 2
    for sent in (
        None,
        {},
        {"token": 3},
        {"token": -1},
        {"token": 0},
        {"token": True},
        {"token": "1"},
        {"token": 1.0},
        7,
    ):
        assert components._index(sent, 3, [0]) is None
    assert components._branch({"position": 1, "token_id": 9}, 2) == (1, 9)
    for sent in (None, {"position": 2, "token_id": 9}, {"position": 1}, {"position": 1, "token_id": -1}, "x"):
        assert components._branch(sent, 2) is None


def test_the_one_who_acted_last_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"x": {}}
    monkeypatch.setattr(components.st, "session_state", state)

    def settle(given: int, moved: int | None = None, seq: int | None = None) -> tuple[int, int, int]:
        memory = components.controlled("x", given, moved, seq)
        return memory.now, memory.pushed, memory.rev

    assert settle(1) == (1, 1, 1)
    assert settle(1, 2, 10) == (2, 1, 1)  # the person moves: nothing new goes down
    assert settle(2, 2, 10) == (2, 1, 1)  # the page has followed: that is no news
    assert settle(3, 2, 10) == (3, 3, 2)  # the page changes its mind: a new revision
    assert settle(3, 2, 11) == (2, 3, 2)  # the same value again, but the person did act
    assert settle(2, 2, 11) == (2, 3, 2)
    assert settle(3, 2, 11) == (3, 3, 3)
    del state["x"]  # another page was shown in between: the component starts anew
    assert settle(4) == (4, 4, 4)


def test_mounted_in_a_page_the_payload_carries_what_was_given() -> None:
    def page() -> None:
        import numpy as np

        from pages.shared.components import temperature_bench

        temperature_bench(["<s>", "<b>", "c"], np.log([0.2, 0.3, 0.5]), temperature=float("inf"), top_k=2, key="bench")

    at = AppTest.from_function(page).run()
    assert not at.exception
    header = payload(at)
    assert header["settings"] == {"temperature": "inf", "top_k": 2, "top_p": 1.0, "min_p": 0.0}
    assert header["tokens"] == ["<s>", "<b>", "c"]
    assert header["excluded"] == [0]
    np.testing.assert_allclose(np.exp(header["log_probs"]), [0.2, 0.3, 0.5], rtol=1e-6)
    first = at.get("bidi_component")[0].proto.bytes
    assert at.run().get("bidi_component")[0].proto.bytes == first  # a rerun sends nothing new
