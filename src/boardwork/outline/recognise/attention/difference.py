"""Cores -> the same cores, those whose results are subtracted from one another as one: differential attention."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.core import Core
from boardwork.trace.records import Op

_MOST = 24  # operations between the cores and the difference


@dataclass(frozen=True)
class _Side:
    """One side of a subtraction: the last operations of the cores that it comes from, and what lies between."""

    cores: frozenset[int]
    ops: frozenset[int]


def with_differences(flow: Flow, cores: Sequence[Core]) -> Iterator[Core]:
    """What no subtraction joins stays as it is. arXiv:2410.05258"""
    by_last = {core.last.id: core for core in cores}
    merged: dict[int, Core] = {}
    for op in flow.ops:
        sides = _sides(flow, op, by_last) if op.name == "sub" and flow.is_data(op.id) else None
        if sides is not None:
            own = [by_last[i] for i in sorted(sides[0].cores | sides[1].cores)]
            whole = _joined(flow, op, sides, own)
            merged |= dict.fromkeys((core.last.id for core in own), whole)
    yield from {merged.get(core.last.id, core).last.id: merged.get(core.last.id, core) for core in cores}.values()


def _sides(flow: Flow, op: Op, cores: dict[int, Core]) -> tuple[_Side, _Side] | None:
    if len(op.inputs) != 2 or not cores:
        return None
    found = [_side(flow, tensor, cores) for tensor in op.inputs]
    one, two = found
    return (one, two) if one is not None and two is not None and len(one.cores | two.cores) > 1 else None


def _side(flow: Flow, tensor: int, cores: dict[int, Core]) -> _Side | None:
    """Back to the cores through reshapes, concatenations and a product with a number that no input has a part in."""
    todo, reached, passed = [tensor], set[int](), set[int]()
    while todo:
        op = flow.producer(todo.pop())
        if op is None or len(passed) > _MOST:
            return None
        if op.id in cores:
            reached.add(op.id)
        elif op.id not in passed and (flow.is_shape(op.id) or op.name in ("cat", "mul")):
            passed.add(op.id)
            follow = [t for t in op.inputs if flow.tensors[t].producer in flow.fed]
            if op.name == "mul":
                passed |= {made.id for t in op.inputs if t not in follow for made in flow.makers(t)}
            todo += follow
            if op.name != "cat" and len(follow) != 1:
                return None
        elif op.id not in passed:
            return None
    return _Side(frozenset(reached), frozenset(passed)) if reached else None


def _joined(flow: Flow, last: Op, sides: tuple[_Side, _Side], cores: Sequence[Core]) -> Core:
    """Its values are all that the cores weigh; `softmaxes` lie in one tensor of queries if both sides share cores."""
    first, value = cores[0], _common(flow, [core.value for core in cores])
    between = sides[0].ops | sides[1].ops | {op for core in cores for op in _cut(flow, core.value, value)}
    pairs = {(core.query, core.key) for core in cores} - {(first.query, first.key)}
    return dataclasses.replace(
        first,
        ops=frozenset({last.id, *between, *(op for core in cores for op in core.ops)}),
        last=last,
        value=value,
        d_v=flow.tensors[last.outputs[0]].shape[-1],
        scores=sum({core.query: core.scores for core in cores}.values()),
        others=tuple(sorted(pairs)),
        softmaxes=2 if sides[0].cores == sides[1].cores else 1,
    )


def _common(flow: Flow, tensors: Sequence[int]) -> int:
    """The tensor that all are cut from."""
    lines = [[t, *(flow.ops[op].inputs[0] for op in flow.origin(t)[1])] for t in tensors]
    return next((t for t in lines[0] if all(t in line for line in lines)), tensors[0])


def _cut(flow: Flow, tensor: int, whole: int) -> Iterator[int]:
    """Operations that cut a tensor from the whole."""
    for op in flow.origin(tensor)[1] if tensor != whole else ():
        yield op
        if whole in flow.ops[op].inputs:
            return
