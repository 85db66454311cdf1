"""Flow -> vector quantisation: every vector replaced by the nearest row of a table, the gradient passed straight on."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_NEAREST = ("argmin", "argmax", "min", "max")
_PRODUCTS = ("matmul", "mm", "bmm", "addmm", "baddbmm", "einsum", "linear", "cdist")
_DISTANCE = (*_PRODUCTS, "pow", "square", "sum", "mul", "div", "sub", "add", "neg", "norm", "normalize", "sqrt")


def codebooks(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every look-up in a table at the row that is nearest by that same table."""
    for op in flow.ops:
        if op.name in ("embedding", "getitem", "index_select") and flow.is_data(op.id):
            found = _at(flow, op)
            if found is not None:
                yield [found]


def _at(flow: Flow, lookup: Op) -> Pattern | None:
    tables = [t for t in lookup.inputs if flow.is_weight(t) and len(flow.tensors[t].shape) == 2]
    chosen = [flow.origin(t) for t in lookup.inputs if t not in tables]
    if len(tables) != 1 or len(chosen) != 1:
        return None
    nearest = flow.producer(chosen[0][0].id)
    table = flow.origin(tables[0])[0]
    if nearest is None or nearest.name not in _NEAREST:
        return None
    distance, sources, measured = _distance(flow, nearest, table.id)
    if not measured or len(sources) != 1:
        return None
    ops = {lookup.id, nearest.id, *chosen[0][1], *distance} | _straight_on(flow, lookup, sources)
    facts = {"codes": table.shape[0], "width": table.shape[1], "params": table.size}
    detail = f"nearest of {table.shape[0]} codes of width {table.shape[1]}"
    data = frozenset(i for i in ops if flow.is_data(i))
    return Pattern("codebook", data, "Codebook", "embedding", detail, facts=facts)


def _distance(flow: Flow, nearest: Op, table: int) -> tuple[set[int], set[int], bool]:
    """Operations between the vectors and the choice, the vectors, and whether the table has a part in it."""
    found: set[int] = set()
    sources: set[int] = set()
    measured, todo = False, list(nearest.inputs)
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        if flow.is_weight(tensor):
            measured |= flow.origin(tensor)[0].id == table
        elif op is not None and op.id not in found and (op.name in _DISTANCE or flow.is_shape(op.id)):
            if op.name != "linear" or flow.origin(op.inputs[1])[0].id == table:
                found.add(op.id)
                todo.extend(op.inputs)
            else:
                sources.add(flow.origin(tensor)[0].id)
        elif op is None or op.id not in found:
            sources.add(flow.origin(tensor)[0].id)
    return found, {s for s in sources if not flow.is_constant(s)}, measured


def _straight_on(flow: Flow, lookup: Op, sources: set[int]) -> set[int]:
    """x + (code - x): the value of the code, the gradient of x."""
    minus, passed = flow.next_op(lookup)
    if minus is None or minus.name != "sub" or not sources & {flow.origin(t)[0].id for t in minus.inputs}:
        return set()
    plus, between = flow.next_op(minus)
    if plus is None or plus.name != "add" or not sources & {flow.origin(t)[0].id for t in plus.inputs}:
        return set()
    return {*passed, minus.id, *between, plus.id}
