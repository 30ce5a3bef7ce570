"""What the browser sends back from the map is data from a stranger; what goes down must fit together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pages.shared import embedding_map as component
from pages.shared.embedding_map import Look, Map

KEY = "a map"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"word": 3, "at": 1, "seq": 7}, Look(3, 1)),
        ({"word": 0, "at": None, "seq": 7}, Look(0, None)),
        ({"word": None, "at": 2, "seq": 7}, Look(None, None)),  # the last snapshot is the end
        ({"word": 99, "at": -1, "seq": 7}, Look(None, None)),
        ({"word": "3", "at": True, "seq": 7}, Look(None, None)),
        ({"word": 3.5, "at": [], "seq": 7}, Look(None, None)),
        ({"word": 3, "at": 1}, None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_nonsense_counts_as_nothing(sent: Any, found: Look | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component.st, "session_state", {KEY: {"look": sent}})
    assert component.looked_at(KEY, n_names=10, n_steps=3) == found


def test_sizes_that_do_not_fit_are_refused() -> None:
    places, near = np.zeros((2, 1, 3)), np.zeros((2, 1, 4), int)
    drawn = Map((0,), (0,), ("word",), (0,), places, (0.5, 0.2, 0.1), near, near.astype(float))
    with pytest.raises(ValueError, match="3 snapshots of 1 words"):
        component.embedding_map(drawn, ["a"], [0, 1, 2], look=Look(0, None), key=KEY)
    with pytest.raises(ValueError, match="no row 5"):
        component.embedding_lookup("a", 5, ["a"], np.zeros((1, 3)), key=KEY)
