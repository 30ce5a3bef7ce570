"""A GPT-2 folder of Hugging Face as a checkpoint of this project.

A stranger's folder is data. config.json is checked field by field, the names and shapes of all tensors are known to fit
before any is read, and only safetensors are opened: never pytorch_model.bin, which is a pickle.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore import checkpoints
from lmcore.checkpoints import MAX_JSON
from lmcore.hugging_face.read_tokenizer import from_tokenizer_json
from lmcore.hugging_face.write import CONV1D, PREFIX
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.gpt_step import LN_EPS
from lmcore.tokenizers import Tokenizer
from lmcore.weights import Arrays, Entry, parse_json, read_tensors

WEIGHTS = "model.safetensors"
HEAD = "lm_head.weight"
# What GPT-2's attention once kept beside its weights: its causal mask, and the number it masks with.
_MASKS = re.compile(r"h\.\d{1,3}\.attn\.(bias|masked_bias)\Z")
# Field -> what it must be where it is given, and what a model with another value would be.
MUST_BE: dict[str, tuple[tuple[Any, ...], str]] = {
    "activation_function": (("gelu_new", "gelu_pytorch_tanh"), "another activation than GPT-2's GELU"),
    "layer_norm_epsilon": ((LN_EPS,), f"another epsilon than {LN_EPS} in its norms"),
    "scale_attn_weights": ((True,), "attention that is not divided by √D"),
    "scale_attn_by_inverse_layer_idx": ((False,), "attention that is scaled by the layer"),
    "add_cross_attention": ((False,), "attention to a second text"),
}


def convert(source: Path, out: Path, title: str = "") -> str:
    """Write the GPT-2 folder `source` as a checkpoint into `out`, and return its hash.

    ValueError says in plain words what is missing, damaged, or cannot be represented; nothing is written then.
    """
    config, arrays, tokenizer = read(Path(source))
    card = {
        "title": title or "GPT-2 from a folder",
        "corpus": {"title": "an opened folder"},
        "n_params": config.n_params,
        "imported": "Hugging Face",
    }
    return checkpoints.save_arrays(Path(out), "gpt", config.to_dict(), arrays, tokenizer, card)


def read(folder: Path) -> tuple[GPTConfig, Arrays, Tokenizer]:
    """Configuration, parameters under our names, and tokenizer of a GPT-2 folder."""
    about = parse_json(_bytes(folder / "config.json"), "config.json")
    config = read_config(about)
    if not (folder / WEIGHTS).is_file():
        raise ValueError(f"there is no {WEIGHTS} in it; no other kind of weights is opened, least of all a pickle")
    start = about.get("bos_token_id")
    tokenizer, rows = from_tokenizer_json(_bytes(folder / "tokenizer.json"), start if isinstance(start, int) else None)
    if config.vocab_size != tokenizer.vocab_size:
        raise ValueError(
            f"the model has {config.vocab_size:,} tokens and its tokenizer {tokenizer.vocab_size:,}; they do not match"
        )
    found = read_tensors(folder / WEIGHTS, lambda entries: _check(entries, config))
    return config, _arrays(found, config, rows), tokenizer


def read_config(about: Any) -> GPTConfig:
    """The shape of the model; ValueError for all that is no GPT-2, or one that ours cannot be."""
    if not isinstance(about, dict) or about.get("model_type") != "gpt2":
        kind = about.get("model_type") if isinstance(about, dict) else None
        raise ValueError(f"this is not a GPT-2 but {kind!r:.40}; only GPT-2 can be opened")
    for name, (allowed, words) in MUST_BE.items():
        if name in about and about[name] not in allowed:
            raise ValueError(f"this GPT-2 has {words} ({name} is {about[name]!r:.40}), which is not represented here")
    width, inner = about.get("n_embd", 768), about.get("n_inner")
    if not isinstance(width, int) or inner not in (None, 4 * width):
        raise ValueError(f"the MLP of a GPT here is 4 times as wide as n_embd, {width!r:.20}, not {inner!r:.20}")
    dropout = about.get("resid_pdrop", 0.1)
    return GPTConfig(  # checks that each is a number, and its limits
        vocab_size=about.get("vocab_size", 50257),
        block_size=about.get("n_positions", 1024),
        n_layer=about.get("n_layer", 12),
        n_head=about.get("n_head", 12),
        n_embd=width,
        dropout=dropout,
    )


def _check(entries: list[Entry], config: GPTConfig) -> None:
    """Exactly the tensors of this GPT-2, with or without "transformer." before their names; the head may be there."""
    expected = {name: shape[::-1] if name.endswith(CONV1D) else shape for name, shape in config.shapes().items()}
    found: set[str] = set()
    for entry in entries:
        name = entry.name.removeprefix(PREFIX)
        if _MASKS.match(name):
            continue
        shape = expected["wte.weight"] if name == HEAD else expected.get(name)
        if shape is None:
            raise ValueError(f"the weights hold {entry.name!r:.60}, which a GPT-2 of this size does not have")
        if name in found:
            raise ValueError(f"the weights hold {name!r:.60} twice")
        if entry.shape != shape:
            raise ValueError(f"{entry.name} has the shape {entry.shape} instead of {shape}")
        if entry.dtype.kind != "f":
            raise ValueError("weights must be float32 or float16")
        found.add(name)
    lacking = [name for name in expected if name not in found]
    if lacking:
        raise ValueError(f"the weights lack {lacking[0]}")


def _arrays(found: Arrays, config: GPTConfig, rows: list[int]) -> Arrays:
    """Our parameters: matrices turned to (out, in), the rows of tokens in the order of our vocabulary, all float32."""
    named = {name.removeprefix(PREFIX): array for name, array in found.items()}
    if HEAD in named and not np.array_equal(named[HEAD], named["wte.weight"]):
        raise ValueError("its last layer has weights of its own; here it is always the embedding (tied)")
    arrays: Arrays = {}
    for name in config.shapes():
        array: NDArray[Any] = named[name].T if name.endswith(CONV1D) else named[name]
        arrays[name] = np.ascontiguousarray(array[rows] if name == "wte.weight" else array, dtype=np.float32)
    return arrays


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ValueError(f"{path.name} is larger than {MAX_JSON // 1024**2} MB")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"there is no {path.name} in it") from error
