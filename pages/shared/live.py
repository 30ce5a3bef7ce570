"""Watching a run: the curves, the samples and the numbers, from a job's events or from a shipped model's card."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.figures.curves import loss_curves
from lmcore.figures.theme import THEMES
from lmcore.jobs import Event, JobStatus
from pages.shared import lesson, services
from pages.shared.view import hold

LIVELY = 60  # a run of up to so many seconds is looked at twice a second, a longer one once


@dataclass
class Run:
    """What is known of one run so far."""

    steps: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    held_out_steps: list[int] = field(default_factory=list)
    held_out_losses: list[float] = field(default_factory=list)
    samples: list[tuple[int, str]] = field(default_factory=list)
    start: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    seq: int = 0

    def take(self, events: list[Event]) -> None:
        """Take in new events. After a resumption, what came later than its step did not survive."""
        for event in events:
            self.seq = event.seq
            data = event.payload
            if event.kind == "start":
                self.start = data
            elif event.kind == "resumed":
                self._cut(int(data["step"]))
            elif event.kind == "step":
                self.last = data
                self._step(int(data["step"]), data["loss"], data.get("held_out_loss"))
            elif event.kind == "sample":
                self.samples.append((int(data["step"]), str(data["text"])))
            elif event.kind == "done":
                self.metrics = data.get("metrics", {})

    def _step(self, step: int, loss: float | None, held_out: float | None) -> None:
        if loss is None:  # the run broke down here: there is no number to draw
            return
        self.steps.append(step)
        self.losses.append(loss)
        if held_out is not None:
            self.held_out_steps.append(step)
            self.held_out_losses.append(held_out)

    def _cut(self, step: int) -> None:
        kept = [i for i, at in enumerate(self.steps) if at <= step]
        self.steps, self.losses = [self.steps[i] for i in kept], [self.losses[i] for i in kept]
        held = [i for i, at in enumerate(self.held_out_steps) if at <= step]
        self.held_out_steps = [self.held_out_steps[i] for i in held]
        self.held_out_losses = [self.held_out_losses[i] for i in held]
        self.samples = [sample for sample in self.samples if sample[0] <= step]


def of_job(job_id: str) -> Run:
    """The run of a job; new events only are read from the database."""
    runs: dict[str, Run] = st.session_state.setdefault("live.runs", {})
    run = runs.setdefault(job_id, Run())
    run.take(services.runner().events(job_id, after=run.seq))
    return run


def of_card(card: dict[str, Any]) -> Run:
    """The run of a kept or shipped model, from the history in its card."""
    run = Run()
    history = card.get("history", {})
    for step, loss, held_out, seconds in history.get("steps", []):
        run._step(step, loss, held_out)
        run.last = {"step": step, "max_steps": step, "seconds": seconds}
    run.samples = [(int(step), str(text)) for step, text in history.get("samples", [])]
    run.metrics = card.get("metrics", {})
    run.start = {"config": card.get("config", {}), "n_params": card.get("n_params")}
    return run


def status_sentence(job: JobStatus, run: Run) -> str:
    """How the job stands: its wait, its pace, or its end."""
    others = f" {job.watchers - 1} more watch it." if job.watchers > 1 else ""
    if job.state == "queued":
        wait = "" if job.expected_wait_s is None else f", {lesson.duration(job.expected_wait_s)} to go"
        return f"Waiting for a free worker: place {job.position or 1} in the queue{wait}.{others}"
    if job.state == "lost":
        return f"Its worker died. The run goes on by itself from its last full state.{others}"
    if job.state == "stopping":
        return "Stopping."
    if job.state == "failed":
        return f"It failed: {lesson.plain(job.error or 'no reason was given')}"
    if job.state == "stopped":
        return f"Stopped at step {job.step:,}."
    pace = f"{run.last.get('tokens_per_second', 0):,.0f} tokens/s"
    if job.state == "done":
        again = " It had been trained before, so this is a replay; Train anew does it again." if job.replay else ""
        what = "counted" if job.max_steps == 1 else f"{run.last.get('step', job.step):,} steps"
        return f"Done: {what} in {run.last.get('seconds', 0):.3g} s.{again}"
    left = "" if job.expected_left_s is None else f", {lesson.duration(job.expected_left_s)} left"
    resumed = f" Resumed from step {job.resumed_from:,}." if job.resumed_from else ""
    return f"Step {job.step:,} of {job.max_steps or 0:,}, {pace}{left}.{resumed}{others}"


BEGINS_ABOVE = "This size begins above that: its first weights are larger, so it is sure of things before it knows any."
"""Of a network with `init` "wide"."""


def reading(run: Run, vocab_size: int) -> str:
    """What the curves say, with this run's numbers."""
    guess = math.log(vocab_size)
    said = f"Random guessing among {vocab_size:,} tokens costs ln {vocab_size:,} = {guess:.2f} nats a token. "
    if run.losses[0] > guess + 0.5:
        said += f"{BEGINS_ABOVE} "
    if len(run.losses) > 1:
        said += f"The loss went from {run.losses[0]:.2f} to {run.losses[-1]:.2f}"
    else:  # counting takes a single step
        said += f"The counts cost {run.losses[0]:.2f} on the text they were taken from"
    if run.held_out_losses:
        gap = run.held_out_losses[-1] - run.losses[-1]
        said += f", and to {run.held_out_losses[-1]:.2f} on text the model never saw"
        said += ". " if gap < 0.15 else f": {gap:.2f} more, because it also learned its text by heart. "
    else:
        said += ". "
    last = run.held_out_losses[-1] if run.held_out_losses else run.losses[-1]
    return said + f"That is as unsure as a fair choice among {math.exp(last):.3g} tokens, instead of {vocab_size:,}."


