"""Named sizes for the Train page and the command line, with how long they take here. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A network and its training, by a name that a person can choose."""

    name: str
    title: str
    model: dict[str, Any]
    """Its family, and what that family's configuration has besides the vocab_size."""
    train: dict[str, Any]
    """TrainConfig, what differs from its defaults."""
    seconds: int
    """Measured with a char tokenizer in float32 on one core of an EPYC at 2.6 GHz, where bfloat16 took half (words take
    up to three times as long). Once a run was made on a machine, its Train page says what runs take there."""


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "tiny",
            "GPT tiny",
            {"family": "gpt", "n_layer": 2, "n_head": 2, "n_embd": 64, "block_size": 64},
            {"max_steps": 400, "batch_size": 32, "learning_rate": 5e-3, "precision": "auto"},
            10,
        ),
        Preset(
            "small",
            "GPT small",
            {"family": "gpt", "n_layer": 3, "n_head": 3, "n_embd": 96, "block_size": 64},
            {"max_steps": 700, "batch_size": 32, "learning_rate": 4e-3, "precision": "auto"},
            53,
        ),
        # Learns to keep names and things through a tale, by the heads that copy them; measured by `bench --only tales`.
        Preset(
            "stories",
            "GPT for stories",
            {
                "family": "gpt",
                "n_layer": 4,
                "n_head": 3,
                "n_embd": 96,
                "block_size": 96,
                "position": "rotary",
                "init": "wide",
            },
            {
                "max_steps": 3000,
                "batch_size": 12,
                "learning_rate": 4e-3,
                "min_lr_ratio": 0.0,
                "warmup_steps": 60,
                "decay": "linear",
                "optimizer": "muon",
                "weight_decay": 0.4,
                "grad_clip": 0.5,
                "precision": "auto",
                "start_share": 1.0,
            },
            217,
        ),
        Preset(
            "medium",
            "GPT medium",
            {"family": "gpt", "n_layer": 4, "n_head": 4, "n_embd": 128, "block_size": 128},
            {"max_steps": 1500, "batch_size": 16, "learning_rate": 3e-3, "warmup_steps": 100, "precision": "auto"},
            240,
        ),
        Preset(
            "ffnn",
            "Feed-forward",
            {"family": "ffnn", "window": 8, "n_embd": 32, "hidden_size": 256, "block_size": 64},
            {"max_steps": 1000, "batch_size": 32, "learning_rate": 5e-3, "precision": "auto"},
            15,
        ),
        Preset(
            "rnn",
            "RNN",
            {"family": "rnn", "n_embd": 64, "hidden_size": 192, "block_size": 64},
            {"max_steps": 1000, "batch_size": 32, "learning_rate": 3e-3, "precision": "auto"},
            14,
        ),
        Preset(
            "lstm",
            "LSTM",
            {"family": "lstm", "n_embd": 64, "hidden_size": 192, "block_size": 64},
            {"max_steps": 900, "batch_size": 32, "learning_rate": 8e-3, "precision": "auto"},
            17,
        ),
    )
}
DEFAULT_PRESETS = {"gpt": "tiny", "ffnn": "ffnn", "rnn": "rnn", "lstm": "lstm"}
"""Family -> the size that is meant when none is named."""

WORD_VECTORS: dict[str, dict[str, Any]] = {
    "tokenizer": {"kind": "word", "vocab_size": 2000, "min_count": 5},
    "model": {"family": "word2vec", "n_embd": 32},
    # Every step is the whole text; without decay, which would pull rare words to the middle.
    "train": {"max_steps": 200, "batch_size": 1024, "learning_rate": 0.03, "warmup_steps": 0, "weight_decay": 0.0},
}
"""What the lesson on embeddings trains, but for the text: a second or two with a vocabulary of some hundred words."""


def preset_named(name: str) -> Preset:
    """ValueError when there is none of that name."""
    if name not in PRESETS:
        raise ValueError(f"there is no size named {name!r:.40}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
