"""Known layers in the spelling that people use by hand, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ScaledLength(nn.Module):
    """RMSNorm as the length of the vector, times the root of its width and a gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.root = nn.Parameter(torch.ones(width)), width**0.5

    def forward(self, tokens: Tensor) -> Tensor:
        return F.normalize(tokens, dim=-1) * self.root * self.gain


class LastWord(nn.Module):
    """The position that counts, taken by a list of one."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.table, self.before = nn.Embedding(50, width), ScaledLength(width)
        self.wider, self.thinner = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.words = nn.Linear(width, 50, bias=False)

    def forward(self, numbers: Tensor) -> Tensor:
        tokens = self.table(numbers)
        tokens = tokens + self.thinner(F.gelu(self.wider(self.before(tokens))))
        return self.words(tokens[:, [-1], :])


class ScanByHand(nn.Module):
    """A selective scan whose decay and drive are made in each step."""

    def __init__(self, width: int = 16, states: int = 4) -> None:
        super().__init__()
        self.held = states
        self.parts, self.time = nn.Linear(width, 2 + 2 * states, bias=False), nn.Linear(2, width)
        self.rates, self.past = nn.Parameter(torch.zeros(width, states)), nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        step, enter, leave = self.parts(tokens).split([2, self.held, self.held], dim=-1)
        step, rates = F.softplus(self.time(step)), -torch.exp(self.rates)
        state, made = torch.zeros(tokens.shape[0], tokens.shape[2], self.held), []
        for t in range(tokens.shape[1]):
            kept = torch.exp(step[:, t, :, None] * rates) * state
            state = kept + step[:, t, :, None] * enter[:, t, None, :] * tokens[:, t, :, None]
            made.append((state * leave[:, t, None, :]).sum(-1))
        return torch.stack(made, 1) + tokens * self.past


class OneHeadOnMaps(nn.Module):
    """Attention over pixels, values times the transposed shares."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.calmed = nn.GroupNorm(4, width)
        self.ask, self.offer = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.carry, self.finish = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)

    def forward(self, maps: Tensor) -> Tensor:
        calm = self.calmed(maps)
        q, k, v = (layer(calm).flatten(2) for layer in (self.ask, self.offer, self.carry))
        shares = torch.softmax(torch.bmm(q.mT, k) * q.shape[1] ** -0.5, dim=2)
        return maps + self.finish(torch.bmm(v, shares.mT).view_as(maps))


class Pair(nn.Module):
    """Two inputs through the same layers."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 8))
        self.judge = nn.Linear(8, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.judge((self.taken(left) - self.taken(right)).abs())


class Fields(nn.Module):
    """One table a field of the row, their pairs in two sums, a perceptron beside them: a factorisation machine."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (50, 9, 24, 7)
        self.wide = nn.ModuleList(nn.Embedding(size, 8) for size in sizes)
        self.slim = nn.ModuleList(nn.Embedding(size, 1) for size in sizes)
        self.deep = nn.Sequential(nn.Linear(32, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))

    def forward(self, row: Tensor) -> Tensor:
        found = torch.stack([table(row[:, i]) for i, table in enumerate(self.wide)], 1)
        alone = sum(table(row[:, i]) for i, table in enumerate(self.slim))
        pairs = (found.sum(1).pow(2) - found.pow(2).sum(1)).sum(1, keepdim=True) / 2
        return torch.sigmoid(alone + pairs + self.deep(found.flatten(1)))


class Styled(nn.Module):
    """Weights scaled by a style and brought to unit length, after a perceptron of equal layers."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(6, 4, 3, 3))
        self.style = nn.Sequential(*(part for _ in range(4) for part in (nn.Linear(16, 16), nn.LeakyReLU())))
        self.scale = nn.Linear(16, 4)

    def forward(self, code: Tensor, maps: Tensor) -> Tensor:
        weight = self.kernel[None] * self.scale(self.style(code))[:, None, :, None, None]
        weight = weight * torch.rsqrt(weight.pow(2).sum((2, 3, 4), keepdim=True) + 1e-8)
        rows, channels, height, width = maps.shape
        grouped = maps.reshape(1, rows * channels, height, width)
        return nn.functional.conv2d(grouped, weight.flatten(0, 1), groups=rows, padding=1).view(rows, 6, height, width)


class Turn(nn.Module):
    """A matrix made from all points turns each of them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.first, self.second, self.third = nn.Conv1d(width, 32, 1), nn.Conv1d(32, 64, 1), nn.Conv1d(64, 64, 1)
        self.down, self.last = nn.Linear(64, 32), nn.Linear(32, width * width)

    def forward(self, points: Tensor) -> Tensor:
        hidden = self.third(self.second(self.first(points).relu()).relu()).relu().amax(2)
        matrix = self.last(self.down(hidden).relu()).view(-1, self.width, self.width)
        return torch.bmm((matrix + torch.eye(self.width, device=points.device)).mT, points)


