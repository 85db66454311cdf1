"""A block that is given tokens and puts them back on their grid: its statement has the sides as numbers."""

import torch
from torch import nn

from boardwork import check


class LocalTokens(nn.Module):
    """Tokens, and the sides of the grid that they come from."""

    def __init__(self):
        super().__init__()
        self.near, self.norm, self.out = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.LayerNorm(8), nn.Linear(8, 8)

    def forward(self, tokens, sides):
        grid = self.norm(tokens).transpose(1, 2).unflatten(2, sides)
        return tokens + self.out(torch.relu(self.near(grid)).flatten(2).transpose(1, 2))


class OnTheGrid(nn.Module):
    """Patches, then a block on their tokens."""

    def __init__(self):
        super().__init__()
        self.cut, self.block = nn.Conv2d(3, 8, 4, stride=4), LocalTokens()

    def forward(self, image):
        grid = self.cut(image)
        return self.block(grid.flatten(2).transpose(1, 2), grid.shape[-2:])


def test_sides_that_only_the_trace_tells_are_numbers():
    image = torch.randn(2, 3, 24, 32, generator=torch.Generator().manual_seed(9))
    found = check(OnTheGrid().eval(), (image,), zoom="block")
    assert found.passed, found.code
    assert "6, 8" in found.code
