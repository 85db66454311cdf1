"""Maps behind pads and windows that move by more than one -> the law that holds at sizes that were never run."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.laws import evaluated


def fitted(x, kernel, stride):
    """As many zeros as the windows need to cover the whole map."""
    height, width = (max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[-2:])
    return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))


class Same(nn.Module):
    """An odd map once, so that its pad differs at the two sizes, and even ones after."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2)
        self.first, self.second, self.third = (nn.Conv2d(4, 4, 5, 2) for _ in range(3))

    def forward(self, x):
        x = self.stem(x)
        for layer in (self.first, self.second, self.third):
            x = layer(fitted(x, 5, 2))
        return x


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3, 2)

    def forward(self, x):
        return self.down(F.pad(self.stem(x), (0, 1, 0, 1)))


@pytest.mark.parametrize("model", [Same, Plain])
@pytest.mark.parametrize(("height", "width"), [(662, 1324), (333, 447), (500, 334)])
def test_maps_behind_pads_are_right_at_a_third_size(model, height, width):
    module = model()
    given = trace(from_module(module, (torch.empty(1, 3, 331, 331),)))
    sizes = {"batch": 3, "height": height, "width": width}
    other = trace(from_module(module, (torch.empty(*(3, 3, height, width)),)))
    for one, two in zip(given.tensors, other.tensors, strict=True):
        for law, length, first in zip(one.symbols, two.shape, one.shape, strict=True):
            assert law == str(first) or evaluated(law, sizes) == length
    assert all("height" in given.tensors[tensor].symbols[2] for _, tensor in given.outputs)
