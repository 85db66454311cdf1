"""Activations are counted by what they compute, whether they are called or written out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class WrittenOut(nn.Module):
    """GELU as arithmetic, by tanh or by erf."""

    def __init__(self, near: bool) -> None:
        super().__init__()
        self.near = near

    def forward(self, x: Tensor) -> Tensor:
        if self.near:
            return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))
        return 0.5 * x * (1.0 + torch.erf(x / math.sqrt(2.0)))


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
    found = measure(outline(trace(from_module(model, (torch.zeros(2, 3, 8, 8),)))))
    assert (found["activation.kind"], found["activation.count"], found["gelu.form"]) == ("gelu", 2, form)
