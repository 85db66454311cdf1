"""Layers of detectors as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def mixed(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Written out, so that queries and keys may be wider than values."""
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))
    shares = torch.softmax(q @ k.mT * q.shape[-1] ** -0.5, dim=-1)
    return (shares @ v).transpose(1, 2).flatten(2)


def network(width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))


class ContentAndPlace(nn.Module):
    """Conditional DETR: what a query holds and where it is have projections of their own."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.asked = nn.ModuleList(nn.Linear(width, width) for _ in range(5))
        self.sought = nn.ModuleList(nn.Linear(width, width) for _ in range(5))
        self.ends = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.levels = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.rest = network(width)

    def forward(self, boxes: Tensor, places: Tensor, picture: Tensor, grid: Tensor) -> Tensor:
        one, two, three, four, carry = self.asked
        own = mixed(one(boxes) + two(places), three(boxes) + four(places), carry(boxes), self.head_count)
        boxes = self.levels[0](boxes + self.ends[0](own))
        one, two, three, four, carry = self.sought
        q = self.beside(one(boxes), two(places))
        k = self.beside(three(picture), four(grid))
        boxes = self.levels[1](boxes + self.ends[1](mixed(q, k, carry(picture), self.head_count)))
        return self.levels[2](boxes + self.rest(boxes))

    def beside(self, content: Tensor, place: Tensor) -> Tensor:
        """Side by side in every head."""
        parts = [part.unflatten(-1, (self.head_count, -1)) for part in (content, place)]
        return torch.cat(parts, dim=-1).flatten(2)


class TaskTokens(nn.Module):
    """OmDet-Turbo: words of the task are put behind queries and keys, each with a call of its own."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.ask, self.offer, self.carry, self.finish = (nn.Linear(width, width) for _ in range(4))
        self.level, self.rest = nn.LayerNorm(width), network(width)

    def forward(self, boxes: Tensor, places: Tensor, task: Tensor) -> Tensor:
        placed = boxes + places
        q, k = torch.cat([placed, task], 1), torch.cat([placed, task], 1)
        tokens = torch.cat([boxes, task], 1)
        tokens = self.level(tokens + self.finish(mixed(self.ask(q), self.offer(k), self.carry(tokens), 4)))
        return tokens + self.rest(tokens)


BOXES, PICTURE = torch.zeros(2, 10, 32), torch.zeros(2, 49, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "content_and_place": (ContentAndPlace, (BOXES, BOXES, PICTURE, PICTURE)),
    "task_tokens": (TaskTokens, (BOXES, BOXES, torch.zeros(2, 5, 32))),
}
