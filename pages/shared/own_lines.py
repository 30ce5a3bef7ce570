"""Lines of one's own in two columns, which a worker learns from: the box that holds them, and the button under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from lmcore.corpora import CorpusError
from lmcore.corpora.labels import Labelled
from lmcore.corpora.pairs import Pairs
from lmcore.jobs import JobStatus
from pages.shared import lesson, own_run, services, texts

MOST_IN_BOX = 200_000
"""Characters of a run's lines that come back into the box: a longer text came as a file, and would slow the page."""

Read = TypeVar("Read", Pairs, Labelled)


@dataclass(frozen=True)
class OwnLines(Generic[Read]):
    """What differs between the lessons that learn from lines."""

    slot: str
    """Their place in session_state, as in `own_run`."""
    task: str
    parse: Callable[[str], Read]
    from_bytes: Callable[[bytes, str], Read]
    label: str
    placeholder: str
    example: str
    """What the example is."""
    example_lines: Callable[[], str]
    go: str
    """What the button says that trains on them."""


def box(own: OwnLines[Read], settings: Callable[[], None]) -> Read | None:
    """The box, and beside it a file and the lesson's `settings`; what was read, None when there is nothing to use."""
    text_key = f"{own.slot}.text"
    if text_key not in st.session_state:
        st.session_state[text_key] = _remembered(own)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.text_area(
            own.label, key=text_key, height=190, on_change=_remember, args=(own.slot,), placeholder=own.placeholder
        )
        st.button(
            f"An example: {own.example}", key=f"{own.slot}.example", icon=":material/edit_note:", type="tertiary",
            on_click=_fill, args=(own.slot, own.example_lines),
        )  # fmt: skip
    with right:
        st.file_uploader("or a file", key=f"{own.slot}.file", type=["csv", "tsv", "txt", "text"])
        settings()
    try:
        return _read(own)
    except CorpusError as refusal:
        lesson.refuse(str(refusal))  # it names the line; the text stays in the box
        st.session_state.pop(f"{own.slot}.refusal", None)  # the button under it would say the same
    return None


def _read(own: OwnLines[Read]) -> Read | None:
    """What is in the file or else in the box, at this moment; CorpusError names what is wrong with it."""
    uploaded, typed = st.session_state[f"{own.slot}.file"], st.session_state[f"{own.slot}.text"]
    if uploaded is not None:
        return own.from_bytes(uploaded.getvalue(), uploaded.name)
    return own.parse(typed) if typed.strip() else None


def train_button(own: OwnLines[Read], spec_of: Callable[[dict[str, str]], dict[str, Any]]) -> None:
    """Train on what was read: the library keeps it as a text, and `spec_of` makes the run on that.

    The button is never disabled: what is typed counts once the box is left, and who leaves it by a click on a disabled
    button would have to click twice.
    """
    st.button(
        own.go, key=f"{own.slot}.go", type="primary", icon=":material/play_arrow:", on_click=_train, args=(own, spec_of)
    )
    if said := st.session_state.pop(f"{own.slot}.refusal", None):
        lesson.refuse(said)


def shown_run(own: OwnLines[Read]) -> JobStatus | None:
    """The run last asked for, else the newest of this workspace."""
    return own_run.shown(own.slot, lambda job: job.task == own.task)


def _train(own: OwnLines[Read], spec_of: Callable[[dict[str, str]], dict[str, Any]]) -> None:
    """Keep the lines as a text, and ask for the run: as they are now, though they were changed with the same click."""

    def make() -> dict[str, Any]:
        if (found := _read(own)) is None:
            raise CorpusError("There are no lines to train on: write some, take the example, or bring a file.")
        kept = services.library().add_text(services.workspace(), found.title, found.text)
        return {**spec_of(kept.as_corpus()), "task": own.task}

    own_run.ask(own.slot, make)


def _remembered(own: OwnLines[Read]) -> str:
    """What stood in the box before a visit to another page; in a new session, the lines of the newest run."""
    if (before := st.session_state.get(f"{own.slot}.kept")) is not None:
        return str(before)
    job = shown_run(own)
    lines = texts.own_text(job.spec["corpus"].get("sha256", "")) if job is not None else None
    return lines if lines is not None and len(lines) <= MOST_IN_BOX else ""


def _remember(slot: str) -> None:
    """What stands in the box outlives a visit to another page."""
    st.session_state[f"{slot}.kept"] = st.session_state[f"{slot}.text"]


def _fill(slot: str, lines: Callable[[], str]) -> None:
    st.session_state[f"{slot}.text"] = st.session_state[f"{slot}.kept"] = lines()
