"""Containers of layers on maps are named by what they do: stems, pyramids, layers of any mixer, short series."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.outline.blocks import Block
from boardwork.targets import from_module
from boardwork.trace import trace

WIDTH = 8


class Branched(nn.Module):
    """Two ways to halve the map, joined."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(16, WIDTH, 1)
        self.side = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.last(torch.cat([self.side(x), F.max_pool2d(x, 2)], 1))


class Pooling(nn.Module):
    """Each position by the mean round it, less itself."""

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 3, 1, 1) - x


class Mixing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.GroupNorm(1, WIDTH), nn.GroupNorm(1, WIDTH)
        self.mix = Pooling()
        self.points = nn.Sequential(nn.Conv2d(WIDTH, 32, 1), nn.GELU(), nn.Conv2d(32, WIDTH, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mix(self.before(x))
        return x + self.points(self.after(x))


class TopDown(nn.Module):
    """Every map narrowed, and the one above it added."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.ModuleList(nn.Conv2d(width, 4, 1) for width in (WIDTH, 16))

    def forward(self, low: Tensor, high: Tensor) -> list[Tensor]:
        high = self.narrow[1](high)
        return [self.narrow[0](low) + F.interpolate(high, scale_factor=2), high]


class Clipped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Conv2d(16, 16, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.map(x.clamp(-3, 3))


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.entry, self.layers = Branched(), nn.Sequential(*(Mixing() for _ in range(3)))
        self.down, self.clip, self.neck = nn.Conv2d(WIDTH, 16, 3, 2, 1), Clipped(), TopDown()

    def forward(self, x: Tensor) -> list[Tensor]:
        low = self.layers(self.entry(x))
        return self.neck(low, self.clip(self.down(low)))


def named() -> dict[str, Block]:
    root = outline(trace(from_module(Detector().eval(), (torch.empty(1, 3, 64, 64),)))).root
    return {block.path: block for block in reversed(list(root.walk())) if block.path}  # the container, not its leaves


def test_containers_are_named_by_what_they_take_and_give() -> None:
    found = named()
    assert (found["entry"].label, found["entry"].detail) == ("Convolution stem", "3 convolutions, 3 → 8")
    assert (found["neck"].label, found["neck"].detail) == ("Feature pyramid", "2 maps of 4 channels")
    assert (found["clip"].label, found["clip"].detail) == ("clamp, Conv 1×1", "16 → 16")


def test_a_layer_of_any_mixer_is_a_block_of_its_own() -> None:
    layers = named()["layers.0"]
    assert (layers.label, layers.repeat) == ("MetaFormer block", 3)
    assert layers.detail == "mixes by Average pool 3×3"


class OneSkip(nn.Module):
    """A convolution a channel, then a network of each position with the only skip."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.up, self.down = (
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH), nn.Conv2d(WIDTH, 32, 1), nn.Conv2d(32, WIDTH, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x = self.mix(x)
        return x + self.down(self.up(x).relu())


def test_one_skip_is_enough_where_channels_mix_alone() -> None:
    model = nn.Sequential(nn.Conv2d(3, WIDTH, 3), *(OneSkip() for _ in range(3)))
    root = outline(trace(from_module(model.eval(), (torch.empty(1, 3, 32, 32),)))).root
    (layers,) = (block for block in root.walk() if block.repeat > 1)
    assert (layers.label, layers.repeat) == ("MetaFormer block", 3)
    assert layers.detail == "mixes by 3×3 depthwise, then 8 → 32 → 8"


class Halved(nn.Module):
    """Half of the positions, with learned places, then a network: what the pool gives is no part of the stream."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.places, self.halve = nn.Parameter(torch.zeros(1, WIDTH, length)), nn.AvgPool1d(2)
        self.points = nn.Sequential(nn.Linear(WIDTH, 32), nn.GELU(), nn.Linear(32, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        x = self.halve(x) + self.places
        return x + self.points(x.mT).mT


def test_a_pool_that_halves_positions_is_no_mixer() -> None:
    model = nn.Sequential(nn.Conv1d(3, WIDTH, 1), Halved(16), Halved(8))
    root = outline(trace(from_module(model.eval(), (torch.empty(1, 3, 32),)))).root
    assert not any(block.kind == "meta_former" for block in root.walk())
