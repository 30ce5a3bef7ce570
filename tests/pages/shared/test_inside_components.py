"""The components of Inside a GPT: arguments that belong together, and browsers that send anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lmcore.probes.attention import packed
from pages.shared import attention_explorer, components, inside_lens, inside_map
from pages.shared.attention_explorer import Picked, picked_in

ATTENTION = packed(np.full((2, 3, 4, 5), 0.2), causal=False)
GOOD: dict[str, Any] = {"rows": list("abcd"), "columns": list("vwxyz"), "picked": Picked(1, 2, 3), "key": "x"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rows": list("abc")}, "4 rows and 5 columns"),
        ({"columns": None}, "4 rows and 5 columns"),
        ({"labels": [("a", "b")]}, "6 heads but 1 labels"),
        ({"only": "The alignments"}, "2 layers of 3 heads are more than one matrix"),
        ({"picked": Picked(2, 0)}, "not in 2 layers of 3 heads"),
        ({"picked": Picked(0, 0, 4)}, "over 4 rows"),
        ({"picked": Picked(0, 0, None, "pie")}, "not in 2 layers"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        attention_explorer.attention_explorer(ATTENTION, **{**GOOD, **change})


SENT = {"layer": 1, "head": 2, "row": 3, "mode": "arcs", "seq": 1}


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, {name: SENT[name] for name in SENT if name != "seq"}, SENT | {"layer": 2}, SENT | {"head": -1},
        SENT | {"row": 4}, SENT | {"row": "3"}, SENT | {"row": True}, SENT | {"mode": "<b>"}, SENT | {"mode": None},
        SENT | {"layer": None},
    ],
)  # fmt: skip
def test_nonsense_from_a_browser_counts_as_nothing(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_explorer.st, "session_state", {"x": {"picked": sent}})
    assert picked_in("x", 2, 3, 4) is None


def test_what_a_browser_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        attention_explorer.st, "session_state", {"x": {"picked": SENT}, "y": {"picked": SENT | {"row": None}}}
    )
    assert picked_in("x", 2, 3, 4) == Picked(1, 2, 3, "arcs")
    assert picked_in("y", 2, 3, 4) == Picked(1, 2, None, "arcs")


@pytest.mark.parametrize(
    ("sent", "door"), [({"at": 2}, 2), ({"at": 3}, None), ({"at": "1"}, None), (None, None), ([], None)]
)
def test_a_door(sent: Any, door: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside_map.st, "session_state", {"x": {"door": sent}})
    assert inside_map.door_in("x", 3) == door


@pytest.mark.parametrize(
    ("sent", "locked"),
    [
        ({"at": 2, "seq": 1}, (True, 2)), ({"at": None, "seq": 1}, (True, None)), ({"at": 9, "seq": 1}, (True, None)),
        ({"at": 1}, (False, None)), (None, (False, None)),
    ],
)  # fmt: skip
def test_a_locked_place(sent: Any, locked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components.st, "session_state", {"x": {"locked": sent}})
    assert inside_lens.locked_in("x", 3) == locked
