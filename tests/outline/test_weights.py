"""What is done to the weights of a layer is told in its box, and is no box of its own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Standardised(nn.Conv2d):
    def forward(self, x):
        spread, mean = torch.var_mean(self.weight, (1, 2, 3), keepdim=True)
        return self._conv_forward(x, (self.weight - mean) * torch.rsqrt(spread + 1e-5), self.bias)


class ByNorm(nn.Conv2d):
    """The same with a gain, by a norm that takes the weights for data."""

    def forward(self, x):
        rows = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(rows, None, None, weight=self.bias, training=True).reshape_as(self.weight)
        return F.conv2d(x, weight)


class Hidden(nn.Conv2d):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("kept", torch.ones_like(self.weight).tril())

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.kept, self.bias)


class FromOne(nn.Module):
    """A norm whose gain is kept as what it differs from 1."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(8))

    def forward(self, x):
        return F.layer_norm(x, (8,), 1 + self.gain)


class Cosine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(5, 8))

    def forward(self, x):
        return F.linear(x, F.normalize(self.weight))


class Generated(nn.Module):
    """Weights that a layer makes from a learned code: that layer is part of the network."""

    def __init__(self):
        super().__init__()
        self.code, self.maker = nn.Parameter(torch.rand(1, 6)), nn.Linear(6, 5 * 8)

    def forward(self, x):
        return F.linear(x, self.maker(self.code).view(5, 8))


ROWS, IMAGE = torch.zeros(2, 8), torch.zeros(2, 3, 8, 8)
CASES = {
    "var": (Standardised(3, 4, 3), IMAGE, [("Conv 3×3, Tanh", "3 → 4, standardised weights")]),
    "norm": (ByNorm(3, 4, 3), IMAGE, [("Conv 3×3, Tanh", "3 → 4, standardised weights")]),
    "mask": (Hidden(3, 4, 3), IMAGE, [("Masked conv 3×3, Tanh", "3 → 4")]),
    "gain": (FromOne(), ROWS, [("LayerNorm, Tanh", "")]),
    "cosine": (Cosine(), ROWS, [("Linear, Tanh", "8 → 5, unit-norm weights")]),
    "weight norm": (parametrizations.weight_norm(nn.Linear(8, 5)), ROWS, [("Linear, Tanh", "8 → 5, weight norm")]),
    "spectral": (parametrizations.spectral_norm(nn.Linear(8, 5)), ROWS, [("Linear, Tanh", "8 → 5, spectral norm")]),
    "orthogonal": (parametrizations.orthogonal(nn.Linear(8, 8)), ROWS, [("Linear, Tanh", "8 → 8, orthogonal weights")]),
    "generated": (Generated(), ROWS, [("Linear", "6 → 40"), ("Linear, Tanh", "8 → 5")]),
}


@pytest.mark.parametrize("case", CASES)
def test_only_layers_are_boxes(case):
    layer, x, boxes = CASES[case]
    model = nn.Sequential(layer, nn.Tanh())  # so that the layer is no classifier
    found = outline(trace(from_module(model.eval(), (x,))))
    assert [(b.label, b.detail) for b in found.root.leaves()] == boxes
    learned = [b for b in found.big_picture.boxes if b.role == "parameter"]
    assert bool(learned) == (case == "generated")
