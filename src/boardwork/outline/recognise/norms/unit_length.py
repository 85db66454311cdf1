"""Flow -> vectors divided by their own length, by one call or written as arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_LENGTHS = ("norm", "linalg_norm", "linalg_vector_norm")
_GUARDS = ("clamp", "clamp_min", "add", "maximum", "max")  # keep the length away from zero


def unit_lengths(flow: Flow) -> Iterator[Pattern]:
    """One box for each."""
    for op in flow.ops:
        ops = unit_length(flow, op) if flow.is_data(op.id) else frozenset[int]()
        if ops:
            yield Pattern("unit_length", ops, "L2 normalise", "norm")


def unit_length(flow: Flow, last: Op) -> frozenset[int]:
    """The operations of x / ‖x‖ that end here; none if it is anything else."""
    if last.name == "normalize":
        return frozenset([last.id]) if last.attrs.get("p", 2.0) == 2 else frozenset()
    if last.name not in ("div", "mul") or len(last.inputs) != 2:
        return frozenset()
    for divided, by in (last.inputs, last.inputs[::-1]) if last.name == "mul" else (last.inputs,):
        ops = _length_of(flow, by, flow.origin(divided)[0].id, inverse=last.name == "mul")
        if ops:
            return ops | {last.id}
    return frozenset()


def _length_of(flow: Flow, tensor: int, source: int, *, inverse: bool) -> frozenset[int]:
    """Operations from `source` to its length, or to one over it."""
    passed: list[int] = []
    root = _step(flow, tensor, passed)
    while root is not None and root.name in _GUARDS and len(flow.data_inputs(root)) == 1:
        root = _step(flow, flow.data_inputs(root)[0], passed)
    if root is None:
        return frozenset()
    if root.name in _LENGTHS and not inverse:
        same = _euclidean(root) and flow.origin(root.inputs[0])[0].id == source
        return frozenset(passed) if same else frozenset()
    if not _is_root(root, inverse=inverse):
        return frozenset()
    total = _step(flow, root.inputs[0], passed)
    while total is not None and total.name in _GUARDS and len(flow.data_inputs(total)) == 1:
        total = _step(flow, flow.data_inputs(total)[0], passed)
    square = _step(flow, total.inputs[0], passed) if total is not None and total.name == "sum" else None
    of_source = square is not None and is_square(square) and flow.origin(square.inputs[0])[0].id == source
    return frozenset(passed) if of_source else frozenset()


def _step(flow: Flow, tensor: int, passed: list[int]) -> Op | None:
    """What made a tensor, behind shape operations; all of it is noted."""
    record, moved = flow.origin(tensor)
    op = flow.producer(record.id)
    passed += [*moved, *([op.id] if op is not None else [])]
    return op


def _euclidean(length: Op) -> bool:
    order = length.attrs.get("p", length.attrs.get("ord", length.attrs.get("1")))
    return order in (None, 2, 2.0, "fro")


def _is_root(op: Op, *, inverse: bool) -> bool:
    power = -0.5 if inverse else 0.5
    return op.name == ("rsqrt" if inverse else "sqrt") or (op.name == "pow" and op.attrs.get("exponent") == power)


def is_square(op: Op) -> bool:
    """Whether each number is multiplied by itself, in any spelling."""
    squared = op.name == "mul" and len(set(op.inputs)) == 1 < len(op.inputs)
    return op.name == "square" or squared or (op.name == "pow" and op.attrs.get("exponent") == 2)
