"""Fine-tuning on a page: the race that was measured before, drawn by what a person wants to see of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from lmcore import measured as shipped
from lmcore.figures.context import Axis, Line, Mark, lines
from lmcore.figures.theme import Theme
from lmcore.training.fine_tuning_race import SIZES, WAYS
from pages.shared import lesson, measured
from pages.shared.view import View

NAME = "fine-tuning"
QUIET = {"displayModeBar": False}
EXPECT = "about 5 minutes"  # 13 trainings of at most 200 steps; on one quiet core "all" takes 0.9 s for 10 steps
WRITTEN = 160  # characters of a sample that stand beside the others
LOSSES = {"second": "The new text", "first": "The first text"}
NAMES = {
    "scratch": "From scratch",
    "all": "Everything",
    "last": "The last block",
    "lora": "Adapters (LoRA)",
    "head": "The head",
}
SHORT = {"scratch": "scratch", "all": "tuned", "last": "last block", "lora": "adapters", "head": "head"}
DASHES = {"scratch": "dot", "all": "solid", "last": "dash", "lora": "dashdot", "head": "longdash"}

Rows = Sequence[Mapping[str, Any]]


@dataclass
class Learner:
    """One model on its way: its losses on both texts, and what it wrote."""

    what: str
    steps: list[int] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    first: list[float | None] = field(default_factory=list)
    samples: dict[int, str] = field(default_factory=dict)
    n_trained: int = 0
    n_params: int = 0

    def add(self, step: int, second: float, first: float | None) -> None:
        """One more moment at which both texts were asked about."""
        self.steps.append(step)
        self.second.append(second)
        self.first.append(first)

    def losses(self, which: str) -> list[tuple[int, float]]:
        """(step, nats a token) of one of the texts, where it was measured."""
        found = self.second if which == "second" else self.first
        return [(step, loss) for step, loss in zip(self.steps, found, strict=True) if loss is not None]

    def wrote(self, step: int) -> str:
        """What it wrote at the last moment that is not after this step."""
        at = max((s for s in self.samples if s <= step), default=None)
        return "" if at is None else self.samples[at]


def learners(rows: Rows) -> dict[str, Learner]:
    """What each way of the race did, in the order of the race."""
    found: dict[str, Learner] = {}
    for row in rows:
        if row["about"] == "way":
            found[row["what"]] = Learner(row["what"], n_trained=row["n_trained"], n_params=row["n_params"])
        elif row["about"] == "loss":
            found[row["what"]].add(row["step"], row["second"], row["first"])
        elif row["about"] == "sample":
            found[row["what"]].samples[row["step"]] = row["text"]
    return found


def texts_row(rows: Rows) -> Mapping[str, Any]:
    """What the race says of its texts."""
    return next((row for row in rows if row["about"] == "texts"), shipped.read(NAME)["rows"][0])


def moments() -> list[int]:
    """The steps at which the models of the race wrote."""
    rows = shipped.read(NAME)["rows"]
    return sorted({row["step"] for row in rows if row["about"] == "sample" and row["what"] == "all"})


# The pictures --------------------------------------------------------------------------------------------------------


def color_of(what: str, theme: Theme) -> str:
    """Each way its hue, and its dash besides."""
    hues = {"all": theme.accent, "last": theme.value, "lora": theme.attention, "head": theme.key}
    return hues.get(what, theme.quiet)


def chart(
    shown: Iterable[Learner], which: str, *, vocab_size: int, steps: int, at: int | None, key: str,
    names: Mapping[str, str] = SHORT,
) -> None:  # fmt: skip
    """Held-out losses against the step, one line a model."""
    theme, guess = lesson.theme(), math.log(vocab_size)
    drawn = []
    for learner in shown:
        points = learner.losses(which)
        if not points:
            continue
        name = f"{names[learner.what]} {points[-1][1]:.2f}"
        says = [f"{names[learner.what]}, step {step}<br>{loss:.3f} nats a token" for step, loss in points]
        drawn.append(
            Line(
                name, [step for step, _ in points], [loss for _, loss in points], color_of(learner.what, theme),
                DASHES[learner.what], hover=says, marks=len(points) < 12, width=3,
            )
        )  # fmt: skip
    if not drawn:
        st.caption("The first numbers are on their way.")
        return
    low = min(y for line in drawn for y in line.ys)
    top = max([guess, *(y for line in drawn for y in line.ys)])
    marks = [Mark(f"guessing {guess:.2f}", y=guess)]
    marks += [Mark(f"step {at}", x=at)] if at is not None else []
    figure = lines(
        drawn, Axis("step", 0, steps), Axis("nats a token, held out", low - 0.35, top * 1.06), marks,
        theme=theme,
    )  # fmt: skip
    st.plotly_chart(figure, key=key, config=QUIET)


def pages_written(shown: Sequence[Learner], step: int, key: str) -> None:
    """What each model wrote by then, one box a model, side by side where there is room."""
    for column, learner in zip(st.columns(len(shown), gap="medium"), shown, strict=True):
        with column:
            st.markdown(f"**{NAMES[learner.what] if learner.what == 'scratch' else 'Fine-tuned'}**, step {step}")
            with st.container(height=190, border=True, key=f"{key}.{learner.what}"):
                st.text(learner.wrote(step) or "Nothing yet.")


def controls(view: View, *, which: bool = True) -> None:
    """Which text is asked about, and at which step the models are looked at."""
    left, right = st.columns([4, 6], vertical_alignment="bottom", gap="medium")
    with left:
        st.segmented_control(
            "Loss on", list(LOSSES), format_func=LOSSES.__getitem__, key=view.key("loss"), required=True,
            disabled=not which,
        )  # fmt: skip
    with right:
        st.select_slider("Step", moments(), key=view.key("step"))


def race(view: View) -> None:
    """From scratch against fine-tuned: the curves, and what both write."""
    controls(view)
    step, which = view["step"], view["loss"]

    def draw(rows: Rows) -> None:
        found, about = learners(rows), texts_row(rows)
        two = [found[what] for what in ("scratch", "all") if what in found]
        chart(two, which, vocab_size=about["vocab_size"], steps=about["steps"], at=step, key=f"{view.page}.race-chart")
        if two:
            pages_written(two, step, f"{view.page}.wrote")

    anew(view.page, draw)


def ways(view: View) -> None:
    """Everything, a part, or adapters: the curves, and what each way trains, learns and forgets."""
    st.segmented_control(
        "Loss on", list(LOSSES), format_func=LOSSES.__getitem__, key=view.key("loss"), required=True
    )  # fmt: skip
    which = view["loss"]

    def draw(rows: Rows) -> None:
        found, about = learners(rows), texts_row(rows)
        shown = list(found.values())
        chart(
            shown,
            which,
            vocab_size=about["vocab_size"],
            steps=about["steps"],
            at=None,
            key=f"{view.page}.ways-chart",
            names=SHORT | {"all": "everything"},
        )
        if shown:
            st.dataframe(ways_table(rows), hide_index=True, key=f"{view.page}.ways-table")
            what_each_writes(shown)

    anew(view.page, draw)


def what_each_writes(shown: Sequence[Learner]) -> None:
    """How what each model writes at its end begins, one below the other to be compared."""
    st.markdown("**What each writes at its end**")
    for learner in shown:
        name, wrote = st.columns([2, 8], vertical_alignment="top", gap="small")
        words = " ".join(learner.wrote(learner.steps[-1]).split()) if learner.steps else ""
        name.markdown(f"**{NAMES[learner.what]}**")
        wrote.text(f"{words[:WRITTEN]} …" if len(words) > WRITTEN else words or "Nothing yet.")


def anew(page: str, draw: measured.Draw) -> None:
    """The picture, and the button that measures anew; what was measured before was measured beside other work."""
    measured.section(
        page, NAME, draw, f"Measure anew, {EXPECT}",
        " Other work slowed it down. One button runs all parts of this page: "
        f"{len(WAYS) + 2 * len(SIZES)} trainings of up to {texts_row(())['steps']} steps, {EXPECT} where nothing else "
        "runs.",
    )  # fmt: skip


def few(view: View) -> None:
    """How much of the new text each of the two needs."""

    def draw(rows: Rows) -> None:
        theme, about = lesson.theme(), texts_row(rows)
        drawn = []
        for what in ("scratch", "all"):
            points = few_points(rows, what)
            if points:
                says = [
                    f"{SHORT[what]}, {chars:,} characters<br>{loss:.3f} nats a token, at step {step}"
                    for chars, loss, step in points
                ]
                drawn.append(
                    Line(
                        f"{SHORT[what]} {points[-1][1]:.2f}", [chars for chars, *_ in points],
                        [loss for _, loss, _ in points], color_of(what, theme), DASHES[what], hover=says, width=3,
                    )
                )  # fmt: skip
        if not drawn:
            st.caption("The first numbers are on their way.")
            return
        low, top = min(y for line in drawn for y in line.ys), max(y for line in drawn for y in line.ys)
        x = Axis("characters of the new text", SIZES[0] / 1.3, SIZES[-1] * 1.3, True, SIZES)
        at_once = next((row["second"] for row in rows if row["about"] == "loss" and row["what"] == "all"), None)
        marks = [Mark(f"before {at_once:.2f}", y=at_once)] if at_once is not None else []
        y = Axis("nats a token, held out", low - 0.15, max(top, at_once or 0) + 0.15)
        st.plotly_chart(lines(drawn, x, y, marks, theme=theme), key=f"{view.page}.few-chart", config=QUIET)
        st.caption(
            f"Each point is a training of its own, of at most {about['steps']} steps, and the lowest loss on its way: "
            "a model that sees few characters again and again begins to know them by heart, and is stopped there. "
            "“Before” is the trained model that has seen none of them."
        )

    anew(view.page, draw)


# Numbers -------------------------------------------------------------------------------------------------------------


def few_points(rows: Rows, what: str) -> list[tuple[int, float, int]]:
    """(characters, lowest loss, its step), rising."""
    return sorted((r["chars"], r["loss"], r["step"]) for r in rows if r["about"] == "few" and r["what"] == what)


def ways_table(rows: Rows) -> pd.DataFrame:
    """A row for each way: how much learns, and the losses at its end."""
    made = []
    for what, learner in learners(rows).items():
        if not learner.steps:
            continue
        first = learner.first[-1]
        made.append(
            {
                "what learns": NAMES[what], "trained numbers": f"{learner.n_trained:,}",
                "of all": lesson.percent(learner.n_trained / learner.n_params),
                "new text": f"{learner.second[-1]:.2f}", "first text": "" if first is None else f"{first:.2f}",
            }
        )  # fmt: skip
    return pd.DataFrame(made)


def table(page: str, part: str) -> pd.DataFrame:
    """What is drawn in a part."""
    rows = measured.rows_shown(page, NAME)
    if part == "few":
        found = [(SHORT[what], *point) for what in ("scratch", "all") for point in few_points(rows, what)]
        return pd.DataFrame(found, columns=["start", "characters", "held-out loss", "at step"])
    shown = WAYS if part == "ways" else ("scratch", "all")
    return pd.DataFrame(
        [
            {
                "what learns": NAMES[row["what"]], "step": row["step"], "train loss": row["loss"],
                "new text": row["second"], "first text": row["first"],
            }
            for row in rows
            if row["about"] == "loss" and row["what"] in shown
        ]
    )  # fmt: skip


def script(part: str) -> str:
    """A script that runs what a part shows, and prints its numbers."""
    ways_of = {"race": '("scratch", "all")', "ways": "fine_tuning_race.WAYS", "few": "()"}[part]
    sizes = "" if part == "few" else ", sizes=()"
    return f"""\
from lmcore import checkpoints
from lmcore.jobs.starts import of_folder
from lmcore.training import fine_tuning_race
from lmcore.training.spec import resolve_shipped

folder = checkpoints.shipped()[fine_tuning_race.BASE]
open_base = lambda: of_folder(folder, "the trained model", resolve_shipped)
for row in fine_tuning_race.race(open_base, ways={ways_of}{sizes}):
    if row["about"] == "loss":
        print(row["what"], "step", row["step"], "new text", row["second"], "first text", row["first"])
    else:
        print(row)
"""
