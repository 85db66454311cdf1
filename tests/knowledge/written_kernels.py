"""Blocks of convolutions whose kernels may be flat, of one axis or of three."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
Sides = tuple[int, ...]


def convolution(before: int, after: int, sides: Sides, groups: int = 1) -> nn.Module:
    """One that keeps the size of its map."""
    layer = CONVOLUTIONS[len(sides)]
    return layer(before, after, sides, padding=tuple(side // 2 for side in sides), groups=groups)  # type: ignore[arg-type]


class Wide(nn.Module):
    """A kernel for each channel, then two layers at every position, and the skip."""

    def __init__(self, sides: Sides, width: int = 16) -> None:
        super().__init__()
        one = (1,) * len(sides)
        self.mix = convolution(width, width, sides, groups=width)
        self.up, self.down = convolution(width, 4 * width, one), convolution(4 * width, width, one)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(torch.nn.functional.gelu(self.up(self.mix(x))))


class Squeezed(nn.Module):
    """Channels are squeezed, then expanded by two kernels side by side."""

    def __init__(self, sides: Sides, width: int = 32) -> None:
        super().__init__()
        one = (1,) * len(sides)
        self.squeeze = convolution(width, 8, one)
        self.small, self.large = convolution(8, 16, one), convolution(8, 16, sides)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.squeeze(x).relu()
        return torch.cat([self.small(squeezed).relu(), self.large(squeezed).relu()], 1)


class Shuffled(nn.Module):
    """One half of the channels is worked on; then the halves change places."""

    def __init__(self, sides: Sides, half: int = 16) -> None:
        super().__init__()
        one = (1,) * len(sides)
        self.first, self.last = convolution(half, half, one), convolution(half, half, one)
        self.mix = convolution(half, half, sides, groups=half)

    def forward(self, x: Tensor) -> Tensor:
        kept, given = x.chunk(2, 1)
        made = self.last(self.mix(self.first(given).relu())).relu()
        return torch.cat([kept, made], 1).unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


def row(block: type[nn.Module], sides: Sides) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """Two blocks behind a layer, and a map for them."""
    first = convolution(3, 32, (1,) * len(sides)) if block is not Wide else convolution(3, 16, (1,) * len(sides))
    return nn.Sequential(first, block(sides), block(sides)).eval(), (torch.zeros(2, 3, *(12,) * len(sides)),)
