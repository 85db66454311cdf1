"""Two inputs through the same weights are compared; other weights, or the same input twice, are no comparison."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn


class Pair(nn.Module):
    def __init__(self, how: str, shared: bool = True) -> None:
        super().__init__()
        self.encode, self.last, self.how = nn.Linear(8, 16), nn.Linear(16, 1), how
        self.other = self.encode if shared else nn.Linear(8, 16)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        a, b = self.encode(left).relu(), self.other(right).relu()
        if self.how == "difference":
            return self.last((a - b).abs())
        return F.cosine_similarity(a, b) if self.how == "cosine" else F.pairwise_distance(a, b)


def test_two_inputs_through_the_same_weights() -> None:
    pair = (torch.zeros(4, 8), torch.zeros(4, 8))
    for how in ("difference", "cosine", "distance"):
        found = group(facts(Pair(how), *pair), "comparison")
        assert found == {"kind": how, "width": 16, "params": 8 * 16 + 16}
    assert group(facts(Pair("difference", shared=False), *pair), "comparison") == {}


def test_one_input_is_not_compared_with_itself() -> None:
    class Once(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode = nn.Linear(8, 8)

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return self.encode(self.encode(x)) - self.encode(x) + y

    assert group(facts(Once(), torch.zeros(4, 8), torch.zeros(4, 8)), "comparison") == {}
