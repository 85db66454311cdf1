"""A residual branch is its block's input or a shortcut of it; branches of equal depth and cells of many are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from boardwork.outline.flow import Flow
from boardwork.outline.tree.grow import grow
from boardwork.outline.views.links import Links
from boardwork.outline.views.residual import mark
from boardwork.targets import from_module
from boardwork.trace import trace

WIDTH = 8


def conv(stride: int = 1, kernel: int = 3, groups: int = 1) -> nn.Module:
    return nn.Conv2d(WIDTH, WIDTH, kernel, stride, kernel // 2, groups=groups)


class Joined(nn.Module):
    """The sum of branches that a function makes of layers and one input."""

    def __init__(self, layers: list[nn.Module], forward: Callable[[nn.ModuleList, Tensor], Tensor]) -> None:
        super().__init__()
        self.layers, self.run = nn.ModuleList(layers), forward

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self.layers, x)


RESIDUAL = {
    "the input": ([conv()], lambda a, x: x + a[0](x)),
    "a projection": ([conv(2), conv(), conv(2, 1)], lambda a, x: a[1](a[0](x).relu()) + a[2](x)),
    "a normed projection": (
        [conv(2), conv(), conv(2, 1), nn.BatchNorm2d(WIDTH)],
        lambda a, x: a[1](a[0](x).relu()) + a[3](a[2](x)),
    ),
    "a pool": ([conv(2), conv(), nn.MaxPool2d(2)], lambda a, x: a[1](a[0](x)) + a[2](x)),
}
PLAIN = {
    "two heads": ([conv(), conv()], lambda a, x: a[0](x) + a[1](x)),
    "two kernels": ([conv(), conv(1, 1)], lambda a, x: a[0](x) + a[1](x)),
    "a shared network": ([conv() for _ in range(5)], lambda a, x: a[2](a[1](a[0](x))) + a[4](a[3](x).relu())),
    "convolved channels": ([conv(), conv(), conv(1, 3, WIDTH)], lambda a, x: a[1](a[0](x)) + a[2](x)),
    "a cell of more branches": (
        [conv(2), conv(), nn.MaxPool2d(2), conv(2)],
        lambda a, x: torch.cat([a[1](a[0](x)) + a[2](x), a[3](x)], 1),
    ),
    "a mixture of two": ([conv(), conv(), conv()], lambda a, x: a[0](x).sigmoid() * x + a[2](a[1](x))),
}


def skips(layers: list[nn.Module], forward: Callable[[nn.ModuleList, Tensor], Tensor]) -> bool:
    flow = Flow(trace(from_module(Joined(layers, forward).eval(), (torch.empty(1, WIDTH, 16, 16),))))
    boxes = list(grow(flow).leaves())
    inner = Links(flow, boxes)
    return any(link.kind == "residual" for link in mark(flow, inner.boxes, inner.collect()))


@pytest.mark.parametrize("name", RESIDUAL)
def test_shortcuts_are_residuals(name: str) -> None:
    assert skips(*RESIDUAL[name])


@pytest.mark.parametrize("name", PLAIN)
def test_other_branches_are_none(name: str) -> None:
    assert not skips(*PLAIN[name])
