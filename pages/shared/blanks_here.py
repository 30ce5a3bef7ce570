"""What every part of the lesson Fill in the blanks starts from: a passage, its blanks, and what three models say."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.models import BLANKS
from lmcore.probes import blanks as probes
from lmcore.tokenizers.word import split
from pages.shared import models
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.view import View

PAGE = "fill-in-the-blanks"
STAGE = f"{PAGE}.stage"
MASKED, DENOISER = "masked-tales", "denoiser-tales"
MOST = 64  # words of a passage: the longest that the masked model learnt from
KINDS = ("masked", "left", "denoiser")
Floats = NDArray[np.float32]


def load(name: str) -> Loaded:
    """A model that comes with the playground: one of the two that fill in blanks, or one that reads from the left."""
    return models.load((models.shipped() | models.shipped(BLANKS))[name])


@dataclass(frozen=True)
class Answer:
    """What one model says about the blanks of a passage."""

    kind: str
    log_probs: Floats
    """(n, V)."""
    itos: Sequence[str]
    truth: tuple[int, ...]
    """The hidden words in this model's vocabulary."""

    def p(self, blank: int) -> Floats:
        """(V,) the probabilities of a blank."""
        return np.exp(self.log_probs[blank])

    def of_truth(self, blank: int) -> float:
        """The probability of the hidden word."""
        return float(self.p(blank)[self.truth[blank]])

    def rank(self, blank: int) -> int:
        """1 where the hidden word is the likeliest."""
        row = self.log_probs[blank]
        return int((row > row[self.truth[blank]]).sum()) + 1

    def guess(self, blank: int) -> str:
        """The likeliest word."""
        return self.itos[int(self.log_probs[blank].argmax())]


@dataclass(frozen=True)
class Here:
    """The page as it stands."""

    text: str
    words: tuple[str, ...]
    n_left_out: int
    """Words past the most that are read."""
    places: tuple[int, ...]
    """Where the blanks are, rising."""
    at: int
    """The place that is looked at: one of `places`, or -1 where there is none."""

    @classmethod
    def of(cls, view: View, text: str) -> Here:
        """The passage and its blanks; places that are not there fall away."""
        words = split(text.encode("utf-8", "replace").decode())
        kept = tuple(words[:MOST])
        places = tuple(sorted({place for place in view["blanks"] if place < len(kept)}))
        at = view["at"] if view["at"] in places else places[0] if places else -1
        return cls(text, kept, len(words) - len(kept), places, at)

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """(T,)."""
        return np.isin(np.arange(len(self.words)), self.places)

    @property
    def blank(self) -> int:
        """Which of the blanks is looked at."""
        return self.places.index(self.at)

    def ids(self, loaded: Loaded) -> tuple[int, ...]:
        """The words in a model's vocabulary, the hidden ones too."""
        unk = loaded.tokenizer.unk_id or 0
        stoi = _stoi(loaded.hash, Unhashed(loaded.tokenizer))
        return tuple(stoi.get(word, unk) for word in self.words)

    @property
    def unknown(self) -> tuple[int, ...]:
        """Places of words that the masked model does not know."""
        loaded = load(MASKED)
        return tuple(i for i, token in enumerate(self.ids(loaded)) if token == loaded.tokenizer.unk_id)

    @property
    def answers(self) -> dict[str, Answer]:
        """What each of the three says; {} where nothing is hidden."""
        if not self.places:
            return {}
        found = {}
        for kind, name in zip(KINDS, (MASKED, models.DEFAULT, DENOISER), strict=True):
            loaded = load(name)
            ids = self.ids(loaded)
            log_probs = _said(kind, loaded.hash, ids, self.places, Unhashed(loaded.model))
            found[kind] = Answer(kind, log_probs, loaded.tokenizer.itos, tuple(ids[place] for place in self.places))
        return found

    @property
    def restored(self) -> str:
        """The whole passage as the denoiser writes it."""
        loaded = load(DENOISER)
        written = _restored(loaded.hash, self.ids(loaded), self.places, Unhashed(loaded.model))
        return loaded.tokenizer.decode(written).strip()


@functools.lru_cache(maxsize=4)
def _stoi(content: str, hidden: Unhashed) -> dict[str, int]:
    """Word -> index; the start token and the marks are no words."""
    itos = hidden.value.itos
    marks = {0, getattr(hidden.value, "mask_id", 0), getattr(hidden.value, "end_id", 0)}
    return {word: i for i, word in enumerate(itos) if i not in marks and i != hidden.value.unk_id}


@functools.lru_cache(maxsize=256)
def _said(kind: str, content: str, ids: tuple[int, ...], places: tuple[int, ...], hidden: Unhashed) -> Floats:
    which = np.isin(np.arange(len(ids)), places)
    row = np.asarray(ids)
    if kind == "left":
        return probes.from_left(hidden.value, row, which)
    return (probes.by_masked if kind == "masked" else probes.by_denoiser)(hidden.value, row, which)


@functools.lru_cache(maxsize=64)
def _restored(content: str, ids: tuple[int, ...], places: tuple[int, ...], hidden: Unhashed) -> list[int]:
    return probes.restored(hidden.value, np.asarray(ids), np.isin(np.arange(len(ids)), places))


def looks(here: Here, most: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The first words of the passage, and who may look at whom among them: `probes.three_masks`."""
    masked, gpt, denoiser = load(MASKED), load(models.DEFAULT), load(DENOISER)
    words = here.words[:most]
    content = (masked.hash, gpt.hash, denoiser.hash)
    rows = here.ids(masked)[:most], here.ids(gpt)[:most]
    return words, _looks(content, rows, Unhashed((masked.model, gpt.model, denoiser.model)))


@functools.lru_cache(maxsize=32)
def _looks(content: tuple[str, ...], rows: tuple[tuple[int, ...], ...], hidden: Unhashed) -> dict[str, Any]:
    return probes.three_masks(*hidden.value, *rows)
