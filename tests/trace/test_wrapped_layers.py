"""Layers with parametrisations, hooks, shared or unused weights -> their own operations, and the module as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace


def normed() -> nn.Module:
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 8)))


def hooked() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4))
    model[0].register_full_backward_hook(lambda *_: 1 / 0)
    return model


def shared() -> nn.Module:
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.ReLU(), layer)


WRAPPED = {
    "weight norm": (normed, ["weight_norm", "linear"], 48),
    "a hook that never fires": (hooked, ["linear"], 20),
    "a shared layer": (shared, ["linear", "relu", "linear"], 20),
    "compiled": (lambda: torch.compile(nn.Sequential(nn.Linear(4, 4))), ["linear"], 20),
}


@pytest.mark.parametrize("case", WRAPPED)
def test_wrapped_layers_are_traced_and_left_as_they_were(case) -> None:
    make, operations, parameters = WRAPPED[case]
    model = make()
    before = {name: (id(value), value.clone()) for name, value in model.named_parameters()}
    hooks = [len(part._backward_hooks) for part in model.modules()]
    record = trace(from_module(model, (torch.ones(2, 4),)))
    assert [op.name for op in record.ops] == operations
    assert sum(weight.size for weight in record.weights if weight.parameter) == parameters
    assert all(id(p) == before[n][0] and torch.equal(p, before[n][1]) for n, p in model.named_parameters())
    assert [len(part._backward_hooks) for part in model.modules()] == hooks
