"""Arguments and results of every nesting that Python has -> named inputs and outputs, and a module left as it was."""

from __future__ import annotations

from collections import UserDict, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace


@dataclass
class Batch:
    image: torch.Tensor
    scale: float = 2.0
    mask: torch.Tensor | None = None


@dataclass(frozen=True)
class Frozen:
    image: torch.Tensor


class Pair(NamedTuple):
    left: torch.Tensor
    right: torch.Tensor


class Answer:
    def __init__(self, value):
        self.value = value


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)


def network(forward) -> nn.Module:
    return type("Written", (Net,), {"forward": forward})()


def x() -> torch.Tensor:
    return torch.ones(2, 4)


def only_keyword(self, *, x, mask=None):
    return self.linear(x)


def open_ended(self, *tensors, **named):
    return self.linear(sum(tensors) + named["more"])


def flags(self, x, mask=None, kind="relu", twice=False):
    return self.linear(x) if mask is None else x


TAKEN = {
    "dict": (lambda self, batch: self.linear(batch["x"]), ({"x": x()},), {}, ["batch"]),
    "dict of two": (lambda self, b: self.linear(b["x"] + b["y"]), ({"x": x(), "y": x()},), {}, ["b.x", "b.y"]),
    "dict with a factory": (lambda self, b: self.linear(b["x"]), (defaultdict(list, x=x()),), {}, ["b"]),
    "like a dict": (lambda self, b: self.linear(b["x"]), (UserDict(x=x()),), {}, ["b"]),
    "emptied dict": (lambda self, b: self.linear(b.pop("x")), ({"x": x()},), {}, ["b"]),
    "nested": (lambda self, v: self.linear(v[0] + v[1][0]["k"]), ([x(), ({"k": x()},)],), {}, ["v.0", "v.1.0.k"]),
    "dataclass": (lambda self, b: self.linear(b.image * b.scale), (Batch(x()),), {}, ["b"]),
    "frozen dataclass": (lambda self, b: self.linear(b.image), (Frozen(x()),), {}, ["b"]),
    "named tuple": (lambda self, p: self.linear(p.left + p.right), (Pair(x(), x()),), {}, ["p.left", "p.right"]),
    "only by keyword": (only_keyword, (), {"x": x()}, ["x"]),
    "open-ended": (open_ended, (x(), x()), {"more": x()}, ["tensors_0", "tensors_1", "more"]),
    "none and flags": (flags, (x(), None, "gelu"), {"twice": True}, ["x"]),
}


@pytest.mark.parametrize("case", TAKEN)
def test_arguments_of_any_nesting_are_named_and_their_batch_stays_free(case) -> None:
    forward, args, kwargs, names = TAKEN[case]
    record = trace(from_module(network(forward), args, kwargs))
    assert [name for name, _ in record.inputs] == names
    assert record.axes["batch"] == 2
    (out,) = record.outputs
    assert record.tensors[out[1]].symbols[0] == "batch"
    assert record.guesses == ()


def test_what_forward_does_to_its_arguments_does_not_reach_the_caller() -> None:
    def forward(self, batch, held):
        held.image = None
        return self.linear(batch.pop("x"))

    batch, held = {"x": x()}, Batch(x())
    trace(from_module(network(forward), (batch, held)))
    assert torch.equal(batch["x"], x())
    assert torch.equal(held.image, x())


GIVEN = {
    "dict": (lambda self, x: {"y": self.linear(x), "n": 3}, ["y"]),
    "dataclass": (lambda self, x: Batch(self.linear(x), 1.0, x + 1), ["image", "mask"]),
    "named tuple": (lambda self, x: Pair(self.linear(x), x + 1), ["left", "right"]),
    "nested": (lambda self, x: [self.linear(x), {"k": (x + 1, x + 2)}], ["output 0", "output 1.k.0", "output 1.k.1"]),
    "object": (lambda self, x: Answer(self.linear(x)), ["value"]),
    "nothing": (lambda self, x: self.linear(x) is None or None, []),
}


@pytest.mark.parametrize("case", GIVEN)
def test_results_of_any_nesting_are_named(case) -> None:
    forward, names = GIVEN[case]
    record = trace(from_module(network(forward), (x(),)))
    assert [name for name, _ in record.outputs] == names
    assert next(op.name for op in record.ops) == "linear"
