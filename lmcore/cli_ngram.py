"""`python -m lmcore ngram`: count a text, write the model as an ARPA file; read one, and say how well it predicts."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import evaluation, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.models import arpa
from lmcore.models.counts import MAX_ORDER, MAX_VOCAB
from lmcore.models.ngram import NGram, NGramConfig, contexts
from lmcore.models.smoothing import SMOOTHINGS
from lmcore.tokenizers import sentences
from lmcore.tokenizers.word import UNK_ID

ABOUT = """\
count n-grams; write and read ARPA files

  python -m lmcore ngram --text FILE --lines --order 5 --smoothing modified-kneser-ney --arpa OUT
  python -m lmcore ngram --from-arpa FILE --score TEXT
"""


def add(commands: Any) -> None:
    """The command's options."""
    p = commands.add_parser(
        "ngram", help="count n-grams; write and read ARPA files", description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", help="a shipped text, or the path of a text file, to be counted")
    what.add_argument("--from-arpa", type=Path, help="a model to read")
    p.add_argument("--lines", action="store_true", help="each line is a sentence of space-separated words")
    p.add_argument("--order", type=int, default=3, help=f"1 to {MAX_ORDER} (default: 3)")
    p.add_argument("--smoothing", default="modified-kneser-ney", choices=list(SMOOTHINGS))
    p.add_argument("--k", type=float, default=0.01, help="for add-k (default: 0.01)")
    p.add_argument("--arpa", type=Path, help="the file to write; needs --lines")
    p.add_argument("--score", help="a text to score: the path of a file, or the text itself")
    p.add_argument("--json", action="store_true")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Count or read, write, score, and tell."""
    if args.from_arpa:
        if args.arpa:
            raise ValueError("--arpa writes what was counted from --text; it cannot be used with --from-arpa")
        found = _read(args)
    elif args.lines:
        found = _count_lines(args)
    else:
        found = _count_text(args)
    if args.json:
        # JSON has no infinity
        print(json.dumps({k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in found.items()}))
        return
    for name, value in found.items():
        shown = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
        print(f"{name.replace('_', ' '):32} {shown}")


def _read(args: argparse.Namespace) -> dict[str, Any]:
    model = arpa.read(args.from_arpa)
    found: dict[str, Any] = {"order": model.order}
    found |= {f"{table.order}-grams": int(table.tokens.size) for table in model.tables}
    if args.score is not None:
        text = _as_tokens(sentences.encode(_bytes(args.score), _vocabulary(model.words)))
        found |= judge(model.log10_probs(contexts(text, model.order), text.ids), text.ids)
    return found


def _vocabulary(words: list[str]) -> list[str]:
    """A file's words in the order that `sentences` has; ValueError when the file knows no end of a sentence."""
    if sentences.END not in words:
        raise ValueError(f"the file has no {sentences.END}, so it is not a model of sentences")
    return words


def _count_lines(args: argparse.Namespace) -> dict[str, Any]:
    words, read = sentences.read(_bytes(args.text, must_exist=True), MAX_VOCAB)
    text = _as_tokens(read)
    model = NGram(NGramConfig(len(words), args.order, args.smoothing, args.k)).fit(text)
    found = {"sentences": int(text.starts.size), **_about(model, text)}
    if args.arpa:
        arpa.check(model.estimate)  # before there is a file
        args.arpa.parent.mkdir(parents=True, exist_ok=True)
        with args.arpa.open("wb") as file:
            arpa.write(file, model.estimate, words)
        found["written"] = str(args.arpa)
    if args.score is not None:
        other = _as_tokens(sentences.encode(_bytes(args.score), words))
        with np.errstate(divide="ignore"):
            found |= judge(np.log10(model.estimate.probs(contexts(other, args.order), other.ids)), other.ids)
    return found


def _count_text(args: argparse.Namespace) -> dict[str, Any]:
    """The words of the lessons: punctuation apart, no ends of sentences."""
    from lmcore.cli import open_text

    if args.arpa:
        raise ValueError("an ARPA file holds sentences: say with --lines that each line of the text is one")
    corpus = open_text(args.text)
    tokenizer = tokenizers.train("word", corpus.text)
    text = tokenize(tokenizer, corpus.text)
    model = NGram(NGramConfig(tokenizer.vocab_size, args.order, args.smoothing, args.k)).fit(text)
    found = _about(model, text)
    if args.score is not None:
        ids = tokenizer.encode(_bytes(args.score).decode("utf-8", "replace"))
        if not ids:
            raise ValueError("there is no word to score in this text")
        found |= judge(model.score(ids).astype(np.float64) / math.log(10), np.array(ids))
    return found


def _about(model: NGram, text: Tokens) -> dict[str, Any]:
    found: dict[str, Any] = {"tokens": int(text.ids.size), "vocabulary": model.vocab_size}
    for level in model.estimate.levels:
        said = " ".join(f"{D:.4g}" for D in level.discounts) + " (stand in)" * level.stand_in
        found[f"{level.order}-grams"] = int(level.table.tokens.size)
        if said:
            found[f"discounts_of_{level.order}-grams"] = said
    return found


def judge(log10_probs: NDArray[np.float64], ids: NDArray[Any]) -> dict[str, Any]:
    """How well a text was predicted, with unknown words and without them. An impossible word makes it infinite."""
    known = ids != UNK_ID
    found: dict[str, Any] = {
        "scored_tokens": int(ids.size),
        "unknown_words": int((~known).sum()),
        "log10_probability": float(log10_probs.sum()),
    }
    for name, which in (("with", np.ones(ids.size, dtype=bool)), ("without", known)):
        nats = -float(log10_probs[which].sum()) * math.log(10)
        found[f"perplexity_{name}_unknown_words"] = (
            evaluation.perplexity(nats, int(which.sum())) if which.any() else math.nan
        )
    return found


def _as_tokens(text: sentences.Sentences) -> Tokens:
    return Tokens(text.ids, text.starts, separate=True)


def _bytes(name: str, must_exist: bool = False) -> bytes:
    """A file's bytes; where there is no such file, the text itself."""
    path = Path(name)
    try:
        if path.is_file():
            return path.read_bytes()
    except OSError:  # too long for a path: a text
        pass
    if must_exist:
        raise ValueError(f"there is no file {name[:80]!r}")
    return name.encode("utf-8", "replace")
