"""Outline -> facts of the convolutions: how many, and one that stands for them."""

from __future__ import annotations

from math import prod
from typing import Any

from boardwork.measure.plain_layers import unbiased
from boardwork.measure.receptive_field import first
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op


def convolutions(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many have stored weights, and the numbers of one: the largest window, of those in the zoom if it has any."""
    stored = [op for op in flow.ops if "conv" in op.name and flow.tensors[op.inputs[1]].producer not in flow.fed]
    convs = [op for op in stored if op.name == "conv2d"]
    inside = set(outline.zoom.block.one()) if outline.zoom_trace is outline.trace else set()
    square = [op for op in convs if len(set(flow.tensors[op.inputs[1]].shape[-2:])) == 1 and _kernel(flow, op) > 1]
    spatial = [op for op in square if op.id in inside] or square
    others = [op for op in stored if op.name in ("conv1d", "conv3d")]
    found: dict[str, Any] = {"conv.count": len(convs)} if convs else {}
    found |= {"conv.others": len(others)} if others else {}
    found |= unbiased("conv", stored)
    wide = [op for op in others if _taps(flow, op) > 1]
    if wide and not spatial:
        found |= _along(flow, max([op for op in wide if op.id in inside] or wide, key=lambda op: _taps(flow, op)))
    if spatial:
        found |= _convolution(flow, max(spatial, key=lambda op: _kernel(flow, op)))
    return found


def _kernel(flow: Flow, op: Op) -> int:
    return flow.tensors[op.inputs[1]].shape[-1]


def _taps(flow: Flow, op: Op) -> int:
    return prod(flow.tensors[op.inputs[1]].shape[2:])


def _along(flow: Flow, op: Op) -> dict[str, Any]:
    """The numbers of a convolution over one axis or three."""
    result = flow.tensors[op.outputs[0]]
    found = {"axes": len(result.shape) - 2, "taps": _taps(flow, op), "positions": prod(result.shape[2:])}
    found |= _channels(flow, op)
    return {f"other_conv.{key}": value for key, value in found.items()}


def _convolution(flow: Flow, op: Op) -> dict[str, Any]:
    source, weight, result = (flow.tensors[t] for t in (op.inputs[0], op.inputs[1], op.outputs[0]))
    padding = op.attrs.get("padding")
    found = {
        "kernel": weight.shape[-2],
        "stride": first(op.attrs.get("stride"), 1),
        "padding": first(padding, 0),
        "dilation": first(op.attrs.get("dilation"), 1),
        "h_in": source.shape[-2],
        "h_out": result.shape[-2],
        "w_out": result.shape[-1],
        "path": flow.trace.calls[op.call].path,
    } | _channels(flow, op)
    if isinstance(padding, str):
        del found["padding"]
    return {f"conv.{key}": value for key, value in found.items()}


def _channels(flow: Flow, op: Op) -> dict[str, Any]:
    """What convolutions over any number of axes have; multiply-adds are those of one sample."""
    source, weight, result = (flow.tensors[t] for t in (op.inputs[0], op.inputs[1], op.outputs[0]))
    bias = 0 if (slot := op.slot("bias")) is None else flow.tensors[slot].size
    return {
        "groups": first(op.attrs.get("groups"), 1),
        "in_channels": source.shape[1],
        "out_channels": result.shape[1],
        "bias": bias,
        "params": weight.size + bias,
        "macs": op.macs // source.shape[0],
    }
