"""The task "train": a run of lmcore.training.spec in a worker, its weights as files, the rest as events.

Spec: {"task": "train", …what lmcore.training.spec.validate takes}. Events: "start", "step" and "sample" as that module
yields them, "snapshot" {step, file below the job's model folder}; the result of "done" is {hash, step, seconds,
metrics, stopped}. Of a job that ended before its time, `rescue` makes the model as far as it got.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lmcore import checkpoints, corpora
from lmcore.corpora import Corpus
from lmcore.jobs.context import Context, read_state
from lmcore.tokenizers import KINDS
from lmcore.training import spec as specs
from lmcore.training.finetune import plain

Spec = dict[str, Any]
OFTEN = ("tales", "shakespeare-1mb")  # tokenized beforehand, since most first runs are on them


def check(spec: Spec) -> Spec:
    """The spec in full; ValueError in words."""
    return specs.validate(run_spec(spec))


def identity(spec: Spec) -> str:
    """Equal for runs that compute the same."""
    return specs.spec_hash(run_spec(spec))


def run(spec: Spec, context: Context) -> Iterator[dict[str, Any]]:
    """Train, keep, tell."""
    run = partial(specs.run, resolve_start=context.resolve_start)
    yield from follow(run, run_spec(spec), context, context.resolve_text)


def follow(
    run: Callable[..., Iterator[dict[str, Any]]],
    spec: Spec,
    context: Context,
    resolve_text: Callable[[dict[str, Any]], Corpus],
) -> Iterator[dict[str, Any]]:
    """Do what `run` does of lmcore.training.spec, or of a module like it; its weights as files, the rest as events."""
    context.wraps_up = True
    texts: list[Corpus] = []

    def resolve(corpus: dict[str, Any]) -> Corpus:
        texts.append(resolve_text(corpus))
        return texts[-1]

    resume = context.resume[0] if context.resume else None
    start: dict[str, Any] = {}
    held_out_loss = None
    held: list[Callable[[], Any]] = []  # gives the full state as of the last "step"

    def hold(state: Callable[[], Any]) -> None:
        held[:] = [state]

    for event in run(spec, resolve, resume, hold_state=hold):
        arrays = event.pop("arrays", None)
        if event["kind"] == "start":
            start = event
            yield {name: value for name, value in event.items() if name != "tokenizer"}
        elif event["kind"] == "snapshot":
            path = checkpoints.save_snapshot(context.model_folder, event["step"], arrays)
            yield {**event, "file": path.relative_to(context.model_folder).as_posix()}
        elif event["kind"] == "done":
            digest = _keep(context.model_folder, start, arrays, event.pop("card"))
            context.result = {"hash": digest, **{name: value for name, value in event.items() if name != "kind"}}
        else:
            held_out_loss = event.get("held_out_loss") or held_out_loss
            yield event
        if event["kind"] == "step" and held and event["step"] < start["max_steps"] and context.save_due():
            about = {"step": event["step"], "start": start, "card": _unfinished(start, spec, texts[0], held_out_loss)}
            context.save(held[0](), about)
        if context.stopping and event["kind"] != "done":
            return


def warm() -> Iterator[None]:
    """All that the first job would wait for: torch, and every path through it once; then, while idle, the texts."""
    specs.warm()
    yield
    for name in corpora.CATALOG:
        with contextlib.suppress(corpora.CorpusError):  # its pack is not installed
            corpora.load(name)
        yield
    for name in OFTEN:
        for kind in KINDS:
            with contextlib.suppress(corpora.CorpusError):
                spec = {"version": specs.VERSION, "corpus": {"kind": "shipped", "name": name}}
                whole = specs.validate({**spec, "tokenizer": {"kind": kind}, "model": {"family": "ngram"}})
                specs.prepare(corpora.load(name), specs.canonical_json(whole["tokenizer"]))
            yield


def run_spec(spec: Spec) -> Spec:
    """A job's spec without its task."""
    return {name: value for name, value in spec.items() if name != "task"}


def rescue(folder: Path) -> None:
    """Make a run's model/ of its last full state. ValueError when it has none."""
    weights, about = read_state(folder, "weights/")
    start, step = about["start"], about["step"]
    card = {**about["card"], "steps": step, "stopped": f"Ended at step {step:,} of {start['max_steps']:,}."}
    arrays = plain({name.removeprefix("weights/"): w for name, w in weights.items()})
    _keep(folder / "model", start, arrays, card)


def _keep(folder: Path, start: dict[str, Any], arrays: Any, card: dict[str, Any]) -> str:
    return checkpoints.save_arrays(folder, start["family"], start["config"], arrays, start["tokenizer"], card)


def _unfinished(start: dict[str, Any], spec: Spec, corpus: Corpus, held_out_loss: float | None) -> dict[str, Any]:
    """The card of a run before its end."""
    return {
        "title": specs.title_of(spec, corpus.title),
        "corpus": {"name": corpus.name, "title": corpus.title, "sha256": corpus.sha256},
        "spec": spec,
        "code": specs.code_version(),
        "n_params": start["n_params"],
        "metrics": {"held_out_loss": held_out_loss} if held_out_loss is not None else {},
    }
