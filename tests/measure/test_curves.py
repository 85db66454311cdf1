"""Activations are counted by what they compute, whether they are called or written out."""

from __future__ import annotations

import math

import pytest
import torch
from tests.measure.test_plain_layers import facts
from torch import Tensor, nn


class WrittenOut(nn.Module):
    """GELU as arithmetic, by tanh or by erf."""

    def __init__(self, near: bool) -> None:
        super().__init__()
        self.near = near

    def forward(self, x: Tensor) -> Tensor:
        if self.near:
            return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))
        return 0.5 * x * (1.0 + torch.erf(x / math.sqrt(2.0)))


class Gated(nn.Module):
    """Bends what a layer makes by ReLU, and by tanh and sigmoid its weights, or its results as well."""

    def __init__(self, data: bool) -> None:
        super().__init__()
        self.data, self.weight, self.gate = data, nn.Parameter(torch.ones(4, 8)), nn.Parameter(torch.ones(4, 8))

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.linear(x, torch.tanh(self.weight) * torch.sigmoid(self.gate)).relu()
        return torch.tanh(torch.tanh(y)) if self.data else y


FORMS = {
    "called": (nn.GELU(), "erf"),
    "called by tanh": (nn.GELU("tanh"), "tanh"),
    "written": (WrittenOut(near=False), "erf"),
    "written by tanh": (WrittenOut(near=True), "tanh"),
}


@pytest.mark.parametrize("name", FORMS)
def test_gelu_has_the_form_that_runs(name: str) -> None:
    bend, form = FORMS[name]
    model = nn.Sequential(nn.Conv2d(3, 8, 3), bend, nn.Conv2d(8, 8, 3), bend)
    found = facts(model, torch.zeros(2, 3, 8, 8))
    assert (found["activation.kind"], found["activation.count"], found["gelu.form"]) == ("gelu", 2, form)


@pytest.mark.parametrize(("data", "told"), [(False, ("relu", 1)), (True, ("tanh", 2))])
def test_what_bends_weights_is_no_activation(data: bool, told: tuple[str, int]) -> None:
    found = facts(Gated(data), torch.zeros(2, 8))
    assert (found["activation.kind"], found["activation.count"]) == told


class Branches(nn.Module):
    """Three branches of one ReLU each, side by side, and one behind their sum."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([branch(x).relu() for branch in self.branches]).sum(0).relu()


def test_activations_side_by_side_are_none_in_a_row() -> None:
    found = facts(Branches(), torch.zeros(2, 8))
    assert (found["activation.count"], found["activation.in_a_row"]) == (4, 2)
    written = facts(nn.Sequential(WrittenOut(near=True), nn.Linear(8, 8), WrittenOut(near=True)), torch.zeros(2, 8))
    assert written["activation.in_a_row"] == 2
