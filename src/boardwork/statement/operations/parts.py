"""Operations that take parts of a tensor -> those parts; of a product with a weight, the rows that make the part."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

from boardwork.statement.calls import Tensors
from boardwork.statement.expressions import constant
from boardwork.statement.layout import Layout
from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing

_CUTS = ("chunk", "split", "split_with_sizes", "tensor_split")


def _fixed(writing: Writing, axis: int) -> bool:
    """True where the axis has the same length whatever the input's sizes."""
    record = writing.flow.tensors[writing.op.inputs[0]]
    return writing.scope.sizes.of(record)[axis] == record.shape[axis]


def _cut(writing: Writing) -> list[Value]:
    value, outputs = writing.first(), [writing.flow.tensors[t] for t in writing.op.outputs]
    axis = (writing.argument("dim", 2) or 0) % len(value.shape)
    if not _fixed(writing, axis):
        return as_called(writing)
    lengths = [record.shape[axis] for record in outputs]
    starts = accumulate(lengths[:-1], initial=0)
    return [writing.scope.part(value, axis, start, n, dropped=False) for start, n in zip(starts, lengths, strict=True)]


def _unbind(writing: Writing) -> list[Value]:
    value = writing.first()
    axis = (writing.argument("dim", 1) or 0) % len(value.shape)
    return [writing.scope.part(value, axis, n, 1, dropped=True) for n in range(len(writing.op.outputs))]


def _select(writing: Writing) -> list[Value]:
    value = writing.first()
    axis, place = (writing.argument(name, n) for n, name in ((1, "dim"), (2, "index")))
    axis %= len(value.shape)
    if not _fixed(writing, axis) and place < 0:
        return as_called(writing)
    return [writing.scope.part(value, axis, place % value.shape[axis], 1, dropped=True)]


def _narrow(writing: Writing) -> list[Value]:
    value = writing.first()
    axis, start = (writing.argument(name, n) for n, name in ((1, "dim"), (2, "start")))
    if not isinstance(start, int) or start < 0:
        return as_called(writing)
    axis %= len(value.shape)
    return [writing.scope.part(value, axis, start, writing.shape()[axis], dropped=False)]


def _getitem(writing: Writing) -> list[Value]:
    index = writing.argument("index", 1)
    parts = index_parts(index, len(writing.first().shape))
    if parts is None:
        return as_called(writing)
    value, axis, names = writing.first(), 0, writing.shape()
    sizes = writing.flow.tensors[writing.op.inputs[0]].shape
    results = writing.flow.tensors[writing.op.outputs[0]].shape
    for place, part in enumerate(parts):
        if part is None:
            axes = value.layout.axes
            value = Value(value.term, Layout(value.layout.first, (*axes[:axis], (), *axes[axis:])))
            axis += 1
            continue
        size = sizes[place - sum(p is None for p in parts[:place])]
        if isinstance(part, int):
            if part < 0 and value.shape[axis] != size:
                return as_called(writing)
            value = writing.scope.part(value, axis, part % size, 1, dropped=True)
            continue
        start = part["slice"][0] or 0
        start += size if start < 0 else 0
        if results[axis] != size:
            if start and part["slice"][0] < 0 and value.shape[axis] != size:
                return as_called(writing)
            value = writing.scope.part(value, axis, start, names[axis], dropped=False)
        axis += 1
    return [value]


def index_parts(index: Any, rank: int) -> list[Any] | None:
    """One entry an axis, the ellipsis filled in; None for an index that is no plain part."""
    parts = list(index) if isinstance(index, list | tuple) else [index]
    plain = all(
        p is None or p == "..." or (isinstance(p, int) and not isinstance(p, bool)) or _is_slice(p) for p in parts
    )
    if not plain:
        return None
    whole = {"slice": [None, None, None]}
    used = sum(p is not None and p != "..." for p in parts)
    if "..." not in parts:
        return parts + [whole] * (rank - used)
    at = parts.index("...")
    return [*parts[:at], *[whole] * (rank - used), *parts[at + 1 :]]


def _is_slice(part: Any) -> bool:
    if not isinstance(part, dict) or "slice" not in part:
        return False
    start, stop, step = part["slice"]
    return step in (None, 1) and all(n is None or isinstance(n, int) for n in (start, stop))


def _joined(writing: Writing) -> list[Value]:
    """Tensors side by side; empty ones, as a cache at its start, add nothing."""
    given = writing.argument("tensors", 0)
    if not isinstance(given, Tensors):
        return as_called(writing)
    held = tuple(t for t in given.ids if writing.flow.tensors[t].size)
    if len(held) == 1:
        return [writing.value(held[0])]
    axis = writing.argument("dim", 1)
    operands = writing.node(Tensors(held, many=True))
    return writing.made("torch.cat(x, dim=i)", x=operands, i=constant(0 if axis is None else axis))


PARTS: dict[str, Callable[[Writing], list[Value]]] = {
    **dict.fromkeys(_CUTS, _cut),
    "cat": _joined,
    "unbind": _unbind,
    "select": _select,
    "narrow": _narrow,
    "getitem": _getitem,
}
