"""The numbers that fix a classifier's shape, and its labels. No torch: specs are checked before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lmcore.corpora.labels import MAX_LABEL, MAX_LABELS
from lmcore.models.config import NetworkConfig
from lmcore.models.gpt_config import GPTConfig

POOLS = ("last", "mean")


@dataclass(frozen=True)
class ClassifierConfig(NetworkConfig):
    """The shape of a GPT's body and of the head on it. ValueError names the field and its limit."""

    called = "a classifier"
    whole: ClassVar[dict[str, tuple[int, int]]] = {
        "block_size": (2, 4096),
        "n_layer": (1, 48),
        "n_head": (1, 64),
        "n_embd": (1, 4096),
    }

    labels: tuple[str, ...] = ("no", "yes")
    """What it decides between, K of them, all different."""
    block_size: int = 64
    """How many positions are read, the start token counted; what stands behind them is not read."""
    n_layer: int = 3
    n_head: int = 4
    n_embd: int = 64
    dropout: float = 0.0
    pool: str = "last"
    """Which vector the head reads: that of the "last" token, which has looked at all others, or the "mean" of all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_labels(self.labels)
        if self.pool not in POOLS:
            raise ValueError(f"pool must be one of {', '.join(POOLS)}, not {self.pool!r:.40}")
        _ = self.body  # its own rules

    @property
    def body(self) -> GPTConfig:
        """The GPT below the head."""
        return GPTConfig(
            self.vocab_size, block_size=self.block_size, n_layer=self.n_layer, n_head=self.n_head, n_embd=self.n_embd,
            dropout=self.dropout,
        )  # fmt: skip

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The body's, under "body.", and the head's weight (K, C) and bias (K)."""
        K = len(self.labels)
        head = {"head.weight": (K, self.n_embd), "head.bias": (K,)}
        return {f"body.{name}": shape for name, shape in self.body.shapes().items()} | head

    @property
    def n_params(self) -> int:
        """Trained numbers: the body's, and K (C + 1)."""
        return self.body.n_params + len(self.labels) * (self.n_embd + 1)

    @property
    def flops_per_token(self) -> int:
        """Of the body; the head is read once a text."""
        return self.body.flops_per_token

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"labels": list(self.labels)}

    @classmethod
    def from_dict(cls, config: dict[str, Any]) -> Self:
        if isinstance(config, dict) and isinstance(config.get("labels"), list):
            config = {**config, "labels": tuple(config["labels"])}
        return super().from_dict(config)


def check_labels(labels: Any) -> None:
    """ValueError unless these are 2 to 20 different texts of 1 to 40 characters."""
    if not isinstance(labels, tuple) or not all(isinstance(label, str) for label in labels):
        raise ValueError("the labels of a classifier must be a list of texts")
    if not 2 <= len(labels) <= MAX_LABELS:
        raise ValueError(f"a classifier decides between 2 to {MAX_LABELS} labels, not {len(labels):,}")
    if len(set(labels)) < len(labels):
        raise ValueError("the labels of a classifier must be different")
    if not all(0 < len(label) <= MAX_LABEL for label in labels):
        raise ValueError(f"a label must have 1 to {MAX_LABEL} characters")
