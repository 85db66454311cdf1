"""Flow -> cosine similarities of two sets of vectors, with their temperature."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_PRODUCTS = ("matmul", "mm", "bmm", "einsum")


def similarities(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every product of two tensors of unit vectors, neither of them made from the other."""
    for op in flow.ops:
        if op.name in _PRODUCTS and flow.is_data(op.id) and len(op.inputs) == 2:
            sides = [_unit(flow, t) for t in op.inputs]
            if all(sides) and sides[0] != sides[1]:
                scaled = {i for side in sides if side for i in side[1]}
                yield [_pattern(flow, op, scaled)]


def _pattern(flow: Flow, product: Op, scaled: set[int]) -> Pattern:
    following, passed = flow.next_op(product)
    ops = {product.id, *scaled}
    if following is not None and following.name == "mul" and any(flow.tensors[t].size == 1 for t in following.inputs):
        ops |= {following.id, *passed}
    rows, columns = flow.tensors[product.outputs[0]].shape[-2:]
    word = "Cosine similarities" + (" × temperature" if len(ops) > 1 else "")
    return Pattern("similarity", frozenset(ops), word, "matmul", f"{rows} × {columns} pairs")


def _unit(flow: Flow, tensor: int) -> tuple[int, set[int]] | None:
    """The operation that gave the vectors length 1, and the scaling by one number after it."""
    passed: set[int] = set()
    while True:
        record, moved = flow.origin(tensor)
        passed.update(moved)
        op = flow.producer(record.id)
        if op is None:
            return None
        if op.name == "normalize" or (op.name == "div" and _by_norm(flow, op)):
            return op.id, {i for i in passed if i > op.id}
        single = [t for t in op.inputs if flow.tensors[t].size == 1]
        if op.name != "mul" or len(single) != 1 or len(op.inputs) != 2:
            return None
        passed.add(op.id)
        tensor = next(t for t in op.inputs if t != single[0])


def _by_norm(flow: Flow, division: Op) -> bool:
    made = flow.producer(division.inputs[1]) if len(division.inputs) == 2 else None
    return made is not None and made.name in ("norm", "linalg_norm", "linalg_vector_norm")
