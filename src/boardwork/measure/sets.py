"""Flow -> facts of a pool over members that nothing told apart before: a function of a set, in any order.

Source: arXiv:1612.00593 section 4.2, arXiv:1703.06114 section 2.
"""

from __future__ import annotations

from typing import Any

from boardwork.law_names import names_in
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import SHAPE_OPS, Flow
from boardwork.trace.records import Op, Tensor

_POOLS = {"max": "max", "amax": "max", "mean": "mean", "sum": "sum"}
_ONE_BY_ONE = {
    "relu", "gelu", "silu", "leaky_relu", "elu", "tanh", "sigmoid", "dropout", "linear", "addmm", "batch_norm",
    "layer_norm", "add", "sub", "mul", "div", "embedding", "bmm", "matmul", "norm", "pow", "sqrt", "exp", "clamp",
} | set(SHAPE_OPS) | set(_POOLS)  # fmt: skip
_AXES = ("length", "seq_len", "points", "nodes")


def sets(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The last such pool: how many members, the numbers of one, and how they are joined."""
    for op in reversed(flow.ops):
        if op.name not in _POOLS or op.id not in flow.live or not flow.data_inputs(op):
            continue
        source, result = flow.tensors[flow.data_inputs(op)[0]], flow.tensors[op.outputs[0]]
        axis = _pooled(source, result)
        if axis is None or len(result.shape) != 2 or not _alike(flow, op, source.symbols[axis]):
            continue
        return {"set.members": source.shape[axis], "set.width": result.shape[-1], "set.pool": _POOLS[op.name]}
    return {}


def _pooled(source: Tensor, result: Tensor) -> int | None:
    """The axis of members: the input's own length, gone in the result."""
    named = [axis for axis, law in enumerate(source.symbols) if law in _AXES]
    return named[0] if len(named) == 1 and source.symbols[named[0]] not in result.symbols else None


def _alike(flow: Flow, pool: Op, law: str) -> bool:
    """Nothing before the pool looks at a neighbour or at the place of a member, and a layer works on each."""
    makers = list(flow.makers(flow.data_inputs(pool)[0]))
    worked = any(op.macs and law in flow.tensors[op.outputs[0]].symbols for op in makers)
    return worked and all(_one_by_one(flow, op, law) for op in makers)


def _one_by_one(flow: Flow, op: Op, law: str) -> bool:
    laws = {symbol for t in (*op.inputs, *op.outputs) for symbol in flow.tensors[t].symbols if law in names_in(symbol)}
    if laws != {law}:
        return not laws  # on what was pooled already; or some members are cut off, which tells them apart
    if op.name == "conv1d":
        return op.attrs.get("kernel") == 1
    if op.name in ("bmm", "matmul"):  # members meet features, never members
        return all(flow.tensors[t].symbols[-2 if i else -1] != law for i, t in enumerate(op.inputs[:2]))
    weights = [flow.tensors[t] for t in op.inputs if flow.is_weight(t) or flow.is_constant(t)]
    return op.name in _ONE_BY_ONE and not any(law in weight.symbols for weight in weights)
