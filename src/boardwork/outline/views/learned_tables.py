"""A box and a parameter that enters it -> whether it is worked on as data is, and what it is called then."""

from __future__ import annotations

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow, given_and_held
from boardwork.trace.records import Tensor

_HOLDING = ("embedding", "position", "linear", "head", "conv")  # roles of boxes that tell of their own table
_BY_AXES = {1: "Learned vector", 2: "Learned table"}


def called(box: Block, weight: Tensor) -> str:
    """What a learned tensor is that the layers of a box work on: only what runs again and again has a start."""
    if any(part.role == "recurrent" or part.runs > 1 for part in box.walk()):
        return "Learned start"
    return _BY_AXES.get(sum(n > 1 for n in weight.shape), "Learned constant")


def is_worked_on(flow: Flow, box: Block, weight: Tensor) -> bool:
    """True for an operand of what is no layer, in a box that no input reaches; a vector beside others is a gain."""
    own = box.all()
    if box.role in _HOLDING or not flow.fed.isdisjoint(own):
        return False
    parts = (part.one() for part in box.leaves() if part.role not in _HOLDING)
    working = [flow.ops[op] for part in parts for op in part if not flow.is_shape(op)]
    operands = {flow.origin(t)[0].id for op in working if not given_and_held(op)[0] for t in op.inputs}
    entering = {t for t in operands if flow.tensors[t].producer not in own and not flow.is_constant(t)}
    return weight.id in operands and (entering == {weight.id} or sum(n > 1 for n in weight.shape) > 1)
