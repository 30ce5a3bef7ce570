"""Growth: time and memory of an n-gram model as the text becomes longer, from 10 kB to 50 MB.

Longer than Shakespeare is Shakespeare said again, in which seeded dice replace every third word by another of his: so
new n-grams go on coming, as they do in real texts. Each length is measured in a process of its own: processor time from
token indices to a usable model, and the peak of its memory above what it held with the indices alone.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lmcore import corpora, tokenizers
from lmcore.batches import Tokens, tokenize
from lmcore.bench.row import Row, between, significant
from lmcore.bench.timing import seconds
from lmcore.models.ngram import NGram, NGramConfig
from lmcore.paths import ROOT

ORDER, SMOOTHING = 5, "modified-kneser-ney"
LENGTHS = {"full": (10_000, 100_000, 1_000_000, 10_000_000, 50_000_000), "tiny": (10_000, 100_000)}
CHANGED = 1 / 3  # of the words
LINEAR = (0.8, 1.15)  # the exponent of growth that is close to linear
POWER = "(exponent)"
LARGE = 1_000_000  # bytes of text, from which a process's own few megabytes do not matter
MAX_REPEATS, BUDGET = 9, 10.0  # seconds


def run(size: str) -> Iterator[Row]:
    """A row for each length; then how time and memory grow."""
    found = []
    with tempfile.TemporaryDirectory(prefix="lm-playground-bench-") as folder:
        for n_bytes, tokens, V in texts(size):
            path = Path(folder, "ids.npz")
            np.savez(path, ids=tokens.ids, starts=tokens.starts, vocab_size=V)
            found.append((n_bytes, measured(path)))
            yield _row(*found[-1])
    lengths, of = [n for n, _ in found], [m for _, m in found]
    yield Row(
        "time, as a power of the text's length", exponent([m["tokens"] for m in of], [m["seconds"] for m in of]), POWER,
        1, goal=between(*LINEAR), note=f"1 is linear; {len(of)} lengths, {_size(lengths[0])} to {_size(lengths[-1])}",
    )  # fmt: skip
    large = [m for n, m in found if n >= LARGE]
    if large:
        yield Row(
            "peak memory, as a power of the text's length",
            exponent([m["tokens"] for m in large], [m["peak"] for m in large]), POWER, 1, goal=between(*LINEAR),
            note=f"from {_size(LARGE)} on: shorter texts are less than the process itself",
        )  # fmt: skip
        yield Row(
            f"peak memory for each token, {_size(lengths[-1])} of text", large[-1]["peak"] / large[-1]["tokens"],
            "bytes", 1, note="above what the text's indices take",
        )  # fmt: skip


def texts(size: str) -> Iterator[tuple[int, Tokens, int]]:
    """Texts of the wanted lengths in bytes: the length, the tokens, and the vocabulary's size."""
    text = corpora.load("shakespeare" if size == "full" else "mouse").text
    tokenizer = tokenizers.train("word", text)
    ids = tokenize(tokenizer, text).ids
    bytes_per_token = len(text.encode()) / ids.size
    rng = np.random.default_rng(1)
    for n_bytes in LENGTHS[size]:
        N = round(n_bytes / bytes_per_token)
        longer = np.resize(ids, N)
        again = np.arange(N) >= ids.size
        changed = again & (rng.random(N) < CHANGED)
        longer[changed] = ids[rng.integers(0, ids.size, int(changed.sum()))]
        yield n_bytes, Tokens(longer, np.arange(0, N, 40)), tokenizer.vocab_size


def measured(path: Path) -> dict[str, Any]:
    """Seconds, tokens, n-grams and peak bytes of the text in a file, measured in a process of its own."""
    command = [sys.executable, "-m", "lmcore.bench.growth", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"a length could not be measured: {done.stderr[-300:]}")
    return json.loads(done.stdout)


def measure(path: Path) -> dict[str, Any]:
    """The same, in this process."""
    with np.load(path) as file:
        tokens, V = Tokens(file["ids"], file["starts"]), int(file["vocab_size"])

    def fit(tokens: Tokens) -> NGram:
        model = NGram(NGramConfig(V, ORDER, SMOOTHING)).fit(tokens)
        _ = model.estimate
        return model

    fit(Tokens(tokens.ids[:100], np.zeros(1, np.int64)))  # what is made once in a process
    before = _held()
    model = fit(tokens)
    found = {
        "tokens": int(tokens.ids.size),
        "peak": _peak() - before,
        "ngrams": sum(level.table.tokens.size for level in model.estimate.levels),
    }
    del model
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < MAX_REPEATS and (not taken or time.perf_counter() - began < BUDGET):
        taken.append(seconds(lambda: fit(tokens), time.process_time))
    return {**found, "seconds": statistics.median(taken), "repeats": len(taken)}


def exponent(lengths: list[int], values: list[float]) -> float:
    """The power with which the values grow: the slope of their logarithms, by least squares."""
    return float(np.polyfit(np.log(lengths), np.log(np.maximum(values, 1e-9)), 1)[0])


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    try:  # ru_maxrss begins, on Linux, with what the parent held
        return _status("VmHWM")
    except (OSError, StopIteration):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _held() -> int:
    """The memory that this process holds now; where the system does not say, the most that it has held."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # Linux: the peak begins anew
    except OSError:
        return _peak()
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024


def _row(n_bytes: int, m: dict[str, Any]) -> Row:
    each = m["seconds"] / m["tokens"] * 1e9
    bar = "█" * max(1, round(each / 50))  # bars of one length: linear
    memory = f"peak memory {significant(m['peak'] / 1e6)} MB above the text's indices"
    memory += f", {significant(m['peak'] / m['tokens'])} bytes a token" * (n_bytes >= LARGE)
    return Row(
        f"modified Kneser-Ney of order 5, {_size(n_bytes)} of text", m["seconds"], "s", m["repeats"],
        note=f"{bar} {significant(each)} ns a token; {m['tokens']:,} tokens, {m['ngrams']:,} n-grams; {memory}",
    )  # fmt: skip


def _size(n_bytes: int) -> str:
    return f"{n_bytes // 1000:,} kB" if n_bytes < 1_000_000 else f"{n_bytes // 1_000_000:,} MB"


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
