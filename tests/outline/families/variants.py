"""Blocks that are like a known one and count otherwise, each with its call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ClampedGate(nn.Module):
    """A gate and what it lets pass, as columns of one product, held within bounds before they meet."""

    def __init__(self, width: int = 16, hidden: int = 24) -> None:
        super().__init__()
        self.enter, self.shift = nn.Parameter(torch.zeros(width, 2 * hidden)), nn.Parameter(torch.zeros(2 * hidden))
        self.leave = nn.Linear(hidden, width, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        opened, passed = (tokens @ self.enter + self.shift).chunk(2, -1)
        opened, passed = opened.clamp(max=7.0), passed.clamp(-7.0, 7.0)
        return tokens + self.leave((passed + 1) * (opened * torch.sigmoid(1.702 * opened)))


class Halves(nn.Module):
    """A gate on one half of a product; `cut` takes the halves, `meet` joins them."""

    def __init__(self, cut: Callable[[Tensor], Any], meet: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.enter, self.leave, self.cut, self.meet = nn.Linear(16, 48), nn.Linear(24, 16), cut, meet

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens + self.leave(self.meet(*self.cut(self.enter(tokens))))


def opened(gate: Tensor, passed: Tensor) -> Tensor:
    return F.silu(gate) * passed


def opened_then_clipped(gate: Tensor, passed: Tensor) -> Tensor:
    return opened(gate, passed).clamp(-1e4, 1e4)


def opened_by_clipped(gate: Tensor, passed: Tensor) -> Tensor:
    return opened(gate.clamp(max=7.0), passed)


class TimesItself(nn.Module):
    """A hidden layer times its own activation: no gate, and no activation with a name."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(16, 48), nn.Linear(48, 16)

    def forward(self, tokens: Tensor) -> Tensor:
        inner = self.enter(tokens)
        return tokens + self.leave(F.gelu(inner) * inner)


