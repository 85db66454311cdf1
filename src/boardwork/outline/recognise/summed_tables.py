"""Flow -> rows of several tables of one size added together, as the codes of one frame of sound are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_FEWEST = 4  # token, position and type are three tables, and do not mean the same


@dataclass
class _Sum:
    """Look-ups that were added, with everything between."""

    lookups: list[Op]
    ops: set[int] = field(default_factory=set)


def summed_tables(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for each such sum."""
    sums: dict[int, _Sum] = {}
    for op in flow.ops:
        if op.name == "embedding" and flow.is_data(op.id):
            sums[op.id] = _Sum([op], {op.id})
        elif op.name == "add" and flow.is_data(op.id):
            parts = [flow.origin(t) for t in flow.data_inputs(op)]
            made = [record.producer for record, _ in parts]
            if made and all(i in sums and len(flow.data_users(flow.ops[i])) == 1 for i in made):
                moved = {i for _, passed in parts for i in passed}
                whole = [sums.pop(i) for i in dict.fromkeys(made)]
                lookups = [lookup for part in whole for lookup in part.lookups]
                sums[op.id] = _Sum(lookups, {op.id, *moved, *(i for part in whole for i in part.ops)})
    yield from ([_pattern(flow, found)] for found in sums.values() if _is_one(flow, found))


def _table(flow: Flow, lookup: Op) -> Tensor:
    return flow.origin(lookup.inputs[1])[0]


def _is_one(flow: Flow, found: _Sum) -> bool:
    return len(found.lookups) >= _FEWEST and len({_table(flow, lookup).shape for lookup in found.lookups}) == 1


def _pattern(flow: Flow, found: _Sum) -> Pattern:
    table = _table(flow, found.lookups[0])
    vocab, width = table.shape
    detail = f"{vocab} × {width} each"
    facts = {"vocab": vocab, "width": width, "params": table.size} if table.kind == "parameter" else {}
    kind = "embedding" if facts else "code_sum"
    words = f"Sum of {len(found.lookups)} embeddings"
    return Pattern(kind, frozenset(found.ops), words, "embedding", detail, facts=facts)
