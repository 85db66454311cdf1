"""Two forwards -> for lengths that windows leave of an axis of the input, the rounding that is exact at every size.

A window of span k that moves by t over floor((n + a)/s) places, padded by p on both sides, leaves
floor((n + a + s(2p - k + t))/(s t)) of them (Dumoulin and Visin, arXiv 1603.07285, relationship 6).
"""

from __future__ import annotations

from boardwork.trace.records import Op, Tensor, Trace

Rounding = tuple[str, int, int]  # an axis of the input, what is added to it, what that is divided by
_AXES = {"conv1d": 1, "conv2d": 2, "max_pool1d": 1, "max_pool2d": 2, "avg_pool1d": 1, "avg_pool2d": 2}


def roundings(
    first: Trace, twin: dict[int, Tensor], sizes: dict[str, int], factors: dict[str, int]
) -> dict[tuple[int, int], Rounding]:
    """Under the length at both sizes; `twin`: the tensors of the second forward by their ids in the first."""
    found: dict[tuple[int, int], Rounding] = {
        (size, size * factors[name]): (name, 0, 1) for name, size in sizes.items() if factors.get(name, 1) > 1
    }
    for op in first.ops:
        if op.name in _AXES and not op.attrs.get("ceil_mode"):
            for axis in range(-_AXES[op.name], 0):
                before, after = (_lengths(first, twin, ids, axis) for ids in (op.inputs, op.outputs))
                if before in found and after is not None:
                    name, added, divisor = found[before]
                    span, step, padding = _window(op, axis, first)
                    offset = added + divisor * (2 * padding - span + step)
                    found.setdefault(after, (name, offset, divisor * step))
    return found


def _lengths(first: Trace, twin: dict[int, Tensor], ids: tuple[int, ...], axis: int) -> tuple[int, int] | None:
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
