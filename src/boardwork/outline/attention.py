"""Flow -> attention: softmax(Q K^T) V, fused or written out, with the boxes and the frame round it."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.attention_parts import AttentionParts, Core
from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.scale import factor
from boardwork.trace.records import Op

_PRODUCTS = ("matmul", "bmm", "baddbmm", "einsum", "mm")
_ON_SCORES = frozenset(
    [
        "mul",
        "div",
        "add",
        "sub",
        "masked_fill",
        "where",
        "tanh",
        "clamp",
        "softmax",
        "max",
        "maximum",
        "float",
        "to",
        "type",
    ]
)


def attentions(flow: Flow) -> Iterator[list[Pattern]]:
    """For every attention: its boxes, and last the frame round them."""
    for op in flow.ops:
        if not flow.is_data(op.id):
            continue
        core = _fused(flow, op) if op.name == "scaled_dot_product_attention" else _product(flow, op)
        if core is not None:
            yield AttentionParts(flow, *core).patterns()


def _fused(flow: Flow, op: Op) -> Core:
    query, key, value = (op.slot(name) for name in ("query", "key", "value"))
    assert query is not None
    assert key is not None
    assert value is not None
    scale = op.attrs.get("scale")
    default = flow.tensors[query].shape[-1] ** -0.5
    return {op.id}, op, (query, key, value), default if scale is None else float(scale)


def _product(flow: Flow, softmax: Op) -> Core | None:
    """product -> scale, mask -> softmax -> product, with any reshapes between."""
    if softmax.name != "softmax":
        return None
    ops, scale, todo, first = {softmax.id}, 1.0, [softmax.inputs[0]], None
    while todo and first is None:
        op = flow.producer(todo.pop())
        if op is None:
            continue
        if op.name in _PRODUCTS:
            first = op
        elif op.name in _ON_SCORES or flow.is_shape(op.id):
            ops.add(op.id)
            scale *= factor(op)
            todo.extend(reversed(flow.data_inputs(op)))
    second, passed = _weighted_sum(flow, softmax)
    if first is None or second is None or len(second.inputs) < 2:
        return None
    ops |= {first.id, second.id, *passed}
    query, key = first.inputs[-2:]
    inside = {t for op in ops for t in flow.ops[op].outputs}
    value = next((t for t in second.inputs if t not in inside), None)
    return None if value is None else (ops, second, (query, key, value), scale)


def _weighted_sum(flow: Flow, softmax: Op) -> tuple[Op | None, list[int]]:
    """The product that uses the probabilities; they may also be an output of the model."""
    for user in flow.data_users(softmax):
        if user.name in _PRODUCTS:
            return user, []
        if flow.is_shape(user.id):
            found, passed = flow.skip(user)
            if found is not None and found.name in _PRODUCTS:
                return found, [user.id, *passed]
    return None, []
