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


class Twice(nn.Module):
    """Layers that are held twice, as a list and as the network they make."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(8, 8) for name in "abcdef"})
        self.network = nn.Sequential(*(nn.Sequential(layer, nn.ReLU()) for layer in self.layers.values()))

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)


def test_many_names_are_not_all_listed() -> None:
    notes = boardwork.draw(Twice(), args=(torch.zeros(2, 8),)).footnotes
    assert [note for note in notes if "counted once" in note] == [
        "layers.a and network.0.0 share 2 tensors, counted once.",
        "layers.b and network.1.0 share 2 tensors, counted once.",
        "8 more tensors have several names, counted once.",
    ]
