"""Flow -> a scan computed in chunks: matrix products inside a chunk, decays from cumulative sums between chunks."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.recurrence.delta_rule import corrected
from boardwork.outline.recognise.recurrence.scan_region import CONTRACTIONS, after_it, around

_FEWEST = 3  # contractions: inside a chunk, into the state, out of the state


def chunked_scans(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every such scan that the delta rule is no name for."""
    inside: set[int] = set()
    for op in flow.ops:
        if op.name == "cumsum" and flow.is_data(op.id) and op.id not in inside and _scans(flow, op.id):
            found = around(flow, op.id)
            inside |= found
            if found and not any(corrected(flow, flow.ops[i]) for i in found):
                detail = "products inside a chunk, a decaying state between chunks"
                yield [Pattern("scan", frozenset(found), "Scan in chunks", "recurrent", detail)]


def _scans(flow: Flow, start: int) -> bool:
    after = [flow.ops[i].name for i in after_it(flow, start)]
    return sum(name in CONTRACTIONS for name in after) >= _FEWEST and "exp" in after
