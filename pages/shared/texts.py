"""Choosing a text: shipped ones, one's own, and adding one by pasting or uploading."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lmcore import corpora
from lmcore.corpora import Corpus, CorpusError, french
from lmcore.library import LibraryError
from pages.shared import lesson, services
from pages.shared.view import put

DEFAULT = "tales"
CATALOG_TITLES = {name: entry.title for name, entry in corpora.CATALOG.items()} | {"french": french.TITLE}


def choices() -> dict[str, str]:
    """id -> title of every text this person can use."""
    found = {name: entry.title for name, entry in corpora.CATALOG.items() if entry.available()}
    for text in services.library().texts(services.workspace()):
        found[f"mine-{text.id}"] = f"{text.title} (yours)"
    return found


def own_titles() -> dict[str, str]:
    """This person's titles of their own texts, by the hash of the text."""
    return {text.sha256: text.title for text in services.library().texts(services.workspace())}


def own_text(sha256: str) -> str | None:
    """This person's text of a hash; None when their library has it no longer, or its file cannot be read."""
    library, workspace = services.library(), services.workspace()
    try:
        mine = next((text for text in library.texts(workspace) if text.sha256 == sha256), None)
        return None if mine is None else library.read_text(workspace, mine.id)
    except LibraryError:
        return None


def title_of(spec: Mapping[str, Any], own: Mapping[str, str]) -> str:
    """The title of the text that a run's spec names, as in `own` where it is there.

    Two people with the same text watch one run, whose spec knows the title that the first one gave.
    """
    if title := own.get(spec.get("sha256", "")):
        return title
    return CATALOG_TITLES.get(spec.get("name", ""), spec.get("title") or "a text")


def picker(label: str, key: str, default: str = DEFAULT) -> Corpus:
    """A select box of all texts with a place to add one's own; the picked text.

    A text that is not there (somebody else's own, in a link they gave away) is named as missing, and `default` taken.
    """
    found = choices()
    if st.session_state.get(key) not in found:
        st.session_state[f"{key}.missing"] = key in st.session_state
        st.session_state[key] = default
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="xsmall"
    ):  # needs 235 px, else it takes two rows
        picked = st.selectbox(
            label, list(found), format_func=found.__getitem__, key=key, width="stretch",
            on_change=st.session_state.pop, args=(f"{key}.missing", None),
        )  # fmt: skip
        with st.popover("Yours", icon=":material/add:", width="content", help="Paste or upload a text of your own."):
            _add(key)
    if st.session_state.get(f"{key}.missing"):
        st.caption(f"The text of that link is not in your library: this is {lesson.named(found[picked])} instead.")
    return load(picked)


def _add(key: str) -> None:
    """Paste or upload. A text that is refused stays in the box, with the reason under it."""
    st.caption(
        f"A text stays on this server, in your library: at least {corpora.MIN_CHARS} characters, or a plain text file "
        "of at most 20 MB."
    )
    st.text_area("Paste a text", key=f"{key}.paste", height=160)
    st.file_uploader("or choose a file", key=f"{key}.file", type=["txt", "md", "csv", "log", "text"])
    st.text_input("Its name", key=f"{key}.title", max_chars=80, placeholder="My text")
    st.button("Use this text", key=f"{key}.use", type="primary", on_click=_use, args=(key,))
    if refused := st.session_state.pop(f"{key}.refused", None):
        lesson.refuse(refused)  # it may quote the file's name


def _use(key: str) -> None:
    """Keep what was given as a text, and pick it. In a callback: the next click may cut the page short."""
    pasted, uploaded, title = (st.session_state[f"{key}.{part}"] for part in ("paste", "file", "title"))
    try:
        if uploaded is None and not pasted.strip():  # the browser keeps a file that is too large to itself
            raise CorpusError("There is no text yet: paste one, or choose a text file of at most 20 MB.")
        if uploaded is not None:
            corpus = corpora.from_bytes(uploaded.getvalue(), uploaded.name)
        else:
            corpus = corpora.from_text(pasted, title or "My text")
        kept = services.library().add_text(services.workspace(), title or corpus.title, corpus.text)
    except (CorpusError, LibraryError) as refusal:
        st.session_state[f"{key}.refused"] = str(refusal)
        return
    put(key, f"mine-{kept.id}")
    st.session_state.pop(f"{key}.missing", None)


def load(id: str) -> Corpus:
    """The text behind an id of `choices`."""
    if id.startswith("mine-"):
        return _mine(id, services.workspace())
    return corpora.load(id)


@functools.lru_cache(maxsize=32)
def _mine(id: str, workspace: str) -> Corpus:
    library, text_id = services.library(), id.removeprefix("mine-")
    title = library.text(workspace, text_id).title
    return Corpus(id, title, library.read_text(workspace, text_id), source="your own text", licence="yours")


def warm_up() -> None:
    """Read every shipped text: nobody's first click pays for all of Shakespeare."""
    for entry in corpora.CATALOG.values():
        if entry.available():
            _ = corpora.load(entry.name).sha256
