"""Notes on shared weights: one tensor by its names, several by the modules that share them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import boardwork


class Shared(nn.Module):
    """One network under two names, and a head that is the table."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(20, 8), nn.Linear(8, 20, bias=False)
        self.head.weight = self.table.weight
        self.first = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
        self.second = nn.Sequential(self.first, nn.LayerNorm(8))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.second(self.first(self.table(x))))


def test_modules_that_share_tensors_are_one_note() -> None:
    notes = boardwork.draw(Shared(), args=(torch.zeros(2, 6, dtype=torch.long),)).footnotes
    shared = [note for note in notes if "counted once" in note]
    assert shared == [
        "table.weight and head.weight are one tensor, counted once.",
        "first and second.0 share 4 tensors, counted once.",
    ]
