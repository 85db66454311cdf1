"""The branches of an attention -> where queries and keys come from: one sequence, two, or one and its pooled self."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS
from boardwork.outline.recognise.attention.branch import NORMALISING, STATISTICS, Branch, data_of, source_of
from boardwork.trace.records import Op

_POOLING = ("conv", "max_pool", "avg_pool", "adaptive_avg_pool", "interpolate")
_LAYERS = frozenset(["linear", "addmm"])
_OF_FEATURES = NORMALISING | STATISTICS | ACTIVATIONS.keys() | _LAYERS | {"mul", "div", "sub", "cat"}
_MOST_BEFORE = 40  # tensors between the start of a layer and its queries


def crosses(flow: Flow, branches: Sequence[Branch]) -> bool:
    """True where keys come from another tensor than queries.

    Of sums of projections, as of content and of place, one part in common is enough for the same sequence.
    """
    query, key = ({source_of(flow, op) for op in b.ends} or b.passed for b in branches[:2])
    asked, given = (_position_by_position(flow, tensors) for tensors in (query, key))
    # Two that only begin alike, as two streams of one wide input, are two sequences.
    apart = query.isdisjoint(given) and key.isdisjoint(asked)
    return apart and not any(_twice(flow, one, two) for one in asked for two in given)


def _position_by_position(flow: Flow, tensors: Iterable[int]) -> set[int]:
    """The tensors and those before them that they are made of, each position from its own: what latents come from."""
    known: dict[int, frozenset[int]] = {}
    return {before for tensor in tensors for before in _made_of(flow, tensor, known)}


def _made_of(flow: Flow, tensor: int, known: dict[int, frozenset[int]]) -> frozenset[int]:
    """A tensor and those before it, as far as one source explains what is joined; `known`: what was found so far."""
    if tensor not in known and len(known) < _MOST_BEFORE:
        known[tensor] = frozenset([tensor])
        op = flow.producer(tensor)
        given = () if op is None else _same_positions(flow, op)
        parts = [_made_of(flow, flow.origin(t)[0].id, known) for t in given]
        if parts and frozenset.intersection(*parts):
            known[tensor] = known[tensor].union(*parts)
    return known.get(tensor, frozenset([tensor]))


def _same_positions(flow: Flow, op: Op) -> Iterable[int]:
    """What an operation on features takes of the same positions.

    Another sequence begins where two are added, and behind a layer that makes no latent.
    """
    given, made = flow.data_inputs(op), flow.tensors[op.outputs[0]].shape
    if op.name not in _OF_FEATURES and (op.name != "add" or len(given) > 1):
        return ()
    widest = made[-1] if op.name in _LAYERS else 0
    before = ((t, flow.tensors[t].shape) for t in given)
    return (t for t, shape in before if shape[:-1] == made[:-1] and shape[-1] > widest)


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
        if op is None or not (op.name.startswith(_POOLING) or op.name in NORMALISING or op.name in ("gelu", "relu")):
            return False
        tensor = op.inputs[0]
    return False


def is_sum_with(flow: Flow, tensor: int, part: int) -> bool:
    """True for a sum of `part`, such as tokens, and something else, such as their positions."""
    op = flow.producer(tensor)
    return op is not None and op.name == "add" and part in {flow.origin(t)[0].id for t in op.inputs}
