"""Flow and Outline -> facts of what the outputs are: one chance, a choice beside a value, predictions on grids.

Sources: arXiv:1602.01783 section 4 (policy and value); arXiv:1506.02640 section 2, arXiv:1708.02002 section 4 (grids).
"""

from __future__ import annotations

from math import prod
from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.last_layer import last_layer
from boardwork.trace.records import Tensor

_SQUASHING = ("softmax", "log_softmax", "sigmoid", "tanh")
_FINEST = 4  # pixels a cell of the finest grid at least: maps of the image's own size are segmentations


def outputs(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Empty for most models."""
    return _chance(flow) | _choice_and_value(flow) | _grids(flow)


def _chance(flow: Flow) -> dict[str, Any]:
    """One output, one number a sample, behind a sigmoid."""
    if len(flow.trace.outputs) != 1:
        return {}
    op = flow.producer(flow.origin(flow.trace.outputs[0][1])[0].id)
    found = op is not None and op.name == "sigmoid" and _numbers(flow, flow.tensors[op.outputs[0]]) == 1
    return {"output.chance": True} if found else {}


def _choice_and_value(flow: Flow) -> dict[str, Any]:
    """Two linear layers on the same features, one of one number and one of several a sample."""
    heads = (last_layer(flow, tensor, _SQUASHING) for _, tensor in flow.trace.outputs)
    layers = [layer for _, layer in filter(None, heads) if layer.name == "linear"]
    if len(layers) != 2 or len({flow.origin(layer.inputs[0])[0].id for layer in layers}) != 1:
        return {}
    numbers = sorted(_numbers(flow, flow.tensors[layer.outputs[0]]) for layer in layers)
    if numbers[0] != 1 or numbers[1] < 2:
        return {}
    shared = {op.id for op in flow.makers(layers[0].inputs[0])}
    return {
        "actor.choices": numbers[1],
        "actor.width": flow.tensors[layers[0].inputs[0]].shape[-1],
        "actor.shared_params": flow.parameters(shared),
        "actor.head_params": flow.parameters([layer.id for layer in layers]),
    }


def _numbers(flow: Flow, tensor: Tensor) -> int:
    """Numbers a sample, 0 if it has other axes than that of features."""
    batched = tensor.shape[:1] == (flow.trace.axes.get("batch"),)
    return prod(tensor.shape[1:]) if batched and len(tensor.shape) <= 2 else 0


def _grids(flow: Flow) -> dict[str, Any]:
    """Maps of several resolutions, each made by 1 x 1 convolutions to as many numbers a cell."""
    tensors = [flow.tensors[t] for _, t in flow.trace.outputs]
    maps = [t for t in tensors if len(t.shape) == 4 and _predicted(flow, t)]
    sides = {t.shape[2] for t in maps}
    image = flow.trace.axes.get("height", 0)
    if len(maps) != len(tensors) or len(sides) < 2 or len({t.shape[1] for t in maps}) > 1:
        return {}
    if image < _FINEST * max(sides):
        return {}
    return {
        "grids.levels": len(sides),
        "grids.finest": image // max(sides),
        "grids.coarsest": image // min(sides),
        "grids.channels": maps[0].shape[1],
        "grids.cells": sum(prod(t.shape[2:]) for t in maps),
    }


def _predicted(flow: Flow, tensor: Tensor) -> bool:
    """A convolution with bias and nothing behind it gives the map, or two of them side by side."""
    op = flow.producer(tensor.id)
    makers = [flow.producer(t) for t in op.inputs] if op is not None and op.name == "cat" else [op]
    return all(maker is not None and maker.name == "conv2d" and maker.attrs.get("kernel") == 1 for maker in makers)
