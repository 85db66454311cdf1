"""A mask made by comparing positions -> the distances that it lets through, also those that no drawn input reaches."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_FAR = 2**20  # positions; no window is as wide
_COMPARES: dict[str, Callable[[float, float], bool]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge
}  # fmt: skip
_ARITHMETIC: dict[tuple[str, int], Callable[..., float]] = {
    ("add", 2): operator.add, ("sub", 2): operator.sub, ("rsub", 2): lambda a, b: b - a,
    ("abs", 1): abs, ("neg", 1): operator.neg,
}  # fmt: skip
_EITHER, _BOTH = {"or", "logical_or", "bitwise_or"}, {"and", "logical_and", "bitwise_and"}


def written_band(flow: Flow, mask: int) -> tuple[float, float]:
    """Query i sees keys i + low to i + high by all comparisons in the mask; infinite where nothing is cut off.

    Where one comparison is enough to be seen, no band is told.
    """
    makers = list(flow.makers(mask))
    compares = [op for op in makers if op.name in _COMPARES and _truth(flow, op, 0) is not None]
    names, own = {op.name for op in makers}, {_truth(flow, op, 0) for op in compares}
    if (names & _EITHER and True in own) or (names & _BOTH and False in own):
        return -math.inf, math.inf
    lows, highs = ([_reach(flow, op, way) for op in compares] for way in (-1, 1))
    return -min(lows, default=math.inf), min(highs, default=math.inf)


def _reach(flow: Flow, op: Op, way: int) -> float:
    """The farthest key, before (-1) or behind (1) the query, for which the comparison is as at its own place."""
    own = _truth(flow, op, 0)
    if _truth(flow, op, way * _FAR) == own:
        return math.inf
    near, far = 0, _FAR
    while far - near > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if _truth(flow, op, way * middle) == own else (near, middle)
    return near


def _truth(flow: Flow, op: Op, distance: int) -> bool | None:
    """Whether it holds for a key so far from its query; None for what does not compare their positions."""
    found = [_holds(flow, op, query, query + distance) for query in (_FAR, 3 * _FAR)]
    return found[0] if found[0] == found[1] else None


def _holds(flow: Flow, op: Op, query: int, key: int) -> bool | None:
    values = [*(_value(flow, t, query, key) for t in op.inputs), *_numbers(op)]
    if len(values) != 2 or values[0] is None or values[1] is None:
        return None
    return _COMPARES[op.name](values[0], values[1])


def _numbers(op: Op) -> list[float]:
    return [float(v) for v in op.attrs.values() if isinstance(v, int | float) and not isinstance(v, bool)]


def _value(flow: Flow, tensor: int, query: int, key: int) -> float | None:
    """What the tensor holds for a query and a key at these places: keys lie along the last axis."""
    op = flow.producer(flow.origin(tensor)[0].id)
    if op is None:
        return next((numbers[0] for numbers in flow.readings(tensor, "number")), None)
    if op.name == "arange":
        return float(query if flow.tensors[tensor].shape[-1:] == (1,) else key)
    values = [*(_value(flow, t, query, key) for t in op.inputs), *_numbers(op)]
    known = [value for value in values if value is not None]
    apply = _ARITHMETIC.get((op.name, len(values)))
    return apply(*known) if apply is not None and len(known) == len(values) else None
