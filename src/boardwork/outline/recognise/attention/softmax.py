"""An operation -> the softmax that ends in it: one call, or exponentials over their sum."""

from __future__ import annotations

from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_LARGEST = ("max", "amax")


@dataclass(frozen=True)
class Softmax:
    """`scores`: what it is taken of; `axis`: the one that it runs over, counted from the end."""

    last: Op
    ops: frozenset[int]
    scores: int
    axis: int


def softmax(flow: Flow, last: Op) -> Softmax | None:
    """softmax(x), exp(x - logsumexp(x)), or exp(x) / sum(exp(x)), where x may be lowered by its maximum."""
    if last.name == "softmax":
        return Softmax(last, frozenset([last.id]), last.inputs[0], _axis(flow, last))
    if last.name == "exp":
        return _lowered(flow, last, "logsumexp")
    if last.name != "div" or len(last.inputs) != 2:
        return None
    powers, total = (flow.producer(flow.origin(t)[0].id) for t in last.inputs)
    if powers is None or total is None or powers.name != "exp" or total.name != "sum":
        return None
    if flow.origin(total.inputs[0])[0].id != powers.outputs[0]:
        return None
    inside = _lowered(flow, powers, *_LARGEST) or Softmax(powers, frozenset([powers.id]), powers.inputs[0], -1)
    return Softmax(last, inside.ops | {last.id, total.id}, inside.scores, _axis(flow, total))


def _lowered(flow: Flow, powers: Op, *reductions: str) -> Softmax | None:
    """exp(x - r(x)) with r one of these reductions."""
    difference = flow.producer(powers.inputs[0])
    if difference is None or difference.name != "sub" or len(difference.inputs) != 2:
        return None
    scores, taken = difference.inputs
    reduced = flow.producer(flow.origin(taken)[0].id)
    if reduced is None or reduced.name not in reductions or reduced.inputs[:1] != (scores,):
        return None
    return Softmax(powers, frozenset({powers.id, difference.id, reduced.id}), scores, _axis(flow, reduced))


def _axis(flow: Flow, op: Op) -> int:
    rank, dim = len(flow.tensors[op.inputs[0]].shape), op.attrs.get("dim", op.attrs.get("1"))
    dim = dim[0] if isinstance(dim, list | tuple) and len(dim) == 1 else dim
    axis = dim if isinstance(dim, int) else -1
    return axis - rank if axis >= 0 else axis
