"""An expression over facts, as text -> its value, the words it uses, or itself with the numbers put in.

A small language: `ast` nodes from a list of permitted ones, walked here, never handed to `eval`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from boardwork.errors import KnowledgeError
from boardwork.facts import WORDS
from boardwork.numbers import count, counted, exact, percent, size

Value = int | float | str | bool | None
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt, "log2": math.log2, "ln": math.log,
    "round": round, "min": min, "max": max, "count": count, "counted": counted,
    "bytes": size, "percent": percent,
}  # fmt: skip
BINARY: dict[type, tuple[Callable[[Any, Any], Any], str, int]] = {
    ast.Add: (operator.add, " + ", 1), ast.Sub: (operator.sub, " − ", 1), ast.Mult: (operator.mul, " · ", 2),
    ast.Div: (operator.truediv, " / ", 2), ast.FloorDiv: (operator.floordiv, " // ", 2),
    ast.Mod: (operator.mod, " mod ", 2), ast.Pow: (operator.pow, "^", 3),
}  # fmt: skip
COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
PERMITTED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.USub, ast.Not, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Call,
    ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.IfExp, ast.Load, *BINARY, *COMPARE,
)  # fmt: skip


class AbsentError(Exception):
    """A number was needed that this model does not have."""


@lru_cache(maxsize=2048)
def parse(text: str, local: frozenset[str] = frozenset()) -> ast.expr:
    """The checked tree of an expression that may use facts, functions and the `local` names.

    Raises:
        KnowledgeError: no expression, a word that no fact defines, or an operation outside the language.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise KnowledgeError(f"This is no expression: {text!r}") from error
    nodes = tuple(ast.walk(tree))
    for node in nodes:
        if not isinstance(node, PERMITTED):
            raise KnowledgeError(f"{type(node).__name__} is not allowed in {text!r}")
    called = {id(n.func) for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    inner = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and id(node) not in inner and _dotted(node) not in WORDS:
            raise KnowledgeError(f"No fact is called {_dotted(node)!r} (in {text!r})", hint="see boardwork/facts.toml")
        known = FUNCTIONS if id(node) in called else local
        if isinstance(node, ast.Name) and id(node) not in inner and node.id not in known:
            raise KnowledgeError(f"{node.id!r} is not defined in {text!r}", hint="add it to the file's [values]")
    return tree


def evaluate(text: str, names: Mapping[str, Value], local: frozenset[str] = frozenset()) -> Value:
    """The value of an expression; None if it needs a number that is not there.

    Raises:
        KnowledgeError: the text is outside the language, or cannot be computed.
    """
    try:
        value: Value = _value(parse(text, local), names)
        return value
    except (AbsentError, ZeroDivisionError):  # a share of all leaves nothing to divide by: there is no such number
        return None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise KnowledgeError(f"{text!r} cannot be computed: {error}") from error


def _value(node: ast.expr, names: Mapping[str, Value]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() | ast.Attribute():
            return names.get(_dotted(node))
        case ast.Tuple():
            return tuple(_value(e, names) for e in node.elts)
        case ast.BoolOp():
            return _boolean(node, names)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, names)
        case ast.UnaryOp():
            return -_present(node.operand, names)
        case ast.BinOp():
            left, right = _present(node.left, names), _present(node.right, names)
            if isinstance(node.op, ast.Pow) and abs(right) > 64:
                raise ValueError("exponent too large")
            return BINARY[type(node.op)][0](left, right)
        case ast.Compare():
            values = [_present(e, names) for e in (node.left, *node.comparators)]
            return all(COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False))
        case ast.IfExp():
            return _value(node.body if _value(node.test, names) else node.orelse, names)
        case ast.Call(func=ast.Name(id=name)):
            return FUNCTIONS[name](*(_present(a, names) for a in node.args))
    raise KnowledgeError(f"{ast.unparse(node)!r} is not allowed")


def _present(node: ast.expr, names: Mapping[str, Value]) -> Any:
    value = _value(node, names)
    if value is None:
        raise AbsentError
    return value


def _boolean(node: ast.BoolOp, names: Mapping[str, Value]) -> bool:
    """An operand of `or` that is absent counts as false; of `and` it makes the whole absent, which is false too."""
    for operand in node.values:
        try:
            truth = bool(_value(operand, names))
        except AbsentError:
            if isinstance(node.op, ast.And):
                raise
            truth = False
        if truth == isinstance(node.op, ast.Or):
            return truth
    return isinstance(node.op, ast.And)


def _dotted(node: ast.expr) -> str:
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "?")


def filled(text: str, names: Mapping[str, Value], local: frozenset[str] = frozenset()) -> str:
    """The expression in the written order with numbers for names: "512 / 8".

    >>> filled("4 * d**2 + (a - 1) / h", {"d": 512, "a": 3, "h": 8}, frozenset("dah"))
    '4 · 512² + (3 − 1) / 8'
    """
    return _printed(parse(text, local), names)[0]


def _printed(node: ast.expr, names: Mapping[str, Value]) -> tuple[str, int]:
    """Text and binding strength: 1 sum, 2 product, 3 power, 4 atom."""
    match node:
        case ast.BinOp(op=ast.FloorDiv()):
            return f"⌊{_printed(ast.BinOp(node.left, ast.Div(), node.right), names)[0]}⌋", 4
        case ast.BinOp():
            _, sign, strength = BINARY[type(node.op)]
            left, right = _printed(node.left, names), _printed(node.right, names)
            if isinstance(node.op, ast.Add) and right[0] == "0":  # no bias
                return left
            first = left[0] if left[1] >= strength else f"({left[0]})"
            if isinstance(node.op, ast.Pow) and right[0].isdigit():
                return first + right[0].translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")), 3
            keeps = right[1] > strength or (right[1] == strength and isinstance(node.op, ast.Add | ast.Mult))
            return first + sign + (right[0] if keeps else f"({right[0]})"), strength
        case ast.UnaryOp():
            return "−" + _printed(node.operand, names)[0], 1
        case ast.Call(func=ast.Name(id=name)):
            body = ", ".join(_printed(a, names)[0] for a in node.args)
            root = f"√{body}" if body.isdigit() else f"√({body})"
            return {"floor": f"⌊{body}⌋", "ceil": f"⌈{body}⌉", "sqrt": root}.get(name, f"{name}({body})"), 4
    value = _value(node, names)
    return (exact(value) if isinstance(value, int | float) else str(value)), 4
