"""Flow -> gated activation units: the hyperbolic tangent of one layer's output times the sigmoid of another's.

arXiv:1609.03499 section 2.3
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def gated_activations(flow: Flow) -> Iterator[list[Pattern]]:
    """tanh(a) · sigmoid(b); not the gates of a recurrent cell, whose product is added to a state."""
    for op in flow.ops:
        if op.name == "mul" and flow.is_data(op.id) and len(op.inputs) == 2:
            made = [flow.producer(t) for t in op.inputs]
            names = sorted(m.name for m in made if m is not None)
            if names != ["sigmoid", "tanh"] or _into_state(flow, op):
                continue
            if all(m is not None and _of_layer(flow, m) for m in made):
                ops = frozenset({op.id, *(m.id for m in made if m is not None)})
                yield [Pattern("gated_activation", ops, "Gated activation", "activation", "tanh(a) · σ(b)")]


def _of_layer(flow: Flow, activation: Op) -> bool:
    """What it takes is a layer's output, or the sum of two layers'; what it gives is used once, and no state."""
    if len(flow.data_users(activation)) > 1:
        return False
    made = flow.producer(flow.origin(activation.inputs[0])[0].id)
    if made is not None and made.name == "add":
        return all(_has_weights(flow, flow.producer(flow.origin(t)[0].id)) for t in made.inputs)
    return _has_weights(flow, made)


def _has_weights(flow: Flow, op: Op | None) -> bool:
    return op is not None and bool(op.macs) and any(flow.is_weight(t) for t in op.inputs)


def _into_state(flow: Flow, op: Op) -> bool:
    """Added to another product: forget gate times state, or the rest of an interpolation."""
    following, _ = flow.next_op(op)
    if following is None or following.name != "add":
        return False
    others = [flow.producer(t) for t in following.inputs if flow.tensors[t].producer != op.id]
    return any(other is not None and other.name == "mul" for other in others)
