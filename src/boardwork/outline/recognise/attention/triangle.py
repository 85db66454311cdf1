"""A mask whose values are not known -> whether the operations that made it leave each query what came before it."""

from __future__ import annotations

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_CUTS = ("tril", "triu")
_KEYS_FIRST, _QUERIES_FIRST = ("le", "gt"), ("ge", "lt")  # seen, or hidden
_TRUTHS = ("bool", "uint8")


def is_triangular(flow: Flow, tensor: int) -> bool:
    """True when it was cut to a triangle, compares the positions of keys and queries, or is a corner of one table."""
    return any(op.name in _CUTS or _compares(flow, op) or _cut_square(flow, op) for op in flow.makers(tensor))


def _compares(flow: Flow, op: Op) -> bool:
    """True for key <= query, or key > query: positions of one on the last axis, of the other on the axis before it."""
    if op.name not in _KEYS_FIRST + _QUERIES_FIRST or len(op.inputs) != 2:
        return False
    keys, queries = op.inputs if op.name in _KEYS_FIRST else op.inputs[::-1]
    across, down = flow.tensors[keys].shape, flow.tensors[queries].shape
    crossed = across[-1:] != (1,) and across[-2:-1] in ((), (1,)) and down[-1:] == (1,) and down[-2:-1] != (1,)
    return crossed and all(_counts(flow, t) for t in (keys, queries))


def _counts(flow: Flow, tensor: int) -> bool:
    return any(op.name == "arange" for op in flow.makers(tensor))


def _cut_square(flow: Flow, op: Op) -> bool:
    """True for the upper left corner of a square table of truths: a mask that serves every length is causal."""
    if op.name != "getitem" or not op.inputs or flow.tensors[op.inputs[0]].kind != "buffer":
        return False
    table, part = (flow.tensors[t].shape for t in (op.inputs[0], op.outputs[0]))
    square = len(table) > 1 and table[-1] == table[-2] and part[-2:] == (part[-1], part[-1])
    alone = all(n == 1 for n in table[:-2])
    return square and ((alone and _is_truth(flow, op)) or _is_factor(flow, op))


def _is_truth(flow: Flow, part: Op) -> bool:
    """By its type, or as it is compared with a number."""
    compared = all(user.name in ("eq", "ne") for user in flow.data_users(part))
    return flow.tensors[part.outputs[0]].dtype.endswith(_TRUTHS) or compared


def _is_factor(flow: Flow, part: Op) -> bool:
    """True for what scores are multiplied by, of each head its own: 0 for what is not seen."""
    return bool(flow.data_users(part)) and all(user.name == "mul" for user in flow.data_users(part))
