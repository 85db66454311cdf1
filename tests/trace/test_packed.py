"""Weights that torch packs are told of, with their number; plain layers have none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.packed import packed_weights


@pytest.mark.filterwarnings("ignore")
def test_the_packed_weights_of_quantised_layers_are_said() -> None:
    plain = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).eval()
    quantised = torch.ao.quantization.quantize_dynamic(plain, {nn.Linear}, dtype=torch.qint8)
    said = trace(from_module(quantised, (torch.zeros(2, 8),))).guesses[-1]
    assert said.startswith(f"2 layers with {8 * 16 + 16 * 2} weights that torch keeps packed")
    assert packed_weights(plain) == ()
