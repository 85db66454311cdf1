"""The laws of the trace, on random forwards: reads follow writes, a write reaches every view, nothing is changed."""

from __future__ import annotations

import random
from collections.abc import Callable

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace

WIDTH = 4
law = settings(max_examples=20, deadline=None, derandomize=True)


def halves(x: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat([second, first], dim=-1)


def scaled_in_place(x: torch.Tensor) -> torch.Tensor:
    return x.clone().mul_(2)


def written_through_a_view(x: torch.Tensor) -> torch.Tensor:
    copy = x.clone()
    copy[..., 0].add_(1)
    return copy + 0.5


def row_replaced(x: torch.Tensor) -> torch.Tensor:
    copy = x.clone()
    copy[0] = copy[1] * 3
    return copy


STEPS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "halves": halves,
    "transposed twice": lambda x: x.t().contiguous().t(),
    "scaled in place": scaled_in_place,
    "written through a view": written_through_a_view,
    "row replaced": row_replaced,
    "dropped out": lambda x: nn.functional.dropout(x, 0.5, training=True),
}


class Walk(nn.Module):
    """Steps by name, with linear layers by number: a number that comes again runs the same weights again."""

    def __init__(self, steps: list[str | int]) -> None:
        super().__init__()
        self.steps = steps
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for step in self.steps:
            x = self.layers[step](x) if isinstance(step, int) else STEPS[step](x)
        return x + 0


walks = st.lists(st.one_of(st.integers(0, 2), st.sampled_from(sorted(STEPS))), min_size=1, max_size=6).map(Walk)


def traced(model: nn.Module) -> Trace:
    return trace(from_module(model, (torch.ones(2, WIDTH),)))


def ancestors(record: Trace, tensor: int) -> set[int]:
    """Operations that have a part in a tensor."""
    found: set[int] = set()
    todo = [record.tensors[tensor].producer]
    while todo:
        op = todo.pop()
        if op >= 0 and op not in found:
            found.add(op)
            todo.extend(record.tensors[t].producer for t in record.ops[op].inputs)
    return found


@law
@given(walks)
def test_what_an_operation_reads_was_made_before(model: Walk) -> None:
    record = traced(model)
    for op in record.ops:
        assert all(record.tensors[t].producer < op.id for t in op.inputs)
        assert all(record.tensors[t].producer == op.id for t in op.outputs)


@law
@given(walks)
def test_every_operation_that_changes_the_result_leads_to_it(model: Walk) -> None:
    record = traced(model)
    leads = ancestors(record, record.outputs[0][1])
    moves = {"getitem", "chunk", "contiguous", "t", "clone"}  # of a view that only takes a write, nothing else is read
    assert {op.id for op in record.ops if op.name not in moves} <= leads


@law
@given(walks)
def test_each_run_of_a_layer_is_one_call_and_one_product(model: Walk) -> None:
    record = traced(model)
    numbers = [step for step in model.steps if isinstance(step, int)]
    linear = [op for op in record.ops if op.name == "linear"]
    assert [record.calls[op.call].path for op in linear] == [f"layers.{number}" for number in numbers]
    assert len({record.calls[op.call].module for op in linear}) == len(set(numbers))
    assert len({record.tensors[op.inputs[1]].name for op in linear}) == len(set(numbers))


@law
@given(walks, st.booleans())
def test_the_model_and_the_random_state_stay(model: Walk, training: bool) -> None:
    model.train(training)
    model.register_forward_hook(lambda *_: None)
    weights = {name: (id(p), p.data_ptr(), p._version) for name, p in model.named_parameters()}
    hooks, states = list(model._forward_hooks), (torch.get_rng_state(), random.getstate())
    traced(model)
    assert {name: (id(p), p.data_ptr(), p._version) for name, p in model.named_parameters()} == weights
    assert list(model._forward_hooks) == hooks
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert all(module.training is training for module in model.modules())


@law
@given(walks)
def test_tracing_again_gives_the_same(model: Walk) -> None:
    one, two = (traced(model) for _ in range(2))
    assert (one.ops, one.tensors, one.functions, one.rows) == (two.ops, two.tensors, two.functions, two.rows)
