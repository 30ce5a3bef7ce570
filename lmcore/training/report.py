"""What a training says of itself as it goes. No torch: word vectors are trained without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
REPORT_SECONDS = 0.2  # with report_every = 0


@dataclass(frozen=True)
class StepReport:
    """What is known after `step` updates. Losses are nats a token."""

    step: int
    loss: float
    """Mean training loss of the batches since the last report (at step 0, of the first batch, before any update)."""
    grad_norm: float
    """Length of the last gradient, before clipping; 0 at step 0."""
    learning_rate: float
    tokens_per_second: float
    """Since the last report; evaluation, samples and whoever reads the reports are not counted."""
    seconds: float
    """Time spent on updates since the beginning, earlier parts of a resumed run included."""
    held_out_loss: float | None = None
    sample: str | None = None
    more: dict[str, float] = field(default_factory=dict)
    """Other measurements of this moment, by name: "exact", the share of sentences that are translated to the letter."""
    snapshot: Arrays | None = None
    """Name -> float32 array of every parameter, where the configuration asks for a snapshot."""
    stopped: str | None = None
    """Why training ended before its time, in words; this is then the last report, and the weights are good ones."""
    state_arrays: Callable[[], Arrays] = field(default=dict, repr=False, compare=False)
    """Everything needed to go on from here, as `resume`; to be called before the next report is asked for."""
