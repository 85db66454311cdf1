"""Flow -> facts of features that are multiplied with each other: cross layers, factorisation machines.

Sources: arXiv:1708.05123 section 2.2, arXiv:2008.13535 section 3.2; Rendle 2010 section III.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def feature_pairs(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Empty where no features are crossed."""
    return _crosses(flow) | _pairs(flow)


def _crosses(flow: Flow) -> dict[str, Any]:
    """Layers x0 ⊙ (W x + b) + x on one and the same x0, which the first of them takes for x as well."""
    found = {add.id: crossed for add in flow.ops if add.name == "add" and (crossed := _crossed(flow, add))}
    starts = Counter(start for start, _, _ in found.values())
    first = next((start for start, entering, _ in found.values() if start == entering), None)
    if first is None or starts[first] < 2:
        return {}
    layers = [layer for start, _, layer in found.values() if start == first]
    weight = flow.tensors[layers[0].inputs[1]]
    return {
        "cross.count": len(layers),
        "cross.width": weight.shape[-1],
        "cross.outputs": weight.shape[0],
        "cross.params": flow.parameters([layer.id for layer in layers]),
    }


def _crossed(flow: Flow, add: Op) -> tuple[int, int, Op] | None:
    """The first features, those that enter the layer, and its linear layer; None for another addition."""
    for product in (flow.producer(t) for t in add.inputs):
        if product is None or product.name != "mul":
            continue
        for layer in (flow.producer(t) for t in product.inputs):
            if layer is None or layer.name != "linear" or len(flow.tensors[layer.outputs[0]].shape) != 2:
                continue
            other = [t for t in product.inputs if t not in layer.outputs]
            if layer.inputs[0] in add.inputs and other and flow.tensors[other[0]].shape[-1] > 1:
                return other[0], layer.inputs[0], layer
    return None


def _pairs(flow: Flow) -> dict[str, Any]:
    """The square of a sum less the sum of squares: twice all products of two different fields."""
    for op in flow.ops:
        if op.name != "sub" or len(op.inputs) != 2 or op.id not in flow.live:
            continue
        whole, single = (_names_back(flow, t) for t in op.inputs)
        if whole[0] == ("square", "sum") and single[0] == ("sum", "square") and whole[1] == single[1]:
            fields = flow.tensors[whole[1]]
            width = flow.tensors[op.outputs[0]].shape[-1]
            if len(fields.shape) == 3 and fields.shape[-1] == width:
                return {"pairs.fields": fields.shape[1], "pairs.width": width, "pairs.values": fields.size}
    return {}


def _names_back(flow: Flow, tensor: int) -> tuple[tuple[str, ...], int]:
    """The last two operations that made a tensor, the last first, and what they work on."""
    names: list[str] = []
    while len(names) < 2 and (op := flow.producer(tensor)) is not None and op.inputs:
        names.append(_name(op))
        tensor = op.inputs[0]
    return tuple(names), tensor


def _name(op: Op) -> str:
    squares = op.name == "square" or (op.name == "pow" and op.attrs.get("exponent") == 2)
    return "square" if squares or (op.name == "mul" and len(op.inputs) == 2 and len(set(op.inputs)) == 1) else op.name
