"""Arithmetic and elementwise functions -> operators and calls, before elements are moved where that is the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from boardwork.statement.calls import Tensors
from boardwork.statement.expressions import constant
from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing

_OPERATORS = {
    "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "pow": "x ** y", "rsub": "y - x", "rdiv": "y / x",
    "rtruediv": "y / x", "rpow": "y ** x", "floordiv": "x // y", "floor_divide": "x // y", "mod": "x % y",
    "remainder": "x % y", "and": "x & y", "or": "x | y", "xor": "x ^ y", "bitwise_and": "x & y", "bitwise_or": "x | y",
    "logical_and": "x & y", "logical_or": "x | y", "eq": "x == y", "ne": "x != y", "lt": "x < y", "le": "x <= y",
    "gt": "x > y", "ge": "x >= y", "maximum": "torch.maximum(x, y)", "minimum": "torch.minimum(x, y)",
}  # fmt: skip
_FUNCTIONS = {
    "neg": "-x", "square": "x ** 2", "sqrt": "torch.sqrt(x)", "rsqrt": "torch.rsqrt(x)", "exp": "torch.exp(x)",
    "log": "torch.log(x)", "sigmoid": "torch.sigmoid(x)", "tanh": "torch.tanh(x)", "relu": "torch.relu(x)",
    "silu": "F.silu(x)", "mish": "F.mish(x)", "relu6": "F.relu6(x)", "hardswish": "F.hardswish(x)",
    "hardsigmoid": "F.hardsigmoid(x)", "selu": "F.selu(x)", "sin": "torch.sin(x)", "cos": "torch.cos(x)",
    "abs": "x.abs()", "reciprocal": "1 / x", "invert": "~x", "logical_not": "~x", "bitwise_not": "~x",
    "erf": "torch.erf(x)", "special_erf": "torch.erf(x)", "log1p": "torch.log1p(x)",
    "special_expit": "torch.sigmoid(x)",
}  # fmt: skip
_LARGEST_ROOT = 4096
_WITHOUT_MEANING = ("inplace", "rounding_mode", "out")


def _operator(pattern: str, writing: Writing) -> list[Value]:
    given = writing.arguments
    named = {name: value for name, value in given.named.items() if name not in _WITHOUT_MEANING}
    operands = [*given.placed, *(named.pop(name) for name in ("other", "exponent") if name in named)]
    if named or len(operands) != 2 or given.named.get("rounding_mode") is not None:
        return as_called(writing)
    one, two = operands
    if isinstance(one, Tensors) and isinstance(two, Tensors):
        values = writing.value(one.ids[0]), writing.value(two.ids[0])
        if (
            writing.within == "attention_core"
            and pattern == "x + y"
            and (whole := _beside_zeros(writing, *values)) is not None
        ):
            return [whole]
        return writing.together(pattern, *values)
    if isinstance(two, Tensors):  # a number on the left
        return writing.alone(expression_of(pattern), writing.value(two.ids[0]), number=constant(one))
    root = _root(writing, two) if writing.within == "attention_core" else 0
    if root:
        return writing.alone(f"x / math.sqrt({root})", writing.value(one.ids[0]))
    return writing.alone(pattern, writing.value(one.ids[0]), y=constant(two))


def _beside_zeros(writing: Writing, one: Value, two: Value) -> Value | None:
    """What a mask that hides nothing is added to."""
    for zeros, other in ((one, two), (two, one)):
        if zeros.is_zeros and other.shape == writing.shape():
            return other
    return None


def expression_of(pattern: str) -> str:
    """The pattern with the tensor on the right: x becomes the number, y becomes x."""
    return pattern.replace("x", "number").replace("y", "x")


def _root(writing: Writing, number: object) -> int:
    """n where a score is scaled by 1 / sqrt(n), a width that is there, as a board says it; 0 for any other number."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not number:
        return 0
    name = writing.op.name
    square = number**2 if name == "div" else number**-2 if name == "mul" else 0.0
    near = round(square)
    width = any(near in term.shape for term in writing.scope.terms)
    return near if width and 1 < near <= _LARGEST_ROOT and math.isclose(square, near, rel_tol=1e-6) else 0


def _function(pattern: str, writing: Writing) -> list[Value]:
    return writing.alone(pattern, writing.first())


def _gelu(writing: Writing) -> list[Value]:
    tanh = writing.argument("approximate", 1) == "tanh"
    return writing.alone("F.gelu(x, approximate='tanh')" if tanh else "F.gelu(x)", writing.first())


def _softmax(writing: Writing) -> list[Value]:
    axis = writing.argument("dim", 1)
    if not isinstance(axis, int):
        return as_called(writing)
    axis = axis - len(writing.shape()) if axis == len(writing.shape()) - 1 else axis
    inside = writing.within == "attention_core"
    pattern, wanted = f"torch.{writing.op.name}(x, dim=i)", "weights" if inside else ""
    return writing.made(pattern, wanted=wanted, line=inside, x=writing.first(), i=constant(axis))


def _where(writing: Writing) -> list[Value]:
    """A tensor's own method has what is kept first, torch's function has the condition first."""
    given = writing.arguments
    first = given.placed[0] if len(given.placed) == 3 and not given.named else None
    if not isinstance(first, Tensors) or writing.flow.tensors[first.ids[0]].dtype == "bool":
        return as_called(writing)
    kept, condition, other = map(writing.node, given.placed)
    return writing.made("torch.where(c, x, y)", c=condition, x=kept, y=other)


ARITHMETIC: dict[str, Callable[[Writing], list[Value]]] = {
    **{name: partial(_operator, pattern) for name, pattern in _OPERATORS.items()},
    **{name: partial(_function, pattern) for name, pattern in _FUNCTIONS.items()},
    "gelu": _gelu,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "where": _where,
}
