"""Elementwise operations between two layers -> the name of the activation they make; how many numbers it learns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, ENDS, name_of, written
from boardwork.outline.recognise.elementwise import ELEMENTWISE, PIECEWISE, reduces
from boardwork.trace.records import Op

LEARNED = "Learned activation"
_CURVES = (ELEMENTWISE | PIECEWISE | ACTIVATIONS.keys()) - {"prelu"}
_STRAIGHT = ("mul", "div", "add", "sub")
_FEW_NUMBERS = 8
_BRANCHES = 2


def in_curve(op: Op) -> bool:
    """True for an operation that a curve may be made of: on each number by itself."""
    return op.name in _CURVES and not reduces(op)


def is_piece(flow: Flow, tensor: int) -> bool:
    """True for a part of what a shape operation takes, by any of their names."""
    op = flow.producer(tensor)
    return op is not None and flow.is_shape(op.id) and flow.tensors[tensor].size < flow.tensors[op.inputs[0]].size


def activation_name(flow: Flow, ops: Collection[int]) -> str:
    """Name of the activation that these elementwise operations make, "" if none."""
    if learned_numbers(flow, ops):
        return LEARNED
    for index in sorted(ops):
        found = written(flow, flow.ops[index]) if flow.ops[index].name in ENDS else None
        if found is not None and found[1] <= set(ops):
            return found[0]
    called = {op.name: name_of(op) for op in map(flow.ops.__getitem__, sorted(ops)) if op.name in ACTIVATIONS}
    usual = [called[name] for name in ("relu", "gelu", "silu", "relu6", "hardswish", "mish") if name in called]
    return usual[0] if usual else next((called[name] for name in sorted(called)), "")


def learned_numbers(flow: Flow, ops: Collection[int]) -> int:
    """How many learned numbers these operations hold between first and last bend, if they are few; else 0.

    Factors and terms at the ends leave the curve what it is; in a gated network the branch that bends is the curve.
    """
    count = flow.parameters({op for op in _bent(flow, set(ops)) if in_curve(flow.ops[op])})
    return count if count <= _FEW_NUMBERS else 0


def _bent(flow: Flow, ops: set[int]) -> set[int]:
    """The operations without straight ones at the ends."""
    while ops:
        last = flow.ops[max(ops)]
        given = _fed(flow, last)
        if len(given) == _BRANCHES and last.name == "mul" and _apart(flow, given, ops):
            branches = [_back(flow, tensor, ops) for tensor in given]
            bending = [branch for branch in branches if any(_bends(flow.ops[op]) for op in branch)]
            if len(bending) != 1:
                break
            ops = bending[0]
        elif len(given) == 1 and (flow.is_shape(last.id) or last.name in _STRAIGHT):
            ops = _back(flow, given[0], ops)
        else:
            break
    return ops - _straight_start(flow, ops)


def _straight_start(flow: Flow, ops: set[int]) -> set[int]:
    """Operations before anything else uses what they take, as the bias of an activation."""
    rest = set(ops)
    while True:
        first = [op for op in rest if any(flow.tensors[t].producer not in rest for t in _fed(flow, flow.ops[op]))]
        if len(first) != 1 or not (flow.is_shape(first[0]) or flow.ops[first[0]].name in _STRAIGHT):
            return ops - rest
        rest.remove(first[0])


def _bends(op: Op) -> bool:
    return op.name in ACTIVATIONS or (in_curve(op) and op.name not in _STRAIGHT)


def _fed(flow: Flow, op: Op) -> Sequence[int]:
    """What an operation takes that depends on the input."""
    return [t for t in op.inputs if flow.tensors[t].kind == "input" or flow.tensors[t].producer in flow.fed]


def _back(flow: Flow, tensor: int, ops: Collection[int]) -> set[int]:
    """The operations that have a part in a tensor."""
    return {op.id for op in flow.makers(tensor, since=min(ops) - 1) if op.id in ops}


def _apart(flow: Flow, tensors: Sequence[int], ops: Collection[int]) -> bool:
    """True where two tensors are made of different ones, or of different pieces of one."""
    one, other = (_sources(flow, tensor, ops) for tensor in tensors)
    return one.isdisjoint(other)


def _sources(flow: Flow, tensor: int, ops: Collection[int]) -> set[int]:
    """Where the walk back from a tensor leaves the operations, or comes to a piece of another tensor."""
    todo, seen, found = [tensor], set[int](), set[int]()
    while todo:
        tensor = todo.pop()
        made = flow.producer(tensor)
        if made is None or made.id not in ops or is_piece(flow, tensor):
            found.add(tensor)
        elif made.id not in seen:
            seen.add(made.id)
            todo.extend(_fed(flow, made))
    return found
