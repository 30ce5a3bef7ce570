"""One run as JSON: which text, tokenizer, model and training; and running it, as a stream of plain events.

A spec can be sent to another process or machine, and so can the events, which are dictionaries of numbers, text and
numpy arrays. No torch at import: the web process checks specs, workers run them.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lmcore import corpora, paths
from lmcore.blanks import marked
from lmcore.corpora import Corpus
from lmcore.models import BLANKS, TRANSLATORS, configure, model_class
from lmcore.tokenizers import BlankTokenizer
from lmcore.tokenizers import train as train_tokenizer
from lmcore.training import finetune
from lmcore.training.check import VERSION, Spec, check_size, validate
from lmcore.training.config import TrainConfig
from lmcore.training.presets import DEFAULT_PRESETS, preset_named
from lmcore.training.presets import PRESETS as PRESETS

Event = dict[str, Any]

SAMPLE_TEMPERATURE = 0.8
SAMPLE_TOKENS = {"char": 240, "word": 60, "bpe": 100}
METRIC_CHARS = 60_000  # of the held-out text, for the metrics of a finished run
TRAINERS = {
    "word2vec": "lmcore.training.word2vec",
    "chatbot": "lmcore.training.chat",
    "classifier": "lmcore.training.labels",
    **dict.fromkeys(TRANSLATORS, "lmcore.training.pairs"),
    **dict.fromkeys(BLANKS, "lmcore.training.blanks"),
}
"""Family -> the module that trains, samples and measures it, where that is not lmcore.training.trainer."""


# Making ---------------------------------------------------------------------------------------------------------------


def make(
    corpus: Corpus,
    *,
    tokenizer: str = "char",
    family: str = "gpt",
    preset: str | None = None,
    order: int = 3,
    max_steps: int | None = None,
    seed: int = 0,
) -> Spec:
    """A spec from a few choices: a named size (which says its family) for a network, an order for an n-gram."""
    if preset or family in DEFAULT_PRESETS:
        size = preset_named(preset or DEFAULT_PRESETS[family])
        model, train = size.model, {**size.train, "seed": seed}
        if max_steps is not None:
            train |= {"max_steps": max_steps, "warmup_steps": min(train.get("warmup_steps", 50), max_steps)}
    else:
        model, train = {"family": family, "order": order}, {"seed": seed}
    spec = {
        "version": VERSION,
        "corpus": named(corpus),
        "tokenizer": {"kind": tokenizer},
        "model": model,
        "train": train,
    }
    return validate(spec)


def named(corpus: Corpus) -> dict[str, Any]:
    """A text as a spec names it: a shipped one by its name, a person's own by its content."""
    if corpus.name in corpora.CATALOG:
        return {"kind": "shipped", "name": corpus.name}
    return _own_text(corpus)


def text_hash(text: Mapping[str, Any]) -> str:
    """The SHA-256 of a named text; a shipped one is loaded for it, CorpusError when it is not there."""
    return str(text["sha256"]) if text["kind"] == "text" else corpora.load(text["name"]).sha256


def _own_text(corpus: Corpus) -> dict[str, Any]:
    return {"kind": "text", "sha256": corpus.sha256, "title": corpus.title[:200]}


# Identity -----------------------------------------------------------------------------------------------------------


def spec_hash(spec: Spec) -> str:
    """Hex SHA-256 of what a run computes: the text itself, all settings, the seed and the code. Titles do not count.

    Equal hashes mean the same run. A shipped text is loaded for it; CorpusError when it is not there.
    """
    spec = validate(spec)
    content = {**spec, "corpus": text_hash(spec["corpus"]), "code": code_version()}
    if "start" in spec:
        content["start"] = spec["start"]["hash"]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Equal values give equal strings."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@lru_cache(maxsize=1)
