"""Flow -> batch normalisation with fixed statistics, written as arithmetic: a scale and a shift a channel."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_STEPS = ("mul", "div", "add", "sub", "addcmul")
_ROOTS = ("rsqrt", "sqrt")


def frozen_norms(flow: Flow) -> Iterator[Pattern]:
    """Every run of steps with one number a channel, of which one has the root of a table in it."""
    seen = set[int]()
    for op in flow.ops:
        if op.id not in seen and flow.is_data(op.id):
            steps = _run(flow, op)
            seen.update(step.id for step in steps)
            beside = [t for step in steps for t in _fixed(flow, step)]
            if len(steps) > 1 and any(_has_root(flow, t) for t in beside):
                made = {op.id for t in beside for op in flow.makers(t) if op.id in flow.weighted}
                yield Pattern("frozen_norm", frozenset([*made, *(s.id for s in steps)]), "Frozen BatchNorm", "norm")


def _run(flow: Flow, first: Op) -> list[Op]:
    """Steps that follow one another."""
    found: list[Op] = []
    op: Op | None = first
    while op is not None and _is_step(flow, op):
        found.append(op)
        users = flow.data_users(op)
        op = users[0] if len(users) == 1 else None
    return found


def _is_step(flow: Flow, op: Op) -> bool:
    """Arithmetic of a map with numbers of its channels."""
    shape = flow.tensors[op.outputs[0]].shape
    if op.name not in _STEPS or len(shape) < 4 or not _fixed(flow, op) or len(op.inputs) - len(_fixed(flow, op)) != 1:
        return False
    return all(flow.tensors[t].size == shape[1] > 1 for t in _fixed(flow, op))


def _fixed(flow: Flow, op: Op) -> list[int]:
    """Operands that no input has a part in."""
    return [t for t in op.inputs if flow.tensors[t].producer not in flow.fed and flow.tensors[t].kind != "input"]


def _has_root(flow: Flow, tensor: int) -> bool:
    return any(
        op.name in _ROOTS or (op.name == "pow" and abs(op.attrs.get("exponent", 0)) == 0.5)
        for op in flow.makers(tensor)
    )
