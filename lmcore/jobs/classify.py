"""The task "classify": a run of lmcore.training.classify in a worker. Events, files and result are those of "train".

Spec: {"task": "classify", …what lmcore.training.classify.validate takes}.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lmcore.jobs import train
from lmcore.jobs.context import Context
from lmcore.training import classify

Spec = dict[str, Any]


def check(spec: Spec) -> Spec:
    """The spec in full; ValueError in words."""
    return classify.validate(train.run_spec(spec))


def identity(spec: Spec) -> str:
    """Equal for runs that compute the same."""
    return classify.spec_hash(train.run_spec(spec))


def run(spec: Spec, context: Context) -> Iterator[dict[str, Any]]:
    """Train, keep, tell."""
    begin = partial(classify.run, resolve_start=context.resolve_start)
    yield from train.follow(
        begin, train.run_spec(spec), context, lambda corpus: classify.resolve(corpus, context.read_text)
    )
