"""What goes in against what comes out: two towers meet in cosines; a table of weights is no tower."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn
from torch.nn.functional import normalize


class Cosines(nn.Module):
    """Unit vectors of the first input against those of the second, or of stored keys, which then answer."""

    def __init__(self, stored: bool) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(8, 16), nn.Linear(6, 16)
        self.keys, self.stored = nn.Parameter(torch.ones(12, 16)), stored

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        asking = normalize(self.left(x), dim=-1)
        if self.stored:
            return (asking @ normalize(self.keys, dim=-1).t() * 8).softmax(-1) @ self.keys + self.right(y)
        return asking @ normalize(self.right(y), dim=-1).t() * 8


@pytest.mark.parametrize(("stored", "told"), [(False, {"width": 16}), (True, {})])
def test_both_towers_read_an_input(stored: bool, told: dict[str, int]) -> None:
    assert group(facts(Cosines(stored), torch.zeros(4, 8), torch.zeros(4, 6)), "towers") == told
