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


class Windows(nn.Module):
    """A map that is padded to whole windows of 7, which are rows of the batch, as detectors with local attention do."""

    def __init__(self):
        super().__init__()
        self.patch, self.mix = nn.Conv2d(3, 4, 4, 4), nn.Linear(4, 12)

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        batch, height, width, channels = x.shape
        x = F.pad(x, (0, 0, 0, -width % 7, 0, -height % 7))
        x = x.view(batch, x.shape[1] // 7, 7, x.shape[2] // 7, 7, channels)
        x = x.permute(0, 1, 3, 2, 4, 5).reshape(-1, 7, 7, channels)
        return self.mix(x).reshape(-1, 49, 3, 4).permute(2, 0, 1, 3)


@pytest.mark.parametrize(("height", "width"), [(256, 512), (336, 140), (40, 44)])
def test_windows_cut_from_a_padded_map_are_counted_at_a_third_size(height, width):
    module = Windows()
    given = trace(from_module(module, (torch.empty(1, 3, 128, 128),)))
    sizes = {"batch": 3, "height": height, "width": width}
    other = trace(from_module(module, (torch.empty(3, 3, height, width),)))
    for one, two in zip(given.tensors, other.tensors, strict=True):
        for law, length, first in zip(one.symbols, two.shape, one.shape, strict=True):
            assert evaluated(law, sizes) == length, (one.symbols, two.shape)
            assert length == first or not law.isdigit()


@pytest.mark.parametrize(
    ("pool", "side", "law"),
    [
        (nn.AvgPool2d(7, 1), 224, "height/32-6"),
        (nn.MaxPool2d(3, 2, ceil_mode=True), 224, "floor(height/64)"),
        (nn.MaxPool2d(3, 2, 1, ceil_mode=True), 224, "floor(height/64)+1"),
        (nn.AvgPool2d(2, 2), 300, "floor((height-31)/64)"),
    ],
)
def test_windows_after_strides_that_divide(pool, side, law):
    """What a map of a multiple of 32 leaves; 300 is none, so that the rounding before counts."""
    stem = nn.Sequential(*(nn.Conv2d(3, 3, 2, 2) if side == 224 else nn.Conv2d(3, 3, 3, 2) for _ in range(5)), pool)
    record = trace(from_module(stem, (torch.zeros(1, 3, side, side),)))
    assert record.tensors[record.outputs[0][1]].symbols[2] == law
