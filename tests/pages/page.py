"""Opening a page in a test as a visitor would."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lmcore import checkpoints, models, tokenizers
from pages.shared import services
from pages.shared.lessons import LESSONS
from tests.live import ROOT

PATIENCE = 240.0  # seconds: only a bound for what never comes


def open_page(slug: str, state: Mapping[str, object] | None = None, query: Mapping[str, str] | None = None) -> AppTest:
    """The page after its first run; `state` is put into session_state before it, `query` into its URL."""
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    for name, value in (state or {}).items():
        at.session_state[name] = value
    for name, text in (query or {}).items():
        at.query_params[name] = text
    if slug != "home":
        at._page_hash = calc_hash(LESSONS[slug].slug)  # `switch_page` knows it only after a run of another page
    at.run()
    return at


def no_exception(at: AppTest) -> None:
    """Fail with the traceback of the page when it raised."""
    assert not at.exception, "\n".join(f"{e.message}\n" + "\n".join(e.stack_trace) for e in at.exception)


def shown_text(at: AppTest) -> str:
    """Everything that the page says in Markdown, captions, alerts and plain text."""
    parts = [*at.markdown, *at.caption, *at.info, *at.error, *at.warning, *at.success, *at.text]
    return "\n".join(str(part.value) for part in parts)


def header_of(at: AppTest, key: str) -> dict[str, Any]:
    """What the page gave to the component of this key, unpacked."""
    (found,) = (one for one in at.get("bidi_component") if one.proto.id.endswith(f"-{key}"))
    return unpack(found.proto.bytes)


def unpack(payload: bytes) -> dict[str, Any]:
    """What common.js does, in Python: the header of a component's payload, with its arrays put in."""
    (length,) = struct.unpack_from("<I", payload)
    header = json.loads(payload[4 : 4 + length])
    at = 4 + length
    for name, kind, count in header["arrays"]:
        header[name] = np.frombuffer(payload, f"<{kind}", count, at)
        at += 4 * count
    assert at == len(payload)
    return header


def payload(at: AppTest, i: int = 0) -> dict[str, Any]:
    """What the page gave to its component number `i`, unpacked."""
    return unpack(at.get("bidi_component")[i].proto.bytes)


def run_script(source: str) -> str:
    """Run a script of "The code" as a student would, in the project's folder; what it printed."""
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def workspace_of(at: AppTest) -> str:
    """The workspace of this visitor, who has no cookie."""
    return services.library().workspace_for(at.session_state["workspace"])


def reloaded(at: AppTest, slug: str, query: Mapping[str, str] | None = None) -> AppTest:
    """The page in a new session of the same visitor, as a reload opens it."""
    return open_page(slug, {"workspace": at.session_state["workspace"]}, query)


def wait_for_end(job_id: str) -> None:
    """Wait until a job has ended."""
    until = time.monotonic() + PATIENCE
    while (job := services.runner().status(job_id)).active:
        assert time.monotonic() < until, job
        services.runner().wait(job_id, job.last_seq, 0.5)  # its last event may be seen before its state is


def own_gpt(folder: Path, **shape: Any) -> tuple[str, str]:
    """An untrained GPT of one block that a visitor keeps: (their workspace's token, the model as a URL names it)."""
    text = "to be or not to be that is the question\n" * 3
    tokenizer = tokenizers.train("char", text)
    model = models.build("gpt", {"n_layer": 1, "n_head": 2, "n_embd": 8, **shape}, tokenizer.vocab_size)
    card = {"title": "Mine", "corpus": {"name": "x", "title": "x", "sha256": "0" * 64}, "metrics": {}, "n_params": 1}
    checkpoints.save(folder / "model", model, tokenizer, card)
    token = "w" * 43
    library = services.library()
    kept = library.keep_model(library.workspace_for(token), folder / "model", "Mine")
    return token, f"mine-{kept.id}"
