"""Flow -> highway layers: a gate weighs what a layer makes against what enters it, t · H(x) + (1 - t) · x.

arXiv:1505.00387 section 2
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as pairs

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS
from boardwork.outline.recognise.product import Product, product
from boardwork.trace.records import Op


def highways(flow: Flow) -> Iterator[list[Pattern]]:
    """One frame a layer, round its two products, the gate and the sum."""
    for op in flow.ops:
        if op.name == "add" and flow.is_data(op.id) and len(op.inputs) == 2:
            found = next(
                (f for order in (op.inputs, op.inputs[::-1]) if (f := _weighed(flow, *order)) is not None), None
            )
            if found is not None:
                ops, layer = found
                words = f"{layer.before} → {layer.after}"
                facts = {"width": layer.after, "weights": _weights(flow, ops)}
                yield [Pattern("highway", ops | {op.id}, "Highway layer", "block", words, leaf=False, facts=facts)]


def _weighed(flow: Flow, made: int, kept: int) -> tuple[frozenset[int], Product] | None:
    """`made` is t · H(x), `kept` (1 - t) · x: the operations of both, and the layer of H."""
    products = [flow.producer(t) for t in (made, kept)]
    if any(op is None or op.name != "mul" or len(op.inputs) != 2 for op in products):
        return None
    both = [op for op in products if op is not None]
    for (gate, new), (rest, old) in pairs(*([op.inputs, op.inputs[::-1]] for op in both)):
        minus = flow.producer(rest)
        if minus is None or minus.name != "rsub" or minus.inputs[0] != gate:
            continue
        opened, layer = _activated(flow, gate, old), _activated(flow, new, old)
        if opened is not None and layer is not None and opened[0].name == "sigmoid":
            inside = (*both, minus, opened[0], opened[1].op, layer[0], layer[1].op)
            return frozenset(op.id for op in inside), layer[1]
    return None


def _weights(flow: Flow, ops: frozenset[int]) -> int:
    """Elements of the matrices, biases apart."""
    stored = {t for op in ops for t in flow.ops[op].inputs if flow.tensors[t].kind == "parameter"}
    return sum(flow.tensors[t].size for t in stored if len(flow.tensors[t].shape) > 1)


def _activated(flow: Flow, tensor: int, entering: int) -> tuple[Op, Product] | None:
    """The activation that made the tensor, and the layer on what enters that it works on."""
    op = flow.producer(tensor)
    if op is None or (op.name != "sigmoid" and op.name not in ACTIVATIONS):
        return None
    layer = product(flow, flow.producer(op.inputs[0]), wide=True)
    return (op, layer) if layer is not None and layer.data == entering else None
