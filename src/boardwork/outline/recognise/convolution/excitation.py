"""Flow -> squeeze-excitation: a map times one gate a channel that its own global average makes."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, name_of
from boardwork.outline.recognise.product import Product, product
from boardwork.trace.records import Op

_GATES = ("sigmoid", "hardsigmoid")


def excitations(flow: Flow) -> Iterator[list[Pattern]]:
    """For every squeeze-excitation: its product, and last the frame round pool, two layers and product."""
    for op in flow.ops:
        if op.name == "mul" and flow.is_data(op.id) and len(op.inputs) == 2:
            for scaled, gate in (op.inputs, op.inputs[::-1]):
                found = _closing(flow, op, scaled, gate)
                if found is not None:
                    yield found


def _closing(flow: Flow, multiply: Op, scaled: int, gate: int) -> list[Pattern] | None:
    """Walk back from the gate: sigmoid, layer, activation, layer, global pool of the map itself."""
    if len(flow.tensors[scaled].shape) < 3 or flow.tensors[gate].size >= flow.tensors[scaled].size:
        return None
    ops = {multiply.id}
    sigmoid = _before(flow, gate, ops)
    if sigmoid is None or sigmoid.name not in _GATES:
        return None
    wide = product(flow, _before(flow, sigmoid.inputs[0], ops))
    if wide is None:
        return None
    activation = _before(flow, wide.data, ops)
    narrow = product(flow, activation)
    if narrow is None and activation is not None and activation.name in ACTIVATIONS:
        narrow = product(flow, _before(flow, activation.inputs[0], ops))
    pool = None if narrow is None else _before(flow, narrow.data, ops)
    if narrow is None or pool is None or not _is_pool(flow, pool, scaled):
        return None
    word = name_of(activation) if activation is not None and activation.name in ACTIVATIONS else ""
    return _patterns(multiply, frozenset(ops), narrow, wide, word)


def _before(flow: Flow, tensor: int, ops: set[int]) -> Op | None:
    """What made a tensor, behind shape operations; everything passed is noted."""
    record, passed = flow.origin(tensor)
    op = flow.producer(record.id)
    ops.update(passed)
    if op is not None:
        ops.add(op.id)
    return op


def _is_pool(flow: Flow, pool: Op, scaled: int) -> bool:
    """True for an average over all positions of the map that is multiplied."""
    if pool.name != "mean" and not pool.name.startswith("adaptive_avg_pool"):
        return False
    same = flow.origin(pool.inputs[0])[0].id == flow.origin(scaled)[0].id
    source, result = flow.tensors[pool.inputs[0]], flow.tensors[pool.outputs[0]]
    return same and result.size == source.shape[0] * source.shape[1] < source.size


def _patterns(multiply: Op, ops: frozenset[int], narrow: Product, wide: Product, activation: str) -> list[Pattern]:
    facts = {
        "channels": wide.after, "inner": narrow.after, "params": narrow.params + wide.params,
        "bias": narrow.bias + wide.bias,
    }  # fmt: skip
    detail = f"{narrow.before} → {narrow.after} → {wide.after}" + (f", {activation}" if activation else "")
    return [
        Pattern("multiply", frozenset([multiply.id]), "×", "multiply"),
        Pattern("excitation", ops, "Squeeze-excitation", "attention", detail, leaf=False, facts=facts),
    ]
