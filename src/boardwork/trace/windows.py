"""Two forwards -> for lengths that windows leave of an axis of the input, the rounding that is exact at every size.

A window of span k that moves by t over floor((n + a)/s) places, padded by p on both sides, leaves
floor((n + a + s(2p - k + t))/(s t)) of them (Dumoulin and Visin, arXiv 1603.07285, relationship 6).
"""

from __future__ import annotations

from boardwork.trace.records import Op, Tensor, Trace

Rounding = tuple[str, int, int]  # an axis of the input, what is added to it, what that is divided by
Lengths = tuple[int, int]  # of one axis in both forwards
_AXES = {"conv1d": 1, "conv2d": 2, "max_pool1d": 1, "max_pool2d": 2, "avg_pool1d": 1, "avg_pool2d": 2}


def roundings(
    first: Trace, twin: dict[int, Tensor], sizes: dict[str, int], factors: dict[str, int]
) -> dict[Lengths, Rounding | None]:
    """Under the length at both sizes, None where those do not tell it; `twin`: the second's tensors by the first's ids.

    A pad adds as much at every size, unless its helper adds otherwise at these two: it then adds what windows need to
    leave the length over their step, rounded up, and the length between them has no law.
    """
    found: dict[Lengths, Rounding | None] = {
        (size, size * factors[name]): (name, 0, 1) for name, size in sizes.items() if factors.get(name, 1) > 1
    }
    pads = {op.outputs[0]: op for op in first.ops if op.name == "pad"}
    fitting = {_helper(first, op) for op in pads.values() if _varies(first, twin, op)}
    fitted = {tensor: op for tensor, op in pads.items() if _helper(first, op) in fitting}
    for op in first.ops:
        for axis in _axes(op, first):
            before, after = (_lengths(first, twin, ids, axis) for ids in (op.inputs, op.outputs))
            if before is None or after is None or op.outputs[0] in fitted:
                continue
            if op.name == "pad":
                step, offset = 1, after[0] - before[0]
            else:
                span, step, padding = _window(op, axis, first)
                offset = 2 * padding - span + step
                if (pad := fitted.get(op.inputs[0])) and step > 1:
                    found.setdefault(before, None)
                    before, offset = _lengths(first, twin, pad.inputs, axis), step - 1
            if before is not None and (rounding := found.get(before)):
                name, added, divisor = rounding
                found.setdefault(after, (name, added + divisor * offset, divisor * step))
    return found


def _axes(op: Op, trace: Trace) -> range:
    """Those along which windows move or a pad adds, counted from the last."""
    if op.name == "pad":
        return range(-len(trace.tensors[op.outputs[0]].shape), 0)
    return range(0 if op.attrs.get("ceil_mode") else -_AXES.get(op.name, 0), 0)


def _helper(trace: Trace, pad: Op) -> str:
    """What says how much is added: a named function, or the class of a module."""
    return trace.functions[pad.function].name if pad.function >= 0 else trace.calls[pad.call].cls


def _varies(first: Trace, twin: dict[int, Tensor], pad: Op) -> bool:
    """True if the two forwards add differently along some axis."""
    lengths = ((_lengths(first, twin, ids, axis) for ids in (pad.inputs, pad.outputs)) for axis in _axes(pad, first))
    return any(one and two and two[0] - one[0] != two[1] - one[1] for one, two in lengths)


def _lengths(first: Trace, twin: dict[int, Tensor], ids: tuple[int, ...], axis: int) -> Lengths | None:
    one, two = first.tensors[ids[0]], twin.get(ids[0])
    if two is None or len(two.shape) != len(one.shape) or len(one.shape) < -axis:
        return None
    return one.shape[axis], two.shape[axis]


def _window(op: Op, axis: int, trace: Trace) -> tuple[int, int, int]:
    """Span with dilation, step and padding along one axis."""

    def along(name: str, usual: int) -> int:
        value = op.attrs.get(name)
        value = value[axis] if isinstance(value, list | tuple) and len(value) >= -axis else value
        value = value[0] if isinstance(value, list | tuple) and value else value
        return value if isinstance(value, int) else usual

    pooled = "kernel_size" in op.attrs
    kernel = along("kernel_size", 1) if pooled else trace.tensors[op.inputs[1]].shape[axis]
    span = (kernel - 1) * along("dilation", 1) + 1
    same = (span - 1) // 2 if op.attrs.get("padding") == "same" else 0
    return span, along("stride", kernel if pooled else 1), along("padding", same)
