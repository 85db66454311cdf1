"""Features times features: cross layers of both kinds and factorisation machines; a gate is none."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn


class Crossed(nn.Module):
    """`wide`: a square matrix a layer, else a vector; `again`: the first features are multiplied in every time."""

    def __init__(self, wide: bool, again: bool = True, layers: int = 3) -> None:
        super().__init__()
        self.layers, self.again = nn.ModuleList(nn.Linear(8, 8 if wide else 1) for _ in range(layers)), again
        self.last = nn.Linear(8, 1)

    def forward(self, row: Tensor) -> Tensor:
        x = row
        for layer in self.layers:
            x = (row if self.again else x.tanh()) * layer(x) + x
        return self.last(x)


class Factors(nn.Module):
    """All pairs of fields, or with other signs something else."""

    def __init__(self, right: bool) -> None:
        super().__init__()
        self.table, self.right = nn.Embedding(50, 6), right

    def forward(self, ids: Tensor) -> Tensor:
        fields = self.table(ids)
        whole, single = fields.sum(1).pow(2), fields.pow(2).sum(1)
        return (whole - single if self.right else single - whole).sum(-1)


@pytest.mark.parametrize(("wide", "outputs"), [(True, 8), (False, 1)])
def test_cross_layers(wide: bool, outputs: int) -> None:
    found = group(facts(Crossed(wide), torch.zeros(4, 8)), "cross")
    assert found == {"count": 3, "width": 8, "outputs": outputs, "params": 9 * outputs}


def test_a_gate_on_the_features_themselves_is_no_cross_layer() -> None:
    assert group(facts(Crossed(True, again=False), torch.zeros(4, 8)), "cross") == {}


def test_all_pairs_of_fields() -> None:
    ids = torch.zeros(4, 5, dtype=torch.long)
    assert group(facts(Factors(True), ids), "pairs") == {"count": 1, "fields": 5, "width": 6, "values": 4 * 5 * 6}
    assert group(facts(Factors(False), ids), "pairs") == {}
