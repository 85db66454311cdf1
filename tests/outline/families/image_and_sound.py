"""Blocks of image and sound models as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MAPS = torch.zeros(2, 32, 8, 8)


class Normed(nn.Module):
    """A linear layer over tokens with batch normalisation, as LeViT has it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.layer, self.scaled = nn.Linear(before, after, bias=False), nn.BatchNorm1d(after)

    def forward(self, tokens: Tensor) -> Tensor:
        made = self.layer(tokens)
        return self.scaled(made.flatten(0, 1)).reshape_as(made)


class TokensInBatchNorm(nn.Module):
    """Attention with a norm in its projections and an activation before the last, then a network of the same sort."""

    def __init__(self, width: int = 32, heads: int = 4, own: int = 8) -> None:
        super().__init__()
        self.head_count, self.own = heads, own
        self.three, self.finish = Normed(width, 3 * heads * own), Normed(heads * own, width)
        self.wider, self.thinner = Normed(width, 2 * width), Normed(2 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, _ = tokens.shape
        q, k, v = self.three(tokens).view(batch, length, 3, self.head_count, self.own).permute(2, 0, 3, 1, 4)
        mixed = (q @ k.mT * self.own**-0.5).softmax(-1) @ v
        tokens = tokens + self.finish(F.hardswish(mixed.transpose(1, 2).flatten(2)))
        return tokens + self.thinner(F.hardswish(self.wider(tokens)))


class PooledQueries(nn.Module):
    """Every second token asks, made of two, all tokens answer."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.ask, self.offer = nn.Linear(width, width), nn.Linear(width, width)
        self.carry, self.finish = nn.Linear(width, width), nn.Linear(width, width)
        self.tilt = nn.Parameter(torch.zeros(heads, width // heads))

    def forward(self, tokens: Tensor) -> Tensor:
        few = F.avg_pool1d(tokens.transpose(1, 2), 2).transpose(1, 2)
        pairs = ((self.ask, few), (self.offer, tokens), (self.carry, tokens))
        q, k, v = (layer(x).unflatten(-1, (self.head_count, -1)) for layer, x in pairs)
        q = (q + self.tilt * 0.5).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(q, k.transpose(1, 2), v.transpose(1, 2))
        return self.finish(mixed.transpose(1, 2).flatten(2))


class OnesColumn(nn.Module):
    """Linear attention on a map; a column of ones beside the values counts the sum over keys."""

    def __init__(self, width: int = 32, own: int = 8) -> None:
        super().__init__()
        self.own = own
        self.three, self.finish = nn.Conv2d(width, 3 * width, 1, bias=False), nn.Conv2d(width, width, 1)

    def forward(self, maps: Tensor) -> Tensor:
        batch, _, height, width = maps.shape
        made = self.three(maps).reshape(batch, -1, 3 * self.own, height * width).mT
        q, k, v = made.chunk(3, dim=-1)
        memory = F.relu(k).mT @ F.pad(v, (0, 1), value=1.0)
        mixed = F.relu(q) @ memory
        shared = mixed[..., :-1] / (mixed[..., -1:] + 1e-6)
        return self.finish(shared.mT.reshape(batch, -1, height, width))


class AllMapsOnce(nn.Module):
    """Five convolutions in series, all maps joined at the end."""

    def __init__(self, width: int = 32, inner: int = 16) -> None:
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inner if i else width, inner, 3, padding=1), nn.ReLU()) for i in range(5)
        )
        self.joined = nn.Conv2d(width + 5 * inner, 48, 1)

    def forward(self, maps: Tensor) -> Tensor:
        kept = [maps]
        for step in self.steps:
            kept.append(step(kept[-1]))
        return self.joined(torch.cat(kept, 1)) * 2.0


class Deep(nn.Module):
    """Two blocks of the kind and something between."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = AllMapsOnce(), AllMapsOnce(48)

    def forward(self, maps: Tensor) -> Tensor:
        return self.second(F.max_pool2d(self.first(maps), 2))


class ResidualCodes(nn.Module):
    """Three tables, each for what the one before left over, and four that are looked up again and added."""

    def __init__(self, codes: int = 16, width: int = 8) -> None:
        super().__init__()
        self.tables = nn.ParameterList(nn.Parameter(torch.zeros(codes, width)) for _ in range(4))
        self.enter, self.leave = nn.Linear(12, width), nn.Linear(width, 12)

    def forward(self, frames: Tensor) -> Tensor:
        left, chosen = self.enter(frames), []
        for table in self.tables:
            chosen.append(torch.cdist(left, table[None].expand(left.shape[0], -1, -1)).argmin(-1))
            left = left - F.embedding(chosen[-1], table)
        back = F.embedding(chosen[0], self.tables[0])
        for index, table in zip(chosen[1:], list(self.tables)[1:], strict=True):
            back = back + F.embedding(index, table)
        return self.leave(back)


class Clamped(nn.Module):
    """One activation, two sets of bounds."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(32, 32, 3), nn.Conv2d(32, 32, 3)

    def forward(self, maps: Tensor) -> Tensor:
        return F.hardtanh(self.two(F.hardtanh(self.one(maps), 0.0, 6.0)))


class Responding(nn.Module):
    """Channels compete by the length of their maps, as in the second ConvNeXt."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.mix = nn.Conv2d(width, width, 3, padding=1)
        self.gain, self.shift = nn.Parameter(torch.zeros(width, 1, 1)), nn.Parameter(torch.zeros(width, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        made = self.mix(maps)
        length = torch.norm(made, p=2, dim=(2, 3), keepdim=True)
        share = length / (length.mean(dim=1, keepdim=True) + 1e-6)
        return self.gain * (made * share) + self.shift + made


class Half(nn.Module):
    """A feed-forward part whose result counts half."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.even, self.wider, self.thinner = nn.LayerNorm(width), nn.Linear(width, 128), nn.Linear(128, width)

    def forward(self, frames: Tensor) -> Tensor:
        return frames + 0.5 * self.thinner(F.silu(self.wider(self.even(frames))))


class Distances(nn.Module):
    """Attention whose queries meet distances in a product of their own, which the fused call takes as its mask."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask, self.tell, self.hold, self.away, self.join = (nn.Linear(width, width) for _ in range(5))
        self.near, self.far = (nn.Parameter(torch.zeros(heads, 1, width // heads)) for _ in range(2))

    def by_head(self, frames: Tensor) -> Tensor:
        return frames.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, frames: Tensor) -> Tensor:
        length, width = frames.shape[1:]
        steps = torch.arange(length - 1, -length, -1)[None, :, None] / 10000 ** (torch.arange(0, width, 2) / width)
        apart = self.by_head(self.away(torch.cat([steps.sin(), steps.cos()], -1)))
        q, k, v = (self.by_head(layer(frames)) for layer in (self.ask, self.tell, self.hold))
        moved = F.pad((q + self.far) @ apart.mT, (1, 0)).flatten(2)[:, :, length:].unflatten(2, (length, -1))
        mixed = F.scaled_dot_product_attention(q + self.near, k, v, moved[..., :length] * q.shape[-1] ** -0.5)
        return self.join(mixed.transpose(1, 2).flatten(2))


class Conformer(nn.Module):
    """Half a network, attention, a gated convolution over time, half a network."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.start, self.mix, self.end = Half(width), Distances(width, heads), Half(width)
        self.first, self.second, self.last = (nn.LayerNorm(width) for _ in range(3))
        self.wide, self.along = nn.Conv1d(width, 2 * width, 1), nn.Conv1d(width, width, 9, padding=4, groups=width)
        self.scaled, self.slim = nn.BatchNorm1d(width), nn.Conv1d(width, width, 1)

    def forward(self, frames: Tensor) -> Tensor:
        frames = self.start(frames)
        frames = frames + self.mix(self.first(frames))
        gated = F.glu(self.wide(self.second(frames).mT), dim=1)
        frames = frames + self.slim(F.silu(self.scaled(self.along(gated)))).mT
        return self.last(self.end(frames))


class Capsules(nn.Module):
    """Votes of parts for wholes, weighed up by agreement three times."""

    def __init__(self, parts: int = 36, wholes: int = 5, before: int = 4, after: int = 8, rounds: int = 3) -> None:
        super().__init__()
        self.votes, self.round_count = nn.Parameter(torch.randn(1, parts, wholes, after, before)), rounds
        self.part_conv, self.part_width = nn.Conv2d(1, 16, 5, 3), before

    @staticmethod
    def squashed(x: Tensor) -> Tensor:
        length = (x**2).sum(-1, keepdim=True)
        return length / (1 + length) * x / torch.sqrt(length + 1e-8)

    def forward(self, image: Tensor) -> Tensor:
        parts = self.squashed(self.part_conv(image).view(image.shape[0], -1, self.part_width))
        said = (self.votes @ parts[:, :, None, :, None]).squeeze(-1)
        logits = torch.zeros(*said.shape[:3], 1)
        for number in range(self.round_count):
            whole = self.squashed((logits.softmax(2) * said).sum(1, keepdim=True))
            if number < self.round_count - 1:
                logits = logits + (said * whole).sum(-1, keepdim=True)
        return whole.squeeze(1).norm(dim=-1)


class Straightened(nn.Module):
    """A small network says how the image is to be turned and scaled before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.looking = nn.Sequential(nn.Conv2d(1, 4, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten())
        self.pose_linear = nn.Linear(36, 6)
        self.reading = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.answer_linear = nn.Linear(8, 10)

    def forward(self, image: Tensor) -> Tensor:
        pose = self.pose_linear(self.looking(image)).view(-1, 2, 3)
        places = F.affine_grid(pose, list(image.shape), align_corners=False)
        return self.answer_linear(self.reading(F.grid_sample(image, places, align_corners=False)))


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "tokens_in_batch_norm": (TokensInBatchNorm, (torch.zeros(2, 20, 32),)),
    "pooled_queries": (PooledQueries, (torch.zeros(2, 20, 32),)),
    "ones_column": (OnesColumn, (MAPS,)),
    "all_maps_once": (Deep, (MAPS,)),
    "residual_codes": (ResidualCodes, (torch.zeros(2, 10, 12),)),
    "clamped": (Clamped, (MAPS,)),
    "responding": (Responding, (MAPS,)),
    "conformers": (lambda: nn.Sequential(Conformer(), Conformer()), (torch.zeros(2, 20, 32),)),
    "capsules": (Capsules, (torch.zeros(2, 1, 13, 13),)),
    "straightened": (Straightened, (torch.zeros(2, 1, 20, 20),)),
}