def table(run: Run) -> pd.DataFrame:
    """Steps and losses, one row a report."""
    held = dict(zip(run.held_out_steps, run.held_out_losses, strict=True))
    rows = {"step": run.steps, "train loss": run.losses, "held-out loss": [held.get(step) for step in run.steps]}
    return pd.DataFrame(rows)


def stage(run: Run, *, vocab_size: int, max_steps: int, key: str) -> None:
    """The picture: the curves, and beside them what the model writes as it learns."""
    curves, samples = st.columns([3, 2], gap="medium")
    with curves:
        figure = loss_curves(
            run.steps, run.losses, run.held_out_steps, run.held_out_losses,
            vocab_size=vocab_size, max_steps=max_steps, theme=lesson.theme(),
        )  # fmt: skip
        st.plotly_chart(figure, key=f"{key}.curves", config={"displayModeBar": False})
    with samples:
        if not run.samples:
            st.caption("What the model writes appears here as it learns.")
            return
        steps = [step for step, _ in run.samples]
        slot = f"{key}.sample"
        # The newest sample shows until the person picks another, and again when the newest is picked.
        if st.session_state.get(slot) not in steps or st.session_state.get(f"{slot}.newest") == st.session_state[slot]:
            st.session_state[slot] = steps[-1]
        st.session_state[f"{slot}.newest"] = steps[-1]
        if len(steps) > 1:
            hold(slot)
            st.select_slider("What it wrote at step", steps, key=slot)
        shown = dict(run.samples)[st.session_state[slot] if len(steps) > 1 else steps[-1]]
        with st.container(height=300, border=True, key=f"{key}.text"):
            st.text(shown)


def pace(job: JobStatus) -> float | None:
    """Seconds between two looks at a run; None when it has ended."""
    if not job.active:
        return None
    return 1.0 if (job.expected_left_s or 0) > LIVELY else 0.5


def follow(job: JobStatus, draw: Callable[[JobStatus], None]) -> None:
    """Draw a run, again and again while it works. The whole page runs once more when it ends, or turns out to be long,
    or was resumed.

    Then the polling ends, slows down or begins, and what stands outside of `draw` hears of it.
    """

    def look(job_id: str, every: float | None) -> None:
        now = services.runner().status(job_id, services.workspace())
        draw(now)
        fitting = pace(now)
        if fitting != every and (every is None or fitting is None or fitting > every):
            st.rerun()

    st.fragment(look, run_every=pace(job))(job.job_id, pace(job))


def warm_up() -> None:
    """Draw curves once: plotly loads its parts when they are first used."""
    loss_curves([0, 1], [1.0, 1.0], [1], [1.0], vocab_size=2, max_steps=1, theme=THEMES["light"]).to_json()
