"""Writes to a tensor or a part of one -> a new tensor: functions have no memory of what was there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from boardwork.statement.expressions import PUT, constant, expression
from boardwork.statement.operations.pieces import index_of, joined_writes
from boardwork.statement.terms import UnstatedError, Value
from boardwork.statement.writing import Writing
from boardwork.trace.records import Op


def _set(writing: Writing) -> list[Value]:
    """x[place] = value."""
    if _is_inverse(writing):
        return writing.made("p.argsort()", p=writing.value(writing.op.inputs[1]))
    side_by_side = joined_writes(writing, writing.op.outputs[0])
    if side_by_side is not None:
        return [side_by_side]
    if _is_there(writing):
        return [writing.first()]
    value = writing.node(writing.argument("value", 2))
    return [_put(writing, writing.first(), writing.argument("index", 1), value)]


def _is_there(writing: Writing) -> bool:
    """True for the end of x[place] += y, where the sum was put in place already."""
    changed = writing.flow.producer(writing.op.inputs[0])
    if changed is None or changed.outputs != (writing.op.inputs[-1], writing.op.inputs[0]):
        return False
    taken = writing.flow.producer(changed.inputs[0])
    if taken is None or taken.name != "getitem":
        return False
    places = (writing.node(index) for index in (index_of(taken), writing.argument("index", 1)))
    return len({ast.dump(place) for place in places}) == 1


def _is_inverse(writing: Writing) -> bool:
    """True for x[order] = arange(n), of which every element is set: it leads back from the order of a sort."""
    if len(writing.op.inputs) != 3:
        return False
    records = [writing.flow.tensors[tensor] for tensor in writing.op.inputs]
    sort, counting = (writing.flow.producer(record.id) for record in records[1:])
    if sort is None or counting is None or len({record.shape for record in records}) > 1:
        return False
    ordered = sort.name in ("sort", "argsort") and sort.outputs[-1] == records[1].id
    counted = counting.name == "arange" and counting.attrs.get("0") == records[0].size
    return ordered and counted and len(records[0].shape) == 1 and not {"1", "start", "step"} & set(counting.attrs)


def _put(writing: Writing, base: Value, index: object, value: ast.expr) -> Value:
    """A line of its own in the text, `x[index] = value`."""
    call = expression(f"{PUT}(x, i, v)", x=writing.scope.node(base), i=writing.node(index), v=value)
    return writing.scope.value(call, base.shape, line=True)


def _copied(writing: Writing) -> list[Value]:
    """x.copy_(value), where x may be a part of a larger tensor: that one is new too."""
    given = writing.value(writing.op.inputs[1])
    value = writing.scope.node(given)
    if given.shape != writing.shape():
        value = expression("v.expand_as(x)", v=value, x=writing.scope.node(writing.first()))
    return _written(writing, value)


def _filled(writing: Writing) -> list[Value]:
    """x.zero_() and x.fill_(number)."""
    number = writing.argument("value", 1, 0)
    if not isinstance(number, int | float):
        raise UnstatedError("a tensor filled with a tensor")
    call = expression("torch.full_like(x, n)", x=writing.scope.node(writing.first()), n=constant(number))
    return _written(writing, call, constant(number))


def _written(writing: Writing, value: ast.expr, put: ast.expr | None = None) -> list[Value]:
    """What was written, and the tensor that it is a part of; `put`: what says the same in that one."""
    found = [writing.scope.value(value, writing.shape())]
    if len(writing.op.outputs) == 1:
        return found
    maker = writing.flow.producer(writing.op.inputs[0])
    if maker is None or maker.name != "getitem" or len(writing.op.outputs) > 2:
        raise UnstatedError("a write to a view of a view")
    return [*found, _around(writing, maker, put or value)]


def _around(writing: Writing, maker: Op, value: ast.expr) -> Value:
    """The tensor that `maker` took the part from, with the value there."""
    side_by_side = joined_writes(writing, writing.op.outputs[-1])
    if side_by_side is not None:
        return side_by_side
    return _put(writing, writing.value(maker.inputs[0]), index_of(maker), value)


def around_part(writing: Writing, results: Sequence[Value]) -> list[Value]:
    """The tensor that an operation changed a part of in place, x[place] += y, where its results do not hold it."""
    maker = writing.flow.producer(writing.op.inputs[0]) if writing.op.inputs else None
    if len(writing.op.outputs) != len(results) + 1 or len(results) != 1 or maker is None or maker.name != "getitem":
        return []
    return [_around(writing, maker, writing.scope.node(results[0]))]


WRITES: dict[str, Callable[[Writing], list[Value]]] = {
    "setitem": _set,
    "copy": _copied,
    "zero": _filled,
    "fill": _filled,
}
