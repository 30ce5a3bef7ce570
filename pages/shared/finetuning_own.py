"""Fine-tuning on one's own text, live: the run and the same one from scratch beside it, and keeping the result."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pprint import pformat
from typing import Any

import pandas as pd
import streamlit as st

from lmcore.corpora import Corpus
from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError
from lmcore.training import finetune
from lmcore.training import spec as specs
from pages.shared import finetuning, lesson, models, own_run, services, texts
from pages.shared.cache import Unhashed
from pages.shared.finetuning import Learner
from pages.shared.lessons import LESSONS
from pages.shared.models import Loaded
from pages.shared.view import View

WHAT = {what: title for what, title in finetune.WHAT.items() if what != "scratch"}
LOOKED_AT = 200_000  # characters of a text, to say how much of it a model does not know
STEPS = (50, 100, 200, 400)

Pair = tuple[JobStatus | None, JobStatus | None]  # fine-tuned, from scratch


def section(view: View) -> None:
    """The controls, and the stage of the runs that were asked for last."""
    row = st.columns([5, 3.6, 2.4, 1.4, 2], vertical_alignment="bottom")
    with row[0]:
        corpus = texts.picker("The new text", view.key("text"))
    with row[1]:
        base = models.picker("Start from", view, "model", family="gpt")
    with row[2]:
        st.selectbox("What learns", list(WHAT), format_func=WHAT.__getitem__, key=view.key("what"))
    with row[3]:
        st.selectbox("Steps", STEPS, key=view.key("steps"))
    unknown = unknown_share(corpus.sha256, base.hash, Unhashed((corpus, base)))
    too_much = unknown > finetune.MAX_UNKNOWN
    with row[4]:
        st.button(
            "Fine-tune", type="primary", icon=":material/play_arrow:", key=f"{view.page}.go", width="stretch",
            on_click=_submit, args=(view, corpus, base), disabled=too_much,
        )  # fmt: skip
    if unknown:
        bytes_ = "spelled as bytes (a \N{REPLACEMENT CHARACTER} in what it writes is a spelling that failed)"
        how = bytes_ if base.tokenizer.kind == "char" else f"read as {lesson.chip('<unk>')}"
        more = " That is too much: choose another text, or another model to start from." if too_much else ""
        st.caption(f"{lesson.percent(unknown)} of this text's tokens are unknown to that model and are {how}.{more}")
    if refusal := st.session_state.pop(f"{view.page}.refusal", None):
        lesson.refuse(refusal)
    pair = shown_pair(view.page)
    if pair[0] is None:
        st.caption(
            "Two runs: the model you start from, and the same network from scratch beside it. 200 steps of each take "
            "about half a minute on a quiet machine."
        )
        return
    _watch(view, pair)


@functools.lru_cache(maxsize=64)
def unknown_share(text: str, model: str, hidden: Unhashed) -> float:
    """Which share of a text's tokens a model does not know, from the text's beginning."""
    corpus, base = hidden.value
    return finetune.unknown_share(base.tokenizer, base.tokenizer.encode(corpus.text[:LOOKED_AT]))


def spec_of(view: View, corpus: Corpus, base: Loaded, what: str) -> dict[str, Any]:
    """The run that the controls describe."""
    card = {**base.card, "hash": base.hash, "title": base.title.removesuffix(" (yours)")}
    named = specs.named(corpus) if not corpus.name.startswith("mine-") else _own(corpus)
    return finetune.described(card, base.tokenizer.kind, named, what=what, max_steps=view["steps"], seed=1)


def _own(corpus: Corpus) -> dict[str, Any]:
    return {"kind": "text", "sha256": corpus.sha256, "title": corpus.title[:200]}


def _submit(view: View, corpus: Corpus, base: Loaded) -> None:
    """Ask for both runs; what is refused is said on the page."""
    runner, workspace = services.runner(), services.workspace()
    try:
        for what in (view["what"], "scratch"):
            job = runner.submit({"task": "train", **spec_of(view, corpus, base, what)}, workspace).job_id
            if what != "scratch":
                st.session_state[f"{view.page}.job"] = job
    except (JobError, LibraryError, ValueError) as refusal:
        st.session_state[f"{view.page}.refusal"] = str(refusal)


# The stage -----------------------------------------------------------------------------------------------------------


def shown_pair(page: str) -> Pair:
    """The run last asked for, or the newest of this workspace (so a reload finds it), and the one from scratch."""
    runs = [j for j in services.runner().jobs(services.workspace()) if j.task == "train" and "start" in j.spec]
    tuned = [job for job in runs if job.spec["trained"]["what"] != "scratch"]
    asked = st.session_state.get(f"{page}.job")
    one = next((job for job in tuned if job.job_id == asked), tuned[0] if tuned else None)
    if one is None:
        return None, None
    return one, next((job for job in runs if _is_beside(job, one)), None)


def _is_beside(job: JobStatus, tuned: JobStatus) -> bool:
    """Is it the same run from scratch?"""
    same = all(job.spec[name] == tuned.spec[name] for name in ("corpus", "start", "model"))
    return job.spec["trained"]["what"] == "scratch" and same and job.max_steps == tuned.max_steps


def _watch(view: View, pair: Pair) -> None:
    """Draw both runs, again and again while one of them works."""
    jobs = [job for job in pair if job is not None]
    active = any(job.active for job in jobs)

    def look(ids: list[str], was_active: bool) -> None:
        now = [services.runner().status(job_id, services.workspace()) for job_id in ids]
        _draw(view, now)
        if was_active and not any(job.active for job in now):
            st.rerun()

    st.fragment(look, run_every=0.5 if active else None)([job.job_id for job in jobs], active)


def _draw(view: View, jobs: list[JobStatus]) -> None:
    tuned, titles = jobs[0], texts.own_titles()
    text = lesson.named(texts.title_of(tuned.spec["corpus"], titles))
    st.markdown(f"**{WHAT[tuned.spec['trained']['what']]}** on {text}. {_said(jobs)}")
    _buttons(view, jobs)
    found = [of_job(job) for job in jobs]
    start = next((event for event in services.runner().events(tuned.job_id) if event.kind == "start"), None)
    if start is None:
        return
    shown = [found[1], found[0]] if len(found) > 1 else found
    if any(any(loss is not None for loss in learner.first) for learner in shown):
        st.segmented_control(
            "Loss on", list(finetuning.LOSSES), format_func=finetuning.LOSSES.__getitem__, key=f"{view.page}.own-loss",
            default="second", required=True,
        )  # fmt: skip
    which = st.session_state.get(f"{view.page}.own-loss", "second")
    finetuning.chart(
        shown, which, vocab_size=start.payload["config"]["vocab_size"], steps=tuned.max_steps or 1, at=None,
        key=f"{view.page}.own-chart.{tuned.job_id}",
    )  # fmt: skip
    step = max((step for learner in shown for step in learner.samples), default=0)
    finetuning.pages_written(shown, step, f"{view.page}.own")


def of_job(job: JobStatus) -> Learner:
    """What is known of a run so far, from its events. After a resumption, what came later does not count."""
    what = job.spec["trained"]["what"]
    found = Learner("scratch" if what == "scratch" else "all")
    for event in services.runner().events(job.job_id):
        data = event.payload
        if event.kind == "start":
            found.n_trained, found.n_params = data["n_trained"], data["n_params"]
        elif event.kind == "step" and data.get("held_out_loss") is not None:
            if not found.steps or data["step"] > found.steps[-1]:
                found.add(data["step"], data["held_out_loss"], data.get("first_loss"))
        elif event.kind == "sample":
            found.samples[int(data["step"])] = str(data["text"])
    return found


def _said(jobs: list[JobStatus]) -> str:
    """How both runs stand, in a sentence."""
    for job in jobs:
        if job.state == "failed":
            return f"It failed: {lesson.plain(job.error or 'no reason was given')}"
    if any(job.active for job in jobs):
        waiting = all(job.state == "queued" for job in jobs)
        beside = f"; from scratch step {jobs[1].step:,}" if len(jobs) > 1 else ""
        now = f"Step {jobs[0].step:,} of {jobs[0].max_steps or 0:,}{beside}."
        return "Waiting for a free worker." if waiting else now
    stopped = any(job.state == "stopped" for job in jobs)
    return f"Stopped at step {jobs[0].step:,}." if stopped else f"Done: {jobs[0].max_steps:,} steps each."


def _buttons(view: View, jobs: list[JobStatus]) -> None:
    """Stop while they run; then keep the model, and go to where it can be asked."""
    tuned = jobs[0]
    if any(job.active for job in jobs):
        own_run.stop_button(view.page, jobs)
        return
    if tuned.state not in ("done", "stopped"):
        return
    own_run.tell_page(view.page)
    kept = own_run.kept(tuned)
    with st.container(horizontal=True, gap="small"):
        if kept is None:
            own_run.keep_button(view.page, tuned)
            return
        for label, page in (("Drag its temperature", "temperature"), ("Inspect it", "inspect")):
            if st.button(label, icon=LESSONS[page].icon, key=f"{view.page}.to-{page}"):
                st.switch_page(LESSONS[page].file, query_params={"model": f"mine-{kept.id}"})
        st.caption("It is in your library, and every page offers it.")


# Words and numbers ---------------------------------------------------------------------------------------------------


def reading(view: View) -> str:
    """What the runs came to."""
    tuned_job, new_job = shown_pair(view.page)
    if tuned_job is None:
        return "Nothing has been trained here yet. Choose a text and press Fine-tune."
    tuned, new = of_job(tuned_job), of_job(new_job) if new_job is not None else None
    if not tuned.steps:
        return "The first numbers are on their way."
    said = (
        f"On held-out parts of your text the model began at **{tuned.second[0]:.2f}** nats a token and is at "
        f"**{tuned.second[-1]:.2f}** after {tuned.steps[-1]} steps"
    )
    said += f"; from scratch it is **{new.second[-1]:.2f}** after {new.steps[-1]}." if new and new.steps else "."
    said += f" {tuned.n_trained:,} of its {tuned.n_params:,} numbers learnt."
    before, after = tuned.first[0], tuned.first[-1]
    if before is not None and after is not None:
        said += f" On its first text it went from {before:.2f} to {after:.2f}: so much is forgotten."
    return said


def table(view: View) -> pd.DataFrame:
    """The losses of both runs."""
    rows = []
    for job in shown_pair(view.page):
        if job is None:
            continue
        found = of_job(job)
        for step, second, first in zip(found.steps, found.second, found.first, strict=True):
            rows.append({"run": finetune.WHAT[job.spec["trained"]["what"]], "step": step, "new text": second,
                         "first text": first})  # fmt: skip
    return pd.DataFrame(rows, columns=["run", "step", "new text", "first text"])


def script(spec: Mapping[str, Any], base: Loaded) -> str:
    """A script that does the run of a spec."""
    text = spec["corpus"]
    imports, resolve_text = "", "specs.resolve_shipped"
    if text["kind"] == "text":
        file = str(services.library().texts_folder / f"{text['sha256']}.txt")
        imports = "from lmcore import corpora\n"
        resolve_text = f'lambda _: corpora.from_bytes(Path({file!r}).read_bytes(), "text.txt")'
    return f"""\
from pathlib import Path

{imports}from lmcore.jobs.starts import of_folder
from lmcore.training import spec as specs

spec = {pformat(dict(spec), width=100, sort_dicts=False)}
resolve_text = {resolve_text}
open_start = lambda _: of_folder(Path({str(base.folder)!r}), "the model", resolve_text)
for event in specs.run(spec, resolve_text, resolve_start=open_start):
    if event["kind"] == "step" and event["held_out_loss"] is not None:
        print(event["step"], event["held_out_loss"], event.get("first_loss"))
"""
