"""Flow -> look-ups that are written as an index: rows of a learned table at places that the input tells."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.layers import embedded
from boardwork.trace.records import Op


def table_rows(flow: Flow) -> Iterator[Pattern]:
    """One pattern a look-up; a table that nothing is done to before is an embedding."""
    for op in flow.ops:
        if flow.is_data(op.id) and flow.looks_up(op):
            yield embedded(flow, op, *op.inputs) if _is_embedding(flow, op) else _look_up(flow, op)


def _is_embedding(flow: Flow, op: Op) -> bool:
    """True for whole rows of a parameter at places counted along its first axis."""
    table, places = (flow.tensors[t] for t in op.inputs[:2])
    rows = (*places.shape, table.shape[-1])
    return len(op.inputs) == len(table.shape) == 2 and table.kind == "parameter" and _result(flow, op) == rows


def _look_up(flow: Flow, op: Op) -> Pattern:
    size = " × ".join(map(str, flow.tensors[op.inputs[0]].shape))
    return Pattern("look_up", frozenset([op.id]), "Look up", "embedding", f"rows of {size}")


def _result(flow: Flow, op: Op) -> tuple[int, ...]:
    return flow.tensors[op.outputs[0]].shape
