"""A checkpoint of a GPT as a folder for Hugging Face `transformers`.

    config.json, generation_config.json     GPT2LMHeadModel, and what it must never write
    model.safetensors                       GPT-2's own names, and its matrices as (in, out)
    tokenizer.json, tokenizer_config.json   the vocabulary, and the class that reads it as it is written

`AutoModelForCausalLM` and `AutoTokenizer` open it with the same logits, ids and text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lmcore.checkpoints import Checkpoint
from lmcore.hugging_face.tokenizer_json import to_tokenizer_json
from lmcore.models.gpt_config import GPTConfig
from lmcore.models.gpt_step import LN_EPS
from lmcore.models.positions import fixed
from lmcore.tokenizers.base import START, START_ID

# GPT-2's Conv1D keeps a matrix as (in, out), nn.Linear as (out, in).
CONV1D = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
PREFIX = "transformer."
NO_PLACE = {
    "rotary": "it turns queries and keys by their positions (rotary), and GPT-2 has no place for that",
    "alibi": "it takes points from far keys (ALiBi), and GPT-2 has no place for that",
    "none": "it has no positions, and GPT-2 always adds some",
}
# Without the class, AutoTokenizer takes GPT-2's own, which would make a new tokenizer from vocabulary and merges and
# drop how this one cuts and joins; it must not "clean up" spaces, and "<s>" typed by a person is plain text.
TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": START,
    "pad_token": START,
    "clean_up_tokenization_spaces": False,
    "split_special_tokens": True,
    "add_bos_token": True,
    "add_eos_token": False,
}


def files(checkpoint: Checkpoint) -> dict[str, bytes]:
    """Name -> content of every file of the folder. ValueError for a model that GPT-2 cannot be."""
    model: Any = checkpoint.model
    if model.family != "gpt":
        raise ValueError(f"only a GPT can be written for Hugging Face, not {model.family}")
    config: GPTConfig = model.config
    if config.position in NO_PLACE:
        raise ValueError(f"this model cannot be written as a GPT-2: {NO_PLACE[config.position]}")
    from safetensors.numpy import save

    generation = {"bos_token_id": START_ID, "pad_token_id": START_ID, "suppress_tokens": [START_ID]}
    return {
        "config.json": _json(config_of(config)),
        "generation_config.json": _json(generation),  # <s> stands before a text, never in it
        "model.safetensors": bytes(save(weights(config, model.state_arrays()), metadata={"format": "pt"})),
        "tokenizer.json": to_tokenizer_json(checkpoint.tokenizer).encode(),
        "tokenizer_config.json": _json(TOKENIZER_CONFIG | {"model_max_length": config.block_size}),
    }


def export(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the folder. ValueError when there is one already with something in it."""
    contents = files(checkpoint)
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


def config_of(config: GPTConfig) -> dict[str, Any]:
    """config.json of a GPT-2 of this shape."""
    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), config.dropout)
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": config.vocab_size,
        "n_positions": config.block_size,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "activation_function": "gelu_new",  # the tanh form
        "layer_norm_epsilon": LN_EPS,
        "tie_word_embeddings": True,
        **dropout,
        "bos_token_id": START_ID,
        "eos_token_id": None,
        "pad_token_id": START_ID,
        "torch_dtype": "float32",
    }


def weights(config: GPTConfig, arrays: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Our parameters under GPT-2's names; sinusoidal positions become the table that they are."""
    arrays = dict(arrays)
    if config.position == "sinusoidal":
        arrays["wpe.weight"] = fixed("sinusoidal", config.block_size, config.n_embd, config.n_head)["waves"]
    turned = {name: array.T if name.endswith(CONV1D) else array for name, array in arrays.items()}
    return {PREFIX + name: np.ascontiguousarray(array) for name, array in turned.items()}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).encode()
