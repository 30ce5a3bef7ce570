"""Causal self-attention: every position looks back at those before it and mixes what it finds.

Letters in shapes: B batch, T positions, C width (n_embd), H heads, D width of a head (C = H · D), V vocabulary.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Recorder:
    """Collects named internals of one forward pass; None in its place means that nobody watches.

    `keep` limits what is held to these last parts of a name ("k" keeps "block.0.k", "block.1.k", …).
    """

    def __init__(self, keep: frozenset[str] | None = None, prefix: str = "", values: dict[str, Tensor] | None = None):
        self.keep = keep
        self.prefix = prefix
        self.values: dict[str, Tensor] = {} if values is None else values

    def __call__(self, name: str, tensor: Tensor) -> None:
        if self.keep is None or name in self.keep:
            self.values[self.prefix + name] = tensor.detach()

    def under(self, prefix: str) -> Recorder:
        """The same collection, with every further name put under `prefix`."""
        return Recorder(self.keep, f"{self.prefix}{prefix}.", self.values)


class CausalSelfAttention(nn.Module):
    """Scaled dot-product attention with several heads and a causal mask.

    Vaswani et al., "Attention Is All You Need" (2017), https://arxiv.org/abs/1706.03762, section 3.2.
    """

    def __init__(self, n_embd: int, n_head: int, dropout: float = 0.0):
        super().__init__()
        self.n_head = n_head
        self.dropout = dropout
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)  # query, key and value of all heads in one product
        self.c_proj = nn.Linear(n_embd, n_embd)

    def forward(self, x: Tensor, record: Recorder | None = None) -> Tensor:
        """x (B, T, C) -> (B, T, C); row t depends on rows 0..t only."""
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        qkv = self.c_attn(x).view(B, T, 3, H, D)  # (B, T, 3C) -> (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # three times (B, H, T, D)
        p = self.dropout if self.training else 0.0

        if record is None:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=p)  # (B, H, T, D)
        else:
            # scores = q kᵀ / √D, and -∞ where key j lies after query i
            scores = q @ k.transpose(-2, -1) / math.sqrt(D)  # (B, H, T, T)
            future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(future, -math.inf)
            # weights = softmax(scores), each row sums to 1;  y = weights · v
            weights = F.softmax(scores, dim=-1)  # (B, H, T, T)
            y = F.dropout(weights, p) @ v  # (B, H, T, D)
            for name, value in (("q", q), ("k", k), ("v", v), ("attn_scores", scores), ("attn_weights", weights)):
                record(name, value)
            record("attn_heads", y)

        y = y.transpose(1, 2).reshape(B, T, C)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C): heads side by side
        y = self.c_proj(y)
        return F.dropout(y, p) if p else y
