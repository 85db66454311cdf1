"""Outputs: like ones of one box are drawn as one, one value under two names is one, keys tell others apart."""

from __future__ import annotations

import doctest

import pytest
import torch
from torch import nn

from boardwork.options import Options
from boardwork.outline.views import outputs
from boardwork.pipeline import draw_trace
from boardwork.targets import from_module
from boardwork.trace import trace


class Steps(nn.Module):
    """Gives what `work` makes of what each of five layers gives."""

    def __init__(self, work) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)) for _ in range(5))
        self.work = work

    def forward(self, x):
        states = []
        for layer in self.layers:
            x = x + layer(x)
            states.append(x)
        return self.work(states)


GIVEN = {
    "a row from one box": (lambda s: tuple(s), ["output 0 … 4"]),
    "rows by the keys that lead to them": (lambda s: {"a": {"states": s}, "last": s[-1]}, ["a.states.0 … 4"]),
    "two are no row": (lambda s: tuple(s[3:]), ["output 0", "output 1"]),
    "names that do not count on": (lambda s: dict(zip("abc", s[2:], strict=True)), ["a", "b", "c"]),
    "another shape": (lambda s: (*s, s[-1].mean(1)), ["output 0 … 4", "output 5"]),
    "one value, two names": (lambda s: {"y": s[-1], "same": s[-1], "seen": s[-1].view(-1)}, ["y"]),
    "the value alone": (lambda s: s[-1], ["output"]),
}


@pytest.mark.parametrize("case", GIVEN)
def test_outputs_that_are_drawn(case: str) -> None:
    work, names = GIVEN[case]
    sheet = draw_trace(trace(from_module(Steps(work), (torch.empty(2, 8),))), Options())
    assert [node.label for node in sheet.big_picture.nodes if node.role == "output"] == names
    assert [port.name for port in sheet.subject.outputs] == names


def test_every_output_keeps_the_keys_that_lead_to_it() -> None:
    record = trace(from_module(nn.LSTM(4, 8), (torch.empty(5, 2, 4),)))
    assert [name for name, _ in record.outputs] == ["output 0", "output 1.0", "output 1.1"]


def test_example_in_the_docstring() -> None:
    assert doctest.testmod(outputs)[:] == (0, 1)
