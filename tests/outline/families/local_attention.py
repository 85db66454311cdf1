"""Attention to near positions only, softmax and norms in plain arithmetic, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Projected(nn.Module):
    """Projections of queries, keys, values and output; what is between is up to the heir."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.ask, self.offer, self.carry = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.finish = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, _ = tokens.shape
        parts = (layer(tokens).view(batch, length, self.head_count, -1) for layer in (self.ask, self.offer, self.carry))
        q, k, v = (part.transpose(1, 2) for part in parts)
        return self.finish(self.mix(q, k, v).transpose(1, 2).reshape(tokens.shape))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return self.shares(q @ k.mT / q.shape[-1] ** 0.5) @ v

    def shares(self, scores: Tensor) -> Tensor:
        return scores.softmax(-1)


class ByLogSum(Projected):
    """Reformer: scores less the logarithm of their sum."""

    def shares(self, scores: Tensor) -> Tensor:
        return torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True))


class ByPowers(Projected):
    """As it is written at a blackboard, with the largest score taken off."""

    def shares(self, scores: Tensor) -> Tensor:
        powers = torch.exp(scores - scores.amax(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)


class NeighbouringChunks(Projected):
    """Chunks of four see themselves and the chunk before."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (part.unflatten(2, (-1, 4)) for part in (q, k, v))
        k, v = (torch.cat([part.roll(1, 2), part], 3) for part in (k, v))
        return (self.shares(q @ k.mT / q.shape[-1] ** 0.5) @ v).flatten(2, 3)


class Band(Projected):
    """Longformer: three positions to each side, of which the first and the last positions have fewer.

    The table for the corners is a triangle, but of distances: nothing here is causal.
    """

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = (F.pad(part, (0, 0, 3, 3)).unfold(2, 7, 1) for part in (k, v))
        scores = torch.einsum("bhtd,bhtdw->bhtw", q, k) / q.shape[-1] ** 0.5
        corner = torch.ones(3, 3, dtype=torch.bool, device=q.device).triu()
        scores[:, :, :3, :3] = scores[:, :, :3, :3].masked_fill(corner, float("-inf"))
        return torch.einsum("bhtw,bhtdw->bhtd", self.shares(scores), v)


class BandWithEdge(Band):
    """One table for all positions hides what is before the text: a triangle of positions by distances, not by keys."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = (F.pad(part, (0, 0, 3, 3)).unfold(2, 7, 1) for part in (k, v))
        scores = torch.einsum("bhtd,bhtdw->bhtw", q, k) / q.shape[-1] ** 0.5
        before = torch.ones(q.shape[2], 7, dtype=torch.bool, device=q.device).tril(3).flip(-1)
        return torch.einsum("bhtw,bhtdw->bhtd", self.shares(scores.masked_fill(~before, float("-inf"))), v)


class NormalisedByPower(Projected):
    """RMSNorm of queries and keys by a power of -1/2."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k = (part * (part.pow(2).mean(-1, keepdim=True) + 1e-6).pow(-0.5) for part in (q, k))
        return super().mix(q, k, v)


class Shared(Projected):
    """ETC: groups of four that see themselves and two learned tokens, in one softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.common = nn.Parameter(torch.randn(1, 4, 2, 8))

    def forward(self, tokens: Tensor) -> Tensor:
        self.whole = tokens.mean(1)
        return super().forward(tokens)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (part.unflatten(2, (-1, 4)) for part in (q, k, v))
        common = self.common * self.whole[:, None, None, :8]
        near = torch.einsum("bhnqd,bhnkd->bhnqk", q, k)
        whole = torch.cat([torch.einsum("bhnqd,bhgd->bhnqg", q, common), near], -1)
        first, rest = self.shares(whole / q.shape[-1] ** 0.5).split([2, 4], -1)
        return (torch.einsum("bhnqg,bhgd->bhnqd", first, common) + rest @ v).flatten(2, 3)


class Hashed(Projected):
    """Reformer: queries are keys, sorted by a random projection, attend within groups of eight."""

    def __init__(self) -> None:
        super().__init__()
        del self.offer

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, _ = tokens.shape
        q, v = (f(tokens).view(batch, length, self.head_count, -1).transpose(1, 2) for f in (self.ask, self.carry))
        order = (q @ torch.randn(q.shape[-1], 1)).squeeze(-1).argsort(-1)
        index = order.unsqueeze(-1).expand(q.shape)
        q, v = (part.gather(2, index).unflatten(2, (-1, 8)) for part in (q, v))
        k = F.normalize(q, dim=-1)
        mixed = (self.shares(q @ k.mT / q.shape[-1] ** 0.5) @ v).flatten(2, 3)
        back = order.argsort(-1).unsqueeze(-1).expand(mixed.shape)
        return self.finish(mixed.gather(2, back).transpose(1, 2).reshape(tokens.shape))


class TurnedAsTold(Projected):
    """RoPE by angles that are learned from coordinates of the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.to_phase = nn.Linear(2, 4, bias=False)

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        phases = self.to_phase(places)[:, None].repeat(1, 1, 1, 2)
        self.cosine, self.sine = phases.cos(), phases.sin()
        return super().forward(tokens)

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return super().mix(self.turned(q), self.turned(k), v)

    def turned(self, x: Tensor) -> Tensor:
        one, two = x.chunk(2, -1)
        return x * self.cosine + torch.cat([-two, one], -1) * self.sine


class Centred(Projected):
    """LayerNorm of queries and keys in plain arithmetic."""

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k = (part - part.mean(-1, keepdim=True) for part in (q, k))
        q, k = (part * torch.rsqrt(part.pow(2).mean(-1, keepdim=True) + 1e-6) for part in (q, k))
        return super().mix(q, k, v)


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "by_log_sum": (ByLogSum, (TOKENS,)),
    "by_powers": (ByPowers, (TOKENS,)),
    "neighbouring_chunks": (NeighbouringChunks, (TOKENS,)),
    "band": (Band, (TOKENS,)),
    "band_with_edge": (BandWithEdge, (TOKENS,)),
    "normalised_by_power": (NormalisedByPower, (TOKENS,)),
    "shared": (Shared, (TOKENS,)),
    "hashed": (Hashed, (TOKENS,)),
    "turned_as_told": (TurnedAsTold, (TOKENS, torch.zeros(2, 16, 2))),
    "centred": (Centred, (TOKENS,)),
}
