"""Elementwise operations between two tensors -> what they make of a number: the graph of an activation, by points."""

from __future__ import annotations

import math
from collections.abc import Callable

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

POINTS = (-4.0, -1.5, -0.5, 0.3, 1.0, 2.5)  # on both sides of every bend that activations have
_BINARY: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "rsub": lambda a, b: b - a, "rdiv": lambda a, b: b / a, "pow": lambda a, b: a**b, "rpow": lambda a, b: b**a,
    "maximum": max, "minimum": min, "clamp_min": max, "clamp_max": min,
}  # fmt: skip
_UNARY: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0), "relu6": lambda x: min(max(x, 0.0), 6.0), "neg": lambda x: -x, "exp": math.exp,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh, "erf": math.erf, "special_erf": math.erf,
    "square": lambda x: x * x, "sqrt": math.sqrt, "reciprocal": lambda x: 1 / x, "abs": abs,
    "softplus": lambda x: math.log1p(math.exp(x)), "log1p": math.log1p, "log": math.log,
    "hardsigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0), "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
}  # fmt: skip
PIECEWISE = frozenset(["where", "expm1", "min", "max", "gt", "lt", "ge", "le"])  # of curves in two parts
_BOUNDS = (("1", "min", "min_val"), ("2", "max", "max_val"))
ELEMENTWISE = frozenset((*_BINARY, *_UNARY, "clamp", "hardtanh"))


def reduces(op: Op) -> bool:
    """True for a maximum or minimum along an axis, which has the name of that of two tensors."""
    return op.name in ("min", "max") and len(op.inputs) == 1


def graph(flow: Flow, source: int, result: int) -> tuple[float, ...] | None:
    """`result` at POINTS of `source`; None where another tensor has a part, or an operation is not elementwise."""
    try:
        found = tuple(_value(flow, result, {source: x}) for x in POINTS)
    except (ArithmeticError, ValueError, LookupError):  # a root of a negative, something that has no value here
        return None
    return found if not any(isinstance(value, complex) for value in found) else None


def _value(flow: Flow, tensor: int, known: dict[int, float]) -> float:
    if tensor not in known:
        read = flow.readings(tensor, "number")
        made = flow.producer(tensor)
        if not read and made is None:
            raise LookupError
        known[tensor] = read[0][0] if made is None or read else _applied(flow, made, known)
    return known[tensor]


def _applied(flow: Flow, op: Op, known: dict[int, float]) -> float:
    if flow.is_shape(op.id):
        return _value(flow, op.inputs[0], known)
    if op.name not in ELEMENTWISE:
        raise LookupError
    operands = [_value(flow, tensor, known) for tensor in op.inputs]
    if op.name in _UNARY:
        return _UNARY[op.name](operands[0])
    if op.name in ("clamp", "hardtanh"):
        low, high = (_bound(op, names) for names in _BOUNDS)
        return min(max(operands[0], -math.inf if low is None else low), math.inf if high is None else high)
    numbers = [v for v in op.attrs.values() if isinstance(v, int | float) and not isinstance(v, bool)]
    first, second = [*operands, *numbers][:2] if len(operands) + len(numbers) == 2 else _none()
    return _BINARY[op.name](first, second)


def _none() -> list[float]:
    raise LookupError


def _bound(op: Op, names: tuple[str, ...]) -> float | None:
    found = [op.attrs[name] for name in names if isinstance(op.attrs.get(name), int | float)]
    return float(found[0]) if found else None
