"""Which words moved a decision: each is left out once, and the classifier is asked again.

Letters in shapes: T tokens, K labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Verdict:
    """What a classifier says of a text, and what it would say without each of its tokens."""

    probs: NDArray[np.float64]
    """(K,) p(label | text)."""
    without: NDArray[np.float64]
    """(T, K) p(label | text without token t)."""

    @property
    def best(self) -> int:
        """The likeliest label."""
        return int(self.probs.argmax())

    def moves(self, label: int) -> NDArray[np.float64]:
        """(T,) by how many nats each token raises the odds of a label: log odds with it minus those without it."""
        return log_odds(self.probs[label]) - log_odds(self.without[:, label])

    def flips(self) -> list[int]:
        """Tokens without which another label would be the likeliest."""
        return [t for t, probs in enumerate(self.without) if int(probs.argmax()) != self.best]


def log_odds(p: Any) -> Any:
    """log p / (1 - p), with p kept a billionth away from 0 and 1."""
    p = np.clip(np.asarray(p, np.float64), 1e-9, 1 - 1e-9)
    return np.log(p / (1 - p))


def leave_one_out(model: Any, ids: Sequence[int]) -> Verdict:
    """Ask `model.probabilities` for a text of T tokens and for the T texts that lack one of them."""
    ids = list(ids)
    texts = [ids] + [ids[:t] + ids[t + 1 :] for t in range(len(ids))]
    probs = np.asarray(model.probabilities(texts), np.float64)
    return Verdict(probs[0], probs[1:])
