"""Cells that run on one state, those that read a sequence, and gates that see the cell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from boardwork.facts import Facts
from boardwork.knowledge import tell
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Stepping(nn.Module):
    """A cell that runs five times. `reads`: a step of a sequence, the same input again, or what it made before."""

    def __init__(self, reads: str) -> None:
        super().__init__()
        self.cell, self.mix, self.last, self.reads = nn.GRUCell(8, 8), nn.Linear(8, 8), nn.Linear(8, 2), reads

    def forward(self, steps: Tensor) -> Tensor:
        state = torch.zeros(len(steps), 8, device=steps.device)
        for place in range(5):
            one = steps[:, place if self.reads == "a sequence" else 0]
            state = self.cell(self.mix(state) + one if self.reads == "what it made" else one, state)
        return self.last(state)


class Peeping(nn.Module):
    """An LSTM over vectors or maps. `seen`: gates that see the cell, the output gate the new one."""

    def __init__(self, layer: nn.Module, seen: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer, self.seen, self.weights = layer, seen, nn.Parameter(torch.ones(3, *shape))

    def forward(self, steps: Tensor) -> Tensor:
        state = cell = torch.zeros(len(steps), 8, *steps.shape[3:], device=steps.device)
        for step in steps.unbind(1):
            gates = list(self.layer(torch.cat([step, state], 1)).chunk(4, 1))
            for gate in range(min(self.seen, 2)):
                gates[gate] = gates[gate] + self.weights[gate] * cell
            cell = torch.sigmoid(gates[1]) * cell + torch.sigmoid(gates[0]) * torch.tanh(gates[2])
            if self.seen > 2:
                gates[3] = gates[3] + self.weights[2] * cell
            state = torch.sigmoid(gates[3]) * torch.tanh(cell)
        return state


def facts(model: nn.Module, x: Tensor) -> Facts:
    return measure(outline(trace(from_module(model.eval(), (x,)))))


@pytest.mark.parametrize("reads", ["a sequence", "the same", "what it made"])
def test_a_loop_on_one_state_reads_no_sequence(reads: str) -> None:
    found = facts(Stepping(reads), torch.zeros(2, 5, 8))
    assert found["recurrent.steps"] == 5
    assert found.get("recurrent.refines", False) is (reads != "a sequence")


@pytest.mark.parametrize(("seen", "told"), [(0, ["LSTM cell"]), (2, []), (3, ["LSTM cell with peepholes"])])
def test_the_equation_has_the_peepholes_that_run(seen: int, told: list[str]) -> None:
    story = tell(facts(Peeping(nn.Linear(20, 32), seen, (8,)), torch.zeros(2, 5, 12)))
    assert [equation.name for equation in story.equations if "cell" in equation.name] == told
    assert story.notes == ()


@pytest.mark.parametrize(("seen", "told"), [(0, [False]), (2, []), (3, [True])])
def test_cells_over_maps_have_theirs(seen: int, told: list[bool]) -> None:
    model = Peeping(nn.Conv2d(11, 32, 3, padding=1), seen, (8, 1, 1))
    cells = [e for e in tell(facts(model, torch.zeros(2, 4, 3, 6, 6))).equations if "LSTM" in e.name]
    assert ["p_o" in equation.latex for equation in cells] == told
