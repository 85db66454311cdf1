"""Maps added to what comes up: a pyramid where layers beside the way down give all of them the same channels."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn
from torch.nn.functional import interpolate


class Levels(nn.Module):
    """Three resolutions of these channels; `beside`: a layer on each map before it is added to what comes up."""

    def __init__(self, widths: tuple[int, int, int], beside: int) -> None:
        super().__init__()
        first, second, third = widths
        self.stem, self.down = nn.Conv2d(3, first, 3, padding=1), nn.Conv2d(first, second, 3, 2, 1)
        self.deeper = nn.Conv2d(second, third, 3, 2, 1)
        self.sides = nn.ModuleList(nn.Conv2d(width, beside, 1) if beside else nn.Identity() for width in widths)
        self.ups = nn.ModuleList(
            nn.Identity() if beside else nn.Conv2d(wide, narrow, 1)
            for wide, narrow in ((second, first), (third, second))
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        fine = self.stem(image).relu()
        middle = self.down(fine).relu()
        low = self.sides[2](self.deeper(middle).relu())
        half = self.sides[1](middle) + interpolate(self.ups[1](low), scale_factor=2)
        return [self.sides[0](fine) + interpolate(self.ups[0](half), scale_factor=2), half, low]


@pytest.mark.parametrize(("beside", "told"), [(16, (2, 16, 2)), (0, None)])
@pytest.mark.parametrize("widths", [(4, 8, 12), (8, 8, 8)])
def test_a_pyramid_has_layers_beside_the_way_down(
    widths: tuple[int, int, int], beside: int, told: tuple[int, int, int] | None
) -> None:
    found = group(facts(Levels(widths, beside), torch.zeros(1, 3, 32, 32)), "pyramid")
    assert (found and (found["count"], found["width"], found["levels"])) == (told or {})
