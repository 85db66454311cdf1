"""Flow -> routing by agreement between capsules: couplings by softmax that grow where a prediction agrees with the sum.

arXiv:1710.09829 section 2
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_SUMS = ("sum", "matmul", "bmm", "einsum")
_MOST = 400  # operations of all iterations


def routings(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for all iterations on the same predictions."""
    rows: dict[int, list[Op]] = {}
    for op in flow.ops:
        if op.name == "softmax" and flow.is_data(op.id):
            predictions = _predictions(flow, op)
            if predictions is not None:
                rows.setdefault(predictions, []).append(op)
    for predictions, couplings in rows.items():
        found = _pattern(flow, predictions, couplings)
        if found is not None:
            yield [found]


def _predictions(flow: Flow, softmax: Op) -> int | None:
    """The one tensor with weights behind it that the logits are made from, by a sum of it that it meets again."""
    ends: dict[int, set[int]] = {}
    todo, seen, summed = [(softmax.inputs[0], softmax.id)], {softmax.id}, False
    while todo:
        tensor, user = todo.pop()
        origin = flow.origin(tensor)[0]
        op = flow.producer(origin.id)
        if origin.size != flow.tensors[tensor].size:  # a slice, as one of Q, K and V
            return None
        if op is None or (op.macs and any(flow.is_weight(t) for t in op.inputs)):
            ends.setdefault(origin.id, set()).add(user)
        elif op.id not in seen and flow.is_data(op.id):
            seen.add(op.id)
            summed |= op.name in _SUMS
            todo.extend((t, op.id) for t in op.inputs)
        if len(seen) > _MOST or len(ends) > 1:
            return None
    ((predictions, users),) = ends.items() if len(ends) == 1 else ((-1, set()),)
    return predictions if summed and len(users) > 1 else None


def _pattern(flow: Flow, predictions: int, couplings: list[Op]) -> Pattern | None:
    total = next((user for user in _onward(flow, couplings[-1]) if user.name in _SUMS), None)
    end = None if total is None else _converged(flow, total)
    if end is None:
        return None
    after, before = set(_descended(flow, predictions, end)), set[int]()
    todo = [end]
    while todo:
        op = todo.pop()
        if op in after and op not in before:
            before.add(op)
            todo.extend(flow.tensors[t].producer for t in flow.ops[op].inputs)
    shape, dim = flow.tensors[couplings[0].outputs[0]].shape, couplings[0].attrs.get("dim", couplings[0].attrs.get("1"))
    outer = shape[int(dim)] if isinstance(dim, int) else shape[-1]
    coefficients = flow.tensors[couplings[0].outputs[0]].size // shape[0]
    width = flow.tensors[predictions].size // shape[0] // coefficients
    facts = {"inner": coefficients // outer, "outer": outer, "width": width, "iterations": len(couplings) + 1}
    facts["coefficients"] = coefficients
    words = f"{facts['inner']} → {outer} capsules of {width}, {facts['iterations']} iterations"
    return Pattern("routing", frozenset(before), "Routing by agreement", "matmul", words, facts=facts)


def _onward(flow: Flow, op: Op) -> Iterator[Op]:
    """What takes the result, also behind a product with something else."""
    for user in flow.data_users(op):
        yield user
        if user.name == "mul" or flow.is_shape(user.id):
            yield from _onward(flow, user)


def _converged(flow: Flow, start: Op) -> int | None:
    """The first operation behind `start` that everything made from it goes through: the end of the squashing."""
    waiting = {user.id for user in flow.data_users(start)}
    reached = set(waiting)
    while waiting:
        op = min(waiting)
        waiting.discard(op)
        if not waiting and op != min(reached) and not flow.is_shape(op):
            return op
        new = {user.id for user in flow.data_users(flow.ops[op])} - reached
        waiting |= new
        reached |= new
    return None


def _descended(flow: Flow, tensor: int, end: int) -> Iterator[int]:
    """Operations made from a tensor, up to `end`."""
    reached = {tensor}
    for op in flow.ops[: end + 1]:
        if any(t in reached for t in op.inputs):
            reached.update(op.outputs)
            if flow.is_data(op.id):
                yield op.id
