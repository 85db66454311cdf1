"""Flow -> a scan computed in chunks: matrix products inside a chunk, decays from cumulative sums between chunks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import prod

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.recurrence.delta_rule import corrected
from boardwork.outline.recognise.recurrence.scan_region import CONTRACTIONS, after_it, around
from boardwork.trace.records import Op

_HEADS = 3  # axes of a state of one sequence: heads, channels, states
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
                facts = _facts(flow, found)
                yield [Pattern("scan", frozenset(found), "Scan in chunks", "recurrent", detail, facts=facts)]


def _scans(flow: Flow, start: int) -> bool:
    after = [flow.ops[i].name for i in after_it(flow, start)]
    return sum(name in CONTRACTIONS for name in after) >= _FEWEST and "exp" in after


def _facts(flow: Flow, inside: Collection[int]) -> dict[str, int]:
    """Channels and states, where some tensor holds states of heads; the last product sums over the states."""
    last = max(i for i in inside if flow.ops[i].name in CONTRACTIONS)
    states, inner = _summed(flow, flow.ops[last]), flow.tensors[flow.ops[max(inside)].outputs[0]].shape[-1]
    shapes = (flow.tensors[t].shape for i in inside for t in flow.ops[i].outputs)
    state = inner * states
    kept = any(len(shape) > _HEADS and prod(shape[-_HEADS:]) == state for shape in shapes)
    return {"inner": inner, "states": states, "state": state} if kept else {}


def _summed(flow: Flow, product: Op) -> int:
    """Length of what a product sums over."""
    if product.name != "einsum":
        return flow.tensors[product.inputs[0]].shape[-1]
    terms, _, out = str(product.attrs.get("equation", "")).replace(" ", "").partition("->")
    shapes = (flow.tensors[t].shape for t in product.inputs)
    sizes = {
        name: n
        for term, shape in zip(terms.split(","), shapes, strict=False)
        for name, n in zip(term, shape, strict=False)
    }
    return prod(n for name, n in sizes.items() if name not in out)
