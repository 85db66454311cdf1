"""What enters each box: nothing is lost that a box works on, whichever box moved its elements before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Centred(nn.Module):
    """The centre beside the offset from it, as in an edge of a graph of points."""

    def __init__(self, moved: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.moved, self.last = moved, nn.Linear(16, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        centre = self.moved(x)
        return self.last(torch.cat([centre, y - centre], -1))


def entering(model: nn.Module, *args: Tensor) -> list[tuple[str, str]]:
    """Labels of the two ends of every link of the big picture."""
    view = outline(trace(from_module(model.eval(), args))).big_picture
    return [(view.boxes[link.source].label, view.boxes[link.target].label) for link in view.links]


@pytest.mark.parametrize(
    "moved", [lambda x: x[:, None].expand(-1, 5, -1), lambda x: x.repeat(1, 5).view(-1, 5, 8)], ids=["view", "repeat"]
)
def test_what_a_difference_moved_before_is_joined_as_it_was_given(moved: Callable[[Tensor], Tensor]) -> None:
    links = entering(Centred(moved), torch.empty(2, 8), torch.empty(2, 5, 8))
    assert {(one, "−") for one in "xy"} | {(one, "concatenate") for one in ("x", "−")} <= set(links)


class Rows(nn.Module):
    """Rows of a learned table where the greatest score is; the table goes through `work` first."""

    def __init__(self, work: nn.Module) -> None:
        super().__init__()
        self.scores, self.table = nn.Linear(12, 6), nn.Parameter(torch.zeros(6, 10))
        self.work, self.last = work, nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.work(self.table)[self.scores(x).argmax(-1)]))


def test_rows_at_places_that_the_input_tells_are_a_look_up() -> None:
    links = entering(Rows(nn.LayerNorm(10)), torch.empty(2, 12))
    assert {("Linear", "Look up"), ("LayerNorm", "Look up"), ("Look up", "ReLU")} <= set(links)


def test_an_index_of_a_parameter_is_an_embedding() -> None:
    links = entering(Rows(nn.Identity()), torch.empty(2, 12))
    assert {("Linear", "Embedding"), ("Embedding", "ReLU")} <= set(links)


class Adjacency(nn.Module):
    """Nodes mixed by a matrix that two learned tables make; rows of a third are brought to unit length."""

    def __init__(self) -> None:
        super().__init__()
        self.ends, self.starts = nn.Parameter(torch.zeros(20, 8)), nn.Parameter(torch.zeros(20, 8))
        self.codes, self.last = nn.Parameter(torch.zeros(5, 6)), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        mixed = torch.relu(self.ends @ self.starts.t()).softmax(-1) @ x
        return self.last(mixed) + (mixed @ nn.functional.normalize(self.codes, dim=-1).t()).sum(-1, keepdim=True)


def test_tables_that_are_worked_on_before_an_input_meets_them_stand_as_sources() -> None:
    links = entering(Adjacency(), torch.empty(2, 20, 6))
    assert links.count(("Learned table", "Matrix product")) == 2
    assert ("Learned table", "L2 normalise") in links
    assert ("Learned table", "LayerNorm") in entering(Rows(nn.LayerNorm(10)), torch.empty(2, 12))


class Started(nn.Module):
    """A recurrent layer whose first state is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.cell = nn.Parameter(torch.zeros(1, 1, 16)), nn.GRU(8, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x, self.first.expand(-1, x.shape[0], -1).contiguous())[0]


def test_only_what_a_recurrent_layer_begins_with_is_a_start() -> None:
    assert ("Learned start", "GRU") in entering(Started(), torch.empty(2, 5, 8))


class Waves(nn.Module):
    """Sines and cosines at learned frequencies beside a learned row for each point."""

    def __init__(self) -> None:
        super().__init__()
        self.speeds, self.rows = nn.Parameter(torch.zeros(2, 16)), nn.Parameter(torch.zeros(20, 8))
        self.last = nn.Linear(40, 4)

    def forward(self, x: Tensor) -> Tensor:
        angles = x @ self.speeds
        return self.last(torch.cat([angles.sin(), angles.cos(), self.rows.expand(x.shape[0], -1, -1)], -1))


def test_a_learned_table_beside_waves_is_no_wave() -> None:
    links = entering(Waves(), torch.empty(2, 20, 2))
    assert {("Learned table", "concatenate"), ("sin", "concatenate"), ("cos", "concatenate")} <= set(links)
