"""transformers' GPT-2 with the shape and the weights of one of our GPTs."""

from __future__ import annotations

from typing import Any

import torch

from lmcore.models.gpt import GPT, GPTConfig


def gpt2(config: GPTConfig) -> Any:
    """A GPT2LMHeadModel of this shape, without dropout, with transformers' own defaults for everything else."""
    from transformers import GPT2Config, GPT2LMHeadModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    shape = GPT2Config(
        vocab_size=config.vocab_size, n_positions=config.block_size, n_layer=config.n_layer, n_head=config.n_head,
        n_embd=config.n_embd, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(shape)


@torch.no_grad()
def twins(config: GPTConfig, seed: int = 1) -> tuple[GPT, Any]:
    """Our GPT and transformers' with the same weights; ValueError when they do not agree, for then nothing compares."""
    ours, theirs = GPT(config, seed).eval(), gpt2(config).eval()
    weights = dict(ours.named_parameters())
    for name, parameter in theirs.transformer.named_parameters():
        conv1d = name.endswith("weight") and (".attn." in name or ".mlp." in name)  # GPT-2's matrices lie transposed
        parameter.copy_(weights[name].T if conv1d else weights[name])
    idx = torch.randint(1, config.vocab_size, (2, config.block_size), generator=torch.Generator().manual_seed(seed))
    furthest = float((ours(idx) - theirs(idx).logits).abs().max())
    if not furthest < 1e-3:
        raise ValueError(f"our GPT and transformers' differ by {furthest:.2g} on the same weights")
    return ours, theirs
