"""Flow -> vector quantisation: every vector replaced by the nearest row of a table, the gradient passed straight on.

Also tables in a row, each for what the one before it left over. arXiv:1711.00937, arXiv:2107.03312
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_NEAREST = ("argmin", "argmax", "min", "max")
_LOOKUPS = ("embedding", "getitem", "index_select")
_PRODUCTS = ("matmul", "mm", "bmm", "addmm", "baddbmm", "einsum", "linear", "cdist")
_DISTANCE = (*_PRODUCTS, "pow", "square", "sum", "mul", "div", "sub", "add", "neg", "norm", "normalize", "sqrt")


@dataclass(frozen=True)
class _Quantiser:
    """One table. `choice`: operations of the choice alone; `ops`: with the look-up.

    `source`: the vectors; `rest`: what their codes leave over for the next table, -1 for nothing.
    """

    choice: frozenset[int]
    ops: frozenset[int]
    table: Tensor
    source: int
    rest: int = -1


def codebooks(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every choice of the row that is nearest, with the look-up; for tables in a row one for all."""
    rows: dict[int, list[_Quantiser]] = {}
    for op in flow.ops:
        if op.name in _NEAREST and flow.is_data(op.id):
            found = _at(flow, op, frozenset(rows))
            if found is not None:
                rows[found.rest if found.rest >= 0 else -1 - op.id] = [*rows.pop(found.source, []), found]
    yield from ([_pattern(row)] for row in rows.values())


def _pattern(row: list[_Quantiser]) -> Pattern:
    *before, last = row
    end = last.choice if before and last.rest < 0 else last.ops  # the last table's rows are only looked up with all
    ops, table = frozenset((*end, *(op for found in before for op in found.ops))), row[0].table
    words = f"nearest of {table.shape[0]} codes of width {table.shape[1]}"
    if len(row) > 1:
        facts = {"tables": len(row), "codes": table.shape[0], "width": table.shape[1]}
        label = f"{len(row)} codebooks, {words} each"
        return Pattern("codebooks", ops, "Residual quantiser", "embedding", label, facts=facts)
    facts = {"codes": table.shape[0], "width": table.shape[1], "params": table.size}
    return Pattern("codebook", ops, "Codebook", "embedding", words, facts=facts)


def _at(flow: Flow, nearest: Op, rests: frozenset[int]) -> _Quantiser | None:
    lookups = sorted(_lookups(flow, nearest), key=lambda found: found[0].id)[:1]  # a later one reads the codes again
    table = next((table for _, _, table in lookups), None) or _compared(flow, nearest)
    if table is None:
        return None
    distance, sources, measured = _distance(flow, nearest, table, rests)
    if not measured or len(sources) != 1:
        return None
    ops, source, rest = {nearest.id, *distance}, next(iter(sources)), -1
    for lookup, passed, _ in lookups:
        ops |= {lookup.id, *passed} | _straight_on(flow, lookup, sources)
        minus, moved = flow.next_op(lookup)
        if minus is not None and minus.name == "sub" and flow.origin(minus.inputs[0])[0].id == source:
            rest, ops = minus.outputs[0], ops | {minus.id, *moved}
    choice, data = (frozenset(op for op in part if flow.is_data(op)) for part in ({nearest.id, *distance}, ops))
    return _Quantiser(choice, data, flow.tensors[table], source, rest)


def _lookups(flow: Flow, nearest: Op) -> Iterator[tuple[Op, list[int], int]]:
    """What takes rows of a table at the choice, the moves of the choice before it, and the table."""
    todo: list[tuple[Op, list[int]]] = [(nearest, [])]
    while todo:
        op, passed = todo.pop()
        for user in flow.data_users(op):
            tables = [flow.origin(t)[0] for t in user.inputs if _is_table(flow, t)]
            if user.name in _LOOKUPS and len(tables) == 1 and len(tables[0].shape) == 2:
                yield user, passed, tables[0].id
            elif flow.is_shape(user.id):
                todo.append((user, [*passed, user.id]))


def _compared(flow: Flow, nearest: Op) -> int | None:
    """The table that distances are taken to, where only the number of the nearest row is used."""
    op = flow.producer(flow.origin(nearest.inputs[0])[0].id)
    if op is None or op.name != "cdist":
        return None
    return next((flow.origin(t)[0].id for t in op.inputs if _is_table(flow, t)), None)


def _is_table(flow: Flow, tensor: int) -> bool:
    """True for weights, and for what buffers make."""
    return flow.is_weight(tensor) or (flow.is_constant(tensor) and "float" in flow.tensors[tensor].dtype)


def _distance(flow: Flow, nearest: Op, table: int, rests: frozenset[int]) -> tuple[set[int], set[int], bool]:
    """Operations between the vectors and the choice, the vectors, and whether the table has a part in it."""
    found, sources, measured = set[int](), set[int](), False
    todo = list(nearest.inputs)
    while todo:
        tensor = todo.pop()
        origin, op = flow.origin(tensor)[0], flow.producer(tensor)
        if _is_table(flow, tensor):
            measured |= origin.id == table
        elif origin.id in rests:
            found.update(flow.origin(tensor)[1])
            sources.add(origin.id)
        elif op is not None and op.id not in found and (op.name in _DISTANCE or flow.is_shape(op.id)):
            if op.name != "linear" or flow.origin(op.inputs[1])[0].id == table:
                found.add(op.id)
                todo.extend(op.inputs)
            else:
                sources.add(origin.id)
        elif op is None or op.id not in found:
            sources.add(origin.id)
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
