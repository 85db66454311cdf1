"""Attention of several fused calls, and masks as they are handed to one, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TOKENS = torch.zeros(2, 16, 32)


class Four(nn.Module):
    """Projections of queries, keys, values and output."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count, self.head_width = heads, width // heads
        self.ask, self.offer = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.carry, self.finish = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)

    def parts(self, tokens: Tensor) -> list[Tensor]:
        batch, length, _ = tokens.shape
        layers = (self.ask, self.offer, self.carry)
        return [layer(tokens).view(batch, length, self.head_count, -1).transpose(1, 2) for layer in layers]


class Sharing(Four):
    """With a learned factor, made of two vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.share_one, self.share_two = nn.Parameter(torch.zeros(8)), nn.Parameter(torch.zeros(8))

    def share(self) -> Tensor:
        return torch.exp(torch.sum(self.share_one * self.share_two)) + 0.2


class HalvesOfHeads(Sharing):
    """One call for each half of the values, all heads; then the second half of the heads is subtracted."""

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.parts(tokens)
        halves = [half.repeat(1, 2, 1, 1) for half in v.chunk(2, dim=1)]
        mixed = [F.scaled_dot_product_attention(q, k, half, is_causal=True).transpose(1, 2) for half in halves]
        one, two = torch.cat(mixed, dim=-1).chunk(2, dim=2)
        left = F.rms_norm(one - self.share() * two, (2 * self.head_width,)) * 0.8
        return self.finish(left.flatten(2))


class HalvesOfWidth(Sharing):
    """Queries and keys cut in two, a call for each."""

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.parts(tokens)
        pairs = zip(q.chunk(2, dim=-1), k.chunk(2, dim=-1), strict=True)
        one, two = (F.scaled_dot_product_attention(a, b, v) for a, b in pairs)
        return self.finish((one - self.share() * two).transpose(1, 2).flatten(2))


class Padded(Four):
    """A mask of the keys that count, from outside."""

    def forward(self, tokens: Tensor, counts: Tensor) -> Tensor:
        q, k, v = self.parts(tokens)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=counts[:, None, None])
        return self.finish(mixed.transpose(1, 2).flatten(2))


class Triangle(Four):
    """A triangle of numbers, made where it is used."""

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.parts(tokens)
        hidden = torch.full((tokens.shape[1], tokens.shape[1]), float("-inf")).triu(1)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=hidden)
        return self.finish(mixed.transpose(1, 2).flatten(2))


class SharedBias(nn.Module):
    """Three layers that add one learned bias, put together with a triangle in each."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Four() for _ in range(3))
        self.table = nn.Embedding(16, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1])
        bias = self.table((place[None] - place[:, None]).abs()).permute(2, 0, 1)[None]
        for layer in self.layers:
            q, k, v = layer.parts(tokens)
            seen = torch.where(place[None] <= place[:, None], bias, float("-inf"))
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=1.0)
            tokens = tokens + layer.finish(mixed.transpose(1, 2).flatten(2))
        return tokens


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "halves_of_heads": (HalvesOfHeads, (TOKENS,)),
    "halves_of_width": (HalvesOfWidth, (TOKENS,)),
    "padded": (Padded, (TOKENS, torch.ones(2, 16, dtype=torch.bool))),
    "triangle": (Triangle, (TOKENS,)),
    "shared_bias": (SharedBias, (TOKENS,)),
}
