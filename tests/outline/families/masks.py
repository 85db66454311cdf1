"""Attention whose masks are of every sort, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Masked(nn.Module):
    """Attention over sixteen positions and a feed-forward network; the mask is up to the heir."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.triple, self.finish = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        parts = self.triple(self.first_norm(tokens)).view(batch, length, 3, self.head_count, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=self.seen(tokens))
        tokens = tokens + self.finish(mixed.transpose(1, 2).reshape(batch, length, width))
        return tokens + self.mlp(self.second_norm(tokens))

    def seen(self, tokens: Tensor) -> Tensor:
        return torch.ones(16, 16, dtype=torch.bool, device=tokens.device).tril()


class LongCausal(Masked):
    """A table of positions too long to be read: the comparison that makes it tells who sees whom."""

    def seen(self, tokens: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        return place[None, :] <= place[:, None]


class WideWindow(Masked):
    """A window wider than the text: the comparison with a number tells it."""

    def seen(self, tokens: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        back = place[:, None] - place[None, :]
        return (back >= 0) & (back < 100)


class HiddenOutside(WideWindow):
    """The same in the other sense: what is hidden, on both sides."""

    def seen(self, tokens: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        far = (place[None, :] > place[:, None] + 50) | (place[None, :] < place[:, None] - 50)
        return torch.zeros(far.shape).masked_fill(far, float("-inf"))


class FirstTokensToo(Masked):
    """The first tokens are seen from everywhere: no window."""

    def seen(self, tokens: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        near = place[None, :] > place[:, None] - 100
        return (near | (place[None, :] < 4)) & (place[None, :] <= place[:, None])


class Everything(Masked):
    """A mask that hides nothing."""

    def seen(self, tokens: Tensor) -> Tensor:
        return torch.zeros(16, 16, device=tokens.device)


class Alone(Masked):
    """Each position sees itself: marks in the text would widen that, and none were there."""

    def seen(self, tokens: Tensor) -> Tensor:
        return torch.eye(16, dtype=torch.bool, device=tokens.device)


class Scattered(Masked):
    """Some pairs, in no order."""

    def __init__(self) -> None:
        super().__init__()
        pairs = torch.rand(16, 16, generator=torch.Generator().manual_seed(0)) > 0.5
        self.register_buffer("pairs", pairs | torch.eye(16, dtype=torch.bool))

    def seen(self, tokens: Tensor) -> Tensor:
        return self.pairs


class RegionsOnTheWay(Masked):
    """Windows of a shifted map that is too large to be read; regions are counted by comparing places with a number."""

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        windows = super().forward(tokens.reshape(-1, 16, width))
        return windows.view(batch, length, width)

    def seen(self, tokens: Tensor) -> Tensor:
        side = int(tokens.shape[0] ** 0.5) * 4
        place = torch.arange(side, device=tokens.device)
        band = (place >= side - 4).long() + (place >= side - 2).long()
        region = (band[:, None] * 3 + band[None]).view(side // 4, 4, side // 4, 4).transpose(1, 2).reshape(-1, 16)
        return (region[:, None] == region[:, :, None]).unsqueeze(1)


class ClassToken(nn.Module):
    """CaiT: the first token alone asks, all tokens answer."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.ask, self.offer, self.carry = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.finish = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        q = self.ask(tokens[:, 0]).unsqueeze(1).view(batch, 1, self.head_count, -1).transpose(1, 2)
        k, v = (f(tokens).view(batch, length, self.head_count, -1).transpose(1, 2) for f in (self.offer, self.carry))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, 1, width)
        return self.finish(mixed)


class ChosenKeys(nn.Module):
    """DeepSeek-V3.2: small heads score all keys from the latent of the queries; attention sees the best."""

    def __init__(self, width: int = 32, heads: int = 4, few: int = 4) -> None:
        super().__init__()
        self.head_count, self.few = heads, few
        self.before, self.rest_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.shrink, self.shrunk, self.ask = nn.Linear(width, 12), nn.RMSNorm(12), nn.Linear(12, width)
        self.offer, self.carry, self.finish = (nn.Linear(width, width) for _ in range(3))
        self.scout, self.marks, self.weigh = nn.Linear(12, 2 * 4), nn.Linear(width, 4), nn.Linear(width, 2)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.before(tokens)
        latent = self.shrunk(self.shrink(seen))
        q, k, v = (
            x.unflatten(-1, (self.head_count, -1)).transpose(1, 2)
            for x in (self.ask(latent), self.offer(seen), self.carry(seen))
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=self.chosen(latent, seen))
        tokens = tokens + self.finish(mixed.transpose(1, 2).flatten(2))
        return tokens + self.mlp(self.rest_norm(tokens))

    def chosen(self, latent: Tensor, seen: Tensor) -> Tensor:
        matches = F.relu(self.scout(latent).unflatten(-1, (2, -1)) @ self.marks(seen).mT[:, None])
        worth = (self.weigh(seen)[:, :, None] @ matches).squeeze(2)
        best = worth.topk(self.few, dim=-1).indices
        return torch.full_like(worth, float("-inf")).scatter(-1, best, 0.0)[:, None]


TOKENS = torch.zeros(2, 16, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "causal": (Masked, (TOKENS,)),
    "long_causal": (LongCausal, (torch.zeros(1, 600, 32),)),
    "wide_window": (WideWindow, (TOKENS,)),
    "hidden_outside": (HiddenOutside, (TOKENS,)),
    "first_tokens_too": (FirstTokensToo, (TOKENS,)),
    "everything": (Everything, (TOKENS,)),
    "alone": (Alone, (TOKENS,)),
    "scattered": (Scattered, (TOKENS,)),
    "regions": (RegionsOnTheWay, (torch.zeros(1, 64, 32),)),
    "class_token": (ClassToken, (TOKENS,)),
    "chosen_keys": (ChosenKeys, (TOKENS,)),
    "many_regions": (RegionsOnTheWay, (torch.zeros(1, 18496, 32),)),
}
