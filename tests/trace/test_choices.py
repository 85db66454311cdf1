"""A router's choice on meta: rows spread evenly over the experts, all of them together as many as were chosen."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from boardwork.meta.choices import ALIKE, EVENLY, choice
from boardwork.targets import from_module
from boardwork.trace import trace


class Looped(nn.Module):
    """Rows of every expert in the way that `rows` finds them."""

    def __init__(self, rows) -> None:
        super().__init__()
        self.router, self.rows = nn.Linear(4, 3, bias=False), rows
        self.experts = nn.ModuleList(nn.Linear(4, 4, bias=False) for _ in range(3))

    def forward(self, x):
        picked = self.router(x).topk(2)[1]
        result = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            rows = self.rows(picked, index)
            result[rows] += expert(x[rows])
        return result


@pytest.mark.parametrize(
    "rows",
    [
        lambda picked, index: torch.where(picked == index)[0],
        lambda picked, index: (picked == index).any(-1).nonzero().squeeze(-1),
        lambda picked, index: (picked == index).any(-1),
        lambda picked, index: torch.where(nn.functional.one_hot(picked, 3).permute(2, 1, 0)[index])[1],
    ],
)
def test_the_experts_share_all_chosen_rows(rows) -> None:
    record = trace(from_module(Looped(rows), (torch.zeros(5, 4),)))
    experts = [op for op in record.ops if op.name == "linear"][1:]
    assert sorted(record.tensors[op.outputs[0]].shape[0] for op in experts) == [3, 3, 4]
    assert {guess.partition(": ")[2].partition(" (")[0] for guess in record.guesses} == {EVENLY}


def test_a_choice_that_no_size_depends_on_is_no_guess() -> None:
    class Best(nn.Module):
        def forward(self, x):
            return x.gather(1, x.topk(2)[1])

    assert trace(from_module(Best(), (torch.zeros(5, 4),))).guesses == ()


def test_rows_differ_and_all_alternatives_are_taken() -> None:
    scores = torch.empty(6, 4, device="meta")
    found = choice("topk", (scores, 2), {}, scores.topk(2))
    assert found is not None
    assert found[1].tolist() == [[0, 1], [2, 3]] * 3
    assert choice("max", (scores,), {}, scores.max()) is None


def test_choices_that_are_alike_take_the_first_alternatives() -> None:
    scores = torch.empty(3, 6, 4, device="meta")
    assert choice("topk", (scores, 2), {}, scores.topk(2), alike=True)[1][1].tolist() == [[0, 1]] * 6
    assert choice("topk", (scores, 2, 1), {}, scores.topk(2, 1), alike=True)[1][0].tolist() == [[0] * 4, [1] * 4]
    assert not choice("argmax", (scores, -1), {}, scores.argmax(-1), alike=True)[1].any()


class Crowd(nn.Module):
    """So many experts, each run for the rows that chose it, that all of them are too many operations."""

    def __init__(self) -> None:
        super().__init__()
        self.router, self.weights = nn.Linear(4, 4000, bias=False), nn.Parameter(torch.zeros(4000, 4, 4))

    def forward(self, x):
        picked = self.router(x).topk(2)[1]
        result = torch.zeros_like(x)
        for index in picked.unique():
            rows = torch.where(picked == index)[0]
            result = result.index_add(0, rows, nn.functional.linear(x[rows], self.weights[index]))
        return result


def test_a_loop_over_too_many_experts_runs_for_a_few() -> None:
    record = trace(from_module(Crowd(), (torch.zeros(4000, 4),)))
    experts = [op for op in record.ops if op.name == "linear"][1:]
    assert [record.tensors[op.outputs[0]].shape[0] for op in experts] == [4000, 4000]
    assert any(ALIKE in guess for guess in record.guesses)
