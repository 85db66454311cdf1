"""Layers of detectors as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
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


class ReadAtPlaces(nn.Module):
    """Deformable DETR: every query says where it reads each map, and how much each reading counts."""

    def __init__(self, width: int = 32, heads: int = 4, sides: tuple[int, ...] = (4, 2), spots: int = 3) -> None:
        super().__init__()
        self.head_count, self.sides, self.spots = heads, sides, spots
        places = heads * len(sides) * spots
        self.carry, self.finish = nn.Linear(width, width), nn.Linear(width, width)
        self.steps, self.worth = nn.Linear(width, 2 * places), nn.Linear(width, places)

    def forward(self, asking: Tensor, centres: Tensor, maps: Tensor) -> Tensor:
        batch, count, _ = asking.shape
        heads, levels = self.head_count, len(self.sides)
        held = self.carry(maps).unflatten(-1, (heads, -1)).split([side * side for side in self.sides], 1)
        steps = self.steps(asking).view(batch, count, heads, levels, self.spots, 2)
        spots = 2 * (centres[:, :, None, None, None] + 0.1 * steps) - 1
        worth = self.worth(asking).view(batch, count, heads, -1).softmax(-1)
        found = []
        for level, side in enumerate(self.sides):
            picture = held[level].flatten(2).transpose(1, 2).reshape(batch * heads, -1, side, side)
            grid = spots[:, :, :, level].transpose(1, 2).flatten(0, 1)
            found.append(F.grid_sample(picture, grid, align_corners=False))
        worth = worth.transpose(1, 2).reshape(batch * heads, 1, count, -1)
        total = (torch.cat(found, -1) * worth).sum(-1)
        return self.finish(total.view(batch, -1, count).transpose(1, 2))


class MapsAmongThemselves(nn.Module):
    """An encoder layer whose queries are the positions of the maps."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.mixer, self.rest = ReadAtPlaces(width), network(width)
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, maps: Tensor, places: Tensor, centres: Tensor) -> Tensor:
        maps = self.one(maps + self.mixer(maps + places, centres, maps))
        return self.two(maps + self.rest(maps))


class EqualMaps(MapsAmongThemselves):
    """Two maps of one size, as of two cameras."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(width)
        self.mixer = ReadAtPlaces(width, sides=(4, 4))


class BoxesOnMaps(nn.Module):
    """A decoder layer: boxes see each other, then read the maps."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.ask, self.offer, self.carry, self.finish = (nn.Linear(width, width) for _ in range(4))
        self.mixer, self.rest = ReadAtPlaces(width), network(width)
        self.levels = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, boxes: Tensor, places: Tensor, centres: Tensor, maps: Tensor) -> Tensor:
        placed = boxes + places
        own = mixed(self.ask(placed), self.offer(placed), self.carry(boxes), 4)
        boxes = self.levels[0](boxes + self.finish(own))
        boxes = self.levels[1](boxes + self.mixer(boxes + places, centres, maps))
        return self.levels[2](boxes + self.rest(boxes))


class AskingLayer(nn.Module):
    """Masked attention to the picture, attention among the queries, a network."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.seek, self.talk = (nn.MultiheadAttention(width, 4, batch_first=True) for _ in range(2))
        self.rest = network(width)
        self.levels = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, asking: Tensor, picture: Tensor, places: Tensor, hidden: Tensor) -> Tensor:
        seen = self.seek(asking, picture + places, picture, attn_mask=hidden, need_weights=False)[0]
        asking = self.levels[0](asking + seen)
        asking = self.levels[1](asking + self.talk(asking, asking, asking, need_weights=False)[0])
        return self.levels[2](asking + self.rest(asking))


class MasksPredicted(nn.Module):
    """Mask2Former: what each query has found so far says where it looks next, outside of the layers."""

    def __init__(self, width: int = 32, depth: int = 3) -> None:
        super().__init__()
        self.stack_used = nn.ModuleList(AskingLayer(width) for _ in range(depth))
        self.calm, self.found = nn.LayerNorm(width), nn.Linear(width, width)

    def forward(self, asking: Tensor, picture: Tensor, places: Tensor) -> Tensor:
        for step in self.stack_used:
            match = torch.einsum("bqc,bpc->bqp", self.found(self.calm(asking)), picture)
            hidden = (match.sigmoid() < 0.5).repeat_interleave(4, 0)
            asking = step(asking, picture, places, hidden)
        return asking


BOXES, PICTURE = torch.zeros(2, 10, 32), torch.zeros(2, 49, 32)
MAPS = torch.zeros(2, 20, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "content_and_place": (ContentAndPlace, (BOXES, BOXES, PICTURE, PICTURE)),
    "task_tokens": (TaskTokens, (BOXES, BOXES, torch.zeros(2, 5, 32))),
    "masks_predicted": (MasksPredicted, (BOXES, PICTURE, PICTURE)),
    "maps_among_themselves": (MapsAmongThemselves, (MAPS, MAPS, torch.zeros(2, 20, 2))),
    "equal_maps": (EqualMaps, (torch.zeros(2, 32, 32), torch.zeros(2, 32, 32), torch.zeros(2, 32, 2))),
    "boxes_on_maps": (BoxesOnMaps, (BOXES, BOXES, torch.zeros(2, 10, 2), MAPS)),
}
