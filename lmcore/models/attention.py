"""Causal self-attention: every position looks back at those before it and mixes what it finds.

Letters in shapes: B batch, T positions, C width (n_embd), H heads, D width of a head (C = H · D), V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Unwatched:
    """In a recorder's place when nobody watches: every tensor goes on as it is."""

    def __call__(self, name: str, tensor: Tensor) -> Tensor:
        return tensor

    def under(self, prefix: str) -> Unwatched:
        """Still nobody."""
        return self


UNWATCHED = Unwatched()


class Recorder(Unwatched):
    """Collects named internals of one forward pass, and puts in what is held instead.

    `keep` limits what is collected to these last parts of a name ("k" keeps "block.0.k", "block.1.k", …). `held` maps a
    whole name to numbers that take the place of the computed ones; where they are NaN nothing changes.
    """

    def __init__(
        self,
        keep: frozenset[str] | None = None,
        held: Mapping[str, Tensor] | None = None,
        prefix: str = "",
        values: dict[str, Tensor] | None = None,
    ):
        self.keep = keep
        self.held = held or {}
        self.prefix = prefix
        self.values: dict[str, Tensor] = {} if values is None else values

    def __call__(self, name: str, tensor: Tensor) -> Tensor:
        held = self.held.get(self.prefix + name)
        if held is not None:
            tensor = torch.where(held.isnan(), tensor, held)
        if self.keep is None or name in self.keep:
            self.values[self.prefix + name] = tensor.detach()
        return tensor

    def under(self, prefix: str) -> Recorder:
        """The same collection, with every further name put under `prefix`."""
        return Recorder(self.keep, self.held, f"{self.prefix}{prefix}.", self.values)


def turn(x: Tensor, angles: Tensor) -> Tensor:
    """x (B, H, T, D) with each pair of dimensions turned by its angle (T, D/2): `positions.rotate` in torch."""
    fine = x.float() if x.dtype == torch.bfloat16 else x
    # (a + bi) e^(iθ) = (a cos θ - b sin θ) + (a sin θ + b cos θ) i
    pairs = torch.view_as_complex(fine.unflatten(-1, (-1, 2)))  # (B, H, T, D/2), a + bi
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2).type_as(x)  # (B, H, T, D/2, 2) -> (B, H, T, D)


def attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, causal: bool = False, dropout: float = 0.0
) -> Tensor:
    """softmax(q kᵀ / √D) · v, of which nobody sees the scores: (B, H, T, D) from q (B, H, T, D), k and v.

    By torch's own; but in bfloat16 on a CPU that takes seven times as long as the same in three lines (torch 2.13).
    """
    if q.device.type != "cpu" or q.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(q, k, v, mask, dropout_p=dropout, is_causal=causal)
    scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, H, T, S)
    if causal:
        mask = ~_future(q.shape[-2], q)
    if mask is not None and mask.dtype == torch.bool:  # true where a query may look: 0 is added there, elsewhere -∞
        mask = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, -math.inf)
    weights = F.softmax(scores if mask is None else scores + mask, dim=-1)
    return F.dropout(weights, dropout) @ v


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

    def forward(
        self, x: Tensor, record: Unwatched = UNWATCHED, angles: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); row t depends on rows 0..t only.

        Rotary positions bring `angles` (T, D/2) to turn queries and keys by, ALiBi a `bias` (H, T, T) for the scores.
        """
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        qkv = self.c_attn(x).view(B, T, 3, H, D)  # (B, T, 3C) -> (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # three times (B, H, T, D)
        if angles is not None:
            q, k = turn(q, angles), turn(k, angles)
        p = self.dropout if self.training else 0.0

        if record is UNWATCHED:
            mask = None if bias is None else bias.masked_fill(_future(T, x), -math.inf)
            y = attend(q, k, v, mask, causal=mask is None, dropout=p)  # (B, H, T, D)
        else:
            q, k, v = record("q", q), record("k", k), record("v", v)
            # scores = q kᵀ / √D, and -∞ where key j lies after query i
            scores = q @ k.transpose(-2, -1) / math.sqrt(D)  # (B, H, T, T)
            scores = scores if bias is None else scores + bias
            scores = record("attn_scores", scores.masked_fill(_future(T, x), -math.inf))
            # weights = softmax(scores), each row sums to 1;  y = weights · v
            weights = record("attn_weights", F.softmax(scores, dim=-1))  # (B, H, T, T)
            y = record("attn_heads", F.dropout(weights, p) @ v)  # (B, H, T, D)

        y = y.transpose(1, 2).reshape(B, T, C)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C): heads side by side
        y = self.c_proj(y)
        return F.dropout(y, p) if p else y


def _future(T: int, x: Tensor) -> Tensor:
    """(T, T), true where key j lies after query i."""
    return torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
