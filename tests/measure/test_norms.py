"""Batch norms are counted once, and those that a layer with weights can take in are told from the others."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.facts import Facts
from boardwork.knowledge import tell
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Dense(nn.Module):
    """The first norm follows a convolution; the second reads a concatenation; what the third reads is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.grow, self.last = (nn.Conv2d(c, 4, 3, padding=1) for c in (3, 4, 8))
        self.after, self.before, self.twice = nn.BatchNorm2d(4), nn.BatchNorm2d(8), nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.after(self.stem(x)).relu()
        x = self.before(torch.cat([x, self.grow(x)], 1)).relu()
        y = self.last(x)
        return self.twice(y) + y


def facts(module: nn.Module, x: torch.Tensor) -> Facts:
    return measure(outline(trace(from_module(module, (x,)))))


def test_norms_are_counted_once_and_folded_where_they_can_be():
    found = facts(Dense(), torch.empty(2, 3, 8, 8))
    assert (found["norm.count"], found["norm.folding"], found["norm.channels"]) == (3, 1, 16)


def test_a_linear_layer_takes_its_norm_in():
    found = facts(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)), torch.empty(2, 4))
    assert (found["norm.count"], found["norm.folding"]) == (1, 1)


def test_another_kind_is_not_counted_with_the_most_frequent():
    layers = (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.GroupNorm(2, 4))
    assert facts(nn.Sequential(*layers), torch.empty(2, 3, 8, 8))["norm.count"] == 2


class Block(nn.Module):
    """A layer of a transformer that keeps its tokens on a grid; `first`: the norms stand before the branches."""

    def __init__(self, norm: type[nn.Module], first: bool = True) -> None:
        super().__init__()
        self.norm, self.mix, self.other = norm(16), nn.MultiheadAttention(16, 2, batch_first=True), norm(16)
        self.up, self.down, self.first = nn.Linear(16, 64), nn.Linear(64, 16), first

    def forward(self, grid: torch.Tensor) -> torch.Tensor:
        x = grid.flatten(2).transpose(1, 2)
        y = self.norm(x) if self.first else x
        x = grid.flatten(2).transpose(1, 2) + self.mix(y, y, y)[0]
        x = x if self.first else self.norm(x)
        x = x + self.down(self.up(self.other(x) if self.first else x).relu())
        return x if self.first else self.other(x)


@pytest.mark.parametrize(("first", "placement"), [(True, "pre"), (False, "post")])
def test_a_norm_stands_before_the_branch_also_where_the_skip_has_another_layout(first: bool, placement: str):
    blocks = nn.Sequential(Block(nn.LayerNorm, first), nn.Unflatten(1, (4, 4)))
    found = facts(blocks, torch.empty(2, 16, 4, 4))
    assert found["norm.placement"] == placement


class Batched(nn.BatchNorm1d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


def test_batch_norms_have_no_placement():
    assert "norm.placement" not in facts(Block(Batched), torch.empty(2, 16, 4, 4))


def test_a_norm_in_the_box_of_a_convolution_is_counted():
    found = facts(nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(4, 8), nn.ReLU()), torch.empty(2, 3, 8, 8))
    told = {word: found[f"norm.{word}"] for word in ("kind", "count", "groups", "width", "params", "eps")}
    assert told == {"kind": "group", "count": 1, "groups": 4, "width": 8, "params": 16, "eps": 1e-5}


def test_the_epsilon_of_a_norm_that_names_none():
    assert facts(nn.Sequential(nn.RMSNorm(4), nn.Linear(4, 8)), torch.empty(2, 4))["norm.eps"] == 2**-23


@pytest.mark.parametrize(
    "norm", [nn.InstanceNorm1d(6), nn.GroupNorm(2, 6, affine=False), nn.BatchNorm1d(6, affine=False)]
)
def test_no_gain_is_told_of_norms_without_weights(norm):
    found = facts(nn.Sequential(nn.Conv1d(3, 6, 3), norm, nn.ReLU(), nn.Conv1d(6, 2, 3)), torch.empty(2, 3, 20))
    told = [equation for equation in tell(found).equations if "Norm" in equation.name]
    assert told
    assert not any("gamma" in equation.latex for equation in told)


def test_an_instance_norm_averages_over_the_positions_of_its_channel():
    layers = (nn.Conv1d(3, 6, 3), nn.InstanceNorm1d(6, affine=True), nn.ReLU())
    found = facts(nn.Sequential(*layers), torch.empty(2, 3, 20))
    assert (found["norm.kind"], found["norm.positions"], found["norm.params"]) == ("instance", 18, 12)


class OverWeights(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = nn.functional.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, training=True)
        return nn.functional.conv2d(x, rows.reshape_as(self.weight), self.bias)


def test_a_norm_over_weights_is_no_norm_of_data():
    found = facts(nn.Sequential(OverWeights(3, 8, 3), nn.ReLU(), OverWeights(8, 8, 3)), torch.empty(2, 3, 8, 8))
    assert "norm.kind" not in found


def test_a_group_norm_of_vectors_has_one_position():
    found = [facts(nn.GroupNorm(2, 8), torch.empty(3, 8, *space))["norm.positions"] for space in ((), (5,), (4, 6))]
    assert found == [1, 5, 24]
