"""Flow -> facts of layers that need no recognition: dropout, max pools, transposed convolutions, linear layers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.measure.receptive_field import first
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_FUSED = ("scaled_dot_product_attention", "flex_attention")
_NARROW = ("int8", "uint8", "float8")


def plain_layers(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many of each kind, and the numbers of one."""
    return _dropouts(flow) | _max_pools(flow) | _transposed(flow) | _linear(flow) | _narrow_weights(flow) | _fused(flow)


def _dropouts(flow: Flow) -> dict[str, Any]:
    probabilities = Counter(flow.trace.dropouts)
    if not probabilities:
        return {}
    return {"dropout.count": probabilities.total(), "dropout.p": probabilities.most_common(1)[0][0]}


def _max_pools(flow: Flow) -> dict[str, Any]:
    sides = [first(op.attrs.get("kernel_size"), 1) for op in flow.ops if op.name == "max_pool2d"]
    strides = [first(op.attrs.get("stride"), 0) for op in flow.ops if op.name == "max_pool2d"]
    pools = [(side, stride or side) for side, stride in zip(sides, strides, strict=True) if (stride or side) > 1]
    if not pools:
        return {}
    kernel, stride = pools[0]
    return {"max_pool.count": len(pools), "max_pool.kernel": kernel, "max_pool.stride": stride}


def _transposed(flow: Flow) -> dict[str, Any]:
    """One whose stride does not divide its kernel, if there is any: its outputs overlap unevenly."""
    found = [op for op in flow.ops if op.name == "conv_transpose2d" and first(op.attrs.get("stride"), 1) > 1]
    if not found:
        return {}
    one = max(found, key=lambda op: int(op.attrs["kernel"]) % first(op.attrs["stride"], 1))
    return {
        "transposed.count": len(found), "transposed.kernel": one.attrs["kernel"],
        **{f"transposed.{key}": first(one.attrs.get(key), 0) for key in ("stride", "padding", "output_padding")},
        "transposed.h_in": flow.tensors[one.inputs[0]].shape[-2],
        "transposed.h_out": flow.tensors[one.outputs[0]].shape[-2],
    }  # fmt: skip


def _linear(flow: Flow) -> dict[str, Any]:
    """Linear layers, and the widths of the one with the most weights."""
    weights = [flow.tensors[w] for op in flow.ops if op.name == "linear" and (w := op.slot("weight")) is not None]
    if not weights:
        return {}
    leaving, arriving = max(weights, key=lambda w: w.size).shape
    return {
        "linear.count": len(weights),
        "linear.fan_in": arriving,
        "linear.fan_out": leaving,
        **unbiased("linear", [op for op in flow.ops if op.name == "linear"]),
    }


def unbiased(word: str, layers: list[Op]) -> dict[str, str]:
    """How many layers of one kind have no bias, "all" or "some"; nothing where each has one."""
    lacking = [op for op in layers if op.slot("bias") is None]
    return {f"{word}.unbiased": "all" if len(lacking) == len(layers) else "some"} if lacking else {}


def _narrow_weights(flow: Flow) -> dict[str, Any]:
    """Elements of matrices that are stored in one byte each."""
    stored = {t: flow.tensors[t] for op in flow.ops for t in op.inputs if flow.is_weight(t)}
    narrow = [t.size for t in stored.values() if len(t.shape) > 1 and t.dtype.startswith(_NARROW)]
    return {"weights.narrow": sum(narrow)} if narrow else {}


def _fused(flow: Flow) -> dict[str, Any]:
    return {"attention.fused": True} if any(op.name in _FUSED for op in flow.ops) else {}
