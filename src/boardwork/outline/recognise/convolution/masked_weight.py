"""A layer -> the operations that hide a part of its weights by a mask, as PixelCNN and MADE do."""

from __future__ import annotations

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def mask_of(flow: Flow, op: Op) -> frozenset[int]:
    """The product of the layer's weight with a table of constants, and the moves after it; empty without one."""
    weight = op.slot("weight")
    if weight is None and len(op.inputs) > 1:
        weight = op.inputs[1]
    if weight is None:
        return frozenset()
    source, passed = flow.origin(weight)
    made = flow.producer(source.id)
    if made is None or made.name != "mul" or len(made.inputs) != 2:
        return frozenset()
    kinds = [flow.origin(t)[0].kind == "parameter" for t in made.inputs]
    tables = [flow.is_constant(t) and flow.tensors[t].size > 1 for t in made.inputs]
    masked = sorted(kinds) == sorted(tables) == [False, True]
    return frozenset([made.id, *passed]) if masked else frozenset()
