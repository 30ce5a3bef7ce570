from __future__ import annotations

import json
import os

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lmcore.jobs.wire import Outbox, encode, jsonable

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(anything)
def test_whatever_a_task_says_is_one_line_of_strict_json(value: object):
    line = encode({"value": jsonable(value)})
    assert line.count(b"\n") == 1
    json.loads(line, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))


def test_numpy_becomes_plain():
    said = jsonable({"a": np.arange(2), "b": np.float32(0.5), "c": np.array([np.nan, 1.0]), 3: (np.int64(1),)})
    assert said == {"a": [0, 1], "b": 0.5, "c": [None, 1.0], "3": [1]}


def sent(steps: list[dict[str, object]]) -> list[dict[str, object]]:
    """What goes through the pipe when a task says these events, all at once."""
    out, into = os.pipe()
    box = Outbox(into)
    box._sent_at = float("inf")  # never due by itself: only what must go out goes out
    for event in steps:
        box.event("job", event)
    box.send({"op": "end"})
    os.close(into)
    with open(out, "rb") as lines:
        messages = [json.loads(line) for line in lines]
    assert messages[-1] == {"op": "end"}
    found = [event for message in messages[:-1] for event in message["events"]]
    return [{key: value for key, value in event.items() if key != "at_ms"} for event in found]


def step(n: int, **more: object) -> dict[str, object]:
    return {"kind": "step", "step": n, **more}


def test_a_step_is_replaced_by_one_that_says_as_much():
    assert sent([step(i, loss=1.0) for i in range(100)]) == [step(99, loss=1.0)]


def test_a_step_that_says_more_is_never_dropped():
    said = [step(1, loss=3.0), step(2, loss=2.0, held_out_loss=2.5)]
    said += [step(3, loss=1.0, held_out_loss=None), step(4, loss=0.5)]
    assert sent(said) == [said[1], said[3]]


def test_all_other_events_come_in_order():
    said = [step(1), {"kind": "sample", "text": "a"}, {"kind": "sample", "text": "b"}, step(2), {"kind": "snapshot"}]
    assert sent(said) == said
