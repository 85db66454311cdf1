"""Several neighbours that run again and again with the same weights are one loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class RungeKutta(nn.Module):
    """An ordinary differential equation in steps that call its right side four times each."""

    def __init__(self, width: int = 8, steps: int = 5) -> None:
        super().__init__()
        self.count = steps
        self.first, self.last = nn.Linear(3, width), nn.Linear(width, 2)
        self.slope = nn.Sequential(nn.Linear(width, 16), nn.Tanh(), nn.Linear(16, width))

    def forward(self, x: Tensor) -> Tensor:
        y, h = self.first(x), 1 / self.count
        for _ in range(self.count):
            one = self.slope(y)
            two = self.slope(y + h / 2 * one)
            three = self.slope(y + h / 2 * two)
            four = self.slope(y + h * three)
            y = y + h / 6 * (one + 2 * two + 2 * three + four)
        return self.last(y)


def test_a_step_with_several_calls_is_one_body() -> None:
    found = outline(trace(from_module(RungeKutta(), (torch.zeros(4, 3),))))
    loops = [block for block in found.root.children if block.again]
    assert [(loop.runs, loop.repeat) for loop in loops] == [(5, 1)]
    assert [block.path for block in found.root.children if not block.again] == ["first", "last"]
