"""Tokens as vectors -> tokens mixed by causal attention in which groups of query heads share keys and values."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class GroupedAttention(nn.Module):
    """(batch, seq_len, d_model) to the same. `kv_heads` = `heads` is multi-head attention, 1 is multi-query."""

    def __init__(self, d_model: int = 1024, heads: int = 16, kv_heads: int = 4) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.d_k = heads, kv_heads, d_model // heads
        self.query = nn.Linear(d_model, heads * self.d_k, bias=False)
        self.key = nn.Linear(d_model, kv_heads * self.d_k, bias=False)
        self.value = nn.Linear(d_model, kv_heads * self.d_k, bias=False)
        self.out = nn.Linear(heads * self.d_k, d_model, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            layer(x).unflatten(-1, (count, self.d_k)).transpose(1, 2)
            for layer, count in ((self.query, self.heads), (self.key, self.kv_heads), (self.value, self.kv_heads))
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        mixed: torch.Tensor = self.out(y.transpose(1, 2).flatten(2))
        return mixed
