"""Cores whose softmax runs over the scores of several sets of keys, a window and tokens that all see -> them whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.contraction import Contraction, multiplies_activations
from boardwork.trace.records import Op


def with_further_keys(flow: Flow, cores: Iterable[Core]) -> Iterator[Core]:
    """The cores, each with all of its sets of keys and the sum of what their values give."""
    for core in cores:
        products = _joined(flow, core)
        yield _whole(flow, core, products) if products else core


def _joined(flow: Flow, core: Core) -> list[Op]:
    """Products of the same queries with other keys, whose scores stand beside the core's own."""
    for join in (flow.ops[op] for op in core.ops if flow.ops[op].name == "cat"):
        products = [_product(flow, core, tensor) for tensor in join.inputs]
        found = {op.id: op for op in products if op is not None}
        if len(found) == len(join.inputs) > 1:
            return [op for op in found.values() if core.key not in op.inputs]
    return []


def _product(flow: Flow, core: Core, tensor: int) -> Op | None:
    """The product that scores come from, through reshapes and numbers."""
    op = flow.producer(tensor)
    while op is not None and op.id in core.ops and not multiplies_activations(flow, op):
        op = flow.producer(flow.data_inputs(op)[0]) if len(flow.data_inputs(op)) == 1 else None
    return op if op is not None and multiplies_activations(flow, op) else None


def _whole(flow: Flow, core: Core, products: list[Op]) -> Core:
    further = 0
    for op in products:
        product = Contraction(flow, op)
        same = flow.origin(product.left)[0].id == flow.origin(core.query)[0].id
        further += product.own(product.right if same else product.left)
    ends, ops = _weighted(flow, core)
    sums = {op.id: op for op in (flow.next_op(end)[0] for end in ends) if op is not None}
    last = next(iter(sums.values())) if len(sums) == 1 else core.last
    return dataclasses.replace(
        core,
        ops=core.ops | ops | {last.id} | {op.id for op in products},
        last=last,
        value=max((end.inputs[-1] for end in ends), key=lambda tensor: flow.tensors[tensor].size),
        scores=core.scores + sum(flow.tensors[op.outputs[0]].size for op in products),
        sink=False,
        further=further,
        places=(),
        partners=(),
    )


def _weighted(flow: Flow, core: Core) -> tuple[list[Op], set[int]]:
    """The products of shares with values, and the operations from the softmax to them."""
    shares = next(flow.ops[op] for op in core.ops if flow.ops[op].name == "softmax")
    ends, passed, todo = list[Op](), set[int](), [shares]
    while todo:
        for user in flow.data_users(todo.pop()):
            if multiplies_activations(flow, user):
                ends.append(user)
            elif flow.is_shape(user.id):
                todo.append(user)
            else:
                continue
            passed.add(user.id)
    return ends or [core.last], passed