def code_version() -> str:
    """Hex digest of the source that decides what a run computes."""
    root = paths.ROOT / "lmcore"
    files = [root / "batches.py", root / "sampling.py", root / "evaluation.py"]
    for folder in ("models", "tokenizers", "training"):
        files += sorted((root / folder).glob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\0".encode() + _source(file) + b"\0")
    return digest.hexdigest()[:16]


def _source(file: Path) -> bytes:
    return file.read_bytes().replace(b"\r\n", b"\n")


def warm() -> None:
    """Take two steps of a very small model, so that a worker's first real run starts at once (torch loads lazily).

    The worker finds out by it, too, which precision is the faster one here.
    """
    text = "The cat sat. The dog ran. " * 40
    corpus = Corpus("warm", "Warm-up", text, "", "")
    model = {"family": "gpt", "n_layer": 1, "n_head": 1, "n_embd": 8, "block_size": 8}
    train = {"max_steps": 2, "batch_size": 2, "warmup_steps": 1, "precision": "auto"}
    spec = {
        "version": VERSION,
        "corpus": _own_text(corpus),
        "tokenizer": {"kind": "char"},
        "model": model,
        "train": train,
    }
    for _ in run(spec, lambda _: corpus):
        pass


# Running ------------------------------------------------------------------------------------------------------------


def resolve_shipped(corpus: dict[str, Any]) -> Corpus:
    """The text of a spec when it is a shipped one; ValueError for a person's own, which the library keeps."""
    if corpus["kind"] != "shipped":
        raise ValueError("this run needs a text that is kept in a library")
    return corpora.load(corpus["name"])


def run(
    spec: Spec,
    resolve_text: Callable[[dict[str, Any]], Corpus] = resolve_shipped,
    resume: Mapping[str, NDArray[Any]] | None = None,
    *,
    hold_state: Callable[[Callable[[], dict[str, NDArray[Any]]]], None] | None = None,
    resolve_start: finetune.Resolve | None = None,
) -> Iterator[Event]:
    """Do what a spec says; each event is a dictionary with its "kind":

    - "start": family, config (with vocab_size), tokenizer (its `to_dict`), n_params, n_tokens, n_held_out, max_steps,
      title, resumed_from (a step or None);
    - "step": step, max_steps, loss and grad_norm (None when not finite), held_out_loss (or None), learning_rate,
      tokens_per_second, seconds; of a translator with each held-out loss also exact, a share;
    - "sample": step, text;
    - "snapshot": step, arrays (name -> float32);
    - "done": step, metrics, seconds, stopped (why it ended before its time, or None), arrays (the final weights), card.

    A run that goes on from a trained model (`resolve_start` opens it) adds to "start" n_trained, unknown (the share of
    the text that the model's tokenizer does not know) and first (is the first text there to be asked about), and to
    the "step"s with a held-out loss, and to step 0, first_loss: that of the text the model came from. Adapters are put
    into the weights that it sends.

    Before each "step" event `hold_state` is handed a function that returns everything needed to go on from that step;
    what it returned, given as `resume`, continues the run exactly. It holds until the next event is asked for.
    ValueError when the spec, the text or the state to resume is no good; it may come with the first event.
    """
    spec = validate(spec)
    corpus = resolve_text(spec["corpus"])
    family = spec["model"]["family"]
    settings = {name: value for name, value in spec["model"].items() if name != "family"}
    train = TrainConfig.from_dict(spec["train"])
    begin, more = None, {}
    if "start" in spec:
        if resolve_start is None:
            raise ValueError("this run needs a model to start from, and nobody who opens it")
        begin = resolve_start(spec["start"])
        tokenizer = begin.tokenizer
        tokens, held_out, held_out_text, unknown = finetune.prepare(corpus, tokenizer.to_json())
        more = {"unknown": unknown, "first": bool(begin.first_text)}
    else:
        tokenizer, tokens, held_out, held_out_text = prepare(corpus, canonical_json(spec["tokenizer"]))
    if family in BLANKS:
        tokenizer = BlankTokenizer(tokenizer)
        tokens, held_out = marked(tokens, tokenizer), marked(held_out, tokenizer)
    config = configure(family, settings, tokenizer.vocab_size)
    if begin is not None and (begin.model.family, begin.model.config) != (family, config):
        raise ValueError("the model to start from has another shape than this run says")
    check_size(config, train)

    start: Event = {
        "kind": "start",
        "family": family,
        "config": config.to_dict(),
        "tokenizer": tokenizer.to_dict(),
        "n_tokens": int(tokens.ids.size),
        "n_held_out": int(held_out.ids.size),
        "title": corpus.title,
        **more,
    }
    card = card_of(title_of(spec, corpus.title), corpus, spec)
    ready = Ready(config, train, tokenizer, tokens, held_out, held_out_text, start, card, begin, spec.get("trained"))
    yield from _count(ready) if family == "ngram" else train_steps(ready, resume, hold_state)


def card_of(title: str, corpus: Corpus, spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a model's card says before its run: its title, what it learns from, how, and by which code."""
    return {
        "title": title,
        "corpus": {"name": corpus.name, "title": corpus.title, "sha256": corpus.sha256},
        "spec": spec,
        "code": code_version(),
    }


@dataclass(frozen=True)
class Ready:
    """A run with all it needs, before its first step."""

    config: Any
    train: TrainConfig
    tokenizer: Any
    tokens: Any
    held_out: Any
    held_out_text: Any
    """What the finished model is measured on: a text, or pairs."""
    start: Event
    card: dict[str, Any]
    begin: finetune.Start | None = None
    trained: dict[str, Any] | None = None


@lru_cache(maxsize=8)
def prepare(corpus: Corpus, tokenizer: str) -> tuple[Any, Any, Any, str]:
    """The trained tokenizer, the training and the held-out tokens, and the held-out text; remembered for the next run.

    `tokenizer` is its part of the spec as canonical JSON. Byte pairs of 1 MB take a second or two to find.
    """
    from lmcore.batches import tokenize

    train_text, held_out_text = corpus.split()
    options = json.loads(tokenizer)
    trained = train_tokenizer(options.pop("kind"), train_text, **options)
    return trained, tokenize(trained, train_text), tokenize(trained, held_out_text), held_out_text


def train_steps(
    ready: Ready, resume: Mapping[str, NDArray[Any]] | None, hold_state: Callable[[Any], None] | None
) -> Iterator[Event]:
    """Learning takes steps: the events of `run`, from the first to "done"."""
    start, train, tokenizer = ready.start, ready.train, ready.tokenizer
    trainer = import_module(TRAINERS.get(start["family"], "lmcore.training.trainer"))
    model, watch = _new(ready)
    resumed_from = int(resume["step"][0]) if resume is not None and "step" in resume else None
    counted = {"n_params": model.n_params, "max_steps": train.max_steps, "resumed_from": resumed_from}
    yield start | counted | ({"n_trained": finetune.n_trained(model)} if watch else {})

    report = None
    history: dict[str, list[Any]] = {"steps": [], "samples": []}  # kept in the card, so that a run can be replayed
    for report in trainer.train(
        model,
        ready.tokens,
        ready.held_out,
        train,
        resume=resume,
        sample=lambda model: sample_text(model, tokenizer, train.seed),
    ):
        if hold_state is not None and not report.stopped:
            hold_state(report.state_arrays)
        losses = {"held_out_loss": report.held_out_loss}
        if watch:
            losses |= watch(model, report.held_out_loss, report.step)
        yield {
            "kind": "step",
            "step": report.step,
            "max_steps": train.max_steps,
            "loss": _finite(report.loss),
            **losses,
            "grad_norm": _finite(report.grad_norm),
            "learning_rate": report.learning_rate,
            "tokens_per_second": report.tokens_per_second,
            "seconds": report.seconds,
            **report.more,
        }
        for name, value in report.more.items():
            history.setdefault(name, []).append([report.step, round(value, 4)])
        rounded = [None if loss is None else _finite(round(loss, 4)) for loss in (report.loss, losses["held_out_loss"])]
        history["steps"].append([report.step, *rounded, round(report.seconds, 2)])
        if "first_loss" in losses:
            history.setdefault("first", []).append([report.step, _finite(round(losses["first_loss"], 4))])
        if report.sample is not None:
            history["samples"].append([report.step, report.sample])
            yield {"kind": "sample", "step": report.step, "text": report.sample}
        if report.snapshot is not None:
            yield {"kind": "snapshot", "step": report.step, "arrays": finetune.plain(report.snapshot)}

    step = report.step if report else resumed_from or 0
    seconds = report.seconds if report else 0.0
    stopped = report.stopped if report else None
    if hasattr(model, "eval"):
        model.eval()
    yield _done(ready, model, step, seconds, stopped, {"history": thinned(history)})


def _new(ready: Ready) -> tuple[Any, Callable[[Any, float | None, int], dict[str, Any]] | None]:
    """The model before its first step, and what watches over both texts where it goes on from a trained one."""
    seed = ready.train.seed
    if ready.begin is None or ready.trained is None:
        return model_class(ready.start["family"])(ready.config, seed=seed), None
    watch = finetune.watch(ready.begin, ready.held_out, ready.train)
    what, rank = ready.trained["what"], ready.trained.get("rank", finetune.DEFAULT_RANK)
    return finetune.mark(ready.begin.model, what, rank, seed), watch


def title_of(spec: Spec, text: str) -> str:
    """What the model of a run is called."""
    family = spec["model"]["family"]
    if "trained" not in spec or spec["trained"]["what"] == "scratch":  # a classifier's run starts from a body whole
        return f"{family} on {text}"
    return f"{spec['start']['title']}, then {text}"


def thinned(history: dict[str, list[Any]], most: int = 200) -> dict[str, list[Any]]:
    """At most about `most` of the steps, those with a held-out loss always among them."""
    steps, every = history["steps"], max(1, len(history["steps"]) // most)
    kept = [row for i, row in enumerate(steps) if i % every == 0 or row[2] is not None or i == len(steps) - 1]
    return {**history, "steps": kept}


def _count(ready: Ready) -> Iterator[Event]:
    """Counting is one step: it either is done or is not."""
    began = time.perf_counter()
    model, ids = model_class("ngram")(ready.config), ready.tokens.ids
    model.fit(ready.tokens)
    seconds = time.perf_counter() - began
    yield ready.start | {"n_params": model.n_params, "max_steps": 1, "resumed_from": None}
    loss = _finite(-float(model.score(ids[:20_000]).mean()))
    held_out_loss = _finite(-float(model.score(ready.held_out.ids[:20_000]).mean()))
    yield {
        "kind": "step",
        "step": 1,
        "max_steps": 1,
        "loss": loss,
        "held_out_loss": held_out_loss,
        "grad_norm": 0.0,
        "learning_rate": 0.0,
        "tokens_per_second": ids.size / max(seconds, 1e-9),
        "seconds": seconds,
    }
    yield {"kind": "sample", "step": 1, "text": sample_text(model, ready.tokenizer, ready.train.seed)}
    yield _done(ready, model, 1, seconds, None, {})


def _done(ready: Ready, model: Any, step: int, seconds: float, stopped: str | None, more: dict[str, Any]) -> Event:
    metrics = measure(model, ready.tokenizer, ready.held_out_text)
    card = {
        **ready.card,
        **more,
        "metrics": metrics,
        "seconds": round(seconds, 1),
        "steps": step,
        "n_params": model.n_params,
    }
    return {
        "kind": "done",
        "step": step,
        "seconds": seconds,
        "stopped": stopped,
        "metrics": metrics,
        "card": card | ({"stopped": stopped} if stopped else {}),
        "arrays": finetune.plain(model.state_arrays()),
    }


def measure(model: Any, tokenizer: Any, held_out_text: str) -> dict[str, Any]:
    """held_out_loss (nats a token), perplexity and bits_per_char on the first 60,000 characters, with their number.

    None stands for infinite: a count without smoothing may find something impossible that then happens.
    """
    from lmcore.evaluation import evaluate

    text = held_out_text[:METRIC_CHARS]
    if model.family in TRAINERS:
        return dict(import_module(TRAINERS[model.family]).measure(model, tokenizer, text))
    result = evaluate(model, tokenizer, text)
    return {
        "held_out_loss": _finite(result.loss),
        "perplexity": _finite(result.perplexity),
        "bits_per_char": _finite(result.bits_per_character),
        "n_chars": len(text),
        "n_tokens": result.n_tokens,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None  # JSON has no infinity


def sample_text(model: Any, tokenizer: Any, seed: int, temperature: float = SAMPLE_TEMPERATURE) -> str:
    """What the model writes from nothing: 240 characters, 60 words or 100 byte pairs; of Word2Vec, who is near whom."""
    from lmcore.sampling import generate

    if model.family in TRAINERS:
        return str(import_module(TRAINERS[model.family]).sample_text(model, tokenizer))

    n = SAMPLE_TOKENS.get(tokenizer.kind, 100)
    steps = generate(model, [], max_new_tokens=n, temperature=temperature, seed=seed, n_alternatives=0)
    return tokenizer.decode([step.token for step in steps])
