"""Speed, measured beside peers in one run.

Each bench is a module with `run(size) -> Iterator[Row]`, size "full" or "tiny" (for tests: it runs through, its figures
mean nothing). The table below names them; `main` runs each in a process of its own with the threads it asks for, so
that none inherits another's memory, warm caches or thread pools.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lmcore.bench.machine import CoreTime, Machine, cores, load_average
from lmcore.bench.row import Row
from lmcore.paths import ROOT

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Bench:
    """A module of this folder, what it measures, and how many threads it may compute with."""

    says: str
    threads: int | None  # None: as many as there are cores

    @property
    def n_threads(self) -> int:
        """How many that is here."""
        return self.threads or cores()


BENCHES: dict[str, Bench] = {
    "counting": Bench("n-grams on all of Shakespeare, beside nltk.lm, scikit-learn and KenLM", 1),
    "growth": Bench("time and memory of n-grams from 10 kB to 50 MB of text", 1),
    "generation": Bench("tokens one at a time from a GPT, beside transformers' GPT-2 and its cache", 1),
    "training": Bench("steps of the trainer, beside transformers' GPT-2 in a plain AdamW loop", None),
    "tales": Bench("a minute and a half of training on tales, and how well the GPT tells its own", None),
    "recurrent": Bench("steps of an RNN and an LSTM, beside torch's own layers; looking inside", None),
    "embeddings": Bench("word vectors until they complete the analogies of kingdoms, beside gensim", 1),
    "inside": Bench("a full trace of a GPT with lens and norms, and its attention under a pointer, in Chromium", None),
    "drag": Bench("the temperature under a finger, in Chromium", None),
    "first_step": Bench("from Train to the first step, stopping, and the death of a worker", None),
    "start": Bench("from the server's start to Home on the screen, in Chromium", None),
    "load": Bench("40 sessions at work beside two trainings, and 100 that arrive at once", None),
}


def chosen(only: Sequence[str]) -> list[str]:
    """The named benches, or all; ValueError names the ones there are."""
    unknown = [name for name in only if name not in BENCHES]
    if unknown:
        raise ValueError(f"there is no bench {unknown[0]!r:.40}; there are {', '.join(BENCHES)}")
    return [name for name in BENCHES if not only or name in only]


def main(only: list[str], as_json: bool = False) -> None:
    """Run the named benches (all when none is named) and print their rows as they come.

    ValueError when a name is unknown, or when a bench could not run (after the others have).
    """
    names = chosen(only)
    machine = Machine.this()
    print(machine.to_json() if as_json else machine.text(), flush=True)
    failed = []
    for name in names:
        if not as_json:
            print(f"\n{name}: {BENCHES[name].says}", flush=True)
        try:
            for row in measured(name):
                print(row.to_json() if as_json else row.text(), flush=True)
        except subprocess.CalledProcessError:
            failed.append(name)
    if failed:
        raise ValueError(f"could not run: {', '.join(failed)} (the reason is above)")


def measured(name: str, size: str = "full") -> Iterator[Row]:
    """The rows of one bench, run in a process of its own. CalledProcessError when it fails; stderr shows why."""
    bench, load, began = BENCHES[name], load_average(), CoreTime.now()
    environment = {**os.environ, **dict.fromkeys(THREADS, str(bench.n_threads)), "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-m", "lmcore.bench.child", name, size]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            for line in process.stdout or ():
                stolen = CoreTime.now().stolen_since(began)
                about = {"bench": name, "threads": bench.n_threads, "load": load, "stolen": stolen}
                yield Row.from_dict({**json.loads(line), **about})
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
