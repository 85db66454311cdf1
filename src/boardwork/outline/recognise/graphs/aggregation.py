"""Operations of a block -> one-shot aggregation: convolutions in series whose maps are all joined once, at the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_FEWEST = 4  # maps that are joined
_STEPS = 12  # operations between two of them: a convolution or two with norms and activations


def aggregation(flow: Flow, ops: Sequence[int]) -> tuple[str, dict[str, Any]] | None:
    """The widths of such a block, in words and as facts; None for anything else. arXiv:1904.09730"""
    joins = [op for op in map(flow.ops.__getitem__, ops) if op.name == "cat" and len(flow.data_inputs(op)) >= _FEWEST]
    if len(joins) != 1:
        return None
    maps = flow.data_inputs(joins[0])
    if not all(_leads(flow, before, after) for before, after in pairwise(maps)):
        return None
    joined = flow.tensors[joins[0].outputs[0]].shape[1]
    width, result = flow.tensors[maps[-1]].shape[1], flow.tensors[flow.ops[ops[-1]].outputs[0]].shape[1]
    facts = {"maps": len(maps) - 1, "width": width, "input": flow.tensors[maps[0]].shape[1], "joined": joined}
    return f"{len(maps) - 1} convolutions of width {width}, joined {joined} → {result}", facts


def _leads(flow: Flow, before: int, after: int) -> bool:
    """True when a convolution makes the one map from the other."""
    tensor, convolved = after, False
    for _ in range(_STEPS):
        if tensor == before:
            return convolved
        op = flow.producer(tensor)
        data = [] if op is None else flow.data_inputs(op)
        if op is None or len(data) != 1:
            return False
        convolved |= _is_convolution(op)
        tensor = data[0]
    return False


def _is_convolution(op: Op) -> bool:
    return op.name.startswith("conv")
