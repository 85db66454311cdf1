"""Models whose meaning is in the arithmetic between their layers, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Crossing(nn.Module):
    """DCN v2: the first features times a layer of the last, three times."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.crossings = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.answer = nn.Linear(width, 1)

    def forward(self, features: Tensor) -> Tensor:
        last = features
        for layer in self.crossings:
            last = features * layer(last) + last
        return self.answer(last)


class Pairs(nn.Module):
    """DeepFM without its network: half of the squared sum less the sum of squares."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(100, 8)

    def forward(self, words: Tensor) -> Tensor:
        rows = self.table(words)
        return 0.5 * (rows.sum(1).pow(2) - rows.pow(2).sum(1)).sum(1, keepdim=True)


class Twins(nn.Module):
    """One network for both images, and how far apart they are."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 8))
        self.judge = nn.Linear(8, 1)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return self.judge(torch.abs(self.reader(one) - self.reader(other)))


class NoTwins(Twins):
    """The difference of an input and what is made of it: no two runs of one network."""

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return self.judge(torch.abs(self.reader(one) - other[:, :8]))


class Paths(nn.Module):
    """A linear-chain CRF: log-sum-exp over all paths of tags."""

    def __init__(self) -> None:
        super().__init__()
        self.marks = nn.Linear(16, 5)
        self.moves = nn.Parameter(torch.randn(5, 5))

    def forward(self, tokens: Tensor) -> Tensor:
        scores = self.marks(tokens)
        total = scores[:, 0]
        for place in range(1, scores.shape[1]):
            total = torch.logsumexp(total[:, :, None] + self.moves[None], 1) + scores[:, place]
        return torch.logsumexp(total, 1)


class PathsBothWays(Paths):
    """The same over one table from the front and from the back, for the odds of each tag."""

    def forward(self, tokens: Tensor) -> Tensor:
        scores = self.marks(tokens)
        ahead, back = [scores[:, 0]], [torch.zeros_like(scores[:, 0])]
        for place in range(1, scores.shape[1]):
            ahead.append(torch.logsumexp(ahead[-1][:, :, None] + self.moves[None], 1) + scores[:, place])
            last = scores[:, -place] + back[-1]
            back.append(torch.logsumexp(self.moves[None] + last[:, None], 2))
        return torch.stack(ahead, 1) + torch.stack(back[::-1], 1)


class InLogarithms(nn.Module):
    """minGRU: h' = (1 - z) h + z h~ for all steps at once."""

    def __init__(self) -> None:
        super().__init__()
        self.opening, self.candidate, self.answer = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        gate = self.opening(tokens)
        keep, take = -F.softplus(gate), -F.softplus(-gate)
        drive = take + torch.log(torch.abs(self.candidate(tokens)) + 1e-6)
        running = torch.cumsum(keep, dim=1)
        return self.answer(torch.exp(running + torch.logcumsumexp(drive - running, dim=1)))


class Causal(nn.Conv2d):
    """PixelCNN: weights on what lies below and to the right are hidden."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 3, padding=1)
        seen = torch.ones(3, 3)
        seen[1, 1:] = 0
        seen[2] = 0
        self.register_buffer("seen", seen.expand_as(self.weight).clone())

    def forward(self, pixels: Tensor) -> Tensor:
        return F.conv2d(pixels, self.weight * self.seen, self.bias, padding=1)


class Pixels(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.answer = Causal(1, 8), Causal(8, 8), nn.Conv2d(8, 16, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.answer(F.relu(self.second(F.relu(self.first(pixels)))))


class Latents(nn.Module):
    """Perceiver: a learned array asks, and is added to the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.latent_array = nn.Parameter(torch.randn(6, 16))
        self.calm = nn.LayerNorm(16)
        self.reading = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, tokens: Tensor) -> Tensor:
        asking = self.latent_array.expand(len(tokens), -1, -1)
        return asking + self.reading(self.calm(asking), tokens, tokens)[0]


