"""The task "count-report": the troubles of counting on one text (lmcore.probes.troubles), a row an event.

Spec: {"task": "count-report", "corpus": {"kind": "shipped", "name"} or {"kind": "text", "sha256", "title"},
"tokenizer": "word" or "char"}. Events: "row" as `troubles.report` yields them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from lmcore import corpora
from lmcore.jobs.context import Context
from lmcore.probes import troubles
from lmcore.training import spec as specs
from lmcore.training.check import check_corpus

KINDS = ("word", "char")


def check(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec in full; ValueError in words."""
    if (
        set(spec) != {"task", "corpus", "tokenizer"}
        or not isinstance(spec["tokenizer"], str)
        or spec["tokenizer"] not in KINDS
    ):
        raise ValueError(f"A report on counting needs a text and one of the tokenizers {', '.join(KINDS)}.")
    return {"task": spec["task"], "corpus": check_corpus(spec["corpus"]), "tokenizer": spec["tokenizer"]}


def identity(spec: dict[str, Any]) -> str:
    """Equal for reports on the same text by the same code; titles do not count."""
    corpus = spec["corpus"]
    text = corpus["sha256"] if corpus["kind"] == "text" else corpora.load(corpus["name"]).sha256
    content = f"{text} {spec['tokenizer']} {specs.code_version()} {troubles.__doc__}"
    return hashlib.sha256(content.encode()).hexdigest()


def run(spec: dict[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """Measure, row by row."""
    corpus = context.resolve_text(spec["corpus"])
    for row in troubles.report(corpus, spec["tokenizer"]):
        yield {"kind": "row", **row}
    context.result = {}
