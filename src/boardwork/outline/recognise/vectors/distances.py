"""Flow -> distances of two vectors: called, or a difference made positive and summed up or handed on."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_CALLED = {"pairwise_distance": "distance of each pair", "cdist": "distances of all pairs"}
_POSITIVE = {
    "abs": "|a − b|",
    "pow": "(a − b)²",
    "square": "(a − b)²",
    "norm": "length of a − b",
    "linalg_vector_norm": "length of a − b",
}


def distances(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every distance of two vectors that come from one network, run twice."""
    for op in flow.ops:
        if not flow.is_data(op.id) or op.name not in (*_CALLED, *_POSITIVE):
            continue
        difference = None if op.name in _CALLED else flow.producer(op.inputs[0])
        sides = op.inputs if difference is None else difference.inputs
        if len(sides) < 2 or (op.name in _POSITIVE and (difference is None or difference.name != "sub")):
            continue
        if twins(flow, sides[0], sides[1]):
            ops = {op.id} if difference is None else {op.id, difference.id}
            words = _CALLED.get(op.name) or _POSITIVE[op.name]
            yield [Pattern("distance", frozenset(ops), "Distance", "subtract", words)]


def twins(flow: Flow, one: int, two: int) -> bool:
    """True when both tensors are made with the same weights, in different runs."""
    makers = [_last_layer(flow, tensor) for tensor in (one, two)]
    last = [tuple(t for t in op.inputs if flow.is_weight(t)) if op is not None else () for op in makers]
    if last[0] != last[1] or not last[0] or makers[0] is makers[1]:
        return False
    weights = [{t for op in flow.makers(tensor) for t in op.inputs if flow.is_weight(t)} for tensor in (one, two)]
    return weights[0] == weights[1]


def _last_layer(flow: Flow, tensor: int) -> Op | None:
    op = flow.producer(tensor)
    while op is not None and not any(flow.is_weight(t) for t in op.inputs):
        data = flow.data_inputs(op)
        op = flow.producer(data[0]) if data else None
    return op
