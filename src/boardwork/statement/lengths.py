"""Lines of a function -> the lengths that they write more than once under names: N = B * H * W // 49."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from boardwork.statement.expressions import names_in, rebuilt
from boardwork.statement.lines import Line
from boardwork.statement.sizes import Sizes

_NAMES = ("N", "M", "P")
_LEAST = 2  # uses


def name_lengths(sizes: Sizes, lines: Sequence[Line], taken: Sequence[str]) -> tuple[list[Line], list[str]]:
    """The lines with names for lengths, and the lines that give them; comments then use these names too."""
    counts = Counter(ast.unparse(node) for line in lines for node in _lengths(line.code, sizes))
    free = (name for name in _NAMES if name not in {*taken, *sizes.names.values()})
    chosen = dict(zip((text for text, count in counts.most_common() if count >= _LEAST), free, strict=False))
    known = {name: length for length, name in sizes.names.items()}
    sizes.names |= {eval(text, {}, known): name for text, name in chosen.items()}
    return [_named(line, chosen) for line in lines], [f"{name} = {text}" for text, name in chosen.items()]


def _lengths(code: ast.AST, sizes: Sizes) -> Iterator[ast.BinOp]:
    """The largest expressions over two or more sizes."""
    if isinstance(code, ast.BinOp) and _is_length(code, sizes):
        if len(names_in(code)) > 1:
            yield code
        return
    for inner in ast.iter_child_nodes(code):
        yield from _lengths(inner, sizes)


def _is_length(code: ast.expr, sizes: Sizes) -> bool:
    if isinstance(code, ast.BinOp):
        return _is_length(code.left, sizes) and _is_length(code.right, sizes)
    if isinstance(code, ast.Constant):
        return isinstance(code.value, int)
    return isinstance(code, ast.Name) and code.id in sizes.names.values()


def _named(line: Line, chosen: dict[str, str]) -> Line:
    def name(node: ast.AST) -> ast.expr | None:
        known = chosen.get(ast.unparse(node)) if isinstance(node, ast.BinOp) else None
        return None if known is None else ast.Name(known, ast.Load())

    return replace(line, code=rebuilt(line.code, name))