class Depths(nn.Module):
    """Mixture of depths: the tokens with the best scores pass a network, the others pass by."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(16, 1, bias=False)
        self.worker = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))

    def forward(self, tokens: Tensor) -> Tensor:
        weight, place = self.router(tokens).squeeze(-1).topk(3, 1)
        index = place.unsqueeze(-1).expand(-1, -1, tokens.shape[-1])
        worked = self.worker(tokens.gather(1, index)) * torch.sigmoid(weight).unsqueeze(-1)
        return tokens.scatter_add(1, index, worked)


class Bells(nn.Module):
    """A mixture density network: four components in two dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = nn.Linear(16, 32)
        self.share_layer, self.middle_layer, self.spread_layer = nn.Linear(32, 4), nn.Linear(32, 8), nn.Linear(32, 8)

    def forward(self, rows: Tensor) -> tuple[Tensor, ...]:
        seen = torch.tanh(self.reader(rows))
        shares, middles = F.softmax(self.share_layer(seen), -1), self.middle_layer(seen).view(-1, 4, 2)
        return shares, middles, torch.exp(self.spread_layer(seen)).view(-1, 4, 2)


class RoundBells(Bells):
    """One deviation for each component, as in Bishop's paper."""

    def __init__(self) -> None:
        super().__init__()
        self.spread_layer = nn.Linear(32, 4)

    def forward(self, rows: Tensor) -> tuple[Tensor, ...]:
        seen = torch.tanh(self.reader(rows))
        middles = self.middle_layer(seen).view(-1, 4, 2)
        return F.softmax(self.share_layer(seen), -1), middles, torch.exp(self.spread_layer(seen))


TOKENS = torch.zeros(2, 8, 16)
ROWS = torch.zeros(4, 16)


class Recommender(nn.Module):
    """One number for a user and a thing: the thing is the mean of all kinds that it is of."""

    def __init__(self) -> None:
        super().__init__()
        self.people, self.kinds = nn.Embedding(50, 12), nn.EmbeddingBag(30, 12)
        self.bend = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 12))

    def forward(self, person: Tensor, kinds: Tensor) -> Tensor:
        return (self.bend(self.people(person)) * self.kinds(kinds)).sum(-1)


class Spread(nn.Module):
    """How evenly shares are spread: the product of two tensors that one input makes is no pair of vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.only = nn.Linear(24, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.only(x)
        return -(y.softmax(-1) * y.log_softmax(-1)).sum(-1)


class Whitened(nn.Module):
    """Learned numbers that are taken away, then multiplied."""

    def __init__(self) -> None:
        super().__init__()
        self.middle_of, self.spread_of = nn.Parameter(torch.zeros(24)), nn.Parameter(torch.ones(24))
        self.only = nn.Linear(24, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.only(torch.tanh((x - self.middle_of) * self.spread_of))


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "crossing": (Crossing, (torch.zeros(4, 24),)),
    "pairs": (Pairs, (torch.zeros(4, 6, dtype=torch.long),)),
    "recommender": (Recommender, (torch.zeros(4, dtype=torch.long), torch.zeros(4, 3, dtype=torch.long))),
    "spread": (Spread, (torch.zeros(4, 24),)),
    "whitened": (Whitened, (torch.zeros(4, 24),)),
    "twins": (Twins, (ROWS, ROWS)),
    "no_twins": (NoTwins, (ROWS, ROWS)),
    "paths": (Paths, (TOKENS,)),
    "paths_both_ways": (PathsBothWays, (TOKENS,)),
    "in_logarithms": (InLogarithms, (TOKENS,)),
    "pixels": (Pixels, (torch.zeros(2, 1, 12, 12),)),
    "depths": (Depths, (TOKENS,)),
    "bells": (Bells, (ROWS,)),
    "round_bells": (RoundBells, (ROWS,)),
    "latents": (Latents, (TOKENS,)),
}
