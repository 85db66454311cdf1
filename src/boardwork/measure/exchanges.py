"""Flow -> facts of maps of several resolutions that run side by side and are added to one another, both ways.

arXiv:1908.07919 section 3.2
"""

from __future__ import annotations

from typing import Any

from boardwork.measure.joins import is_map, raising
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_SPACE = 2  # batch and channels stand before the axes of space


def exchanges(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many maps are raised into a sum at a higher resolution and go on at their own, in a sum beside that."""
    found = [pair for op in flow.ops if op.name == "add" and op.id in flow.live for pair in _exchanged(flow, op)]
    if not found:
        return {}
    spaces = {tensor.shape[_SPACE:] for pair in found for tensor in pair}
    finest = max((result for result, _ in found), key=lambda tensor: tensor.shape[_SPACE:])
    return {
        "exchange.count": len(found),
        "exchange.levels": len(spaces),
        "exchange.width": finest.shape[1],
        "exchange.side": finest.shape[_SPACE],
    }


def _exchanged(flow: Flow, add: Op) -> list[tuple[Tensor, Tensor]]:
    """The sum, and each map of another resolution that is raised into it and stays a part of a sum of its own."""
    result = flow.tensors[add.outputs[0]]
    operands = [flow.tensors[t] for t in flow.data_inputs(add)]
    if not is_map(result) or len(operands) < 2:
        return []
    raised = (op for t in operands if (op := raising(flow, t)) is not None)
    branches = (_branch(flow, flow.tensors[flow.data_inputs(op)[0]]) for op in raised)
    return [(result, branch) for branch in branches if branch is not None and _goes_on_beside(flow, branch, add)]


def _branch(flow: Flow, tensor: Tensor) -> Tensor | None:
    """Back along one path to what several operations use."""
    while len(flow.users.get(tensor.id, ())) < 2:
        op = flow.producer(tensor.id)
        data = [] if op is None else flow.data_inputs(op)
        if len(data) != 1:
            return None
        tensor = flow.tensors[data[0]]
    return tensor


def _goes_on_beside(flow: Flow, branch: Tensor, add: Op) -> bool:
    """True where a sum adds to the branch what a part of `add` was lowered to, and neither sum is made of the other."""
    fine = _branches(flow, add)
    for index in flow.users.get(branch.id, ()):
        other = flow.ops[index]
        if other.name == "add" and flow.tensors[other.outputs[0]].shape == branch.shape and other.id in flow.live:
            first, second = sorted((add, other), key=lambda op: op.id)
            lowered = any(_is_finer(flow.tensors[t], branch) for t in fine & _branches(flow, other))
            if lowered and first.id not in {op.id for op in flow.makers(second.outputs[0])}:
                return True
    return False


def _branches(flow: Flow, add: Op) -> set[int]:
    """What the parts of a sum come from, each along one path; a sum that only this one uses is part after part."""
    found: set[int] = set()
    for tensor in flow.data_inputs(add):
        maker = flow.producer(tensor)
        if maker is not None and maker.name == "add" and len(flow.users[tensor]) == 1:
            found |= _branches(flow, maker)
        elif (branch := _branch(flow, flow.tensors[tensor])) is not None:
            found.add(branch.id)
    return found


def _is_finer(one: Tensor, other: Tensor) -> bool:
    return is_map(one) and one.shape[_SPACE] > other.shape[_SPACE]
