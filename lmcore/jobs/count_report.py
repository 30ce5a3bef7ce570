"""The task "count-report": the troubles of counting on one text (lmcore.probes.troubles), a row an event.

Spec: {"task": "count-report", "corpus": {"kind": "shipped", "name"} or {"kind": "text", "sha256", "title"},
"tokenizer": "word" or "char"}. Events: "row" as `troubles.report` yields them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from lmcore.jobs import count
from lmcore.jobs.context import Context
from lmcore.probes import troubles


def identity(spec: dict[str, Any]) -> str:
    """Equal for reports on the same text by the same code; titles do not count."""
    return f"{count.identity(spec)}\n{inspect.getsource(troubles)}"


def run(spec: dict[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """Measure, row by row."""
    corpus = context.resolve_text(spec["corpus"])
    for row in troubles.report(corpus, spec["tokenizer"]):
        yield {"kind": "row", **row}
    context.result = {}
