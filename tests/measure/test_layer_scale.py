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


class Peephole(nn.Module):
    """An LSTM whose output gate sees the new cell."""

    def __init__(self):
        super().__init__()
        self.entering, self.state, self.seen = nn.Linear(8, 32), nn.Linear(8, 32), nn.Parameter(torch.ones(8))

    def forward(self, steps):
        state = cell = torch.zeros(len(steps), 8, device=steps.device)
        for step in steps.unbind(1):
            enter, forget, new, show = (self.entering(step) + self.state(state)).chunk(4, -1)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
            state = torch.sigmoid(show + self.seen * cell) * torch.tanh(cell)
        return state


def scales(where):
    return told(nn.Sequential(*(Branch(where) for _ in range(3))))


def told(model):
    found = measure(outline(trace(from_module(model, (torch.zeros(2, 5, 8),)))))
    return {key: value for key, value in found.items() if key.startswith("layer_scale.")}


def test_scaled_branches():
    assert scales("branch") == {"layer_scale.count": 3, "layer_scale.width": 8, "layer_scale.params": 24}


def test_a_weighted_skip_and_the_gain_of_a_norm_are_none():
    assert scales("skip") == {}
    assert scales("norm") == {}


def test_a_peephole_is_none():
    assert told(Peephole()) == {}
