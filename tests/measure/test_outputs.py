"""What the outputs are: a chance, a choice beside a value, grids; and what looks like one of them and is not."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn


class Player(nn.Module):
    """Two heads of these widths; `apart`: each on features of its own."""

    def __init__(self, widths: tuple[int, int] = (5, 1), apart: bool = False) -> None:
        super().__init__()
        self.trunk, self.own = nn.Linear(8, 16), nn.Linear(8, 16) if apart else None
        self.one, self.other = (nn.Linear(16, width) for width in widths)

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(state).relu()
        others = features if self.own is None else self.own(state).relu()
        return self.one(features).softmax(-1), self.other(others).squeeze(-1)


class Grids(nn.Module):
    """Maps of strides 8 / `finer`, 16 / `finer` ...; `last`: channels of the coarsest, kernels of `side`."""

    def __init__(self, last: int = 12, side: int = 1, finer: int = 1, levels: int = 2) -> None:
        super().__init__()
        strides = [8 // finer, *[2] * (levels - 1)]
        arriving = [3, *[8] * (levels - 1)]
        self.downs = nn.ModuleList(nn.Conv2d(c, 8, s, s) for c, s in zip(arriving, strides, strict=True))
        channels = [*[12] * (levels - 1), last]
        self.heads = nn.ModuleList(nn.Conv2d(8, width, side, padding=side // 2) for width in channels)

    def forward(self, image: Tensor) -> list[Tensor]:
        maps = []
        for down, head in zip(self.downs, self.heads, strict=True):
            image = down(image).relu()
            maps.append(head(image))
        return maps


def test_a_policy_and_a_value() -> None:
    found = group(facts(Player(), torch.zeros(4, 8)), "actor")
    assert found == {"choices": 5, "width": 16, "shared_params": 8 * 16 + 16, "head_params": 6 * 17}


@pytest.mark.parametrize("other", [Player((5, 5)), Player((1, 1)), Player(apart=True)])
def test_other_pairs_of_heads(other: nn.Module) -> None:
    assert group(facts(other, torch.zeros(4, 8)), "actor") == {}


def test_one_chance() -> None:
    chance = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
    assert facts(chance, torch.zeros(4, 8))["output.chance"]
    for other in (nn.Sequential(nn.Linear(8, 2), nn.Sigmoid()), nn.Linear(8, 1)):
        assert "output.chance" not in facts(other, torch.zeros(4, 8))


def test_grids_of_two_resolutions() -> None:
    found = group(facts(Grids(), torch.zeros(2, 3, 64, 64)), "grids")
    assert found == {"levels": 2, "finest": 8, "coarsest": 16, "channels": 12, "cells": 64 + 16}


@pytest.mark.parametrize("other", [Grids(last=14), Grids(side=3), Grids(finer=4)])
def test_features_and_segmentations_are_no_grids(other: nn.Module) -> None:
    assert group(facts(other, torch.zeros(2, 3, 64, 64)), "grids") == {}
