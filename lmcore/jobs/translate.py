"""The task "translate": a run of lmcore.training.translate in a worker. Events, files and result are those of "train".

Spec: {"task": "translate", …what lmcore.training.translate.validate takes}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lmcore.jobs import train
from lmcore.jobs.context import Context
from lmcore.training import translate

Spec = dict[str, Any]


def check(spec: Spec) -> Spec:
    """The spec in full; ValueError in words."""
    return translate.validate(train.run_spec(spec))


def identity(spec: Spec) -> str:
    """Equal for runs that compute the same."""
    return translate.spec_hash(train.run_spec(spec))


def run(spec: Spec, context: Context) -> Iterator[dict[str, Any]]:
    """Train, keep, tell."""
    yield from train.follow(
        translate.run, train.run_spec(spec), context, lambda corpus: translate.resolve(corpus, context.read_text)
    )
