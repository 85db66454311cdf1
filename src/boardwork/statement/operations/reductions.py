"""Operations over an axis -> calls with the axis named; those that give values and places -> both at once."""

from __future__ import annotations

import ast
from collections.abc import Callable

from boardwork.statement.expressions import constant, expression
from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing


def _reduced(writing: Writing) -> list[Value]:
    """Mean and the like: x.mean(-1, keepdim=True)."""
    given = writing.arguments
    axes = writing.argument("dim", 1)
    if axes is None or len(given.placed) > 3 or set(given.named) - {"dim", "keepdim", "dtype"}:
        return as_called(writing)
    call = expression(f"x.{writing.op.name}(a)", x=writing.scope.node(writing.first()), a=writing.node(axes))
    assert isinstance(call, ast.Call)
    if writing.argument("keepdim", 2) is True:
        call.keywords.append(ast.keyword("keepdim", constant(True)))
    return writing.results(call)


def _repeated(writing: Writing) -> list[Value]:
    """Nothing is repeated once."""
    return [writing.first()] if writing.argument("repeats", 1) == 1 else as_called(writing)


def _counted(writing: Writing) -> list[Value]:
    """How often each number comes; torch counts fractions only on CPU."""
    bins, least, most = (writing.argument(name, n) for n, name in enumerate(("bins", "min", "max"), 1))
    value, whole = writing.first(), "int" in writing.flow.tensors[writing.op.inputs[0]].dtype
    if whole and len(value.shape) == 1 and least == 0 and most == bins - 1:
        return writing.made("x.bincount(minlength=n)", x=value, n=constant(bins))
    call = expression("x.to(torch.float32).histc()", x=writing.scope.node(writing.first()))
    assert isinstance(call, ast.Call)
    given = writing.arguments
    call.args = [writing.node(argument) for argument in given.placed[1:]]
    call.keywords = [ast.keyword(name, writing.node(argument)) for name, argument in given.named.items()]
    return writing.results(call)


REDUCTIONS: dict[str, Callable[[Writing], list[Value]]] = {
    **dict.fromkeys(("mean", "sum", "amax", "amin", "std", "var", "prod"), _reduced),
    "repeat_interleave": _repeated,
    "histc": _counted,
}
