"""A pattern in Python and what its names stand for -> one expression, parentheses where they are needed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeGuard

PUT = "put"  # put(x, index, value): x with the value there, two lines of the text
_LARGEST = (2 - 2**-23) * 2.0**127  # of single precision, which hides a score as infinity does


@cache
def _parsed(pattern: str) -> ast.expr:
    return ast.parse(pattern, mode="eval").body


def expression(pattern: str, **parts: ast.expr) -> ast.expr:
    """The pattern with each name that is among `parts` replaced.

    >>> ast.unparse(expression("x @ w.T", x=expression("a + b"), w=ast.Name("W")))
    '(a + b) @ W.T'
    """
    return replaced(_parsed(pattern), parts)


def replaced(node: ast.expr, parts: dict[str, ast.expr]) -> ast.expr:
    """A copy of `node` with names replaced."""

    def part(inner: ast.AST) -> ast.expr | None:
        found = parts.get(inner.id) if isinstance(inner, ast.Name) else None
        return None if found is None else rebuilt(found)

    return rebuilt(node, part)


def _itself(_node: ast.AST) -> ast.expr | None:
    return None


def rebuilt(node: ast.expr, change: Callable[[ast.AST], ast.expr | None] = _itself) -> ast.expr:
    """A copy of `node` in which those for which `change` gives another are replaced by it.

    `copy.deepcopy` takes ten times as long, which is most of the time of a long statement.
    """
    found: ast.expr = _rebuilt(node, change)  # type: ignore[assignment]
    return found


def swapped(code: ast.expr, changes: dict[int, ast.expr]) -> ast.expr:
    """A copy in which nodes are replaced by their identity."""
    return rebuilt(code, lambda node: changes.get(id(node)))


def _rebuilt(node: object, change: Callable[[ast.AST], ast.expr | None]) -> object:
    if isinstance(node, list):
        return [_rebuilt(element, change) for element in node]
    if not isinstance(node, ast.AST) or not node._fields:
        return node
    other = change(node)
    if other is not None:
        return other
    return type(node)(**{name: _rebuilt(value, change) for name, value in ast.iter_fields(node)})


def called(node: ast.expr, method: str, arguments: Sequence[ast.expr]) -> ast.expr:
    """`node.method(*arguments)`."""
    return ast.Call(ast.Attribute(node, method, ast.Load()), list(arguments), [])


def is_put(code: ast.expr) -> TypeGuard[ast.Call]:
    """True where a part of a tensor is written."""
    return isinstance(code, ast.Call) and isinstance(code.func, ast.Name) and code.func.id == PUT


def names_in(node: ast.AST) -> list[str]:
    """Every name in the expression, as often as it comes."""
    return [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]


def constant(value: object) -> ast.expr:
    """A Python value as an expression: numbers, texts, None, lists as tuples, infinities."""
    return ast.parse(_written(value), mode="eval").body


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"{'-' if value < 0 else ''}math.inf"
    if isinstance(value, float) and abs(value) == _LARGEST:
        return f"{'-' if value < 0 else ''}torch.finfo(torch.float32).max"
    if isinstance(value, str) and value.startswith("torch."):
        return value
    return repr(value)
