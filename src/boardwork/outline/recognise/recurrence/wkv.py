"""Flow -> weighted sums over the past that are kept as a numerator and a denominator (RWKV), step by step.

arXiv:2305.13048 section 3.2
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_SHORTEST = 3
_JOINS = ("stack", "cat", "setitem")


def weighted_pasts(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every row of steps (e a + f v) / (e b + f) that is put side by side."""
    rows: dict[int, list[Op]] = {}
    for op in flow.ops:
        if op.name == "div" and flow.is_data(op.id) and _is_step(flow, op):
            join = _join(flow, op)
            if join is not None:
                rows.setdefault(join.id, []).append(op)
    for index, steps in rows.items():
        if len(steps) >= _SHORTEST:
            yield [_pattern(flow, flow.ops[index], steps)]


def _is_step(flow: Flow, op: Op) -> bool:
    above, below = (flow.producer(t) for t in op.inputs) if len(op.inputs) == 2 else (None, None)
    if above is None or below is None or above.name != "add" or below.name != "add" or len(below.inputs) != 2:
        return False
    factors = [_factors(flow, t) for t in above.inputs]
    if len(factors) != 2 or not all(factors):
        return False
    for product, weight in (below.inputs, below.inputs[::-1]):
        decays = _factors(flow, product)
        for kept, new in (factors, factors[::-1]):
            if weight in new and decays & kept and weight not in decays:
                return True
    return False


def _factors(flow: Flow, tensor: int) -> set[int]:
    op = flow.producer(tensor)
    return set(op.inputs) if op is not None and op.name == "mul" and len(op.inputs) == 2 else set()


def _join(flow: Flow, step: Op) -> Op | None:
    """Where the steps stand side by side; of a tensor that is written step by step the last write."""
    users = flow.data_users(step)
    op = users[0] if len(users) == 1 else None
    while op is not None and flow.is_shape(op.id):
        users = flow.data_users(op)
        op = users[0] if len(users) == 1 else None
    while op is not None and op.name == "setitem":
        later = [user for user in flow.data_users(op) if user.name == "setitem"]
        if not later:
            break
        op = later[0]
    return op if op is not None and op.name in _JOINS else None


def _pattern(flow: Flow, join: Op, steps: list[Op]) -> Pattern:
    ops, todo = {join.id}, list(join.inputs)
    while todo:
        op = flow.producer(todo.pop())
        if op is not None and op.id not in ops and not op.macs:
            ops.add(op.id)
            todo.extend(op.inputs)
    inside = {op for op in ops if flow.is_data(op)}
    for index in sorted(inside, reverse=True):  # cuts that others take as well
        if index != join.id and any(user.id not in inside for user in flow.data_users(flow.ops[index])):
            inside.remove(index)
    shape = flow.tensors[steps[0].outputs[0]].shape
    width = flow.tensors[steps[0].outputs[0]].size // shape[0]
    facts = {"state": 2 * width, "steps": len(steps)}
    detail = f"(e a + f v) / (e b + f), {width} channels, {len(steps)} steps"
    return Pattern("linear_recurrence", frozenset(inside), "WKV recurrence", "recurrent", detail, facts=facts)
