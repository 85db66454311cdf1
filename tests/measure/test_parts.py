"""Facts of parts: whether transformer layers are all that a model has."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


def layer() -> nn.Module:
    return nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)


ALONE = {
    "one layer": (layer(), True),
    "a stack and its norm": (nn.TransformerEncoder(layer(), 2, nn.LayerNorm(16)), True),
    "a projection before": (nn.Sequential(nn.Linear(16, 16), layer()), False),
    "classes after": (nn.Sequential(layer(), nn.Linear(16, 4)), False),
}


@pytest.mark.parametrize("case", ALONE)
def test_layers_alone(case: str) -> None:
    model, alone = ALONE[case]
    facts = measure(outline(trace(from_module(model, (torch.empty(2, 5, 16),)))))
    assert facts["layers.alone"] is alone
