"""Flow -> products of features with features: cross layers (DCN), and factorisation machines.

Sources: arXiv:2008.13535, x0 ⊙ (W x + b) + x; arXiv:1703.04247 and Rendle 2010, half of (squared sum − sum of squares).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import data_of, is_projection
from boardwork.outline.recognise.norms.unit_length import is_square
from boardwork.trace.records import Op, Tensor

_HALF = 0.5


def cross_layers(flow: Flow) -> Iterator[list[Pattern]]:
    """A frame round every layer x0 · (W x) + x of those that have the same x0, which the first takes for x as well."""
    sums = (op for op in flow.ops if op.name == "add" and len(op.inputs) == 2 and flow.is_data(op.id))
    found = [crossed for op in sums if (crossed := _crossed(flow, op)) is not None]
    starts = Counter(start for start, _, _ in found)
    begun = {start for start, layer, _ in found if start == data_of(flow, layer)}
    for start, layer, ops in found:
        if starts[start] > 1 and start in begun:
            facts = _sizes(flow, layer)
            detail = f"{facts['width']} features"
            yield [Pattern("cross_layer", ops, "Cross layer", "block", detail, leaf=False, facts=facts)]


def _sizes(flow: Flow, layer: Op) -> dict[str, int]:
    before, after = (flow.tensors[t].shape[-1] for t in (data_of(flow, layer), layer.outputs[0]))
    return {"width": before, "outputs": after, "params": flow.parameters([layer.id])}


def _crossed(flow: Flow, add: Op) -> tuple[int, Op, frozenset[int]] | None:
    """The first features, the layer W and the operations of x0 · (W x) + x, where W reads the features added."""
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
                return start, made, frozenset({times.id, made.id, *passed, *ops})
    return None


def factorisation_machines(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every sum of products over all pairs of embedded features."""
    for op in flow.ops:
        if op.name == "sub" and len(op.inputs) == 2 and flow.is_data(op.id):
            found = _pairs(flow, op)
            if found is not None:
                table, ops = found
                _, fields, width = table.shape
                detail = f"all pairs of {fields} features, width {width}"
                facts = {"fields": fields, "width": width, "values": table.size}
                whole = _halved(flow, op, ops)
                yield [Pattern("factorisation", whole, "Factorisation machine", "matmul", detail, facts=facts)]


def _pairs(flow: Flow, difference: Op) -> tuple[Tensor, set[int]] | None:
    """(Σ v)² − Σ v² over the features v, a row of vectors: these, and the operations."""
    one, two = (flow.producer(t) for t in difference.inputs)
    if one is None or two is None or not is_square(one) or two.name != "sum":
        return None
    total, square = flow.producer(one.inputs[0]), flow.producer(two.inputs[0])
    if total is None or square is None or total.name != "sum" or not is_square(square):
        return None
    table, left = flow.tensors[total.inputs[0]], flow.tensors[difference.outputs[0]].shape
    if square.inputs[0] != table.id or len(table.shape) != 3 or left[-1] != table.shape[-1]:
        return None
    return table, {difference.id, one.id, two.id, total.id, square.id}


def _halved(flow: Flow, op: Op, ops: set[int]) -> frozenset[int]:
    """With the sum over the width and the half, in any order."""
    following, passed = flow.next_op(op)
    while following is not None and (following.name == "sum" or (_HALF in following.attrs.values())):
        ops |= {following.id, *passed}
        following, passed = flow.next_op(following)
    return frozenset(ops)
