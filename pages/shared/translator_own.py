"""Translator: pairs of one's own, checked as they are pasted, learnt by a worker, and kept as a model."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lmcore.corpora import CorpusError
from lmcore.corpora import pairs as reading
from lmcore.corpora.pairs import Pairs
from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from lmcore.training import translate
from pages.shared import lesson, live, services
from pages.shared.view import View

SLOT = "translator.own"
STEPS = [200, 500, 1000, 1500]
N_SHOWN = 4
LIVELY = 60  # a run of up to so many seconds is looked at twice a second, a longer one once
FAMILIES = {"translator": "A transformer", "bahdanau": "A recurrent one"}


def section(view: View) -> None:
    """The box, what stands in it, the run, and its model."""
    st.markdown(
        f"Two columns: a sentence, then a tab, a semicolon or a comma, then its translation; a line a pair, at least "
        f"{reading.MIN_PAIRS}, better some hundred. Any two languages will do, or anything that can be written as one "
        "text for another."
    )
    text_key = f"{SLOT}.text"
    if text_key not in st.session_state:
        st.session_state[text_key] = st.session_state.get(f"{SLOT}.kept", "")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.text_area(
            "Your pairs", key=text_key, height=190, on_change=_remember,
            placeholder="good morning\tbonjour\ngood night\tbonne nuit",
        )  # fmt: skip
        st.button(
            "An example: numbers in words", key=f"{SLOT}.example", on_click=_fill, icon=":material/edit_note:",
            type="tertiary",
        )  # fmt: skip
    with right:
        uploaded = st.file_uploader("or a file", key=f"{SLOT}.file", type=["csv", "tsv", "txt", "text"])
        st.selectbox("Model", list(FAMILIES), format_func=FAMILIES.__getitem__, key=f"{SLOT}.family")
        st.select_slider("Steps", STEPS, value=500, key=f"{SLOT}.steps")
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
        "Train on these pairs", key=f"{SLOT}.go", type="primary", icon=":material/play_arrow:",
        disabled=found is None, on_click=_train, args=(found,),
    )  # fmt: skip
    if said := st.session_state.pop(f"{SLOT}.refusal", None):
        lesson.refuse(said)
    job = _job()
    if job is not None:
        if job.active:
            st.session_state[f"{SLOT}.polling"] = job.job_id
        lively = (job.expected_left_s or 0) <= LIVELY
        every = (0.5 if lively else 1.0) if job.active else None
        st.fragment(_watch, run_every=every)(view, job.job_id)


ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def numbers(n: int = 999, step: int = 3) -> str:
    """The example: whole numbers up to `n` and how they are said, a pair a line."""
    return "".join(f"{i}\t{_in_words(i)}\n" for i in range(1, n + 1, step))


def _in_words(i: int) -> str:
    ones = ("zero", *ONES.split())
    tens = ("", "", *TENS.split())
    if i < 20:
        return ones[i]
    if i < 100:
        return tens[i // 10] + (f" {ones[i % 10]}" if i % 10 else "")
    return f"{ones[i // 100]} hundred" + (f" {_in_words(i % 100)}" if i % 100 else "")


def _fill() -> None:
    st.session_state[f"{SLOT}.text"] = st.session_state[f"{SLOT}.kept"] = numbers()


def _remember() -> None:
    """What stands in the box outlives a visit to another page."""
    st.session_state[f"{SLOT}.kept"] = st.session_state[f"{SLOT}.text"]


def _read(found: Pairs) -> None:
    """Say what was read."""
    training, held_out = found.split()
    st.markdown(
        f"**{len(found.pairs):,} pairs**: {len(training):,} to learn from, {len(held_out):,} kept back. "
        + " ".join(lesson.plain(note) for note in found.notes)
    )
    for source, target in found.pairs[:N_SHOWN]:
        st.markdown(f"{lesson.named(source)} → {lesson.named(target)}")


def _train(found: Pairs, anew: bool = False) -> None:
    """Keep the pairs as a text and ask for the run; what is refused is said, and nothing is lost."""
    state, workspace = st.session_state, services.workspace()
    try:
        kept = services.library().add_text(workspace, found.title, found.text)
        spec = translate.make(
            kept.as_corpus(), state[f"{SLOT}.family"], seed=1, max_steps=state[f"{SLOT}.steps"]
        )  # fmt: skip
        ticket = services.runner().submit({**spec, "task": "translate"}, workspace, anew=anew)
    except (JobError, LibraryError, ValueError) as refusal:
        state[f"{SLOT}.refusal"] = str(refusal)
        return
    state[f"{SLOT}.job"] = ticket.job_id


def _job() -> JobStatus | None:
    """The run last asked for, else the newest of this workspace, so that a reload finds it."""
    jobs = {job.job_id: job for job in services.runner().jobs(services.workspace()) if job.task == "translate"}
    return jobs.get(st.session_state.get(f"{SLOT}.job", "")) or next(iter(jobs.values()), None)


def _watch(view: View, job_id: str) -> None:
    """The run as it stands; it looks by itself until the run has ended."""
    job = services.runner().status(job_id, services.workspace())
    run = live.of_job(job_id)
    title = str(job.spec["corpus"].get("title") or "English to French")
    st.markdown(
        f"**{FAMILIES[job.spec['model']['family']]} on {lesson.named(title)}.** {live.status_sentence(job, run)}"
    )
    if job.max_steps:
        st.progress(min(1.0, job.step / job.max_steps))
    _buttons(view, job)
    vocab_size = int(run.start.get("config", {}).get("vocab_size", 0))
    if vocab_size:
        live.stage(run, vocab_size=vocab_size, max_steps=job.max_steps or 1, key=f"{SLOT}.{job_id}")
    if run.metrics.get("exact") is not None:
        metrics = run.metrics
        right = right_of(metrics["n_pairs"], metrics["exact"])
        st.markdown(f"{right} right to the letter; chrF {metrics['chrf']:.1f}, BLEU {metrics['bleu']:.1f}.")
    if not job.active and st.session_state.get(f"{SLOT}.polling") == job_id:
        st.session_state[f"{SLOT}.polling"] = None
        st.rerun()  # the whole page, once: the polling ends


def right_of(n: int, exact: float) -> str:
    """How many of n kept pairs come out right; one or two are not spoken of in percent."""
    if n == 1:
        return f"The one pair that was kept back **{'comes' if exact else 'does not come'}** out"
    right = round(n * exact)
    share = "" if n < 10 else f" ({lesson.percent(exact)})"
    return f"Of {n:,} pairs that were kept back **{right:,}**{share} come{'s' * (right == 1)} out"


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
                "Translate with it", icon=":material/translate:", key=f"{SLOT}.use", on_click=_use,
                args=(view, f"mine-{kept.id}", job),
            )  # fmt: skip
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
        title = f"{FAMILIES[job.spec['model']['family']]} on {job.spec['corpus'].get('title') or 'English to French'}"
        services.library().keep_model(services.workspace(), made.folder, title=title, run_id=job.job_id)
        st.session_state[f"{SLOT}.note"] = "Kept. It is in your library, and the list of models above has it now."
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{SLOT}.refusal"] = str(refusal)


def _use(view: View, id: str, job: JobStatus) -> None:
    """The stage with the kept model, and a sentence that it can read."""
    values: dict[str, Any] = {"model": id, "taken": (), "at": 0, "node": -1}
    samples = live.of_job(job.job_id).samples
    if samples:  # a sample is held-out sentences with what became of them
        values["text"] = samples[-1][1].split("\n")[0].split(" → ")[0]
    view.set(**values)