class Aligned(nn.Module):
    """A network that gives a matrix, twice: PointNet with its two transforms."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Turn(3), Turn(16)
        self.lift, self.rise = nn.Conv1d(3, 16, 1), nn.Conv1d(16, 64, 1)
        self.tell = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 5))

    def forward(self, points: Tensor) -> Tensor:
        return self.tell(self.rise(self.two(self.lift(self.one(points)).relu())).relu().amax(2))


class Places(nn.Module):
    """Words with the places of the first transformer: waves in a buffer that is longer than the sentence."""

    waves: Tensor

    def __init__(self, width: int = 32, most: int = 64) -> None:
        super().__init__()
        angles = torch.outer(torch.arange(most).float(), 10000.0 ** (-torch.arange(0, width, 2) / width))
        self.register_buffer("waves", torch.stack((angles.sin(), angles.cos()), -1).flatten(1)[None])
        self.table, self.layer = nn.Embedding(50, width), nn.TransformerEncoderLayer(width, 4, 64, batch_first=True)

    def forward(self, numbers: Tensor) -> Tensor:
        tokens = self.table(numbers)
        return self.layer(tokens + self.waves[:, : tokens.shape[1]])


class MadeKernels(nn.Module):
    """A hypernetwork: a code becomes the kernel of a convolution, for each sample its own."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.maps = channels
        self.code, self.kernel_of = nn.Linear(8, 16), nn.Linear(16, channels * channels * 9)

    def forward(self, picture: Tensor, given: Tensor) -> Tensor:
        kernels = self.kernel_of(self.code(given).relu()).view(-1, self.maps, 3, 3)
        together = picture.flatten(0, 1)[None]
        return F.conv2d(together, kernels, padding=1, groups=len(picture)).view(picture.shape)


class HashedWords(nn.Module):
    """A small table of bytes, a large one of their hashes; the answers are bytes, without the last two rows."""

    def __init__(self, width: int = 32, rows: int = 300, answers: int = 298) -> None:
        super().__init__()
        self.bytes_seen, self.pairs_seen = nn.Embedding(rows, width), nn.Embedding(5000, width)
        self.recall, self.next_byte = nn.GRU(width, width, batch_first=True), nn.Linear(width, answers)

    def forward(self, numbers: Tensor) -> Tensor:
        pairs = (numbers * 31 + numbers.roll(1, 1)) % 5000
        return self.next_byte(self.recall(self.bytes_seen(numbers) + self.pairs_seen(pairs))[0])


class RootMean(nn.Module):
    """RMSNorm by its formula."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.gain * (tokens * torch.rsqrt(tokens.pow(2).mean(-1, keepdim=True) + 1e-6))


class InnerNorms(nn.Module):
    """BitNet: a norm by its formula before each last projection, of attention and of a network gated by ReLU²."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.before, self.after, self.mixed_norm, self.wide_norm = (RootMean(n) for n in (width, width, width, 48))
        self.asking, self.offering, self.carrying, self.ending = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate_way, self.up_way = nn.Linear(width, 48, bias=False), nn.Linear(width, 48, bias=False)
        self.down_way = nn.Linear(48, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        inner = self.before(tokens)
        layers = (self.asking, self.offering, self.carrying)
        q, k, v = (layer(inner).unflatten(-1, (self.head_count, -1)).transpose(1, 2) for layer in layers)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        tokens = tokens + self.ending(self.mixed_norm(mixed))
        inner = self.after(tokens)
        return tokens + self.down_way(self.wide_norm(self.gate_way(inner).relu().square() * self.up_way(inner)))


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "last_word": (LastWord, (torch.zeros(2, 9, dtype=torch.long),)),
    "scan_by_hand": (ScanByHand, (torch.zeros(2, 6, 16),)),
    "one_head_on_maps": (OneHeadOnMaps, (torch.zeros(2, 16, 6, 6),)),
    "fields": (Fields, (torch.zeros(2, 4, dtype=torch.long),)),
    "styled": (Styled, (torch.zeros(2, 16), torch.zeros(2, 4, 8, 8))),
    "places": (Places, (torch.zeros(2, 9, dtype=torch.long),)),
    "aligned": (Aligned, (torch.zeros(2, 3, 50),)),
    "made_kernels": (MadeKernels, (torch.zeros(3, 4, 8, 8), torch.zeros(3, 8))),
    "inner_norms": (InnerNorms, (torch.zeros(2, 16, 32),)),
    "hashed_words": (HashedWords, (torch.zeros(2, 9, dtype=torch.long),)),
    "pair": (Pair, (torch.zeros(3, 12), torch.zeros(3, 12))),
}
