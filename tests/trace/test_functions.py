"""Helpers that a forward calls -> functions in the trace, each operation under the innermost one that ran it."""

from __future__ import annotations

from functools import wraps

import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace


def traced(model: nn.Module) -> Trace:
    return trace(from_module(model, (torch.randn(2, 4),)))


def stack(record: Trace, op: int) -> list[str]:
    """Names of the functions that ran an operation, the outermost first."""
    names, function = [], record.ops[op].function
    while function >= 0:
        names.append(record.functions[function].name)
        function = record.functions[function].parent
    return names[::-1]


def double(x):
    return x * 2


def shifted(x):
    return double(x) + 1


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def projected(self, x):
        return self.linear(x).relu()

    def forward(self, x):
        return double(shifted(self.projected(x) - 1)) / 2


def test_operations_carry_the_functions_that_ran_them() -> None:
    record = traced(Net())
    found = {op.name + str(op.id): stack(record, op.id) for op in record.ops}
    assert found == {
        "linear0": [], "relu1": ["projected"], "sub2": [], "mul3": ["shifted", "double"], "add4": ["shifted"],
        "mul5": ["double"], "div6": [],
    }  # fmt: skip
    linear = record.calls[record.ops[0].call]
    assert record.functions[linear.function].name == "projected"


def test_each_run_of_a_function_is_its_own() -> None:
    class Twice(nn.Module):
        def forward(self, x):
            for _ in range(2):
                x = shifted(x)
            return x

    record = traced(Twice())
    assert [record.ops[i].function for i in range(4)] == [1, 0, 3, 2]


def wrapped(function):
    @wraps(function)
    def inner(*args):
        return function(*args)

    return inner


def test_wrappers_lambdas_and_forward_itself_are_no_functions() -> None:
    class Wrapped(nn.Module):
        @wrapped
        def forward(self, x):
            return (lambda y: wrapped(double)(y) + 1)(x) + sum(x * i for i in range(2))

    assert [f.name for f in traced(Wrapped()).functions] == ["double"]


def test_the_code_of_torch_has_no_functions() -> None:
    assert traced(nn.Sequential(nn.TransformerEncoderLayer(4, 2, 8), nn.Softmax(-1))).functions == ()
