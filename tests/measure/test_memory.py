"""A forward -> the bytes of its activations that are alive at once."""

from __future__ import annotations

import torch
from torch import nn

from boardwork.measure.memory import activation_peak
from boardwork.outline.flow import Flow
from boardwork.targets import from_module
from boardwork.trace import trace


class Filled(nn.Module):
    """Takes the shape of its input's double when another tensor is there."""

    def forward(self, x):
        double = x * 2
        other = double + 1
        return other[:, :1] + double.new_zeros(100)[:1]


def test_what_only_gives_its_shape_is_held_until_then():
    floats = 3 * 100 + 100  # the input, its double, the sum and the zeros, while the zeros are made
    assert activation_peak(Flow(trace(from_module(Filled(), (torch.empty(1, 100),))))) == 4 * floats
