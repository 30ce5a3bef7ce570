"""From a text file to an ARPA file: our command beside KenLM's lmplz (Heafield et al. 2013), where it is installed."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from lmcore import corpora
from lmcore.bench.row import Row
from lmcore.bench.timing import in_turns, ratio, seconds
from lmcore.paths import ROOT
from lmcore.tokenizers import word

ORDER = 5


def row(name: str, repeats: int) -> Row:
    """Modified Kneser-Ney of order 5, one sentence a line: a process from its start to its end.

    Processor time, of all its threads; what the clock said (lmplz has several) is in the note.
    """
    lmplz = shutil.which("lmplz")
    with tempfile.TemporaryDirectory(prefix="lm-playground-bench-") as folder:
        text, out = Path(folder, "text"), Path(folder, "arpa")
        lines = [" ".join(word.split(line)) for line in corpora.load(name).text.split("\n")]
        text.write_text("\n".join(lines) + "\n", encoding="utf-8")
        ours = [sys.executable, "-m", "lmcore", "ngram", "--text", str(text), "--lines", "--order", str(ORDER)]
        works = [_command([*ours, "--arpa", str(out)])]
        if lmplz:
            theirs = [lmplz, "-o", str(ORDER), "--discount_fallback", "-S", "1G", "-T", f"{folder}/"]
            works.append(_command([*theirs, "--text", str(text), "--arpa", str(Path(folder, "other"))]))
        clock: list[list[float]] = [[] for _ in works]
        taken = in_turns([_timed(work, by) for work, by in zip(works, clock, strict=True)], repeats, _of_children)
        size = out.stat().st_size
    waited = " and ".join(f"{statistics.median(by[1:]):.3g} s" for by in clock)
    return Row(
        f"a text file of {sum(map(len, lines)) / 1e6:.3g} MB to an ARPA file", statistics.median(taken[0]), "s",
        len(taken[0]), statistics.median(taken[1]) if lmplz else None, "KenLM's lmplz" if lmplz else "",
        ratio(taken[1], taken[0]) if lmplz else None, None,
        f"order 5, modified Kneser-Ney, {size / 1e6:.3g} MB of it; processor time, Python's start with it; "
        + f"on the clock {waited}"
        + ("" if lmplz else "; lmplz is not on this machine's path"),
    )  # fmt: skip


def _of_children() -> float:
    """The processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(work: Callable[[], object], clock: list[float]) -> Callable[[], object]:
    """The same work; what it takes on the clock is noted."""
    return lambda: clock.append(seconds(work))


def _command(command: list[str]) -> Callable[[], object]:
    """Run a program to its end, silently. ValueError when it fails."""

    def run() -> None:
        done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True)
        if done.returncode:
            raise ValueError(f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace')[-300:]}")

    return run
