"""Flow -> global response normalisation: channels scaled by the length of their map over the mean of all lengths."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_LENGTHS = ("norm", "linalg_norm", "linalg_vector_norm")
_ENDING = ("mul", "add", "addcmul")


def response_norms(flow: Flow) -> Iterator[Pattern]:
    """One box for each x + gain · x · n + bias, n = ‖x‖ / mean ‖x‖. arXiv:2301.00808"""
    for op in flow.ops:
        if op.name == "div" and len(op.inputs) == 2 and flow.is_data(op.id):
            ops = _at(flow, op)
            if ops:
                yield Pattern("response_norm", ops, "Global response norm", "norm")


def _at(flow: Flow, division: Op) -> frozenset[int]:
    length, moved = _maker(flow, division.inputs[0])
    mean, passed = _maker(flow, division.inputs[1])
    if mean is not None and mean.name == "add" and len(flow.data_inputs(mean)) == 1:  # + eps
        shifted = mean.id
        mean, more = _maker(flow, mean.inputs[0])
        passed = (*passed, shifted, *more)
    if length is None or mean is None or length.name not in _LENGTHS or mean.name != "mean":
        return frozenset()
    if _maker(flow, mean.inputs[0])[0] != length:
        return frozenset()
    ops = {length.id, mean.id, division.id, *moved, *passed}
    source = flow.origin(length.inputs[0])[0].id
    return frozenset(ops | _applied(flow, division, source, ops))


def _maker(flow: Flow, tensor: int) -> tuple[Op | None, tuple[int, ...]]:
    """What made a tensor, and the moves after that."""
    record, passed = flow.origin(tensor)
    return flow.producer(record.id), passed


def _applied(flow: Flow, last: Op, source: int, ops: set[int]) -> set[int]:
    """The product with x, the gain, the bias, and the sum with x."""
    found, known = set[int](), {source}
    while True:
        following, passed = flow.next_op(last)
        if following is None or following.name not in _ENDING:
            return found
        inside = {t for i in (*ops, *found, *passed) for t in flow.ops[i].outputs} | known
        if not all(t in inside or flow.is_weight(t) or flow.origin(t)[0].id in known for t in following.inputs):
            return found
        found |= {following.id, *passed}
        last = following
