"""What every part of the lesson on sampling starts from: a model, a text so far, and how the pipeline is set."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from lmcore import sampling
from lmcore.probes import decoding
from pages.shared.cache import Unhashed
from pages.shared.models import Loaded
from pages.shared.sampling_bench import Pipe
from pages.shared.view import View

PAGE = "sampling"
N_SHOWN = 12


@dataclass(frozen=True)
class Here:
    """The page as it stands."""

    view: View
    loaded: Loaded
    prompt: str
    prompt_ids: tuple[int, ...]
    drawn: tuple[int, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """All tokens so far."""
        return (*self.prompt_ids, *self.drawn)

    @property
    def itos(self) -> list[str]:
        """The vocabulary."""
        return self.loaded.tokenizer.itos

    @property
    def pipe(self) -> Pipe:
        """How the pipeline is set."""
        v = self.view
        return Pipe(v["penalty"], v["T"], v["top_k"], v["top_p"], v["min_p"], v["stage"])

    @property
    def shape(self) -> dict[str, Any]:
        """The same, by name as `sampling.distribution` takes it, without the tokens so far."""
        pipe = self.pipe
        return {
            "repetition_penalty": pipe.penalty, "temperature": pipe.temperature, "top_k": pipe.top_k,
            "top_p": pipe.top_p, "min_p": pipe.min_p,
        }  # fmt: skip

    @property
    def changed(self) -> dict[str, Any]:
        """What of `shape` is not off."""
        off = {"repetition_penalty": 1.0, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
        return {name: value for name, value in self.shape.items() if value != off[name]}

    def logits(self) -> np.ndarray:
        """(V,) of the next token; log-probabilities when the model counts."""
        return _logits(self.loaded.hash, self.ids, Unhashed(self.loaded.model))[0]

    def has_logits(self) -> bool:
        """False for a model that counts."""
        return _logits(self.loaded.hash, self.ids, Unhashed(self.loaded.model))[1]

    def probs(self) -> np.ndarray:
        """(V,) what the next token is drawn from, as the pipeline is set."""
        return sampling.distribution(self.logits(), previous=self.ids, **self.shape)

    def plain(self) -> np.ndarray:
        """(V,) the model's own distribution."""
        return sampling.distribution(self.logits())


@functools.lru_cache(maxsize=256)
def _logits(content: str, ids: tuple[int, ...], hidden: Unhashed) -> tuple[np.ndarray, bool]:
    logits, real = decoding.next_logits(hidden.value, ids)
    logits.flags.writeable = False
    return logits, real


def settings_said(here: Here) -> str:
    """The pipeline's settings in words."""
    names = {"repetition_penalty": "penalty", "temperature": "T", "top_k": "k", "top_p": "p", "min_p": "min-p"}
    said = [f"{names[name]} = {'∞' if value == float('inf') else f'{value:g}'}" for name, value in here.changed.items()]
    return ", ".join(said) if said else "T = 1, nothing cut"
