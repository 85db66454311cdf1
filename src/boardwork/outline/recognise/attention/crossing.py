"""The branches of an attention -> where queries and keys come from: one sequence, two, or one and its pooled self."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import NORMALISING, Branch, data_of, source_of

_POSITIONS = ("conv", "max_pool", "avg_pool", "adaptive_avg_pool", "interpolate")


def crosses(flow: Flow, branches: Sequence[Branch]) -> bool:
    """True where keys come from another tensor than queries.

    Of sums of projections, as of content and of place, one part in common is enough for the same sequence.
    """
    query, key = ({source_of(flow, op) for op in b.ends} or b.passed for b in branches[:2])
    return query.isdisjoint(key) and not any(_twice(flow, one, two) for one in query for two in key)


def _twice(flow: Flow, one: int, two: int) -> bool:
    """True for two tensors that one computation makes, written twice."""
    made, again = flow.producer(one), flow.producer(two)
    if made is None or again is None:
        return False
    return (made.name, made.inputs, made.attrs) == (again.name, again.inputs, again.attrs)


def crossing(flow: Flow, branches: Sequence[Branch]) -> dict[str, Any]:
    """Cross-attention reads another sequence; pooled keys are made from the queries' own."""
    apart = crosses(flow, branches)
    query, key, value = (b.down or b.projection for b in branches)
    if query is None or key is None or query is key:
        return {"cross": apart}
    mine, theirs = source_of(flow, query), source_of(flow, key)
    pooled = apart and _pooled_from(flow, theirs, mine)
    asked = apart and _pooled_from(flow, mine, theirs)
    found: dict[str, Any] = {"cross": apart and not pooled and not asked}
    if pooled:
        found["pooled"] = True
    if asked:
        found["pooled_queries"] = True
    one, all_tokens = data_of(flow, query), data_of(flow, key)
    if mine == theirs and flow.tensors[one].size < flow.tensors[all_tokens].size:
        found["picked_queries"] = True
    if value is not None and mine == theirs != source_of(flow, value):
        found["added_positions"] = is_sum_with(flow, mine, source_of(flow, value))
    return found


def _pooled_from(flow: Flow, fewer: int, whole: int) -> bool:
    """True when `fewer` come from `whole` by convolution, pooling and norms."""
    tensor = fewer
    for _ in range(12):
        tensor = flow.origin(tensor)[0].id
        if tensor == whole:
            return flow.tensors[fewer].size < flow.tensors[whole].size
        op = flow.producer(tensor)
        if op is not None and op.name == "cat" and len({flow.origin(t)[0].id for t in op.inputs}) == 1:
            tensor = op.inputs[0]
            continue
        if op is None or not (op.name.startswith(_POSITIONS) or op.name in NORMALISING or op.name in ("gelu", "relu")):
            return False
        tensor = op.inputs[0]
    return False


def is_sum_with(flow: Flow, tensor: int, part: int) -> bool:
    """True for a sum of `part`, such as tokens, and something else, such as their positions."""
    op = flow.producer(tensor)
    return op is not None and op.name == "add" and part in {flow.origin(t)[0].id for t in op.inputs}
