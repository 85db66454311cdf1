"""Parameters of a feed-forward block are those it holds, each once, also where weights are made of several."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(32, 8))

    def forward(self, x: Tensor) -> Tensor:
        return x + F.linear(F.gelu(F.linear(x, self.weight)), self.weight.T)


class Merged(nn.Module):
    """A low-rank update that is added to the weight."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(8, 32), nn.Linear(32, 8)
        self.thin, self.flat = nn.Parameter(torch.zeros(32, 2)), nn.Parameter(torch.zeros(2, 8))

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.linear(x, self.up.weight + self.thin @ self.flat, self.up.bias)
        return x + self.down(F.gelu(hidden))


def params(module: nn.Module) -> int:
    return int(measure(outline(trace(from_module(module, (torch.zeros(2, 5, 8),)))))["feed_forward.params"])


def test_a_weight_that_is_used_twice_is_counted_once() -> None:
    assert params(Tied()) == 32 * 8


def test_a_weight_that_is_made_of_several_has_them_all() -> None:
    assert params(Merged()) == 2 * 32 * 8 + 32 + 8 + 2 * (32 + 8)
