"""An operation on the scores of an attention -> what it does to them: a factor, a cap, a mixing of the heads."""

from __future__ import annotations

from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.scale import number
from boardwork.trace.records import Op

_MIXES = ("linear", "conv2d", "einsum", "matmul")


def alpha(product: Op) -> float:
    """baddbmm scales its product."""
    alpha = product.attrs.get("alpha") if product.name == "baddbmm" else None
    return float(alpha) if isinstance(alpha, int | float) else 1.0


def mixes_heads(flow: Flow, op: Op) -> bool:
    """A product with a small square matrix, one row a head."""
    if op.name not in _MIXES:
        return False
    weights = [flow.tensors[t].shape for t in op.inputs if flow.is_weight(t)]
    square = [w for w in weights if len(w) > 1 and w[0] == w[1] and prod(w) == w[0] ** 2]
    data = [t for t in op.inputs if not flow.is_weight(t)]
    return len(square) == 1 and len(data) == 1 and square[0][0] in flow.tensors[data[0]].shape


def learned_factor(flow: Flow, op: Op) -> bool:
    return op.name in ("mul", "div") and any(from_weights(flow, t) for t in op.inputs)


def from_weights(flow: Flow, tensor: int) -> bool:
    """True for a parameter and what is made from parameters alone."""
    record = flow.tensors[tensor]
    made = record.producer in flow.weighted and record.producer not in flow.fed
    return record.kind == "parameter" or made


def softcap(flow: Flow, line: set[int]) -> float:
    for op in line:
        if flow.ops[op].name == "tanh":
            users = [user for user in flow.data_users(flow.ops[op]) if user.name == "mul"]
            return (number(flow, users[0]) or 0.0) if users else 0.0
    return 0.0
