"""Convolutions and pools -> torch's calls, with the constants that are not its defaults."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from boardwork.statement.expressions import constant, expression
from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing

_DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0}
_ORDER = ("stride", "padding", "dilation", "groups")
_POOLED: dict[str, dict[str, Any]] = {  # after the padding, in torch's order
    "max": {"dilation": 1, "ceil_mode": False, "return_indices": False},
    "avg": {"ceil_mode": False, "count_include_pad": True, "divisor_override": None},
}
_TURNED = ("stride", "padding", "output_padding", "groups", "dilation")


def _convolution(writing: Writing) -> list[Value]:
    turned = "transpose" in writing.op.name
    tensors = [writing.tensor(name, n) for n, name in enumerate(("input", "weight", "bias"))]
    nodes = [writing.scope.node(value) for value in tensors if value is not None]
    given = {name: writing.argument(name, 3 + n) for n, name in enumerate(_TURNED if turned else _ORDER)}
    named = [
        ast.keyword(name, constant(_one(value)))
        for name, value in given.items()
        if value is not None and _one(value) != _DEFAULTS[name]
    ]
    call = ast.Call(expression(f"F.{writing.op.name}"), nodes, named)
    return [writing.scope.value(call, writing.shape())]


def _one(value: Any) -> Any:
    """(2, 2) is 2."""
    if isinstance(value, list | tuple) and len(set(value)) == 1:
        return value[0]
    return tuple(value) if isinstance(value, list) else value


def _pool(writing: Writing) -> list[Value]:
    if len(writing.op.outputs) > 1:
        return as_called(writing)
    kernel = _one(writing.argument("kernel_size", 1))
    usual = {"stride": kernel, "padding": 0, **_POOLED[writing.op.name[:3]]}
    given = {name: _one(writing.argument(name, place)) for place, name in enumerate(usual, 2)}
    node = writing.scope.node(writing.first())
    named = [
        ast.keyword(name, constant(value)) for name, value in given.items() if value not in (None, (), usual[name])
    ]
    call = ast.Call(expression(f"F.{writing.op.name}"), [node, constant(kernel)], named)
    return [writing.scope.value(call, writing.shape())]


def _average(writing: Writing) -> list[Value]:
    """The mean over all positions, where one is left."""
    value, shape = writing.first(), writing.shape()
    sides = int(writing.op.name[-2])
    if any(length != 1 for length in shape[-sides:]):
        return as_called(writing)
    axes = constant(tuple(range(-sides, 0)))
    return writing.made("x.mean(a, keepdim=True)", x=value, a=axes)


CONVOLUTION: dict[str, Callable[[Writing], list[Value]]] = {
    **{f"conv{turned}{n}d": _convolution for turned in ("", "_transpose") for n in (1, 2, 3)},
    **{f"{kind}_pool{n}d": _pool for kind in ("max", "avg") for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": _average for n in (1, 2, 3)},
}
