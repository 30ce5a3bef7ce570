"""The command line: train, sample, score, ngram, export, import and bench, the same work as the pages do.

Every command prints for people; with --json it prints one JSON object a line for programs.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lmcore import cli_ngram
from lmcore.models.adapters import DEFAULT_RANK
from lmcore.training.finetune import WHAT


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 when the input was refused (the reason is printed)."""
    args = parser().parse_args(argv)
    try:
        args.run(args)
    except (ValueError, OSError) as refusal:
        print(f"lmcore {args.command}: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m lmcore", description="Small language models, without a browser.")
    commands = top.add_subparsers(dest="command", required=True)

    p = commands.add_parser("train", help="train a model on a text and save it")
    p.add_argument("--corpus", default="tales", help="a shipped text, or the path of a text file (default: tales)")
    p.add_argument("--tokenizer", default="char", choices=["char", "word", "bpe"])
    p.add_argument("--family", default="gpt", choices=["gpt", "ffnn", "rnn", "lstm", "ngram"])
    p.add_argument("--preset", default=None, help="a named size: see lmcore/training/presets.py")
    p.add_argument("--order", type=int, default=3, help="of an n-gram model (default: 3)")
    p.add_argument("--max-steps", type=int, default=None)
    p.add_argument("--start", default=None, help="go on from this model: a shipped one, or the folder of a saved one")
    p.add_argument("--trained", default="all", choices=[*WHAT], help="what of it learns (default: all)")
    p.add_argument("--rank", type=int, default=DEFAULT_RANK, help=f"of the adapters (default: {DEFAULT_RANK})")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", type=Path, required=True, help="the folder to make")
    p.add_argument("--json", action="store_true")
    p.set_defaults(run=train)

    p = commands.add_parser("sample", help="let a model write")
    p.add_argument("model", help="a shipped model, or the folder of a saved one")
    p.add_argument("--prompt", default="")
    p.add_argument("--source", default=None, help="of a translator: the sentence to translate")
    p.add_argument("--max-new-tokens", type=int, default=100)
    p.add_argument("--temperature", type=float, default=1.0, help="0 to inf (default: 1)")
    p.add_argument("--top-k", type=int, default=0)
    p.add_argument("--top-p", type=float, default=1.0)
    p.add_argument("--min-p", type=float, default=0.0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--json", action="store_true", help="a line a token, with probability, rank and alternatives")
    p.set_defaults(run=sample)

    p = commands.add_parser("score", help="how probable a text is under a model")
    p.add_argument("model", help="a shipped model, or the folder of a saved one")
    p.add_argument("text", nargs="?", help="the text; without it, standard input is read")
    p.add_argument("--source", default=None, help="of a translator: the sentence that the text translates")
    p.add_argument("--json", action="store_true")
    p.set_defaults(run=score)

    cli_ngram.add(commands)

    p = commands.add_parser("export", help="write a GPT as a folder for Hugging Face transformers")
    p.add_argument("model", help="a shipped model, or the folder of a saved one")
    p.add_argument("folder", type=Path, help="the folder to make")
    p.set_defaults(run=export)

    p = commands.add_parser("import", help="open a GPT-2 folder of Hugging Face transformers")
    p.add_argument("folder", type=Path, help="with config.json, tokenizer.json and model.safetensors")
    p.add_argument("out", type=Path, help="the folder to make")
    p.add_argument("--title", default="")
    p.set_defaults(run=import_)

    p = commands.add_parser("bench", help="measure speed beside peers, in one run")
    p.add_argument("--only", nargs="*", default=[], help="names of benches; see lmcore/bench/")
    p.add_argument("--json", action="store_true")
    p.set_defaults(run=bench)
    return top


def open_model(name: str) -> Any:
    """A shipped model by name, or a saved one by folder. ValueError names what there is."""
    from lmcore import checkpoints

    shipped = checkpoints.shipped()
    if name in shipped:
        return checkpoints.load(shipped[name])
    if not Path(name).is_dir():
        raise ValueError(f"there is no model {name!r}; shipped are {', '.join(shipped)}, or name a folder")
    return checkpoints.load(Path(name))


def asked(checkpoint: Any, source: str | None) -> Any:
    """The language model of a checkpoint: itself, or a translator's when it has read a source."""
    from lmcore.models import FAMILIES, TRANSLATORS

    family = checkpoint.model.family
    if family in TRANSLATORS:
        if not source:
            raise ValueError("this model translates: give it a sentence by --source")
        return checkpoint.model.given(checkpoint.tokenizer.encode_source(source))
    if family not in FAMILIES:
        raise ValueError(f"a model of the family {family} does not say what comes next")
    if source is not None:
        raise ValueError("only a translator reads a source; this model continues a text by --prompt")
    return checkpoint.model


def open_text(name: str) -> Any:
    """A shipped text by name, or a text file by path."""
    from lmcore import corpora

    if name in corpora.CATALOG:
        return corpora.load(name)
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"there is no text {name!r}; shipped are {', '.join(corpora.CATALOG)}, or name a file")
    return corpora.from_bytes(path.read_bytes(), path.name)


