"""Convolutional blocks as people write them, each with its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class NarrowMiddle(nn.Module):
    """1 x 1 down, 3 x 3, 1 x 1 up, with functional relu; a projection where the width changes."""

    def __init__(self, wide: int, thin: int, arriving: int) -> None:
        super().__init__()
        self.reduce_conv, self.reduce_norm = nn.Conv2d(arriving, thin, 1, bias=False), nn.BatchNorm2d(thin)
        self.middle_conv, self.middle_norm = nn.Conv2d(thin, thin, 3, padding=1, bias=False), nn.BatchNorm2d(thin)
        self.expand_conv, self.expand_norm = nn.Conv2d(thin, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.side_path = None if arriving == wide else nn.Conv2d(arriving, wide, 1, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        y = F.relu(self.reduce_norm(self.reduce_conv(image)))
        y = F.relu(self.middle_norm(self.middle_conv(y)))
        y = self.expand_norm(self.expand_conv(y))
        return F.relu(y + (image if self.side_path is None else self.side_path(image)))


class BottleneckNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first_conv, self.first_norm = nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(16)
        self.all_blocks = nn.Sequential(NarrowMiddle(64, 16, 16), NarrowMiddle(64, 16, 64), NarrowMiddle(64, 16, 64))
        self.last_linear = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:
        y = F.max_pool2d(F.relu(self.first_norm(self.first_conv(image))), 3, 2, 1)
        return self.last_linear(self.all_blocks(y).mean((2, 3)))


class WideMiddle(nn.Module):
    """MobileNetV2: expand, depthwise, project without an activation; a skip where it fits."""

    def __init__(self, arriving: int, leaving: int, stride: int, times: int = 6) -> None:
        super().__init__()
        inner = arriving * times
        self.skips = stride == 1 and arriving == leaving
        self.whole_path = nn.Sequential(
            nn.Conv2d(arriving, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU6(),
            nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False), nn.BatchNorm2d(inner), nn.ReLU6(),
            nn.Conv2d(inner, leaving, 1, bias=False), nn.BatchNorm2d(leaving),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        return image + self.whole_path(image) if self.skips else self.whole_path(image)


class InvertedNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 16, 3, 2, 1)
        self.all_blocks = nn.Sequential(WideMiddle(16, 16, 1), WideMiddle(16, 16, 1), WideMiddle(16, 24, 2))
        self.last_linear = nn.Linear(24, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(self.all_blocks(self.stem_conv(image)).mean((2, 3)))


class SeparableLayer(nn.Module):
    """MobileNetV1: depthwise, then 1 x 1, each with norm and ReLU."""

    def __init__(self, arriving: int, leaving: int, stride: int = 1) -> None:
        super().__init__()
        self.each_channel = nn.Conv2d(arriving, arriving, 3, stride, 1, groups=arriving, bias=False)
        self.across_channels = nn.Conv2d(arriving, leaving, 1, bias=False)
        self.norm_one, self.norm_two = nn.BatchNorm2d(arriving), nn.BatchNorm2d(leaving)

    def forward(self, image: Tensor) -> Tensor:
        return F.relu(self.norm_two(self.across_channels(F.relu(self.norm_one(self.each_channel(image))))))


class SeparableNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 16, 3, 2, 1)
        self.all_layers = nn.Sequential(SeparableLayer(16, 32), SeparableLayer(32, 32), SeparableLayer(32, 64, 2))
        self.last_linear = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(self.all_layers(self.stem_conv(image)).mean((2, 3)))


class WideKernelBlock(nn.Module):
    """ConvNeXt: 7 x 7 depthwise, norm over channels last, two linear layers, layer scale, stochastic depth."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.large_kernel = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.only_norm = nn.LayerNorm(width)
        self.up_linear, self.down_linear = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.branch_scale = nn.Parameter(torch.full((width,), 1e-6))

    def forward(self, image: Tensor) -> Tensor:
        y = self.only_norm(self.large_kernel(image).permute(0, 2, 3, 1))
        y = self.branch_scale * self.down_linear(F.gelu(self.up_linear(y)))
        return image + y.permute(0, 3, 1, 2)


class WideKernelNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch_conv = nn.Conv2d(3, 24, 4, stride=4)
        self.all_blocks = nn.Sequential(*[WideKernelBlock(24) for _ in range(3)])
        self.last_norm, self.last_linear = nn.LayerNorm(24), nn.Linear(24, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(self.last_norm(self.all_blocks(self.patch_conv(image)).mean((2, 3))))


class GrowingLayer(nn.Module):
    """DenseNet: new channels put behind all earlier ones."""

    def __init__(self, arriving: int, growth: int) -> None:
        super().__init__()
        self.norm_one, self.thin_conv = nn.BatchNorm2d(arriving), nn.Conv2d(arriving, 4 * growth, 1, bias=False)
        self.norm_two, self.wide_conv = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        y = self.thin_conv(F.relu(self.norm_one(image)))
        return torch.cat([image, self.wide_conv(F.relu(self.norm_two(y)))], 1)


class DenseNet(nn.Module):
    def __init__(self, growth: int = 8) -> None:
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 16, 3, 2, 1)
        self.dense_layers = nn.Sequential(*[GrowingLayer(16 + i * growth, growth) for i in range(4)])
        self.shrink_conv, self.last_linear = nn.Conv2d(16 + 4 * growth, 24, 1), nn.Linear(24, 10)

    def forward(self, image: Tensor) -> Tensor:
        y = F.avg_pool2d(self.shrink_conv(self.dense_layers(self.stem_conv(image))), 2)
        return self.last_linear(y.mean((2, 3)))


class Branches(nn.Module):
    """Inception: four paths side by side, concatenated."""

    def __init__(self, arriving: int) -> None:
        super().__init__()
        self.path_one = nn.Conv2d(arriving, 16, 1)
        self.path_three = nn.Sequential(nn.Conv2d(arriving, 12, 1), nn.ReLU(), nn.Conv2d(12, 24, 3, padding=1))
        self.path_five = nn.Sequential(nn.Conv2d(arriving, 4, 1), nn.ReLU(), nn.Conv2d(4, 8, 5, padding=2))
        self.path_pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(arriving, 8, 1))

    def forward(self, image: Tensor) -> Tensor:
        paths = (self.path_one, self.path_three, self.path_five, self.path_pool)
        return F.relu(torch.cat([path(image) for path in paths], dim=1))


class InceptionNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 32, 3, 2, 1)
        self.branch_one, self.branch_two, self.last_linear = Branches(32), Branches(56), nn.Linear(56, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(self.branch_two(self.branch_one(F.relu(self.stem_conv(image)))).mean((2, 3)))


class ShuffledHalves(nn.Module):
    """ShuffleNetV2: one half of the channels as it is, the other through three layers; then the channels mix."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.working_half = nn.Sequential(
            nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(),
            nn.Conv2d(half, half, 3, 1, 1, groups=half, bias=False), nn.BatchNorm2d(half),
            nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        kept, other = image.chunk(2, dim=1)
        y = torch.cat((kept, self.working_half(other)), dim=1)
        b, c, h, w = y.shape
        return y.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)


class ShuffleNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem_conv, self.last_linear = nn.Conv2d(3, 32, 3, 2, 1), nn.Linear(32, 10)
        self.all_units = nn.Sequential(*[ShuffledHalves(32) for _ in range(3)])

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(self.all_units(self.stem_conv(image)).mean((2, 3)))


class MergedPatches(nn.Module):
    """Swin: four strided cuts side by side, norm, linear to twice the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.merge_norm, self.merge_linear = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        cuts = [grid[:, i::2, j::2, :] for j in (0, 1) for i in (0, 1)]
        return self.merge_linear(self.merge_norm(torch.cat(cuts, -1)))


class TwiceCutPatches(MergedPatches):
    """The same merging, rows first and then columns."""

    def forward(self, grid: Tensor) -> Tensor:
        rows = [grid[:, i::2] for i in (0, 1)]
        cuts = [half[:, :, j::2] for j in (0, 1) for half in rows]
        return self.merge_linear(self.merge_norm(torch.cat(cuts, -1)))


class ReshapedPatches(nn.Module):
    """The same merging by a view."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.merge_norm, self.merge_linear = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        b, h, w, c = grid.shape
        grid = grid.view(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 4, 2, 5).flatten(3)
        return self.merge_linear(self.merge_norm(grid))


class FixedStatistics(nn.Module):
    """DETR: what the batch norm of a trained backbone comes to, with all its numbers in buffers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("gain_table", torch.ones(channels))
        self.register_buffer("shift_table", torch.zeros(channels))
        self.register_buffer("mean_table", torch.zeros(channels))
        self.register_buffer("spread_table", torch.ones(channels))

    def forward(self, image: Tensor) -> Tensor:
        parts = (self.gain_table, self.shift_table, self.mean_table, self.spread_table)
        gain, shift, mean, spread = (part.view(1, -1, 1, 1) for part in parts)
        scale = gain * (spread + 1e-5).rsqrt()
        return image * scale + (shift - mean * scale)


class FrozenNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first_conv, self.first_norm = nn.Conv2d(3, 16, 3, bias=False), FixedStatistics(16)
        self.last_linear = nn.Linear(16, 10)

    def forward(self, image: Tensor) -> Tensor:
        return self.last_linear(F.relu(self.first_norm(self.first_conv(image))).mean((2, 3)))


class GatedMaps(nn.Module):
    """A 3 x 3 convolution to twice the channels, of which one half opens the other, and a 1 x 1 one back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.both_conv, self.back_conv = (
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        opened, gate = self.both_conv(image).chunk(2, 1)
        return image + self.back_conv(opened * torch.sigmoid(gate))


class DilatedBranches(nn.Module):
    """Three reaches over one map, side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.all_reaches = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=gap, dilation=gap) for gap in (1, 6, 12)
        )
        self.joined_conv = nn.Conv2d(3 * channels, channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.joined_conv(torch.cat([F.relu(layer(image)) for layer in self.all_reaches], 1))


class UnequalAxes(nn.Module):
    """A volume that is pooled, strided, dilated and grown otherwise along its depth."""

    def __init__(self) -> None:
        super().__init__()
        self.flat_conv = nn.Conv3d(4, 8, 3, (1, 2, 2), 1)
        self.deep_conv = nn.Conv3d(8, 8, 3, 2, (2, 1, 1), (2, 1, 1))
        self.growing_conv = nn.ConvTranspose3d(8, 4, (1, 2, 2), (1, 2, 2))

    def forward(self, volume: Tensor) -> Tensor:
        pooled = F.max_pool3d(self.flat_conv(volume).tanh(), (1, 2, 2))
        return self.growing_conv(F.avg_pool3d(self.deep_conv(pooled).tanh(), (3, 2, 2), 1))


def between(block: nn.Module) -> nn.Module:
    """A first convolution, the block, and the classes."""
    last = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), block, *last)


IMAGE = torch.zeros(2, 3, 32, 32)
EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "bottleneck": (BottleneckNet, (IMAGE,)),
    "inverted_residual": (InvertedNet, (IMAGE,)),
    "separable": (SeparableNet, (IMAGE,)),
    "wide_kernel": (WideKernelNet, (IMAGE,)),
    "dense": (DenseNet, (IMAGE,)),
    "inception": (InceptionNet, (IMAGE,)),
    "shuffled": (ShuffleNet, (IMAGE,)),
    "frozen": (FrozenNet, (IMAGE,)),
    "gated": (lambda: between(nn.Sequential(GatedMaps(16), GatedMaps(16))), (IMAGE,)),
    "dilated": (lambda: between(DilatedBranches(16)), (IMAGE,)),
    "unequal_axes": (UnequalAxes, (torch.zeros(2, 4, 12, 32, 32),)),
    "merged_patches": (lambda: MergedPatches(16), (torch.zeros(2, 8, 8, 16),)),
    "twice_cut_patches": (lambda: TwiceCutPatches(16), (torch.zeros(2, 8, 8, 16),)),
    "reshaped_patches": (lambda: ReshapedPatches(16), (torch.zeros(2, 8, 8, 16),)),
}
