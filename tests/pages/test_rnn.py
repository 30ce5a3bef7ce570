"""The lesson on RNNs: what it says is what lmcore computes, its script reproduces it, and odd texts break nothing."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from lmcore import checkpoints, measured
from lmcore.probes.gradients import reach, stretch
from pages.shared import rnn_measured
from tests.pages.page import no_exception, open_page, run_script, shown_text

NAME = "rnn-shakespeare-char"
PROMPT = "ROMEO:\nBut soft, what light through yonder window breaks?"


@pytest.fixture(scope="module")
def shipped() -> Any:
    return checkpoints.load(checkpoints.shipped()[NAME])


def read(at: Any, start: str) -> str:
    return next(str(one.value) for one in at.markdown if str(one.value).startswith(start))


def script_of(at: Any) -> str:
    at.session_state["rnn.code"] = True
    at.run()
    no_exception(at)
    return str(at.code[0].value)


def test_the_page_says_what_the_probe_says(shipped: Any):
    at = open_page("rnn")
    no_exception(at)
    ids = shipped.tokenizer.encode(PROMPT)
    found, wide, t = reach(shipped.model, ids), stretch(shipped.model), len(ids) - 1
    said = read(at, "After ")
    assert f"**{found.losses[t]:.3g} nats**" in said
    assert f"**{found.norms[t, 10]:.3g}** at 10 tokens back" in said
    assert f"**{wide.largest:.3g}**, its spectral radius {wide.radius:.3g}" in said
    assert "it vanishes because at each step tanh's slope" in said


def test_the_sliders_change_the_reading(shipped: Any):
    at = open_page("rnn")
    at.slider(key="rnn.scale").set_value(2.0).run()
    no_exception(at)
    ids = shipped.tokenizer.encode(PROMPT)
    found, t = reach(shipped.model, ids, scale=2.0), len(ids) - 1
    said = read(at, "After ")
    assert "the gradient explodes" in said
    assert f"**{found.losses[t]:.3g} nats**" in said
    assert f"{2 * stretch(shipped.model).largest:.3g}" in said
    at.session_state["rnn.f"] = "relu"
    at.run()
    no_exception(at)
    assert "the text costs" in read(at, "After ")


def test_a_locked_token_is_asked_about(shipped: Any):
    at = open_page("rnn", query={"unit": "7", "place": "12"})
    no_exception(at)
    ids = shipped.tokenizer.encode(PROMPT)
    h = shipped.model.trace(ids)["rnn.0.hidden"]
    assert f"Unit 7 stands at {h[12, 7]:.3g}" in shown_text(at)
    assert "(place 12) the true next token" in read(at, "After ")


def test_an_lstm_beside_it():
    at = open_page("rnn", query={"lstm": "True"})
    no_exception(at)
    assert "Of the LSTM's gradient" in read(at, "After ")


@pytest.mark.parametrize("prompt", ["", "a", "\n", "😀", "<script>alert(1)</script>", "Zürich € 日本", "x" * 5000])
def test_odd_texts_break_nothing(prompt: str):
    at = open_page("rnn", query={"prompt": prompt, "scale": "3", "f": "relu", "unit": "2047", "place": "240"})
    no_exception(at)
    assert "**What you see.**" in shown_text(at)
    if not prompt:
        assert "without a token to predict there is no loss" in shown_text(at)
    if len(prompt) == 5000:
        assert "The first 240 tokens are looked into; the text has 5,000." in shown_text(at)


@pytest.mark.parametrize("query", [{}, {"prompt": ""}, {"scale": "0.5", "f": "relu", "place": "5", "unit": "3"}])
def test_the_script_reproduces_the_numbers(shipped: Any, query: dict[str, str]):
    at = open_page("rnn", query={"prompt": "But soft", **query} if "prompt" not in query else query)
    printed = run_script(script_of(at))
    ids = shipped.tokenizer.encode(query.get("prompt", "But soft"))
    h = shipped.model.trace(ids)["rnn.0.hidden"]
    unit = int(query.get("unit", h.std(axis=0).argmax()))
    assert [float(x) for x in re.findall(r"-> h (\S+)", printed)] == pytest.approx(h[:, unit].tolist(), abs=6e-5)
    if ids:
        t = min(int(query.get("place", len(ids))), len(ids) - 1)
        found = reach(shipped.model, ids, scale=float(query.get("scale", 1)), nonlinearity=query.get("f"))
        norms = [float(x) for x in re.findall(r"tokens back: (\S+)", printed)]
        assert norms == pytest.approx(found.norms[t, : t + 1].tolist(), rel=1e-3)


def test_the_snapshots_scrub():
    at = open_page("rnn")
    steps = at.select_slider(key="rnn.step").options
    assert len(steps) >= 10
    before = shown_text(at)
    at.button(key="rnn.try3").click().run()
    no_exception(at)
    assert at.session_state["rnn.step"] == 0
    assert shown_text(at) != before
    assert run_script(script_of(at))


@pytest.mark.parametrize("table", ["One unit", "The gradient", "Clipping", "Time a token"])
def test_the_numbers(table: str):
    at = open_page("rnn", state={"rnn.numbers": True, "rnn.which": table})
    no_exception(at)
    assert len(at.dataframe[-1].value) > 10


def test_what_was_measured_is_said_in_its_numbers():
    at = open_page("rnn")
    text = shown_text(at)
    assert "Measured before" in text
    rows = [row for row in measured.read("clipping")["rows"] if row["about"] == "step"]
    relu = [row for row in rows if row["nonlinearity"] == "relu"]
    ended = next(row["step"] for row in relu if row["loss"] is None)
    assert f"at step {ended} **the loss was no longer a number**" in text
    assert f"stands at {relu[-1]['clipped_loss']:.3g} nats" in text
    times = {row["model"]: row for row in measured.read("token-times")["rows"] if row.get("L") == 1024}
    assert f"**{times['gpt']['steps'] / times['gpt']['whole']:.3g} times** as fast" in text
    at.session_state["rnn.clip-f"] = "tanh"
    at.run()
    no_exception(at)
    assert "With tanh nothing blew up" in shown_text(at)


def test_measuring_anew_watches_a_job(monkeypatch: pytest.MonkeyPatch):
    """A runner that has done half of it."""
    rows = measured.read("clipping")["rows"][:9]
    asked: list[Any] = []
    status = SimpleNamespace(
        job_id="j",
        state="running",
        active=True,
        started=1,
        finished=None,
        position=None,
        expected_wait_s=None,
        expected_left_s=None,
        error=None,
    )
    runner = SimpleNamespace(
        submit=lambda spec, workspace, anew=False: asked.append((spec, anew)) or SimpleNamespace(job_id="j"),
        status=lambda *_: status,
        events=lambda _: [SimpleNamespace(kind="row", payload=row) for row in rows],
    )
    at = open_page("rnn")
    with monkeypatch.context() as patch:
        patch.setattr("pages.shared.services.runner", lambda: runner)
        at.button(key="rnn.measured.clipping.anew").click().run()
        no_exception(at)
        assert asked == [({"task": "measure", "name": "clipping"}, True)]
        assert "A worker is at it. 9 rows so far." in shown_text(at)
        status.state, status.active, status.finished = "done", False, 12
        at.run()
        no_exception(at)
        assert "Measured just now by a worker of this server, in 11 s." in shown_text(at)
    at.button(key="rnn.reset").click().run()
    no_exception(at)
    assert "Measured just now" not in shown_text(at)


@pytest.mark.parametrize("n", range(12))
def test_every_part_of_a_measurement_can_be_drawn(n: int):
    """Rows come one by one: no beginning of them breaks the words."""
    times = measured.read("token-times")["rows"][: n + 1]
    last = [row for row in times if row.get("L") == times[-1].get("L")]
    if len(last) == 2 and times[-1]["about"] == "time":
        said = rnn_measured._what_it_costs(last, [row for row in times if row["about"] == "time"], times[0])
        assert "times** as fast" in said
    steps = [row for row in measured.read("clipping")["rows"] if row["about"] == "step"][: n + 1]
    assert "With ReLU" in rnn_measured._what_happened(steps, "relu")
