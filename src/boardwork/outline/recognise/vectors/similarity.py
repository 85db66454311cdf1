"""Flow -> cosine similarities of two sets of vectors, with their temperature; dot products of pairs."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.unit_length import unit_length
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


def dot_products(flow: Flow) -> Iterator[Pattern]:
    """Vectors of two inputs or tables, multiplied and added up: one number for each pair."""
    for op in flow.ops:
        total = _summed(flow, op)
        if total is not None:
            sides = [_unit(flow, t) for t in op.inputs]
            label = "Cosine similarity" if all(sides) else "Dot product"
            facts = {"width": flow.tensors[op.outputs[0]].shape[-1]}
            yield Pattern("dot_product", frozenset([op.id, total.id]), label, "matmul", "of each pair", facts=facts)


def _summed(flow: Flow, product: Op) -> Op | None:
    """The sum over the last axis of a product of two activations of one shape, if nothing else takes the product."""
    data = flow.data_inputs(product) if product.name == "mul" and flow.is_data(product.id) else ()
    users = flow.data_users(product)
    if len(set(data)) != 2 or len(users) != 1 or users[0].name != "sum":
        return None
    one, two = (flow.tensors[t].shape for t in data)
    axis = users[0].attrs.get("dim", users[0].attrs.get("1"))
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if one != two or len(one) < 2 or axis not in (-1, len(one) - 1):
        return None
    learned = all(flow.tensors[t].producer in flow.weighted for t in data)  # a mask or a target is no vector
    shared = learned and _sources(flow, data[0]) & _sources(flow, data[1])  # as of shares and what they weigh
    return users[0] if learned and not shared else None


def _sources(flow: Flow, tensor: int) -> set[int]:
    """The inputs that a tensor is made from."""
    ends = {t for op in flow.makers(tensor) for t in op.inputs} | {tensor}
    return {t for t in ends if flow.tensors[t].kind == "input"}


def _pattern(flow: Flow, product: Op, scaled: set[int]) -> Pattern:
    ops, last = {product.id, *scaled}, product
    for arithmetic in ("mul", "add"):  # the temperature, and what a loss of single pairs adds
        following, passed = flow.next_op(last)
        number = _number_beside(flow, following) if following is not None and following.name == arithmetic else None
        if following is not None and number is not None:
            ops |= {following.id, *passed} | _made(flow, number)
            last = following
    rows, columns = flow.tensors[product.outputs[0]].shape[-2:]
    word = "Cosine similarities" + (" × temperature" if any(flow.ops[op].name == "mul" for op in ops) else "")
    return Pattern("similarity", frozenset(ops), word, "matmul", f"{rows} × {columns} pairs")


def _number_beside(flow: Flow, op: Op) -> int | None:
    """An operand of one element that no input has a part in."""
    alone = [t for t in op.inputs if flow.tensors[t].size == 1 and flow.tensors[t].producer not in flow.fed]
    return alone[0] if len(alone) == 1 else None


def _made(flow: Flow, number: int) -> set[int]:
    """What makes it from a weight."""
    found, op = set[int](), flow.producer(number)
    while op is not None and op.id in flow.weighted and len(op.inputs) == 1:
        found.add(op.id)
        op = flow.producer(op.inputs[0])
    return found


def _unit(flow: Flow, tensor: int) -> tuple[int, set[int]] | None:
    """The operation that gave the vectors length 1, and the scaling by one number after it."""
    passed: set[int] = set()
    while True:
        record, moved = flow.origin(tensor)
        passed.update(moved)
        op = flow.producer(record.id)
        if op is None:
            return None
        if unit_length(flow, op):
            return op.id, {i for i in passed if i > op.id}
        single = [t for t in op.inputs if flow.tensors[t].size == 1]
        if op.name != "mul" or len(single) != 1 or len(op.inputs) != 2:
            return None
        passed.add(op.id)
        tensor = next(t for t in op.inputs if t != single[0])
