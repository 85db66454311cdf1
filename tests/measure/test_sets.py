"""A pool over members is a function of a set only where nothing before it saw a neighbour or a place."""

from __future__ import annotations

import pytest
import torch
from tests.measure.test_plain_layers import facts, group
from torch import Tensor, nn


class Cloud(nn.Module):
    """Points one by one, with kernels of `side`; `placed`: with a number for the place of each."""

    def __init__(self, pool: str = "amax", side: int = 1, placed: bool = False, early: bool = False) -> None:
        super().__init__()
        self.first, self.after = nn.Conv1d(3, 16, side, padding=side // 2), nn.Conv1d(16, 24, 1)
        self.last, self.pool, self.placed, self.early = nn.Linear(24, 4), pool, placed, early

    def forward(self, points: Tensor) -> Tensor:
        if self.placed:
            points = points + torch.arange(points.shape[-1])
        if self.early:
            points = points[..., 1:] - points[..., :-1]
        features = self.after(self.first(points).relu())
        return self.last(getattr(features, self.pool)(-1))


@pytest.mark.parametrize(("pool", "name"), [("amax", "max"), ("mean", "mean"), ("sum", "sum")])
def test_a_pool_over_points(pool: str, name: str) -> None:
    found = facts(Cloud(pool), torch.zeros(2, 3, 40))
    assert group(found, "set") == {"members": 40, "width": 24, "pool": name}


@pytest.mark.parametrize("wrong", [{"side": 3}, {"placed": True}, {"early": True}])
def test_neighbours_and_places_make_it_a_sequence(wrong: dict[str, bool]) -> None:
    assert group(facts(Cloud(**wrong), torch.zeros(2, 3, 40)), "set") == {}


def test_a_bag_of_words_is_a_set() -> None:
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.one, self.last = nn.Embedding(90, 12), nn.Linear(12, 20), nn.Linear(20, 3)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.last(self.one(self.table(tokens)).relu().mean(1))

    assert group(facts(Bag(), torch.zeros(2, 30, dtype=torch.long)), "set") == {
        "members": 30, "width": 20, "pool": "mean",
    }  # fmt: skip
