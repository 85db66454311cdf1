"""Several neighbours that run again and again with the same weights are one loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class RungeKutta(nn.Module):
    """An ordinary differential equation in steps that call its right side four times each."""

    def __init__(self, width: int = 8, steps: int = 5) -> None:
        super().__init__()
        self.count = steps
        self.first, self.last = nn.Linear(3, width), nn.Linear(width, 2)
        self.slope = nn.Sequential(nn.Linear(width, 16), nn.Tanh(), nn.Linear(16, width))

    def forward(self, x: Tensor) -> Tensor:
        y, h = self.first(x), 1 / self.count
        for _ in range(self.count):
            one = self.slope(y)
            two = self.slope(y + h / 2 * one)
            three = self.slope(y + h / 2 * two)
            four = self.slope(y + h * three)
            y = y + h / 6 * (one + 2 * two + 2 * three + four)
        return self.last(y)


def test_a_step_with_several_calls_is_one_body() -> None:
    found = outline(trace(from_module(RungeKutta(), (torch.zeros(4, 3),))))
    loops = [block for block in found.root.children if block.again]
    assert [(loop.runs, loop.repeat) for loop in loops] == [(5, 1)]
    assert [block.path for block in found.root.children if not block.again] == ["first", "last"]


class Slots(nn.Module):
    """A few learned vectors that look at the input and are mended by a cell, again and again."""

    def __init__(self, width: int = 8, rows: int = 5) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, rows, width))
        self.level, self.ask, self.mend = nn.LayerNorm(width), nn.Linear(width, width), nn.GRUCell(width, width)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.start.expand(len(x), -1, -1)
        for _ in range(3):
            shares = (self.ask(self.level(rows)) @ x.mT).softmax(-2)
            seen = shares @ x
            rows = self.mend(seen.flatten(0, 1), rows.flatten(0, 1)).view_as(rows)
        return rows


def test_a_loop_that_starts_from_learned_vectors_is_whole() -> None:
    found = outline(trace(from_module(Slots(), (torch.zeros(2, 6, 8),))))
    assert [(block.path, block.runs) for block in found.root.children] == [("", 3)]
    assert "Learned queries" in [box.label for box in found.big_picture.boxes]
    assert "GRU" in [box.label for box in found.zoom.boxes]  # the second run, with what it takes of the first


class Imagined(nn.Module):
    """A world model: one step is a cell and two perceptrons alike, the second beside what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(4, 6)
        self.guess = nn.Sequential(nn.Linear(6, 9), nn.ELU(), nn.Linear(9, 4))
        self.check = nn.Sequential(nn.Linear(6 + 3, 9), nn.ELU(), nn.Linear(9, 4))

    def forward(self, seen: Tensor) -> Tensor:
        state, code, guesses = seen.new_zeros(len(seen), 6), seen.new_zeros(len(seen), 4), []
        for step in seen.unbind(1):
            state = self.cell(code, state)
            guesses.append(self.guess(state).softmax(-1))
            code = self.check(torch.cat([state, step], -1)).softmax(-1)
        return torch.stack(guesses, 1)


def test_two_branches_of_a_step_are_no_layers_in_a_row() -> None:
    found = outline(trace(from_module(Imagined(), (torch.zeros(2, 7, 3),))))
    body = next(block for block in found.root.walk() if block.again)
    assert body.runs == 6  # nothing takes what the last step checks: it is no whole run
    assert body.label
    assert all(part.repeat == 1 for part in body.children)


class Transposed(nn.Module):
    """Layers as GPT-2 writes them: torch.addmm, the bias first."""

    def __init__(self) -> None:
        super().__init__()
        self.bias, self.weight = nn.Parameter(torch.zeros(8)), nn.Parameter(torch.zeros(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight).relu()


def test_a_bias_is_no_start() -> None:
    found = outline(trace(from_module(nn.Sequential(Transposed(), Transposed()), (torch.zeros(2, 8),))))
    assert not [box.label for box in found.big_picture.boxes if box.role == "parameter"]


class Carried(nn.Module):
    """A recurrent layer that is called step by step: the first call has a learned state."""

    def __init__(self) -> None:
        super().__init__()
        self.start, self.layer = nn.Parameter(torch.zeros(1, 1, 6)), nn.GRU(4, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        state = self.start.expand(-1, len(x), -1).contiguous()
        for step in x.split(1, 1):
            _, state = self.layer(step, state)
        return state


def test_a_recurrent_layer_with_a_learned_state_runs_again() -> None:
    found = outline(trace(from_module(Carried(), (torch.zeros(2, 5, 4),))))
    assert [block.runs for block in found.root.walk() if block.again] == [5]


class Levels(nn.Module):
    """Maps of several sizes, to each of which waves and a learned row for its level are added."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.zeros(4, width))
        self.narrow = nn.ModuleList(nn.Conv2d(3, width, 1, stride) for stride in (1, 2, 4, 8))
        self.last = nn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        maps = [layer(x).flatten(2).mT for layer in self.narrow]
        placed = [one.abs() + one.sin() + row for one, row in zip(maps, self.rows, strict=True)]
        return self.last(torch.cat(placed, 1))


def test_rows_of_a_table_that_are_added_to_several_maps_are_no_loop() -> None:
    found = outline(trace(from_module(Levels(), (torch.zeros(1, 3, 16, 16),))))
    assert not [block for block in found.root.children if block.again]


def test_a_body_of_several_parts_has_the_path_of_what_loops() -> None:
    model = nn.Sequential(nn.Linear(3, 3), Imagined())
    found = outline(trace(from_module(model, (torch.zeros(2, 5, 3),))))
    loop = next(block for block in found.root.walk() if block.again)
    assert (loop.label, loop.path) == ("Loop body", "1")
    step = outline(trace(from_module(RungeKutta(), (torch.zeros(4, 3),))))
    assert [(block.label, block.path) for block in step.root.walk() if block.again] == [("Loop body", "")]