def train(args: argparse.Namespace) -> None:
    """Train by the same spec as a job does, with a progress bar."""
    from lmcore import checkpoints
    from lmcore.training import spec as specs

    corpus = open_text(args.corpus)
    if args.start is not None:
        return fine_tune(args, corpus)
    spec = specs.make(
        corpus, tokenizer=args.tokenizer, family=args.family, preset=args.preset, order=args.order,
        max_steps=args.max_steps, seed=args.seed,
    )  # fmt: skip
    for event in checkpoints.record(args.out, specs.run(spec, lambda _: corpus)):
        show_event(event, args.json)
    if not args.json:
        print(f"\nsaved in {args.out}")


def fine_tune(args: argparse.Namespace, corpus: Any) -> None:
    """Go on from a trained model on another text."""
    from lmcore import checkpoints
    from lmcore.jobs.starts import of_folder
    from lmcore.training import finetune
    from lmcore.training import spec as specs

    base = open_model(args.start)
    spec = finetune.described(
        base.card, base.tokenizer.kind, specs.named(corpus), what=args.trained, rank=args.rank,
        max_steps=args.max_steps or finetune.STEPS, seed=args.seed,
    )  # fmt: skip
    title = str(base.card.get("title", ""))
    events = specs.run(
        spec, lambda _: corpus, resolve_start=lambda _: of_folder(base.folder, title, specs.resolve_shipped)
    )
    for event in checkpoints.record(args.out, events):
        show_event(event, args.json)
    if not args.json:
        print(f"\nsaved in {args.out}")


def show_event(event: dict[str, Any], as_json: bool) -> None:
    """One event of a run: a JSON line, or a progress bar and samples."""
    if as_json:
        print(json.dumps({k: v for k, v in event.items() if k != "arrays"}), flush=True)
    elif event["kind"] == "step":
        done = event["step"] / max(1, event["max_steps"])
        bar = "█" * int(30 * done) + "·" * (30 - int(30 * done))
        held = f"  held-out {event['held_out_loss']:.3f}" if event.get("held_out_loss") is not None else ""
        speed = f"{event['tokens_per_second']:,.0f} tokens/s"
        print(f"\r{bar} step {event['step']}/{event['max_steps']}  loss {event['loss']:.3f}{held}  {speed}  ", end="")
        sys.stdout.flush()
    elif event["kind"] == "sample":
        print(f"\n--- a sample at step {event['step']}\n{event['text']}\n---")


def sample(args: argparse.Namespace) -> None:
    """Write a continuation, token by token."""
    from lmcore import sampling

    checkpoint = open_model(args.model)
    ids = checkpoint.tokenizer.encode(args.prompt)
    written = list(ids)
    if not args.json:
        print(args.prompt, end="")
    model, end = asked(checkpoint, args.source), getattr(checkpoint.tokenizer, "end_id", None)
    for step in sampling.generate(
        model, ids, max_new_tokens=args.max_new_tokens, temperature=args.temperature, top_k=args.top_k,
        top_p=args.top_p, min_p=args.min_p, seed=args.seed,
    ):  # fmt: skip
        if step.token == end:
            break
        before = checkpoint.tokenizer.decode(written)
        written.append(step.token)
        text = checkpoint.tokenizer.decode(written)[len(before) :]
        if args.json:
            alternatives = [[checkpoint.tokenizer.itos[token], prob] for token, prob in step.alternatives]
            row = {"token": step.token, "text": text, "prob": step.prob, "rank": step.rank, "entropy": step.entropy}
            print(json.dumps({**row, "alternatives": alternatives}), flush=True)
        else:
            print(text, end="", flush=True)
    if not args.json:
        print()


def score(args: argparse.Namespace) -> None:
    """Log-likelihood, perplexity and bits per character of a text."""
    from lmcore import evaluation

    checkpoint = open_model(args.model)
    text = args.text if args.text is not None else sys.stdin.read()
    found = evaluation.evaluate(asked(checkpoint, args.source), checkpoint.tokenizer, text)
    numbers = {
        "n_tokens": found.n_tokens,
        "n_chars": len(text),
        "log_likelihood": found.log_likelihood,
        "perplexity": found.perplexity,
        "bits_per_character": found.bits_per_character,
    }
    if args.json:
        print(
            json.dumps({k: v if not isinstance(v, float) or math.isfinite(v) else str(v) for k, v in numbers.items()})
        )
    else:
        for name, value in numbers.items():
            print(f"{name.replace('_', ' '):20} {value:,.4g}" if isinstance(value, float) else f"{name:20} {value:,}")


def export(args: argparse.Namespace) -> None:
    """A GPT as a GPT-2 folder."""
    from lmcore import hugging_face

    hugging_face.export(open_model(args.model), args.folder)
    print(f"written to {args.folder}: AutoModelForCausalLM and AutoTokenizer open it")


def import_(args: argparse.Namespace) -> None:
    """A GPT-2 folder as a checkpoint of ours."""
    from lmcore import hugging_face

    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise ValueError(f"{args.out} is there already; name a new folder")
    hugging_face.convert(args.folder, args.out, args.title)
    print(f"saved in {args.out}")


def bench(args: argparse.Namespace) -> None:
    """The benches, each beside its peer in the same run."""
    from lmcore import bench as benches

    benches.main(args.only, as_json=args.json)
