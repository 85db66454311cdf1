"""Flow -> receptive field of the last spatial feature map, by the formula and by walking indices back."""

from __future__ import annotations

from math import prod
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

# A spatial operation outside these moves positions in ways that the formula does not cover: then nothing is said.
_POINTWISE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "relu",
        "gelu",
        "silu",
        "sigmoid",
        "tanh",
        "leaky_relu",
        "elu",
        "relu6",
        "hardswish",
        "hardtanh",
        "mish",
        "batch_norm",
        "dropout",
        "contiguous",
        "clone",
        "cat",
        "chunk",
        "split",
        "getitem",
        "detach",
        "alias",
        "layer_norm",
        "permute",
    ]
)


def receptive_field(flow: Flow) -> dict[str, int]:
    """The field of the last map before the head: a pool to a fixed size, flattening, upsampling that no layer follows.

    `formula`: r += (k - 1) d j, j *= s along the deepest path. `measured`: width of the index range that reaches one
    position of the map, padding included. Empty where an operation has no fixed window. Source: arXiv 1701.04128.
    """
    windows: dict[int, tuple[int, int]] = {t: (1, 1) for _, t in flow.trace.inputs if _is_map(flow, t)}
    whole: set[int] = set()  # what was made from a whole map
    last = -1
    for op in flow.ops:
        fields = [windows[t] for t in op.inputs if t in windows]
        if whole.intersection(op.inputs):
            if fields or _mixes(flow, op):
                return {}
            whole.update(op.outputs)
        elif fields and _moves(flow, op):
            reach, jump = max(fields)
            kernel, stride, _ = _window(op) or (1, 1, 0)
            windows.update(dict.fromkeys(op.outputs, (reach + (kernel - 1) * jump, jump * stride)))
            last = op.outputs[0]
        elif fields:
            whole.update(op.outputs)
    if last < 0 or windows[last][0] == 1:
        return {}
    measured = _walked_back(flow, last, windows)
    return {"formula": windows[last][0], "measured": measured} if measured else {}


def _moves(flow: Flow, op: Op) -> bool:
    """True for an operation of a known window, or at each position, that makes a map."""
    return _is_map(flow, op.outputs[0]) and (_window(op) is not None or op.name in _POINTWISE)


def _mixes(flow: Flow, op: Op) -> bool:
    """True for a layer on what still has positions: the head of a classifier has one row of features a sample."""
    weighted = any(flow.is_weight(t) for t in op.inputs)
    return weighted and not op.name.endswith("norm") and prod(flow.tensors[op.inputs[0]].shape[2:]) > 1


def _is_map(flow: Flow, tensor: int) -> bool:
    """True for (batch, channels, height, width) with more than one position."""
    shape = flow.tensors[tensor].shape
    return len(shape) == 4 and shape[-1] > 1 and shape[-2] > 1


def _window(op: Op) -> tuple[int, int, int] | None:
    """Span of the kernel with dilation, stride, padding; along the height."""
    if op.name == "conv2d":
        kernel = op.attrs.get("kernel", 0)
    elif op.name in ("max_pool2d", "avg_pool2d"):
        kernel = first(op.attrs.get("kernel_size"), 1)
    else:
        return None
    stride = first(op.attrs.get("stride"), kernel if "pool" in op.name else 1)
    padding = op.attrs.get("padding")
    span = (kernel - 1) * first(op.attrs.get("dilation"), 1) + 1
    return span, stride, first(padding, 0) if not isinstance(padding, str) else (span - 1) // 2 * (padding == "same")


def first(value: Any, default: int) -> int:
    """The number that an argument gives for the height: 3, [3, 3] and [3] all mean 3."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def _walked_back(flow: Flow, last: int, windows: dict[int, tuple[int, int]]) -> int:
    """Follow the index range of one middle position back to the input, through every path."""
    middle = flow.tensors[last].shape[-2] // 2
    ranges = {last: (middle, middle)}
    for op in reversed(flow.ops):
        reached = [ranges[t] for t in op.outputs if t in ranges]
        if not reached:
            continue
        low, high = min(r[0] for r in reached), max(r[1] for r in reached)
        span, stride, padding = _window(op) or (1, 1, 0)
        low, high = low * stride - padding, high * stride - padding + span - 1
        for tensor in op.inputs:
            if tensor in windows:
                before = ranges.get(tensor, (low, high))
                ranges[tensor] = (min(low, before[0]), max(high, before[1]))
    found = [ranges[t] for _, t in flow.trace.inputs if t in ranges]
    return max((high - low + 1 for low, high in found), default=0)
