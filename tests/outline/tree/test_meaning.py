"""What makes a container of attention and another network a layer: the network keeps the stream as it is."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace

WIDTH = 16


class Attending(nn.Module):
    """Attention with a skip; what follows is `ending`, on each position or on their mean."""

    def __init__(self, ending: nn.Module, pooled: bool) -> None:
        super().__init__()
        self.mix, self.ending, self.pooled = nn.MultiheadAttention(WIDTH, 2, batch_first=True), ending, pooled

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.mix(tokens, tokens, tokens)[0]
        return self.ending(tokens.mean(1)) if self.pooled else tokens + self.ending(tokens)


def perceptron(*widths: int) -> nn.Module:
    pairs = pairwise(widths)
    return nn.Sequential(*(part for one, two in pairs for part in (nn.Linear(one, two), nn.ReLU())))


@pytest.mark.parametrize(
    ("ending", "pooled", "layer"),
    [
        (perceptron(WIDTH, 32, 32, WIDTH), False, True),
        (perceptron(WIDTH, 8, 10), True, False),
        (perceptron(WIDTH, 8, 12, WIDTH), True, False),
    ],
)
def test_a_network_behind_a_mean_makes_no_layer(ending: nn.Module, pooled: bool, layer: bool) -> None:
    model = nn.Sequential(nn.Linear(8, WIDTH), Attending(ending, pooled)).eval()
    root = outline(trace(from_module(model, (torch.zeros(2, 6, 8),)))).root
    assert ("transformer_layer" in {block.kind for block in root.walk()}) is layer
