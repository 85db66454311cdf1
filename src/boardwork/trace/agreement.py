"""Two traces of one forward, the second with the shapes of doubles -> the second, as long as what it is added to.

A layer over tokens of a fixed size gives as many tokens as its weights say; that these are the tokens of the image is
seen where the result is added to the stream, or multiplies it. What is made of weights and constants alone may be one
long and stay so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from boardwork.trace.records import Op, Trace

Shape = tuple[int, ...]
_POINTWISE = ("add", "sub", "mul", "div")
_SAME_AXES = ("dropout", "clone", "contiguous", "relu", "gelu", "silu")
_MOVED = ("transpose", "permute", "movedim", "T", "mT")


def agreed(first: Trace, second: Trace) -> Trace:
    """`second` with longer axes where an operand of a sum stays at its length while the sum has grown."""
    if [op.name for op in first.ops] != [op.name for op in second.ops]:
        return second
    longer: dict[int, Shape] = {}
    given = {tensor for _, tensor in first.inputs}
    for op in first.ops:
        given.update(op.outputs if given.intersection(op.inputs) else ())
    for one, two in zip(reversed(first.ops), reversed(second.ops), strict=True):
        if one.name in (*_POINTWISE, *_SAME_AXES, *_MOVED):
            longer |= _operands(first, second, one, two, longer, given)
    tensors = tuple(dataclasses.replace(t, shape=longer.get(t.id, t.shape)) for t in second.tensors)
    return dataclasses.replace(second, tensors=tensors) if longer else second


def _operands(
    first: Trace, second: Trace, one: Op, two: Op, longer: dict[int, Shape], given: set[int]
) -> dict[int, Shape]:
    """The results among the operands that must be longer for the result to be as long as it is.

    `given`: tensors of the first trace that follow from its inputs.
    """
    made = two.outputs[0]
    if one.name not in _POINTWISE and made not in longer:
        return {}
    result = first.tensors[one.outputs[0]].shape, longer.get(made, second.tensors[made].shape)
    found: dict[int, Shape] = {}
    for here, there in zip(one.inputs, two.inputs, strict=True):
        tensor, before = second.tensors[there], first.tensors[here].shape
        if tensor.kind == "op" and len(before) == len(tensor.shape) == len(result[0]) == len(result[1]):
            shape = longer.get(there, tensor.shape)
            places = _places(before, result[0], moved=one.name in _MOVED)
            new = tuple(
                result[1][place]
                if place is not None and before[axis] == length and (length > 1 or here in given)
                else length
                for axis, (length, place) in enumerate(zip(shape, places, strict=True))
            )
            found |= {there: new} if new != tensor.shape else {}
    return found


def _places(before: Shape, after: Shape, *, moved: bool) -> Iterator[int | None]:
    """For each axis its place in the result, if that has the same length."""
    for axis, length in enumerate(before):
        if moved:
            yield after.index(length) if before.count(length) == after.count(length) == 1 else None
        else:
            yield axis if after[axis] == length else None
