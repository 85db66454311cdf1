"""Outline -> facts of the convolutions: how many, and one that stands for them."""

from __future__ import annotations

from typing import Any

from boardwork.measure.receptive_field import first
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def convolutions(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many, and the numbers of one: of those with a window the one with the largest, in the zoom if it has any."""
    convs = [op for op in flow.ops if op.name == "conv2d"]
    inside = set(outline.zoom.block.one()) if outline.zoom_trace is outline.trace else set()
    square = [op for op in convs if len(set(flow.tensors[op.inputs[1]].shape[-2:])) == 1 and _kernel(flow, op) > 1]
    spatial = [op for op in square if op.id in inside] or square
    others = sum(op.name in ("conv1d", "conv3d") for op in flow.ops)
    found: dict[str, Any] = {"conv.count": len(convs)} if convs else {}
    found |= {"conv.others": others} if others else {}
    if spatial:
        found |= _convolution(flow, max(spatial, key=lambda op: _kernel(flow, op)))
    return found


def _kernel(flow: Flow, op: Op) -> int:
    return flow.tensors[op.inputs[1]].shape[-1]


def _convolution(flow: Flow, op: Op) -> dict[str, Any]:
    source, weight, result = (flow.tensors[t] for t in (op.inputs[0], op.inputs[1], op.outputs[0]))
    bias = op.slot("bias")
    padding = op.attrs.get("padding")
    found = {
        "kernel": weight.shape[-2],
        "stride": first(op.attrs.get("stride"), 1),
        "padding": first(padding, 0),
        "dilation": first(op.attrs.get("dilation"), 1),
        "groups": first(op.attrs.get("groups"), 1),
        "in_channels": source.shape[1],
        "out_channels": result.shape[1],
        "h_in": source.shape[-2],
        "h_out": result.shape[-2],
        "w_out": result.shape[-1],
        "bias": 0 if bias is None else flow.tensors[bias].size,
        "params": weight.size + (0 if bias is None else flow.tensors[bias].size),
        "macs": op.macs // source.shape[0],
        "path": flow.trace.calls[op.call].path,
    }
    if isinstance(padding, str):
        del found["padding"]
    return {f"conv.{key}": value for key, value in found.items()}
