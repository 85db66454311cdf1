"""The operations of an attention -> what leaves them and comes back: an order, a choice of keys, a mask."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import Branch, source_of

_FURTHEST = 2000  # operations from the first to the last of an attention


def led_back(flow: Flow, branches: Sequence[Branch], inside: frozenset[int]) -> set[int]:
    """What is made of queries, keys or values and used by the core, with what is made for that alone.

    It weighs less than the attention itself: else the path leads through other layers.
    """
    if max(inside) - min(inside) > _FURTHEST:  # keys made once, for every step of a loop
        return set()
    between = set[int]() if flow.convex(inside) else flow.between(inside)
    light = flow.parameters(between) <= flow.parameters(inside)
    return between | _serving(flow, branches, between, inside | between) if light else set()


def _serving(flow: Flow, branches: Sequence[Branch], between: Collection[int], inside: Collection[int]) -> set[int]:
    """What is made for `between` alone, of what queries, keys and values are made of."""
    sources = {source_of(flow, op) for b in branches for op in b.ends}
    todo, found = [t for op in between for t in flow.data_inputs(flow.ops[op])], set[int]()
    while todo:
        op = flow.producer(todo.pop())
        if op is None or op.id in found or op.id in inside or not sources.isdisjoint(op.outputs):
            continue
        if all(user.id in found or user.id in inside for user in flow.data_users(op)):
            found.add(op.id)
            todo.extend(flow.data_inputs(op))
    return found


def choice_facts(flow: Flow, ops: Collection[int], query: int, keys: int) -> dict[str, int]:
    """What choosing keys costs, and how many are chosen where that is fewer than there are.

    `query`: the tensor that asks; nothing of a choice that it is made by, which is one of queries.
    """
    if any(op.name == "topk" and op.id in ops for op in flow.makers(query)):
        return {}
    chosen = [flow.tensors[flow.ops[i].outputs[0]].shape[-1] for i in ops if flow.ops[i].name == "topk"]
    macs = {"params": flow.parameters(ops), "macs": sum(flow.ops[i].macs for i in ops)}
    return macs | ({"keys": min(chosen)} if min(chosen) < keys else {})
