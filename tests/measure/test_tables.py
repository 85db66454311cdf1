"""A table of a field is told from one of a text; positions that do not train are not learned ones."""

from __future__ import annotations

import torch
from torch import nn

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Reading(nn.Module):
    """`column`: one row of the table a sample, else one for each number of it."""

    def __init__(self, column: bool, trained: bool = True) -> None:
        super().__init__()
        self.column, self.rows, self.places = column, nn.Embedding(50, 8), nn.Embedding(16, 8)
        self.out = nn.Linear(8, 2)
        self.places.requires_grad_(trained)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        if self.column:
            return self.out(self.rows(ids[:, 0]))
        return self.out(self.rows(ids) + self.places(torch.arange(ids.shape[1], device=ids.device)))


def facts(module: nn.Module):
    return measure(outline(trace(from_module(module, (torch.zeros(2, 6, dtype=torch.int64),)))))


def test_rows_of_a_text_and_of_a_field():
    assert facts(Reading(column=False))["embedding.sequence"] is True
    assert facts(Reading(column=True))["embedding.sequence"] is False


def test_learned_positions_train():
    assert facts(Reading(column=False))["position.learned"] == 16
    assert "position.learned" not in facts(Reading(column=False, trained=False))
