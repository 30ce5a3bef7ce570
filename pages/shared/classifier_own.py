"""Classifier: labels of one's own, checked as they are pasted, learnt by a worker, and kept as a model."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from lmcore import checkpoints
from lmcore.corpora import CorpusError
from lmcore.corpora import labels as reading
from lmcore.corpora.labels import Labelled
from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from lmcore.training import classify
from pages.shared import lesson, live, services
from pages.shared.view import View

SLOT = "classifier.own"
TASK = "classify"
BODIES = {"body": "The body that has read opinions", "scratch": "New, with random weights"}
N_SHOWN = 4
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


def section(view: View) -> None:
    """The box, what stands in it, the run, and its model."""
    st.markdown(
        f"Two columns: a text, then a tab, a semicolon or a comma, then its label; a line a text. From 2 to "
        f"{reading.MAX_LABELS} labels, from {reading.MIN_LINES} to {reading.MAX_LINES:,} lines, better 20 of each "
        "label. A fifth of each label is kept back for the test."
    )
    text_key = f"{SLOT}.text"
    if text_key not in st.session_state:
        st.session_state[text_key] = st.session_state.get(f"{SLOT}.kept", "")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.text_area(
            "Your labelled texts", key=text_key, height=190, on_change=_remember,
            placeholder="Where is the station?\tquestion\nPlease close the door.\trequest",
        )  # fmt: skip
        st.button(
            "An example: question, request or statement", key=f"{SLOT}.example", on_click=_fill,
            icon=":material/edit_note:", type="tertiary",
        )  # fmt: skip
    with right:
        uploaded = st.file_uploader("or a file", key=f"{SLOT}.file", type=["csv", "tsv", "txt", "text"])
        st.selectbox("Start from", list(BODIES), format_func=BODIES.__getitem__, key=f"{SLOT}.body")
    found = None
    try:
        if uploaded is not None:
            found = reading.from_bytes(uploaded.getvalue(), uploaded.name)
        elif st.session_state[text_key].strip():
            found = reading.parse(st.session_state[text_key])
    except CorpusError as refusal:
        lesson.refuse(str(refusal))  # it names the line; the text stays in the box
    if found is not None:
        _read(found)
    st.button(
        "Train on these labels", key=f"{SLOT}.go", type="primary", icon=":material/play_arrow:",
        disabled=found is None, on_click=_train, args=(found,),
    )  # fmt: skip
    if said := st.session_state.pop(f"{SLOT}.refusal", None):
        lesson.refuse(said)
    job = _job()
    if job is not None:
        if job.active:
            st.session_state[f"{SLOT}.polling"] = job.job_id
        st.fragment(_watch, run_every=0.5 if job.active else None)(view, job.job_id)


def _fill() -> None:
    st.session_state[f"{SLOT}.text"] = st.session_state[f"{SLOT}.kept"] = EXAMPLE


def _remember() -> None:
    """What stands in the box outlives a visit to another page."""
    st.session_state[f"{SLOT}.kept"] = st.session_state[f"{SLOT}.text"]


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


def spec_of(found: Labelled, text: dict[str, str], body: str) -> dict[str, object]:
    """The run on lines that the library keeps as `text`."""
    start = None
    if body == "body":
        card = checkpoints.read_card(checkpoints.shipped()[classify.BODY])
        start = {"hash": card["hash"], "title": str(card["title"])}
    return classify.make(text, start, seed=1)


def _train(found: Labelled, anew: bool = False) -> None:
    """Keep the lines as a text and ask for the run; what is refused is said, and nothing is lost."""
    state, workspace = st.session_state, services.workspace()
    try:
        kept = services.library().add_text(workspace, found.title, found.text)
        spec = spec_of(found, kept.as_corpus(), state[f"{SLOT}.body"])
        ticket = services.runner().submit({**spec, "task": TASK}, workspace, anew=anew)
    except (JobError, LibraryError, ValueError) as refusal:
        state[f"{SLOT}.refusal"] = str(refusal)
        return
    state[f"{SLOT}.job"] = ticket.job_id


def _job() -> JobStatus | None:
    """The run last asked for, else the newest of this workspace, so that a reload finds it."""
    jobs = {job.job_id: job for job in services.runner().jobs(services.workspace()) if job.task == TASK}
    return jobs.get(st.session_state.get(f"{SLOT}.job", "")) or next(iter(jobs.values()), None)


def _watch(view: View, job_id: str) -> None:
    """The run as it stands; it looks by itself until the run has ended."""
    job = services.runner().status(job_id, services.workspace())
    run = live.of_job(job_id)
    title = str(job.spec["corpus"].get("title") or "your labels")
    began = "from the pre-trained body" if "start" in job.spec else "from scratch"
    st.markdown(f"**A classifier on {lesson.named(title)}, {began}.** {live.status_sentence(job, run)}")
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))
    new = run.start.get("n_new")
    if new:
        st.caption(
            f"{new:,} of your words are new to the body: each has got a vector of its own, which begins at random."
        )
    _buttons(view, job)
    if run.start:
        live.stage(run, vocab_size=len(run.start["labels"]), max_steps=job.max_steps or 1, key=f"{SLOT}.{job_id}")
    if run.metrics.get("accuracy") is not None:
        st.markdown(right_of(run.metrics["n_texts"], run.metrics["accuracy"], len(run.start.get("labels", ())) or 2))
    if not job.active and st.session_state.get(f"{SLOT}.polling") == job_id:
        st.session_state[f"{SLOT}.polling"] = None
        st.rerun()  # the whole page, once: the polling ends


def right_of(n: int, accuracy: float, n_labels: int) -> str:
    """How many of n kept lines come out right; few are not spoken of in percent."""
    right = round(n * accuracy)
    share = f" ({accuracy:.1%})" if n >= 20 else ", too few to say more than that"
    return (
        f"Of {n:,} line{'s' * (n != 1)} that {'were' if n != 1 else 'was'} kept back **{right:,}** "
        f"come{'s' * (right == 1)} out right{share}. Guessing gets one in {n_labels}."
    )


def _buttons(view: View, job: JobStatus) -> None:
    """What can be done with the run."""
    runner, workspace = services.runner(), services.workspace()
    if job.active:
        if st.button("Stop", icon=":material/stop:", key=f"{SLOT}.stop", disabled=job.state == "stopping"):
            runner.stop(job.job_id, workspace)
            st.rerun()
        return
    kept = next((m for m in services.library().models(workspace) if m.run_id == job.job_id), None)
    with st.container(horizontal=True, gap="small"):
        if job.state in ("stopped", "failed") and st.button(
            "Resume", icon=":material/resume:", key=f"{SLOT}.resume"
        ):  # fmt: skip
            _resume(job)
            st.rerun()
        if job.state in ("done", "stopped") and kept is None:
            st.button(
                "Keep this model", icon=":material/bookmark_add:", key=f"{SLOT}.keep", on_click=_keep, args=(job,)
            )
        if kept is not None:
            st.button(
                "Ask it", icon=":material/label:", key=f"{SLOT}.use", on_click=_use, args=(view, f"mine-{kept.id}", job)
            )
    if note := st.session_state.pop(f"{SLOT}.note", None):
        st.success(note, icon=":material/check:")


def _resume(job: JobStatus) -> None:
    try:
        st.session_state[f"{SLOT}.job"] = services.runner().resume(job.job_id, services.workspace()).job_id
    except JobError as refusal:
        st.session_state[f"{SLOT}.refusal"] = str(refusal)


def _keep(job: JobStatus) -> None:
    """Put the run's model into the library."""
    try:
        made = services.runner().result(job.job_id)
        title = f"Classifier on {job.spec['corpus'].get('title') or 'your labels'}"
        services.library().keep_model(services.workspace(), made.folder, title=title, run_id=job.job_id)
        st.session_state[f"{SLOT}.note"] = "Kept. It is in your library, and the list of classifiers above has it now."
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{SLOT}.refusal"] = str(refusal)


def _use(view: View, id: str, job: JobStatus) -> None:
    """The stage with the kept model, and one of the lines that were kept back."""
    values = {"model": id}
    sha256 = job.spec["corpus"].get("sha256")
    library, workspace = services.library(), services.workspace()
    kept = next((text for text in library.texts(workspace) if text.sha256 == sha256), None)
    if kept is not None:
        held_out = reading.parse(library.read_text(workspace, kept.id)).split()[1]
        values["text"] = held_out[0][0]
    view.set(**values)
