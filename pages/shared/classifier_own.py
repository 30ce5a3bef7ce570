"""Classifier: labels of one's own, checked as they are pasted, learnt by a worker, and kept as a model."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from lmcore import checkpoints
from lmcore.corpora import labels as reading
from lmcore.corpora.labels import Labelled
from lmcore.jobs import JobStatus
from lmcore.training import classify
from pages.shared import lesson, live, own_lines, own_run, texts
from pages.shared.own_lines import OwnLines
from pages.shared.view import View

SLOT = "classifier.own"
BODIES = {"body": "The body that has read opinions", "scratch": "New, with random weights"}
EXAMPLE = """\
Can you help me with my homework?\tquestion
What time does the train leave?\tquestion
Where did you put the keys?\tquestion
Who wrote this book?\tquestion
How do I open the window?\tquestion
Is there any bread left?\tquestion
Why is the sky blue?\tquestion
When does the match begin?\tquestion
Please close the door.\trequest
Send me the tickets by friday, please.\trequest
Call me when you are home.\trequest
Bring two plates to the table.\trequest
Please do not wake the dog.\trequest
Tell my sister that I am late.\trequest
Put the coat by the window.\trequest
Buy some cheese on the way home.\trequest
The train leaves at nine.\tstatement
We ordered pizza on friday.\tstatement
My sister knows the coach.\tstatement
It rained for two hours.\tstatement
The keys are on the table.\tstatement
There is no bread left.\tstatement
The book was written in may.\tstatement
The match was very long.\tstatement
"""

OWN = OwnLines(
    SLOT, "classify", reading.parse, reading.from_bytes,
    label="Your labelled texts", placeholder="Where is the station?\tquestion\nPlease close the door.\trequest",
    example="question, request or statement", example_lines=lambda: EXAMPLE, go="Train on these labels",
)  # fmt: skip


def section(view: View) -> None:
    """The box, what stands in it, the run, and its model."""
    st.markdown(
        f"Two columns: a text, then a tab, a semicolon or a comma, then its label; a line a text. From 2 to "
        f"{reading.MAX_LABELS} labels, from {reading.MIN_LINES} to {reading.MAX_LINES:,} lines, better 20 of each "
        "label. A fifth of each label is kept back for the test."
    )
    found = own_lines.box(OWN, _settings)
    if found is not None:
        _read(found)
    own_lines.train_button(OWN, _spec)
    if (job := own_lines.shown_run(OWN)) is not None:
        live.follow(job, lambda now: _watch(view, now))


def _settings() -> None:
    st.selectbox("Start from", list(BODIES), format_func=BODIES.__getitem__, key=f"{SLOT}.body")


def _read(found: Labelled) -> None:
    """Say what was read."""
    training, held_out = found.split()
    counts = Counter(label for _, label in found.rows)
    st.markdown(
        f"**{len(found.rows):,} texts, {len(found.labels)} labels**: {len(training):,} to learn from, "
        f"{len(held_out):,} kept back. "
        + ", ".join(f"{lesson.named(label)} {counts[label]:,}" for label in found.labels)
        + "."
    )
    for note in found.notes:
        st.caption(lesson.plain(note))


def _spec(text: dict[str, str]) -> dict[str, Any]:
    """The run on lines that the library keeps as `text`."""
    start = None
    if st.session_state[f"{SLOT}.body"] == "body":
        card = checkpoints.read_card(checkpoints.shipped()[classify.BODY])
        start = {"hash": card["hash"], "title": str(card["title"])}
    return classify.make(text, start, seed=1)


def _watch(view: View, job: JobStatus) -> None:
    """The run as it stands."""
    run = live.of_job(job.job_id)
    title = texts.title_of(job.spec["corpus"], texts.own_titles())
    began = "from the pre-trained body" if "start" in job.spec else "from scratch"
    st.markdown(f"**A classifier on {lesson.named(title)}, {began}.** {live.status_sentence(job, run)}")
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))
    new = run.start.get("n_new")
    if new:
        st.caption(
            f"{new:,} of your words are new to the body: each has got a vector of its own, which begins at random."
        )

    def use(id: str) -> None:
        if st.button("Ask it", icon=":material/label:", key=f"{SLOT}.use", on_click=_use, args=(view, id, job)):
            st.rerun()  # the whole page: the stage lies outside of what follows the run

    own_run.buttons(
        SLOT, job, title=f"Classifier on {title}", use=use,
        note="Kept. It is in your library, and the list of classifiers above has it now.",
    )  # fmt: skip
    if run.start:
        n_labels, most = len(run.start["labels"]), job.max_steps or 1
        live.stage(run, vocab_size=n_labels, max_steps=most, key=f"{SLOT}.{job.job_id}")
    if run.metrics.get("accuracy") is not None:
        st.markdown(right_of(run.metrics["n_texts"], run.metrics["accuracy"], len(run.start.get("labels", ())) or 2))


def right_of(n: int, accuracy: float, n_labels: int) -> str:
    """How many of n kept lines come out right; few are not spoken of in percent."""
    right = round(n * accuracy)
    share = f" ({lesson.percent(accuracy)})" if n >= 20 else ", too few to say more than that"
    return (
        f"Of {n:,} line{'s' * (n != 1)} that {'were' if n != 1 else 'was'} kept back **{right:,}** "
        f"come{'s' * (right == 1)} out right{share}. Guessing gets one in {n_labels}."
    )


def _use(view: View, id: str, job: JobStatus) -> None:
    """The stage with the kept model, and one of the lines that were kept back."""
    values = {"model": id}
    if (lines := texts.own_text(job.spec["corpus"].get("sha256", ""))) is not None:
        values["text"] = reading.parse(lines).split()[1][0][0]
    view.set(**values)