class PartConvolution(nn.Module):
    """A gate on features of which a depthwise convolution has mixed some."""

    def __init__(self, channels: int = 16, hidden: int = 24, moved: int = 8) -> None:
        super().__init__()
        self.parts = [hidden, hidden - moved, moved]
        self.wider, self.thinner = nn.Linear(channels, 2 * hidden), nn.Linear(hidden, channels)
        self.mixing = nn.Conv2d(moved, moved, 7, padding=3, groups=moved)

    def forward(self, maps: Tensor) -> Tensor:
        gate, kept, moved = self.wider(maps).split(self.parts, -1)
        moved = self.mixing(moved.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return maps + self.thinner(F.gelu(gate) * torch.cat([kept, moved], -1))


class LargerHalf(nn.Module):
    """Twice the channels, of which the larger of two goes on: no gate."""

    def __init__(self) -> None:
        super().__init__()
        self.wider, self.mixing = nn.Conv2d(16, 32, 3, padding=1), nn.Conv2d(16, 16, 1)

    def forward(self, maps: Tensor) -> Tensor:
        first, second = self.wider(maps).chunk(2, 1)
        return maps + self.mixing(torch.maximum(first, second))


class Around(nn.Module):
    """Layers with an activation, and the skip round them."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.layers(maps).relu()


def many_kernels() -> nn.Module:
    return Around(nn.Conv2d(16, 32, 3, padding=1, groups=16, bias=False), nn.Conv2d(32, 16, 1, bias=False))


def flat_kernels() -> nn.Module:
    return Around(nn.Conv2d(16, 16, (1, 7), padding=(0, 3), groups=16), nn.Conv2d(16, 16, 1))


def wide_in_time() -> nn.Module:
    return Around(nn.Conv1d(16, 64, 5, padding=2), nn.ReLU(), nn.Conv1d(64, 16, 1))


def narrow_in_time() -> nn.Module:
    inner = nn.Conv1d(8, 8, 5, padding=2)
    return Around(nn.Conv1d(32, 8, 1), nn.ReLU(), inner, nn.ReLU(), nn.Conv1d(8, 32, 1))


class SplitMaps(nn.Module):
    """Two maps of the middle convolution, weighed by a softmax over both of what a pool sees of their sum."""

    def __init__(self, channels: int = 32, inner: int = 8) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
        self.both = nn.Conv2d(inner, 2 * inner, 3, padding=1, groups=2)
        self.look, self.weigh = nn.Conv2d(inner, 4, 1), nn.Conv2d(4, 2 * inner, 1)

    def forward(self, maps: Tensor) -> Tensor:
        two = self.both(self.first(maps).relu()).relu().unflatten(1, (2, -1))
        shares = self.weigh(self.look(two.sum(1).mean((2, 3), keepdim=True)).relu())
        shares = shares.unflatten(1, (2, -1)).softmax(1)
        return maps + self.last((two * shares).sum(1))


class NormOfMaps(nn.Module):
    """RMSNorm over the channels of maps, and one of a single gain."""

    def __init__(self, channels: int = 12) -> None:
        super().__init__()
        self.gain, self.one = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.ones(1))
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.mix(maps * torch.rsqrt(maps.pow(2).mean(1, keepdim=True) + 1e-6) * self.gain.view(1, -1, 1, 1))
        return self.mix(maps * torch.rsqrt(maps.pow(2).mean(1, keepdim=True) + 1e-6) * self.one)


class TwoScores(nn.Module):
    """Text and boxes have queries and keys each; the sum of both scores weighs the text's values."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.head_count = heads
        self.ask, self.offer, self.carry, self.finish = (nn.Linear(width, width) for _ in range(4))
        self.ask_box, self.offer_box = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, text: Tensor, boxes: Tensor) -> Tensor:
        q, k, v = (self.in_heads(layer(text)) for layer in (self.ask, self.offer, self.carry))
        of_boxes = self.in_heads(self.ask_box(boxes)) @ self.in_heads(self.offer_box(boxes)).mT
        scores = q @ k.mT / math.sqrt(q.shape[-1]) + of_boxes / math.sqrt(2)
        return self.finish((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    def in_heads(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.head_count, -1)).transpose(1, 2)


class SameQueries(nn.Module):
    """Learned queries, the same for every group of positions."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.asked = nn.Parameter(torch.zeros(1, 3, width))
        self.ask, self.offer, self.carry, self.finish = (nn.Linear(width, width) for _ in range(4))

    def forward(self, tokens: Tensor) -> Tensor:
        groups = tokens.unflatten(1, (-1, 5)).flatten(0, 1)
        rows = (self.ask(self.asked), self.offer(groups), self.carry(groups))
        q, k, v = (row.unflatten(-1, (2, -1)).transpose(1, 2) for row in rows)
        return self.finish(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class FullWide(nn.Module):
    """A full convolution widens, a 1 x 1 one narrows again."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.wider, self.thinner = nn.Conv2d(channels, 64, 3, padding=1), nn.Conv2d(64, channels, 1)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.thinner(F.silu(self.wider(maps)))


class Reaches(nn.Module):
    """Kernels of three dilations side by side."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.all_reaches = nn.ModuleList(nn.Conv2d(channels, 8, 3, padding=g, dilation=g) for g in (1, 6, 12))

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([F.relu(layer(maps)) for layer in self.all_reaches], 1)


class Squeezed(nn.Module):
    """A thin layer, then two kernels side by side."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.thin = nn.Conv2d(channels, 4, 1)
        self.small, self.large = nn.Conv2d(4, 8, 1), nn.Conv2d(4, 8, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        thin = F.relu(self.thin(maps))
        return torch.cat([F.relu(self.small(thin)), F.relu(self.large(thin))], 1)


class LastState(nn.Module):
    """The last state of an LSTM decides."""

    def __init__(self, width: int = 12, answers: int = 3) -> None:
        super().__init__()
        self.steps, self.answer = nn.LSTM(width, 8, batch_first=True), nn.Linear(8, answers)

    def forward(self, series: Tensor) -> Tensor:
        return self.answer(self.steps(series)[0][:, -1])


class Excited(nn.Module):
    """Channels weighed by what a pool sees of them."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.mix, self.fewer, self.more = (
            nn.Conv2d(3, channels, 3, padding=1),
            nn.Linear(channels, 4),
            nn.Linear(4, channels),
        )

    def forward(self, image: Tensor) -> Tensor:
        maps = self.mix(image)
        return maps * torch.sigmoid(self.more(F.relu(self.fewer(maps.mean((2, 3))))))[:, :, None, None]


class Tables(nn.Module):
    """A word, its place and its sentence, each a row of a table."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.words, self.places, self.sorts = nn.Embedding(50, width), nn.Embedding(32, width), nn.Embedding(2, width)
        self.layer = nn.TransformerEncoderLayer(width, 2, 32, batch_first=True)
        self.register_buffer("order", torch.arange(32)[None], persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        rows = self.words(numbers) + self.places(self.order[:, : numbers.shape[1]])
        return self.layer(rows + self.sorts(torch.zeros_like(numbers)))


class Steered(nn.Module):
    """A condition scales and shifts normalised features."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.before, self.steer = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(8, 2 * width)
        self.after = nn.Linear(width, width)

    def forward(self, tokens: Tensor, given: Tensor) -> Tensor:
        scale, shift = self.steer(given)[:, None].chunk(2, -1)
        return self.after(self.before(tokens) * (1 + scale) + shift)


class Adapted(nn.Module):
    """A layer with a thin branch beside it."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.base, self.rise = nn.Linear(width, width), nn.Linear(2, width, bias=False)
        self.fall = nn.Linear(width, 2, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.base(tokens) + 0.5 * self.rise(self.fall(tokens))


class Drawn(nn.Module):
    """A code drawn by its mean and spread, behind two layers."""

    def __init__(self, width: int = 20) -> None:
        super().__init__()
        self.middle, self.width_of, self.back = nn.Linear(width, 4), nn.Linear(width, 4), nn.Linear(4, width)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(width, 2, 40, batch_first=True) for _ in range(2))

    def forward(self, rows: Tensor) -> Tensor:
        for layer in self.layers:
            rows = layer(rows)
        spread = torch.exp(0.5 * self.width_of(rows))
        return self.back(self.middle(rows) + spread * torch.randn_like(spread))


class Neighbours(nn.Module):
    """Sums over neighbours by a matrix of who is beside whom."""

    def __init__(self, arriving: int = 12, leaving: int = 6) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(arriving, leaving), nn.Linear(leaving, leaving)

    def forward(self, nodes: Tensor, beside: Tensor) -> Tensor:
        return beside @ self.two((beside @ self.one(nodes)).relu())


HALVES = (torch.zeros(2, 9, 16),)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "clamped_gate": (ClampedGate, (torch.zeros(2, 9, 16),)),
    "halves_unbound": (lambda: Halves(lambda x: x.unflatten(-1, (2, 24)).unbind(-2), opened), HALVES),
    "halves_narrowed": (lambda: Halves(lambda x: (x.narrow(-1, 0, 24), x.narrow(-1, 24, 24)), opened), HALVES),
    "halves_split": (lambda: Halves(lambda x: x.tensor_split(2, -1), opened), HALVES),
    "clipped_behind": (lambda: Halves(lambda x: x.chunk(2, -1), opened_then_clipped), HALVES),
    "clipped_gate_alone": (lambda: Halves(lambda x: x.chunk(2, -1), opened_by_clipped), HALVES),
    "times_itself": (TimesItself, HALVES),
    "part_convolution": (lambda: nn.Sequential(PartConvolution(), PartConvolution()), (torch.zeros(2, 8, 8, 16),)),
    "larger_half": (lambda: nn.Sequential(LargerHalf(), LargerHalf()), (torch.zeros(2, 16, 8, 8),)),
    "many_kernels": (lambda: nn.Sequential(many_kernels(), many_kernels()), (torch.zeros(2, 16, 8, 8),)),
    "flat_kernels": (lambda: nn.Sequential(flat_kernels(), flat_kernels()), (torch.zeros(2, 16, 8, 8),)),
    "wide_in_time": (lambda: nn.Sequential(wide_in_time(), wide_in_time()), (torch.zeros(2, 16, 40),)),
    "narrow_in_time": (lambda: nn.Sequential(narrow_in_time(), narrow_in_time()), (torch.zeros(2, 32, 40),)),
    "split_maps": (lambda: nn.Sequential(SplitMaps(), SplitMaps()), (torch.zeros(2, 32, 8, 8),)),
    "norm_of_maps": (NormOfMaps, (torch.zeros(2, 12, 6, 6),)),
    "two_scores": (TwoScores, (torch.zeros(2, 9, 32), torch.zeros(2, 9, 8))),
    "same_queries": (SameQueries, (torch.zeros(2, 20, 16),)),
    "full_wide": (lambda: nn.Sequential(FullWide(), FullWide()), (torch.zeros(2, 16, 8, 8),)),
    "reaches": (lambda: nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), Reaches()), (torch.zeros(2, 3, 32, 32),)),
    "squeezed": (lambda: nn.Sequential(Squeezed(), Squeezed()), (torch.zeros(2, 16, 8, 8),)),
    "last_state": (LastState, (torch.zeros(2, 9, 12),)),
    "excited": (Excited, (torch.zeros(2, 3, 16, 16),)),
    "tables": (Tables, (torch.zeros(2, 9, dtype=torch.long),)),
    "steered": (Steered, (torch.zeros(2, 9, 16), torch.zeros(2, 8))),
    "adapted": (Adapted, (torch.zeros(2, 9, 24),)),
    "drawn": (Drawn, (torch.zeros(4, 9, 20),)),
    "neighbours": (Neighbours, (torch.zeros(5, 12), torch.zeros(5, 5))),
}
