"""Maps that meet both ways side by side, and not those of a decoder that goes down and up again."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class SideBySide(nn.Module):
    """Two resolutions that are added to one another, twice; `after`: the lower sum is made of the upper one."""

    def __init__(self, after: bool) -> None:
        super().__init__()
        self.after, self.stem = after, nn.Conv2d(3, 8, 3, padding=1)
        self.first = nn.Conv2d(8, 16, 3, 2, 1)
        self.own = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(2))
        self.lower = nn.ModuleList(nn.Conv2d(16, 16, 3, padding=1) for _ in range(2))
        self.rise = nn.ModuleList(nn.Conv2d(16, 8, 1) for _ in range(2))
        self.fall = nn.ModuleList(nn.Conv2d(8, 16, 3, 2, 1) for _ in range(2))

    def forward(self, image: Tensor) -> Tensor:
        fine = F.relu(self.stem(image))
        coarse = F.relu(self.first(fine))
        for own, lower, rise, fall in zip(self.own, self.lower, self.rise, self.fall, strict=True):
            one, two = F.relu(own(fine)), F.relu(lower(coarse))
            fine = F.relu(one + F.interpolate(rise(two), scale_factor=2.0))
            coarse = F.relu(two + fall(fine if self.after else one))
        return fine.mean((2, 3)) @ coarse.mean((2, 3))[:, :8].T


class ResidualPyramid(nn.Module):
    """A way down and up again that ends in a residual addition at every resolution."""

    def __init__(self, levels: int = 3) -> None:
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(8 if n else 3, 8, 3, 2, 1) for n in range(levels))
        self.beside = nn.ModuleList(nn.Conv2d(8, 8, 1) for _ in range(levels))
        self.smooth = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(levels))

    def forward(self, image: Tensor) -> list[Tensor]:
        maps = [image]
        for down in self.down:
            maps.append(F.relu(down(maps[-1])))
        merged = [beside(x) for beside, x in zip(self.beside, maps[1:], strict=True)]
        for level in reversed(range(len(merged) - 1)):
            merged[level] = merged[level] + F.interpolate(merged[level + 1], scale_factor=2.0)
        return [x + smooth(x) for x, smooth in zip(merged, self.smooth, strict=True)]


def facts(module: nn.Module) -> dict[str, Any]:
    found = measure(outline(trace(from_module(module.eval(), (torch.zeros(2, 3, 16, 16),)))))
    return {word: value for word, value in found.items() if word.startswith("exchange")}


def test_maps_that_meet_side_by_side() -> None:
    wanted = {"count": 2, "levels": 2, "width": 8, "side": 16}
    assert facts(SideBySide(after=False)) == {f"exchange.{word}": value for word, value in wanted.items()}


def test_a_way_up_and_down_again_is_none() -> None:
    assert facts(SideBySide(after=True)) == {}


def test_residual_additions_after_a_pyramid_are_none() -> None:
    assert facts(ResidualPyramid()) == {}
