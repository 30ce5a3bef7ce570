"""The numbers that fix word vectors and how their words are met. No torch: specs are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lmcore.models.config import NetworkConfig

METHODS = ("skip-gram", "cbow")


@dataclass(frozen=True)
class Word2VecConfig(NetworkConfig):
    """The shape of a Word2Vec. ValueError names the field and its limit."""

    called = "a Word2Vec"
    whole: ClassVar[dict[str, tuple[int, int]]] = {"n_embd": (1, 1024), "window": (1, 20), "negatives": (1, 50)}

    n_embd: int = 32
    """The width of one word's vector."""
    window: int = 5
    """How far away, in tokens, a word of the context may stand; nearer ones count more (see `pairs`)."""
    negatives: int = 5
    """k, how many words are drawn at random for each true pair."""
    method: str = "skip-gram"
    """"skip-gram": the word tells its neighbours; "cbow": its neighbours tell the word."""
    subsample: float = 1e-3
    """t, the share of the text above which a word is met less often; 0 meets every word each time."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method!r:.40}")
        t = self.subsample
        if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= 1:
            raise ValueError(f"subsample must be a number from 0 to 1, not {t!r:.40}")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of both matrices: a row for each word as itself, and one as a neighbour."""
        return {"vectors": (self.vocab_size, self.n_embd), "contexts": (self.vocab_size, self.n_embd)}

    @property
    def n_params(self) -> int:
        """Trained numbers: 2 · V · E."""
        return 2 * self.vocab_size * self.n_embd

    @property
    def block_size(self) -> int:
        """A step learns from single pairs, not from windows of text."""
        return 1

    @property
    def flops_per_token(self) -> int:
        """Floating-point operations of one word with its context: 6 a number of each dot product."""
        return 6 * self.n_embd * (1 + self.negatives) * (2 * self.window)
