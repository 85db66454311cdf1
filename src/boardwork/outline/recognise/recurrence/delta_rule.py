"""Flow -> linear attention by the delta rule: a state tells what it holds, and only the difference is written to it.

A step reads v' = k S, writes S <- a S + k (b (v - v')), one token at a time or a chunk of tokens (arXiv:2412.06464).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.recurrence.scan_region import CONTRACTIONS, around
from boardwork.trace.records import Op

_BETWEEN = frozenset(("matmul", "bmm", "einsum", "mul", "sum", "exp", "outer", "masked_fill"))
_MATRIX = 2
_NEAR = 12  # operations between a difference and the state that it is written to


def delta_rules(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every layer whose state is corrected by what it does not hold yet."""
    inside: set[int] = set()
    for op in flow.ops:
        state = None if op.id in inside else corrected(flow, op)
        found = around(flow, op.id, (*CONTRACTIONS, "sum")) if state is not None else set()
        inside |= found
        if state is not None and found:
            yield [_pattern(flow, _closed(flow, found), state)]


def corrected(flow: Flow, difference: Op) -> int | None:
    """A state, faded or not, that what a difference makes is added to, if the difference was read from that state."""
    if difference.name != "sub" or len(difference.inputs) != 2 or not flow.is_data(difference.id):
        return None
    read = _read(flow, difference.inputs[1])
    for write in _reached(flow, difference) if read else ():
        for kept, new in (write.inputs, write.inputs[::-1]):
            if (
                len(flow.tensors[kept].shape) > _MATRIX
                and read & _faded(flow, kept)
                and difference.id in _makers(flow, new)
            ):
                return kept
    return None


def _reached(flow: Flow, start: Op) -> Iterator[Op]:
    """Sums of two that a difference comes to through products."""
    todo, seen = [start], {start.id}
    while todo and len(seen) < _NEAR:
        for user in flow.data_users(todo.pop()):
            if user.name == "add" and len(user.inputs) == 2:
                yield user
            elif user.id not in seen and (user.name in _BETWEEN or flow.is_shape(user.id)):
                seen.add(user.id)
                todo.append(user)


def _makers(flow: Flow, tensor: int) -> set[int]:
    """Operations that a tensor comes from through products, as far as the state may be."""
    todo, found = [tensor], set[int]()
    while todo and len(found) < _NEAR:
        op = flow.producer(todo.pop(0))
        if op is not None and op.id not in found:
            found.add(op.id)
            if op.name in _BETWEEN or flow.is_shape(op.id):
                todo.extend(op.inputs)
    return found


def _read(flow: Flow, tensor: int) -> set[int]:
    """Tensors that a product which makes this one takes."""
    makers = [flow.ops[op] for op in _makers(flow, tensor)]
    return {flow.origin(t)[0].id for op in makers if op.name in _BETWEEN for t in op.inputs}


def _faded(flow: Flow, tensor: int) -> set[int]:
    """A state, and what it was before its decay."""
    origin = flow.origin(tensor)[0]
    op = flow.producer(origin.id)
    if op is None or op.name != "mul":
        return {origin.id}
    larger = max(op.inputs, key=lambda t: flow.tensors[t].size)
    return {origin.id, flow.origin(larger)[0].id}


def _closed(flow: Flow, found: set[int]) -> set[int]:
    """Without what others take as well before the scan is done, as parts of a gate: that is an input of the scan."""
    last, *others = sorted(found, reverse=True)
    kept = {last}
    for index in others:
        if kept.issuperset(user.id for user in flow.data_users(flow.ops[index])):
            kept.add(index)
    return kept


def _pattern(flow: Flow, found: set[int], state: int) -> Pattern:
    gated = len(_faded(flow, state)) > 1
    sequences, *heads, keys, values = flow.tensors[state].shape
    size = flow.tensors[state].size // sequences
    facts = {"heads": prod(heads), "keys": keys, "values": values, "state": size, "gated": gated}
    label = "Gated delta rule" if gated else "Delta rule"
    detail = f"{prod(heads)} heads, state {keys} × {values}"
    return Pattern("delta_rule", frozenset(found), label, "recurrent", detail, facts=facts)
