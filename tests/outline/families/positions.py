"""Attention that is told positions in unusual ways, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def swapped(x: Tensor) -> Tensor:
    one, two = x.chunk(2, -1)
    return torch.cat([-two, one], -1)


class AxesInTurn(nn.Module):
    """Qwen3-VL: three positions of every token, whose frequencies take turns in one table that two layers use."""

    frequencies: Tensor

    def __init__(self, width: int = 32, heads: int = 2) -> None:
        super().__init__()
        half = width // heads // 2
        self.head_count = heads
        self.layers_used = nn.ModuleList(nn.ModuleList(nn.Linear(width, width) for _ in range(4)) for _ in range(2))
        self.register_buffer("frequencies", 10000 ** -(torch.arange(half) / half), persistent=False)

    def table(self, places: Tensor) -> tuple[Tensor, Tensor]:
        turns = places.float()[..., None] * self.frequencies
        found = []
        for waves in (turns.cos(), turns.sin()):
            one = waves[0].clone()
            one[..., 1::3] = waves[1, ..., 1::3]
            one[..., 2::3] = waves[2, ..., 2::3]
            found.append(torch.cat([one, one], -1)[:, None])
        return found[0], found[1]

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        cosines, sines = self.table(places)
        for ask, offer, carry, finish in self.layers_used:
            q, k, v = (
                layer(tokens).unflatten(-1, (self.head_count, -1)).transpose(1, 2) for layer in (ask, offer, carry)
            )
            q, k = (part * cosines + swapped(part) * sines for part in (q, k))
            tokens = tokens + finish(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return tokens


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "axes_in_turn": (AxesInTurn, (torch.zeros(2, 16, 32), torch.zeros(3, 2, 16, dtype=torch.long))),
}
