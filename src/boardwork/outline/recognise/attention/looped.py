"""The attentions of a model -> keys and values that are made once, before a loop in which queries ask again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import Branch


def made_before_loop(flow: Flow, attentions: Sequence[Sequence[Branch]]) -> frozenset[int]:
    """What leads to such keys and values; `attentions`: queries, keys and values of each."""
    asking = defaultdict[tuple[frozenset[int], int], dict[int, Sequence[Branch]]](dict)
    for branches in attentions:
        query, key = branches[0].projection, branches[1].projection
        if query is not None and key is not None:
            asking[flow.held([query.id]), key.id][query.id] = branches
    again = (branches for found in asking.values() if len(found) > 1 for branches in found.values())
    made = (branch for branches in again for branch in branches[1:])
    return frozenset(op for b in made for op in (*b.between(), *(end.id for end in (b.down, b.projection) if end)))
