"""The time scrubber: one slider through the snapshots of a run, and the model as it was at that step."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from lmcore import checkpoints
from pages.shared import lesson, models
from pages.shared.models import Loaded
from pages.shared.view import Field, View, whole

LAST = -1  # in the URL: the finished model


def field() -> Field:
    """The view's field for a step."""
    return whole(LAST, LAST, 999_999_999)


def pick(view: View, name: str, loaded: Loaded, label: str = "Training step") -> int:
    """A slider through the steps whose weights were kept; the picked one, `LAST` for the finished model.

    A model without snapshots has no slider. A step of another run, from an old link, falls back to the end.
    """
    kept = steps(loaded)
    options = [*kept[:-1], LAST]
    if view[name] not in options:
        view.set(**{name: LAST})
    # A browser names what is picked by its text, and the end is "4,000" of one run and "2,400" of another: told anew
    # whenever the steps are others, else it would stand at the first step and send that with the next click.
    slot = f"{view.key(name)}.of"
    if st.session_state.get(slot) != kept:
        st.session_state[slot] = kept
        view.set(**{name: view[name]})
    if len(options) < 2:
        st.caption("Of this model only the end was kept, so its learning cannot be replayed.")
        return LAST
    st.select_slider(
        label, options, key=view.key(name), format_func=lambda step: f"{kept[-1] if step == LAST else step:,}"
    )
    return view[name]


def controls(view: View, family: str, box: Callable[[], str]) -> tuple[Loaded, str, Loaded]:
    """A row of three: a model of a family, the text (`box` draws it), the training step.

    The finished model, the text, and the model as it was at that step. Another model comes fully trained.
    """
    row = st.columns([7, 8, 5], vertical_alignment="bottom")
    with row[0]:
        finished = models.picker("Model", view, "model", lambda: view.set(step=LAST), family=family)
    with row[1]:
        typed = box()
    with row[2]:
        step = pick(view, "step", finished)
    loaded = at(finished, step)
    lesson.say_unknown(loaded.tokenizer, typed)
    return finished, typed, loaded


def ids_of(loaded: Loaded, typed: str, most: int) -> tuple[int, ...]:
    """The first `most` tokens of a text; the page says when there are more."""
    ids = tuple(loaded.tokenizer.encode(typed))
    if len(ids) > most:
        st.caption(f"The first {most} tokens are looked into; the text has {len(ids):,}.")
    return ids[:most]


def steps(loaded: Loaded) -> list[int]:
    """The steps whose weights were kept, in order."""
    return checkpoints.steps(loaded.folder) if loaded.folder else []


def at(loaded: Loaded, step: int) -> Loaded:
    """The model as it was after `step` updates; cached."""
    if step == LAST or loaded.folder is None:
        return loaded
    past = _past(loaded.folder, loaded.hash, step)
    return dataclasses.replace(loaded, model=past.model, hash=past.hash)


@functools.lru_cache(maxsize=48)
def _past(folder: Path, content: str, step: int) -> checkpoints.Checkpoint:
    return checkpoints.load(folder, step)
