"""Products with weights and between activations, look-ups of rows -> x @ W.T + b, q @ k, E[tokens]."""

from __future__ import annotations

from collections.abc import Callable

from boardwork.statement.layout import Layout
from boardwork.statement.operations.plain import as_called
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing


def _linear(writing: Writing) -> list[Value]:
    value, weight, bias = (writing.tensor(name, n) for n, name in enumerate(("input", "weight", "bias")))
    if value is None or weight is None:
        return as_called(writing)
    scope = writing.scope
    return [scope.product(value, scope.whole(weight), writing.weight(bias), turned=True)]


def _addmm(writing: Writing) -> list[Value]:
    value, weight, bias = (writing.tensor(name, n) for name, n in (("input", 1), ("weight", 2), ("bias", 0)))
    if value is None or weight is None or bias is None or {"alpha", "beta"} & set(writing.arguments.named):
        return as_called(writing)
    turned = _is_turned(weight)
    matrix = weight.term if turned else writing.scope.whole(weight)
    return [writing.scope.product(value, matrix, writing.weight(bias), turned=turned)]


def _matmul(writing: Writing) -> list[Value]:
    one, two = (writing.value(t) for t in writing.op.inputs[:2])
    right = writing.flow.origin(writing.op.inputs[1])[0]
    if right.kind == "parameter" and len(two.shape) == 2 and len(one.shape) > 1:
        turned = _is_turned(two)
        matrix = two.term if turned else writing.scope.whole(two)
        return [writing.scope.product(one, matrix, None, turned=turned)]
    maker = writing.flow.producer(writing.flow.origin(writing.op.inputs[0])[0].id)
    scores = writing.within == "attention_core" and (maker is None or maker.name != "softmax")
    return writing.made("x @ y", wanted="scores" if scores else "", x=one, y=two)


def _is_turned(weight: Value) -> bool:
    """True for the transpose of an argument."""
    axes = weight.layout
    return isinstance(axes, Layout) and len(axes.first) == 2 and axes.axes == axes.first[::-1] != axes.first


def _embedding(writing: Writing) -> list[Value]:
    tokens, table = writing.tensor("input", 0), writing.tensor("weight", 1)
    if tokens is None or table is None or writing.argument("max_norm", 3) is not None:
        return as_called(writing)
    return writing.made("E[i]", E=table, i=tokens)


def _by_expert(writing: Writing) -> list[Value]:
    """Rows sorted by expert, each with the matrix of its own."""
    values = [writing.first(), writing.value(writing.op.inputs[1]), writing.tensor("offs", 2)]
    rows, matrices, ends = values
    if rows is None or matrices is None or ends is None or len(writing.op.inputs) > 3 or len(rows.shape) != 2:
        return as_called(writing)
    if ends.term.tensor < 0:
        ends.term.wanted, ends.term.line = "ends", True
    return writing.made(f"{writing.helper(_BY_EXPERT)}(x, W, n)", x=rows, W=matrices, n=ends)


_BY_EXPERT = """def by_expert(rows, W, ends):  # rows sorted by expert; those of one end at ends[expert]
    parts = rows.tensor_split([int(end) for end in ends[:-1]])
    return torch.cat([part @ W_e for part, W_e in zip(parts, W)])"""

PRODUCTS: dict[str, Callable[[Writing], list[Value]]] = {
    "linear": _linear,
    "addmm": _addmm,
    "matmul": _matmul,
    "mm": _matmul,
    "bmm": _matmul,
    "embedding": _embedding,
    "grouped_mm": _by_expert,
}
