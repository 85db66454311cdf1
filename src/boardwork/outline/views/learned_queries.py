"""Boxes of a view and a parameter -> whether it asks: it becomes the queries of an attention without an input."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.trace.records import Op

_MOST = 40  # tensors between a parameter and its queries


def queries_of(boxes: Sequence[Block]) -> frozenset[int]:
    """What enters the attention in these boxes as Q."""
    cores = (block for box in boxes for block in box.walk() if block.kind == "attention_core")
    return frozenset(t for core in cores for t, letters in core.facts["letters"].items() if "Q" in letters)


def asks(flow: Flow, parameter: int, queries: Collection[int]) -> bool:
    """True when norms, projections and reshapes alone lead from the parameter to one of the queries."""
    todo, seen = [parameter], set[int]()
    while todo and queries and len(seen) < _MOST:
        tensor = todo.pop()
        if tensor in queries:
            return True
        seen.add(tensor)
        for op in map(flow.ops.__getitem__, flow.users.get(tensor, ())):
            if _keeps(flow, op, tensor):
                todo.extend(t for t in op.outputs if t not in seen)
    return False


def _keeps(flow: Flow, op: Op, tensor: int) -> bool:
    """True where a query stays one, as where it is added to zeros with which a stream starts."""
    if op.name == "add":
        return all(flow.is_constant(t) for t in op.inputs if t != tensor)
    return flow.is_shape(op.id) or ((op.name in CALLED or op.name == "linear") and op.slot("input") == tensor)
