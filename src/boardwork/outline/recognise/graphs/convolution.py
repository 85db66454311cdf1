"""Flow -> graph convolution: an adjacency matrix without weights times features times weights."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, name_of
from boardwork.outline.recognise.product import Product, product
from boardwork.trace.records import Op

_PRODUCTS = ("matmul", "mm", "bmm", "spmm", "sparse_mm")


def graph_convolutions(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every A (X W) or (A X) W, with its bias and activation."""
    for op in flow.ops:
        if op.name in _PRODUCTS and flow.is_data(op.id) and len(op.inputs) == 2 and _adjacent(flow, *op.inputs):
            for layer in (product(flow, flow.producer(flow.origin(op.inputs[1])[0].id)), _after(flow, op)):
                if layer is not None:
                    yield [_pattern(flow, op, layer)]
                    break


def _adjacent(flow: Flow, graph: int, features: int) -> bool:
    """The left side is square and no weight has a part in it; the right side has a row for each of its columns."""
    left, right = flow.tensors[graph], flow.tensors[features]
    if min(len(left.shape), len(right.shape)) < 2:
        return False
    if left.shape[-1] != left.shape[-2] or left.shape[-1] != right.shape[-2]:
        return False
    learned = left.kind == "parameter" or left.producer in flow.weighted
    return not learned and left.shape[-1] > 1 and not flow.is_constant(features)


def _after(flow: Flow, op: Op) -> Product | None:
    return product(flow, flow.next_op(op)[0])


def _pattern(flow: Flow, spread: Op, layer: Product) -> Pattern:
    last = flow.ops[max(spread.id, layer.op.id)]
    ops = {spread.id, layer.op.id, *_between(flow, spread, layer)}
    label, bias = "Graph convolution", layer.bias
    following, passed = flow.next_op(last)
    learned = [t for t in following.inputs if flow.origin(t)[0].kind == "parameter"] if following is not None else []
    if following is not None and following.name == "add" and len(learned) == 1 and not passed:
        bias += flow.tensors[learned[0]].size
        ops.add(following.id)
        following, passed = flow.next_op(following)
    if following is not None and following.name in ACTIVATIONS and not passed:
        ops.add(following.id)
        label += f", {name_of(following)}"
    nodes = flow.tensors[spread.inputs[0]].shape[-1]
    facts = {
        "nodes": nodes, "d_in": layer.before, "d_out": layer.after, "bias": bias,
        "params": layer.params - layer.bias + bias, "macs": spread.macs + layer.op.macs,
        "first": spread.id < layer.op.id, "graphs": flow.tensors[spread.outputs[0]].size // nodes
        // flow.tensors[spread.outputs[0]].shape[-1],
    }  # fmt: skip
    return Pattern("graph_convolution", frozenset(ops), label, "conv", f"{layer.before} → {layer.after}", facts=facts)


def _between(flow: Flow, spread: Op, layer: Product) -> tuple[int, ...]:
    return flow.origin(spread.inputs[1])[1] if layer.op.id < spread.id else flow.origin(layer.data)[1]
