"""How long, how fast and how carefully to train. No torch here: the web process checks configurations too."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

PRECISIONS = ("float32", "bfloat16", "auto")
OPTIMIZERS = ("adamw", "muon")
DECAYS = ("cosine", "linear")
DEVICES = ("auto", "cpu", "cuda", "mps")
CHOICES = {"decay": DECAYS, "optimizer": OPTIMIZERS, "precision": PRECISIONS, "device": DEVICES}

# name: (lowest, highest, whole numbers only)
LIMITS: dict[str, tuple[float, float, bool]] = {
    "max_steps": (1, 100_000, True),
    "batch_size": (1, 1024, True),
    "learning_rate": (0, 10, False),
    "min_lr_ratio": (0, 1, False),
    "warmup_steps": (0, 100_000, True),
    "weight_decay": (0, 10, False),
    "beta1": (0, 0.9999, False),
    "beta2": (0, 0.99999, False),
    "start_share": (0, 1, False),
    "grad_clip": (0, 1e6, False),
    "seed": (0, 2**31 - 1, True),
    "report_every": (0, 100_000, True),
    "eval_every": (0, 100_000, True),
    "eval_windows": (1, 4096, True),
    "sample_every": (0, 100_000, True),
    "n_snapshots": (0, 100, True),
}


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training. ValueError names the setting and its limit."""

    max_steps: int = 1000
    """How many batches the model learns from."""
    batch_size: int = 32
    """Windows in a batch, each as long as the model's block_size."""
    start_share: float = 0.25
    """The share of the windows that begin a passage; the others lie anywhere."""
    learning_rate: float = 2e-3
    """The highest learning rate, reached after the warm-up."""
    min_lr_ratio: float = 0.1
    """The learning rate at the last step, as a share of the highest."""
    warmup_steps: int = 50
    """Steps over which the learning rate rises from 0 in a straight line; at most max_steps."""
    decay: str = "cosine"
    """How it falls from then on: along half a "cosine", or in a "linear" way."""
    optimizer: str = "adamw"
    """"adamw", or "muon": Muon for the matrices inside, AdamW for the rest; see `training/optimizers.py`."""
    weight_decay: float = 0.1
    """How strongly the optimizer pulls matrices towards 0; biases and norms are left alone."""
    beta1: float = 0.9
    """AdamW's memory of the gradient."""
    beta2: float = 0.99
    """AdamW's memory of the squared gradient."""
    grad_clip: float = 1.0
    """The longest gradient that is taken; a longer one is scaled down to it. 0 takes any."""
    seed: int = 0
    """Decides the batches and what dropout drops; the same seed on the same machine gives the same weights."""
    precision: str = "float32"
    """"float32", "bfloat16" (matrix products in bf16, weights in float32), or "auto": the faster of them here."""
    device: str = "auto"
    """"cpu", "cuda", "mps", or "auto": a GPU when there is one."""
    report_every: int = 0
    """Steps between reports; 0 reports about five times a second."""
    eval_every: int = 0
    """Steps between held-out losses; 0 takes the snapshots' steps and 20 more at equal distances. Never at step 0."""
    eval_windows: int = 32
    """How many held-out windows a held-out loss is measured on, always the same."""
    sample_every: int = 0
    """Steps between samples; 0 takes the snapshots' steps and 10 more at equal distances."""
    n_snapshots: int = 12
    """How many times the weights are kept, the untrained and the last ones among them; 0 keeps none."""

    def __post_init__(self) -> None:
        for name, (low, high, whole) in LIMITS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
                raise ValueError(f"{name} must be a {'whole ' if whole else ''}number, not {value!r:.40}")
            if not low <= value <= high:  # also refuses NaN
                raise ValueError(f"{name} must lie between {low:,} and {high:,}, not {value:,}")
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r:.40}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, config: dict[str, Any]) -> TrainConfig:
        """Read `to_dict` back; what is missing takes its default. ValueError on an unknown setting."""
        if not isinstance(config, dict):
            raise ValueError("training settings must be an object of named values")
        unknown = sorted(str(name)[:40] for name in set(config) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"training has no setting named {unknown[0]!r}")
        return cls(**config)

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of update number `step` (1..max_steps): a straight rise, then the way down.

        The cosine is that of Loshchilov and Hutter, "SGDR" (2017), https://arxiv.org/abs/1608.03983, without restarts.
        A straight line to 0 does better in a short run: Bergsma et al., "Straight to Zero" (2025),
        https://arxiv.org/abs/2502.15938.
        """
        warmup = min(self.warmup_steps, self.max_steps)
        if step <= warmup:
            return self.learning_rate * step / warmup
        progress = (step - warmup) / max(1, self.max_steps - warmup)
        left = 1 - progress if self.decay == "linear" else 0.5 * (1 + math.cos(math.pi * progress))  # 1 … 0
        low = self.learning_rate * self.min_lr_ratio
        return low + (self.learning_rate - low) * left

    def snapshot_steps(self) -> list[int]:
        """Steps at which the weights are kept: 0, then at equal ratios up to max_steps."""
        if self.n_snapshots < 3:
            return [[], [self.max_steps], [0, self.max_steps]][self.n_snapshots]
        ratios = [i / (self.n_snapshots - 2) for i in range(self.n_snapshots - 1)]  # 0 … 1
        return sorted({0} | {round(self.max_steps**ratio) for ratio in ratios})

    def eval_steps(self) -> set[int]:
        """Steps at which the held-out loss is measured; always the last, never 0: a run should be seen to start."""
        return self._moments(self.eval_every, 20) - {0}

    def sample_steps(self) -> set[int]:
        """Steps at which a sample is written; always the first and the last."""
        return self._moments(self.sample_every, 10)

    def _moments(self, every: int, count: int) -> set[int]:
        steps = set(range(0, self.max_steps, every or max(1, self.max_steps // count))) | {self.max_steps}
        return steps if every else steps | set(self.snapshot_steps())
