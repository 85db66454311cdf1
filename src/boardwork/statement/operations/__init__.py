"""An operation of the trace -> its equation in Python. One table a family; what no table names is written as called."""

from __future__ import annotations

from collections.abc import Callable

from boardwork.statement.operations.arithmetic import ARITHMETIC
from boardwork.statement.operations.attention import ATTENTION
from boardwork.statement.operations.convolution import CONVOLUTION
from boardwork.statement.operations.norms import NORMS
from boardwork.statement.operations.parts import PARTS
from boardwork.statement.operations.plain import as_called
from boardwork.statement.operations.products import PRODUCTS
from boardwork.statement.operations.recurrent import RECURRENT
from boardwork.statement.operations.reductions import REDUCTIONS
from boardwork.statement.operations.shapes import SHAPES
from boardwork.statement.operations.writes import WRITES, around_part
from boardwork.statement.terms import Value
from boardwork.statement.writing import Writing

Write = Callable[[Writing], list[Value]]
WRITERS: dict[str, Write] = {
    **ARITHMETIC,
    **ATTENTION,
    **CONVOLUTION,
    **NORMS,
    **PARTS,
    **PRODUCTS,
    **RECURRENT,
    **REDUCTIONS,
    **SHAPES,
    **WRITES,
}
# What is left closed from the first and from the second degree of brevity on, see `Writing.brief`.
CLOSED = (NORMS.keys(), ATTENTION.keys())


def write(writing: Writing) -> list[Value]:
    """What the operation gives.

    Raises:
        UnstatedError: it cannot be written.
    """
    results = WRITERS.get(writing.op.name, as_called)(writing)
    return [*results, *around_part(writing, results)]
