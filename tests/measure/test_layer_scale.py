"""A factor per channel at the end of a residual branch is counted; gains of norms and weighted skips are not."""

import torch
from torch import nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Branch(nn.Module):
    def __init__(self, where):
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(8), nn.Linear(8, 8)
        self.gain = nn.Parameter(torch.ones(8))
        self.where = where

    def forward(self, x):
        y = self.inner(self.norm(x)).relu()
        if self.where == "branch":
            return x + self.gain * y
        if self.where == "skip":
            return x * self.gain + y
        return x + y * torch.rsqrt((y**2).mean(-1, keepdim=True) + 1e-6) * self.gain


def scales(where):
    model = nn.Sequential(*(Branch(where) for _ in range(3)))
    found = measure(outline(trace(from_module(model, (torch.zeros(2, 5, 8),)))))
    return {key: value for key, value in found.items() if key.startswith("layer_scale.")}


def test_scaled_branches():
    assert scales("branch") == {"layer_scale.count": 3, "layer_scale.width": 8, "layer_scale.params": 24}


def test_a_weighted_skip_and_the_gain_of_a_norm_are_none():
    assert scales("skip") == {}
    assert scales("norm") == {}
