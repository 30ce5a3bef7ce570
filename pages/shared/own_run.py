"""A run that a person asked for: found again, stopped, resumed, and kept as a model.

`slot` is a page's place in session_state: `<slot>.job` names the run it asked for last, `<slot>.refusal` and
`<slot>.note` are what is to be said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from lmcore.jobs import JobError, JobStatus
from lmcore.library import LibraryError, Model
from pages.shared import services


def ask(slot: str, make_spec: Callable[[], dict[str, Any]], anew: bool = False) -> None:
    """Ask for a run; what is refused is said, and nothing is lost."""
    try:
        ticket = services.runner().submit(make_spec(), services.workspace(), anew=anew)
    except (JobError, LibraryError, ValueError) as refusal:
        st.session_state[f"{slot}.refusal"] = str(refusal)
        return
    st.session_state[f"{slot}.job"] = ticket.job_id
    st.session_state.pop(f"{slot}.refusal", None)


def shown(slot: str, is_of_this_page: Callable[[JobStatus], bool]) -> JobStatus | None:
    """The run last asked for, else the newest of this workspace, so that a reload finds it."""
    jobs = {job.job_id: job for job in services.runner().jobs(services.workspace()) if is_of_this_page(job)}
    return jobs.get(st.session_state.get(f"{slot}.job", "")) or next(iter(jobs.values()), None)


def kept(job: JobStatus) -> Model | None:
    """The model that this person kept of a run."""
    return next((one for one in services.library().models(services.workspace()) if one.run_id == job.job_id), None)


def keep(slot: str, job: JobStatus, title: str = "", note: str = "") -> None:
    """Put the run's model into the library. In a callback, as all acts here: the next click may cut the page short."""
    try:
        made = services.runner().result(job.job_id)
        services.library().keep_model(services.workspace(), made.folder, title=title, run_id=job.job_id)
    except (JobError, LibraryError) as refusal:
        st.session_state[f"{slot}.refusal"] = str(refusal)
        return
    st.session_state[f"{slot}.new"] = True
    if note:
        st.session_state[f"{slot}.note"] = note


def tell_page(slot: str) -> None:
    """Run the whole page once more when a model was just kept: its lists of models have one more now."""
    if st.session_state.pop(f"{slot}.new", False):
        st.rerun()


def keep_button(slot: str, job: JobStatus, title: str = "", note: str = "") -> None:
    """Keep it; whoever draws this calls `tell_page` before."""
    st.button(
        "Keep this model", icon=":material/bookmark_add:", key=f"{slot}.keep",
        on_click=keep, args=(slot, job, title, note),
    )  # fmt: skip


def resume(slot: str, job: JobStatus) -> None:
    """Let a stopped run go on."""
    try:
        st.session_state[f"{slot}.job"] = services.runner().resume(job.job_id, services.workspace()).job_id
    except JobError as refusal:
        st.session_state[f"{slot}.refusal"] = str(refusal)


def stop_button(slot: str, jobs: Sequence[JobStatus]) -> None:
    """Stop what of these still runs."""

    def stop() -> None:
        for job in jobs:
            if job.active:
                services.runner().stop(job.job_id, services.workspace())

    stopping = all(job.state == "stopping" for job in jobs if job.active)
    if st.button("Stop", icon=":material/stop:", key=f"{slot}.stop", disabled=stopping, on_click=stop):
        st.rerun()


def buttons(
    slot: str,
    job: JobStatus,
    *,
    title: str,
    note: str,
    use: Callable[[str], None],
    anew: Callable[[], None] | None = None,
) -> None:
    """What can be done with a run: stop it, resume it, keep its model, and then what `use` draws for the model's id."""
    if job.active:  # nothing more is looked up: everybody who watches comes here at every look
        stop_button(slot, [job])
        return
    tell_page(slot)
    model = kept(job)
    with st.container(horizontal=True, gap="small"):
        if job.state in ("stopped", "failed"):
            st.button("Resume", icon=":material/resume:", key=f"{slot}.resume", on_click=resume, args=(slot, job))
        if job.state in ("done", "stopped") and model is None:
            keep_button(slot, job, title, note)
        if model is not None:
            use(f"mine-{model.id}")
        if anew is not None:  # last: a second click on Keep must not land on it
            st.button("Train anew", icon=":material/replay:", key=f"{slot}.anew", on_click=anew)
    if said := st.session_state.pop(f"{slot}.note", None):
        st.success(said, icon=":material/check:")
