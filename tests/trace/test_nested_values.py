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


class Graph:
    """Keeps its tensors out of sight, and knows itself, as the batches of graph libraries do."""

    def __init__(self, **tensors):
        self._store, self._parent, self.name = tensors, self, "two nodes"

    def __getattr__(self, name):
        try:
            return self.__dict__["_store"][name]
        except KeyError:
            raise AttributeError(name) from None


class Session:
    def __init__(self, seen, **kept):
        self.outputs, self.frames, self.last = {0: kept}, {0: seen, 1: seen + 1}, 1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)


def network(forward) -> nn.Module:
    return type("Written", (Net,), {"forward": forward})()


def x() -> torch.Tensor:
    return torch.ones(2, 4)


def labelled() -> torch.Tensor:
    tensor = x()
    tensor.label = x()
    return tensor


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
    "object": (lambda self, a: self.linear(a.value), (Answer(x()),), {}, ["a"]),
    "object that knows itself": (lambda self, g: self.linear(g.x + g.y), (Graph(x=x(), y=x()),), {}, ["g.x", "g.y"]),
    "only by keyword": (only_keyword, (), {"x": x()}, ["x"]),
    "open-ended": (open_ended, (x(), x()), {"more": x()}, ["tensors_0", "tensors_1", "more"]),
    "tensor with an attribute": (lambda self, x: self.linear(x), (labelled(),), {}, ["x"]),
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


def test_a_tensor_deep_in_an_object_is_named_by_the_end_of_the_way_to_it_and_a_session_stays_as_it_was() -> None:
    def forward(self, session):
        session.outputs[1] = {"memory": self.linear(session.frames[session.last] + session.outputs[0]["memory"])}
        return session.outputs[1]["memory"]

    session = Session(x(), memory=x())
    record = trace(from_module(network(forward), (session,)))
    assert [name for name, _ in record.inputs] == ["session.memory", "session.frames.0", "session.frames.1"]
    assert list(session.outputs) == [0]


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
