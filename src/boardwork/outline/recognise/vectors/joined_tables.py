"""Flow -> look-ups in several tables that become one: the codes of one frame of sound, the fields of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_FEWEST = 4  # token, position and type are three tables, and do not mean the same
_FEWEST_FIELDS = 3
_TOLD = 5
_JOINS = {"add": "Sum of {} embeddings", "stack": "{} embeddings", "cat": "{} embeddings"}


@dataclass
class _Joined:
    """Look-ups that were added or put side by side, with everything between."""

    lookups: list[Op]
    words: str = ""
    ops: set[int] = field(default_factory=set)


def joined_tables(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for each such sum or concatenation."""
    found: dict[int, _Joined] = {}
    for op in flow.ops:
        if op.name == "embedding" and flow.is_data(op.id):
            found[op.id] = _Joined([op], ops={op.id})
        elif op.name in _JOINS and flow.is_data(op.id):
            parts = [flow.origin(t) for t in flow.data_inputs(op)]
            made = [record.producer for record, _ in parts]
            if made and all(_may_join(flow, found, i, op) for i in made):
                moved = {i for _, passed in parts for i in passed}
                whole = [found.pop(i) for i in dict.fromkeys(made)]
                lookups = [lookup for part in whole for lookup in part.lookups]
                found[op.id] = _Joined(lookups, _JOINS[op.name], {op.id, *moved, *(i for p in whole for i in p.ops)})
    yield from ([_pattern(flow, joined)] for joined in found.values() if _is_one(flow, joined))


def _may_join(flow: Flow, found: dict[int, _Joined], made: int, op: Op) -> bool:
    """True for what nothing else uses; a sum may go on as a sum, and ends where it is put beside another."""
    if made not in found or len(flow.data_users(flow.ops[made])) != 1:
        return False
    return found[made].words in ("", _JOINS[op.name])


def _table(flow: Flow, lookup: Op) -> Tensor:
    return flow.origin(lookup.inputs[1])[0]


def _is_one(flow: Flow, joined: _Joined) -> bool:
    """Tables of one size, or each for a column of one input."""
    tables = [_table(flow, lookup) for lookup in joined.lookups]
    if len(tables) >= _FEWEST and len({table.shape for table in tables}) == 1 and joined.words == _JOINS["add"]:
        return True
    columns = {flow.origin(lookup.inputs[0])[0].id for lookup in joined.lookups}
    return len(columns) == 1 and len({table.id for table in tables}) == len(tables) >= _FEWEST_FIELDS


def _pattern(flow: Flow, joined: _Joined) -> Pattern:
    tables = [_table(flow, lookup) for lookup in joined.lookups]
    kind = "embedding" if tables[0].kind == "parameter" else "code_sum"
    facts = _facts(tables) if kind == "embedding" else {}
    words = joined.words.format(len(tables))
    return Pattern(kind, frozenset(joined.ops), words, "embedding", _sizes(tables), facts=facts)


def _facts(tables: list[Tensor]) -> dict[str, Any]:
    vocab, width = tables[0].shape
    return {"vocab": vocab, "width": width, "params": tables[0].size}


def _sizes(tables: list[Tensor]) -> str:
    rows, widths = [table.shape[0] for table in tables], {table.shape[1] for table in tables}
    width = str(widths.pop()) if len(widths) == 1 else f"{min(widths)} to {max(widths)}"
    if len(set(rows)) == 1:
        return f"{rows[0]} × {width} each"
    told = ", ".join(map(str, rows)) if len(rows) <= _TOLD else f"{sum(rows)} in all"
    return f"{told} × {width}"
