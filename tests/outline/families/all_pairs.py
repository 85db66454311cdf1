"""Scores of all pairs that no softmax makes shares of, each with its call; and products of activations beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Weighing(nn.Module):
    """Queries, keys and values of four heads; what weighs the values is up to the heir."""

    def __init__(self) -> None:
        super().__init__()
        self.packed, self.finish = nn.Linear(32, 96), nn.Linear(32, 32)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        q, k, v = self.packed(tokens).view(batch, length, 3, 4, 8).permute(2, 0, 3, 1, 4)
        return self.finish((self.scores(q, k) @ v).transpose(1, 2).reshape(batch, length, width))

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return q @ k.mT / q.shape[-2]


class Retaining(Weighing):
    """A decay of its own for each head, in one table with the causal mask."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rates", 1 - 2.0 ** -torch.arange(5.0, 9.0))

    def table(self, length: int) -> Tensor:
        place = torch.arange(length, device=self.rates.device)
        apart = (place[:, None] - place).float()
        return torch.where(apart >= 0, self.rates[:, None, None] ** apart, 0.0)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return (q @ k.mT) * 8**-0.5 * self.table(q.shape[-2])


class RetainingGated(Retaining):
    """Heads normalised apart, and a gate that is a SiLU."""

    def __init__(self) -> None:
        super().__init__()
        self.gate_layer, self.even_heads = nn.Linear(32, 32), nn.GroupNorm(4, 32)

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.packed(tokens).view(*tokens.shape[:2], 3, 4, 8).permute(2, 0, 3, 1, 4)
        found = (self.scores(q, k) @ v).transpose(1, 2).reshape(-1, 32)
        return self.finish(F.silu(self.gate_layer(tokens)) * self.even_heads(found).view_as(tokens))


class RetainingByEinsum(Retaining):
    """Keys scaled, decays and scores with their rows scaled."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        table = self.table(q.shape[-2])
        found = torch.einsum("bhid,bhjd->bhij", q, k * 8**-0.5) * (table / table.sum(-1, keepdim=True).sqrt())
        return found / found.abs().sum(-1, keepdim=True).clamp(min=1)


class Featured(Weighing):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        length = q.shape[-2]
        found = (F.elu(q) + 1) @ (F.elu(k) + 1).mT * torch.ones(length, length, device=q.device).tril()
        return found / found.sum(-1, keepdim=True)


class MadeDecay(Weighing):
    """The decay between two positions is made from the tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = nn.Linear(32, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        self.fading = F.logsigmoid(self.rate(tokens)).mT.cumsum(-1)
        return super().forward(tokens)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        later = torch.ones(q.shape[-2], q.shape[-2], dtype=torch.bool, device=q.device).triu(1)
        apart = self.fading[..., :, None] - self.fading[..., None, :]
        return (q @ k.mT) * apart.masked_fill(later, float("-inf")).exp()


class Bent(Weighing):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return torch.sigmoid(q @ k.mT * 8**-0.5 - math.log(100))


class BentTwice(Weighing):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        length = q.shape[-2]
        return torch.relu(q @ k.mT / 10) ** 2 * torch.ones(length, length, device=q.device).tril()


class Weighed(Weighing):
    """A curve, and behind it a number that is no scale of the scores."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return torch.sigmoid(q @ k.mT / 10) / 16


class Competing(nn.Module):
    """Slots that compete for each token and are mended by a cell, three times; keys are made once."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = nn.Parameter(torch.zeros(1, 5, 32))
        self.ask, self.offer, self.carry = (nn.Linear(32, 32) for _ in range(3))
        self.mend = nn.GRUCell(32, 32)

    def forward(self, tokens: Tensor) -> Tensor:
        k, v, slots = self.offer(tokens), self.carry(tokens), self.begun.expand(len(tokens), -1, -1)
        for _ in range(3):
            shares = (k @ self.ask(slots).mT * 32**-0.5).softmax(-1) + 1e-8
            found = (shares / shares.sum(1, keepdim=True)).mT @ v
            slots = self.mend(found.flatten(0, 1), slots.flatten(0, 1)).view_as(slots)
        return slots


class Style(nn.Module):
    """Gram matrices of maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        maps = [self.first(image).relu()]
        maps.append(self.second(maps[0]).relu())
        one, two = ((m.flatten(2) @ m.flatten(2).mT) / m[0].numel() for m in maps)
        return one, two


class Smoothed(nn.Module):
    """Tokens weighed by their own Gram matrix: nothing asks and nothing is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.shared, self.carry = nn.Linear(32, 32), nn.Linear(32, 32)

    def forward(self, tokens: Tensor) -> Tensor:
        found = self.shared(tokens)
        return (found @ found.mT) @ self.carry(tokens)


class MadeWeights(nn.Module):
    """Two layers whose weights another network makes, with a fixed gain between them."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.given = nn.Linear(8, 32 * 64), nn.Linear(8, 64 * 16), nn.Linear(32, 32)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        wide = self.given(tokens) @ self.one(context).view(-1, 32, 64)
        return (wide * torch.linspace(0, 1, 64)).relu() @ self.two(context).view(-1, 64, 16)


class Compared(nn.Module):
    """A bilinear form under a mask, read by a layer: no values."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.read = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(16, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.read((self.left(tokens) @ self.right(tokens).mT).tril())


class ThreeProducts(nn.Module):
    """F P Fᵀ, as a filter moves its covariance."""

    def __init__(self) -> None:
        super().__init__()
        self.moving, self.spread = nn.Linear(16, 64), nn.Linear(16, 64)

    def forward(self, state: Tensor) -> Tensor:
        moving, spread = (layer(state).view(-1, 8, 8) for layer in (self.moving, self.spread))
        return (moving @ spread) * 0.5 @ moving.mT


class Clustered(nn.Module):
    """Soft k-means from learned centres: distances share the tokens out, no queries ask for them."""

    def __init__(self) -> None:
        super().__init__()
        self.centres, self.finish = nn.Parameter(torch.zeros(1, 5, 32)), nn.Linear(32, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        centres = self.centres.expand(len(tokens), -1, -1)
        for _ in range(2):
            shares = (-(torch.cdist(tokens, centres) ** 2)).softmax(-1)
            centres = (shares / shares.sum(1, keepdim=True)).mT @ tokens
        return self.finish(centres)


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "without_softmax": (Weighing, (TOKENS,)),
    "retaining": (Retaining, (TOKENS,)),
    "retaining_gated": (RetainingGated, (TOKENS,)),
    "retaining_by_einsum": (RetainingByEinsum, (TOKENS,)),
    "featured": (Featured, (TOKENS,)),
    "made_decay": (MadeDecay, (TOKENS,)),
    "bent": (Bent, (TOKENS,)),
    "bent_twice": (BentTwice, (TOKENS,)),
    "weighed": (Weighed, (TOKENS,)),
    "competing": (Competing, (TOKENS,)),
    "clustered": (Clustered, (TOKENS,)),
    "style": (Style, (torch.zeros(1, 3, 16, 16),)),
    "smoothed": (Smoothed, (TOKENS,)),
    "made_weights": (MadeWeights, (TOKENS, torch.zeros(2, 8))),
    "compared": (Compared, (TOKENS,)),
    "three_products": (ThreeProducts, (torch.zeros(4, 16),)),
}
