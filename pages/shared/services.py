"""What the whole server shares: the library of what people keep, and the runner that trains. One of each a process."""

from __future__ import annotations

import contextlib
import functools
import importlib
import secrets
from pathlib import Path

import streamlit as st

from lmcore.jobs.local import LocalRunner
from lmcore.library import Library, LibraryError, default_library


def library() -> Library:
    """The texts, models, runs and shares on disk."""
    return default_library()


@functools.cache
def runner() -> LocalRunner:
    """The job runner; its workers start with it and end with the server."""
    runner = LocalRunner(library())
    runner.start()
    return runner


def warm_up() -> None:
    """What the first visitor of any page would wait for: imports, shipped models, the default text, its counts.

    The workers are started first: they warm up in processes of their own meanwhile.
    """
    jobs = runner()
    for file in sorted(Path(__file__).parent.glob("*.py")):  # with pandas and all else that pages need
        importlib.import_module(f"pages.shared.{file.stem}")
    from pages.shared import (
        counted,
        gates,
        inside,
        live,
        living,
        models,
        pretraining,
        probability,
        texts,
        tokenized,
        translator_models,
        vectors,
    )

    models.warm_up()
    living.runs()
    live.warm_up()
    texts.warm_up()
    for name in (texts.DEFAULT, "mouse"):  # the texts with which the lessons on counting open
        counted.counts_of(texts.load(name), "word")
    tokenized.warm_up()
    probability.warm_up()
    vectors.warm_up()
    gates.warm_up()
    inside.warm_up()
    pretraining.warm_up()
    translator_models.warm_up()
    jobs.wait_warm()


def shut_down() -> None:
    """End the workers with the server."""
    if runner.cache_info().currsize:
        runner().close()
        runner.cache_clear()


def workspace() -> str:
    """The handle of this browser's workspace. Without a valid cookie, one that lasts as long as the session."""
    token = st.context.cookies.get("workspace")
    try:
        return library().workspace_for(token if isinstance(token, str) else None)
    except LibraryError:
        own = st.session_state.setdefault("workspace", secrets.token_urlsafe(32))
        return library().workspace_for(own)


def redeem(code: str, caller: str | None) -> str | None:
    """A new cookie for the workspace that made the one-time code; None when it is not valid, or too many were tried."""
    try:
        return library().redeem(code, caller)
    except LibraryError:
        return None


def forget(token: str) -> None:
    """End a cookie: it opens nothing any more."""
    with contextlib.suppress(LibraryError):  # a cookie that never opened anything needs no end
        library().forget(token)
