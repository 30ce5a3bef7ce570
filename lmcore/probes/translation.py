"""How good translations are: the share that is right to the letter, chrF, and BLEU, the last two by sacrebleu.

Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015); Papineni and others, "BLEU" (2002); Post,
"A Call for Clarity in Reporting BLEU Scores" (2018), whose program sacrebleu is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Scores:
    """Of `n` translations; `exact` from 0 to 1, chrF and BLEU from 0 to 100."""

    n: int
    exact: float
    chrf: float
    bleu: float


def scores(found: Sequence[str], targets: Sequence[str]) -> Scores:
    """All three; ValueError unless there is one target for each translation and at least one."""
    return Scores(len(found), exact(found, targets), chrf(found, targets), bleu(found, targets))


def exact(found: Sequence[str], targets: Sequence[str]) -> float:
    """The share of translations that are their target to the letter."""
    _check(found, targets)
    return sum(one == target for one, target in zip(found, targets, strict=True)) / len(targets)


def chrf(found: Sequence[str], targets: Sequence[str]) -> float:
    """chrF of the whole corpus, 0 to 100: runs of 1 to 6 characters, spaces left out, recall twice as dear."""
    _check(found, targets)
    return float(_metrics()[0].corpus_score(list(found), [list(targets)]).score)


def bleu(found: Sequence[str], targets: Sequence[str]) -> float:
    """BLEU of the whole corpus, 0 to 100: runs of 1 to 4 words and marks (sacrebleu's tokenizer 13a)."""
    _check(found, targets)
    return float(_metrics()[1].corpus_score(list(found), [list(targets)]).score)


def chrf_of(found: str, target: str) -> float:
    """chrF of one sentence, 0 to 100."""
    return float(_metrics()[0].sentence_score(found, [target]).score)


def _check(found: Sequence[str], targets: Sequence[str]) -> None:
    if len(found) != len(targets):
        raise ValueError(f"{len(found):,} translations need as many targets, not {len(targets):,}")
    if not found:
        raise ValueError("there are no translations to measure")


@lru_cache(maxsize=1)
def _metrics() -> tuple[Any, Any]:
    """sacrebleu is imported when somebody measures; nothing it does here needs a network."""
    from sacrebleu.metrics import BLEU, CHRF

    return CHRF(), BLEU()
