"""Flow -> products of features with features: cross layers (DCN), and factorisation machines.

Sources: arXiv:2008.13535, x0 ⊙ (W x + b) + x; arXiv:1703.04247 and Rendle 2010, half of (squared sum − sum of squares).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import data_of, is_projection
from boardwork.trace.records import Op

_HALF = 0.5


def cross_layers(flow: Flow) -> Iterator[list[Pattern]]:
    """A frame round every layer x0 · (W x) + x of those that have the same first features x0."""
    sums = (op for op in flow.ops if op.name == "add" and len(op.inputs) == 2 and flow.is_data(op.id))
    found = [crossed for op in sums if (crossed := _crossed(flow, op)) is not None]
    starts = Counter(start for start, _, _ in found)
    for start, ops, width in found:
        if starts[start] > 1:
            yield [Pattern("cross_layer", ops, "Cross layer", "block", f"{width} features", leaf=False)]


def _crossed(flow: Flow, add: Op) -> tuple[int, frozenset[int], int] | None:
    """The first features, the operations and the width of x0 · (W x) + x, where W reads the features that are added."""
    for product, last in (add.inputs, add.inputs[::-1]):
        times, ops = flow.producer(product), {add.id}
        if times is not None and times.name == "add" and any(flow.is_weight(t) for t in times.inputs):  # a bias
            ops.add(times.id)
            times = next((flow.producer(t) for t in times.inputs if not flow.is_weight(t)), None)
        if times is None or times.name != "mul" or len(times.inputs) != 2:
            continue
        for tensor, start in (times.inputs, times.inputs[::-1]):
            source, passed = flow.origin(tensor)
            made = flow.producer(source.id)
            if made is not None and is_projection(flow, made) and data_of(flow, made) == last:
                return start, frozenset({times.id, made.id, *passed, *ops}), flow.tensors[last].shape[-1]
    return None


def factorisation_machines(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every sum of products over all pairs of embedded features."""
    for op in flow.ops:
        if op.name == "sub" and len(op.inputs) == 2 and flow.is_data(op.id):
            found = _pairs(flow, op)
            if found is not None:
                table, ops = found
                fields, width = flow.tensors[table].shape[-2:]
                detail = f"all pairs of {fields} features, width {width}"
                whole = _halved(flow, op, ops)
                yield [Pattern("factorisation", whole, "Factorisation machine", "matmul", detail)]


def _pairs(flow: Flow, difference: Op) -> tuple[int, set[int]] | None:
    """(Σ v)² − Σ v²: the features v, and the operations."""
    one, two = (flow.producer(t) for t in difference.inputs)
    if one is None or two is None or not _squares(flow, one) or two.name != "sum":
        return None
    total, square = flow.producer(one.inputs[0]), flow.producer(two.inputs[0])
    if total is None or square is None or total.name != "sum" or not _squares(flow, square):
        return None
    table = total.inputs[0]
    if square.inputs[0] != table or len(flow.tensors[table].shape) < 3:
        return None
    return table, {difference.id, one.id, two.id, total.id, square.id}


def _squares(flow: Flow, op: Op) -> bool:
    squared = op.name == "pow" and 2 in op.attrs.values()
    return (
        squared or op.name == "square" or (op.name == "mul" and op.inputs[0] == op.inputs[-1] and len(op.inputs) == 2)
    )


def _halved(flow: Flow, op: Op, ops: set[int]) -> frozenset[int]:
    """With the sum over the width and the half, in any order."""
    following, passed = flow.next_op(op)
    while following is not None and (following.name == "sum" or (_HALF in following.attrs.values())):
        ops |= {following.id, *passed}
        following, passed = flow.next_op(following)
    return frozenset(ops)
