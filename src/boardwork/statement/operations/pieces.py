"""Writes that fill an empty tensor piece by piece -> the pieces put side by side, or stacked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.statement.calls import Tensors, arguments
from boardwork.statement.expressions import constant, expression
from boardwork.statement.operations.parts import index_parts
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing
from boardwork.trace.records import Op

_EMPTY = ("empty", "new_empty", "empty_like", "zeros", "new_zeros", "zeros_like")
_Piece = tuple[int, int, int]  # where along the axis it begins and ends, the tensor that is written


def joined_writes(writing: Writing, whole: int) -> Value | None:
    """The tensor `whole` as one call, where the writes up to this one fill it; else None."""
    found = _filled(writing.flow, whole)
    if found is None:
        return None
    axis, pieces = found
    shape = writing.scope.sizes.of(writing.flow.tensors[whole])
    dropped = len(writing.flow.tensors[pieces[0][2]].shape) < len(shape)
    values = [writing.value(tensor) for _, _, tensor in pieces]
    rest = (*shape[:axis], *shape[axis + 1 :])
    if any((v.shape if dropped else (*v.shape[:axis], *v.shape[axis + 1 :])) != rest for v in values):
        return None
    listed = ast.List([writing.scope.node(value) for value in values], ast.Load())
    pattern = "torch.stack(x, dim=i)" if dropped else "torch.cat(x, dim=i)"
    place = axis - len(shape) if axis == len(shape) - 1 else axis
    return writing.scope.value(expression(pattern, x=listed, i=constant(place)), shape)


def _filled(flow: Flow, whole: int) -> tuple[int, list[_Piece]] | None:
    """The axis along which the writes fill the tensor, and what is written, from its start to its end."""
    sizes, pieces, axes = flow.tensors[whole].shape, list[_Piece](), set[int]()
    for index, value in _writes(flow, whole):
        place = _place(index, sizes)
        if place is None or value < 0:
            return None
        axis, start, stop = place
        axes.add(axis)
        pieces.append((start, stop, value))
    ordered = sorted(pieces)
    ends = [0, *(stop for _, stop, _ in ordered)]
    if len(axes) != 1 or [start for start, _, _ in ordered] != ends[:-1] or ends[-1] != sizes[min(axes)]:
        return None
    return min(axes), ordered


def _writes(flow: Flow, whole: int) -> Iterator[tuple[Any, int]]:
    """Index and written tensor of every write, the last first; -1 where one cannot be told."""
    while True:
        maker = flow.producer(whole)
        if maker is None or maker.name not in ("setitem", "copy"):
            break
        part = flow.producer(maker.inputs[0]) if maker.name == "copy" else maker
        if part is None or part.name not in ("setitem", "getitem") or len(part.inputs) > 2:
            yield None, -1
            return
        yield index_of(part), maker.inputs[1] if len(maker.inputs) == 2 else -1
        whole = part.inputs[0]
    if maker is None or maker.name not in _EMPTY:
        yield None, -1


def index_of(op: Op) -> Any:
    """The index of an operation that takes or writes a part."""
    given = arguments(op)
    return given.placed[1] if len(given.placed) > 1 else given.named["index"]


def _place(index: Any, sizes: tuple[int, ...]) -> tuple[int, int, int] | None:
    """The one axis that an index restricts, where its part begins and ends."""
    parts = None if isinstance(index, Tensors) else index_parts(index, len(sizes))
    if parts is None or len(parts) != len(sizes) or None in parts:
        return None
    ranges = [_range(part, size) for part, size in zip(parts, sizes, strict=True)]
    narrow = [axis for axis, part in enumerate(parts) if isinstance(part, int) or ranges[axis] != (0, sizes[axis])]
    return (narrow[0], *ranges[narrow[0]]) if len(narrow) == 1 else None


def _range(part: Any, size: int) -> tuple[int, int]:
    if isinstance(part, int):
        return part % size, part % size + 1
    start, stop, _ = slice(*part["slice"]).indices(size)
    return start, stop
