"""Kernels made from the input: channels of one sample are told, also where samples stand side by side as groups."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn
from torch.nn.functional import conv2d


class Making(nn.Module):
    """A 3 × 3 kernel for each sample, in groups; `shared`: one kernel for all of them."""

    def __init__(self, groups: int, shared: bool = False) -> None:
        super().__init__()
        self.groups, self.shared = groups, shared
        self.stem, self.make = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 4 * 8 // groups * 9)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        code = x.mean((2, 3))
        if self.shared:
            return conv2d(x, self.make(code.mean(0)).view(4, -1, 3, 3), padding=1, groups=self.groups)
        kernels, (batch, _, height, width) = self.make(code).view(len(x) * 4, -1, 3, 3), x.shape
        beside = x.reshape(1, -1, height, width)
        return conv2d(beside, kernels, padding=1, groups=batch * self.groups).view(batch, 4, height, width)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("groups", "before"), [(1, 8), (4, 2)])
def test_channels_are_those_of_one_sample(groups: int, before: int, shared: bool) -> None:
    found = group(facts(Making(groups, shared), torch.zeros(2, 3, 16, 16)), "dynamic_conv")
    assert found == {"count": 1, "taps": 9, "before": before, "after": 4}
