"""Feed-forward networks with a layer between their projections, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WithNeighbours(nn.Module):
    """SegFormer: every hidden feature meets its neighbours on the map."""

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.upper, self.lower = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.near = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        side = round(tokens.shape[1] ** 0.5)
        picture = self.upper(tokens).transpose(1, 2).unflatten(2, (side, side))
        return self.lower(F.gelu(self.near(picture).flatten(2).transpose(1, 2)))


class NormBeforeDown(nn.Module):
    """EVA-02: a norm between the gate and the projection back."""

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.opening, self.upper, self.lower = (
            nn.Linear(width, hidden),
            nn.Linear(width, hidden),
            nn.Linear(hidden, width),
        )
        self.level = nn.LayerNorm(hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.lower(self.level(F.silu(self.opening(tokens)) * self.upper(tokens)))


class Layer(nn.Module):
    """Attention and a network, each in a branch of its own."""

    def __init__(self, inner: Callable[[int], nn.Module], width: int = 32) -> None:
        super().__init__()
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixer, self.rest = nn.MultiheadAttention(width, 4, batch_first=True), inner(width)

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.one(tokens)
        tokens = tokens + self.mixer(seen, seen, seen, need_weights=False)[0]
        return tokens + self.rest(self.two(tokens))


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "with_neighbours": (lambda: Layer(WithNeighbours), (TOKENS,)),
    "norm_before_down": (lambda: Layer(NormBeforeDown), (TOKENS,)),
}
