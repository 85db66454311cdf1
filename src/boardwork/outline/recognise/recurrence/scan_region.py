"""An operation of a scan -> every operation between the layers before and after that it has a part in."""

from __future__ import annotations

from boardwork.outline.flow import Flow

CONTRACTIONS = ("einsum", "matmul", "bmm")
_ARITHMETIC = frozenset(
    (*CONTRACTIONS, "mul", "add", "sub", "neg", "exp", "pad", "cat", "stack", "sum", "cumsum", "clamp", "roll")
) | {
    "masked_fill",
    "tril",
    "triu",
    "where",
    "setitem",
    "zeros_like",
    "eye",
    "copy",
    "new_zeros",
    "logical_not",
    "invert",
    "rsqrt",
    "linalg_solve_triangular",
}
_MOST = 4000


def around(flow: Flow, start: int, products: tuple[str, ...] = CONTRACTIONS) -> set[int]:
    """From the layers before to behind the last of `products`; empty if that does not hold `start`."""
    after = after_it(flow, start)
    ends = [i for i in after if flow.ops[i].name in products]
    found = _before(flow, _last(flow, max(ends), after)) if ends else set()
    return {i for i in found if flow.is_data(i)} if start in found else set()


def after_it(flow: Flow, start: int) -> set[int]:
    """What an operation has a part in, up to the next layers."""
    found: set[int] = set()
    todo = [start]
    while todo and len(found) < _MOST:
        for user in flow.data_users(flow.ops[todo.pop()]):
            if user.id not in found and (user.name in _ARITHMETIC or flow.is_shape(user.id)):
                found.add(user.id)
                todo.append(user.id)
    return found


def _last(flow: Flow, product: int, after: set[int]) -> int:
    """Behind the last product: scaled by a decay, put next to the other chunks, added to what passes by."""
    end = product
    while True:
        users = flow.data_users(flow.ops[end])
        if len(users) != 1 or users[0].id not in after:
            return end
        user = users[0]
        gated = user.name == "mul" and not all(flow.tensors[t].producer in after for t in user.inputs)
        if gated or not (user.name in ("add", "mul", "cat", "stack", "setitem") or flow.is_shape(user.id)):
            return end
        end = user.id


def _before(flow: Flow, end: int) -> set[int]:
    found, todo = {end}, list(flow.ops[end].inputs)
    while todo and len(found) < _MOST:
        op = flow.producer(todo.pop())
        if op is not None and op.id not in found and (op.name in _ARITHMETIC or flow.is_shape(op.id)):
            found.add(op.id)
            todo.extend(op.inputs)
    return _own(flow, found)


def _own(flow: Flow, found: set[int]) -> set[int]:
    """Without cuts that also serve what comes before the scan, as of one layer's result for all its inputs."""
    kept = set(found)
    for index in sorted(found, reverse=True):
        users = {user.id for user in flow.data_users(flow.ops[index])}
        if flow.is_shape(index) and users - kept and users & kept:
            kept.discard(index)
    return kept
