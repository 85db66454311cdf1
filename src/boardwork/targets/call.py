"""Text such as `resnet50(num_classes=10)` -> a name and literal arguments; nothing in it is ever evaluated."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from boardwork.errors import TargetError

LITERALS = "numbers, strings, True, False, None, and tuples, lists and dicts of these"


@dataclass(frozen=True)
class Call:
    """`target` is the text as typed, `name` what stands before the bracket."""

    target: str
    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def parse_call(target: str, text: str) -> Call:
    """Split `text`, the part of `target` that names a class or model, into name and arguments.

    Raises:
        TargetError: the brackets do not close, or an argument is no literal; the message says which.
    """
    name, bracket, rest = text.strip().partition("(")
    name = name.strip()
    if not name:
        raise TargetError(f"{target!r} names no class or model.", hint="write NAME or NAME(size=64)")
    if not bracket:
        return Call(target, name)
    args, kwargs = _literals(target, "(" + rest)
    return Call(target, name, args, kwargs)


def _literals(target: str, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    try:
        call = ast.parse("call" + text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = getattr(error, "msg", None) or error
        raise TargetError(f"Cannot read the arguments of {target!r}: {reason}.") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise TargetError(f"Cannot read {target!r}: only one call NAME(...) is possible.")
    args = tuple(_literal(node, f"argument {index}") for index, node in enumerate(call.args, 1))
    kwargs = {word.arg or "**": _literal(word.value, f"argument {word.arg or '**'}") for word in call.keywords}
    if "**" in kwargs:
        raise TargetError(f"Cannot read {target!r}: name each argument instead of **.")
    return args, kwargs


def _literal(node: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise TargetError(
            f"{where[0].upper()}{where[1:]} is no literal: {ast.unparse(node)}",
            hint=f"arguments are {LITERALS}; for anything else write a small file and give file.py:function",
        ) from None
