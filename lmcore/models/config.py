"""What the configurations of all trained families share: limits, and reading them back. No torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import prod
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

MAX_VOCAB = 200_000


@dataclass(frozen=True)
class NetworkConfig(ABC):
    """The shape of a network. ValueError names the field and its limit."""

    whole: ClassVar[dict[str, tuple[int, int]]]
    """Field -> lowest and highest, of the fields that are whole numbers."""
    called: ClassVar[str]
    """The family as a sentence says it: "a GPT"."""

    vocab_size: int
    """V, how many tokens there are, the start token counted."""

    def __post_init__(self) -> None:
        for name, (low, high) in {"vocab_size": (2, MAX_VOCAB), **self.whole}.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} must be a whole number, not {value!r:.40}")
            if not low <= value <= high:
                raise ValueError(f"{name} must lie between {low:,} and {high:,}, not {value:,}")
        dropout = getattr(self, "dropout", 0.0)
        if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout < 1:
            raise ValueError(f"dropout must be a number from 0 to below 1, not {dropout!r:.40}")

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every parameter."""

    @property
    def n_params(self) -> int:
        """Trained numbers."""
        return sum(prod(shape) for shape in self.shapes().values())

    @property
    def flops_per_token(self) -> int:
        """Floating-point operations to train on one token, forward and backward: about 6 a trained number."""
        return 6 * self.n_params

    def check_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """ValueError unless these are the parameters, by name and shape."""
        if {name: tuple(array.shape) for name, array in arrays.items()} != self.shapes():
            raise ValueError("the weights do not have the names and shapes of this configuration")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, config: dict[str, Any]) -> Self:
        """Read `to_dict` back; ValueError on a missing or unknown field."""
        if not isinstance(config, dict):
            raise ValueError(f"the configuration of {cls.called} must be an object of named values")
        unknown = sorted(str(name)[:40] for name in set(config) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"{cls.called} has no setting named {unknown[0]!r}")
        if "vocab_size" not in config:
            raise ValueError(f"the configuration of {cls.called} needs a vocab_size")
        return cls(**config)


def check_heads(n_embd: int, n_head: int) -> None:
    """ValueError unless a stream of this width can be shared out among so many heads."""
    if n_embd % n_head:
        raise ValueError(f"n_embd ({n_embd}) must be a multiple of n_head ({n_head})")
