"""Flow -> cores of additive attention: softmax(v^T tanh(W_q q + W_k k)), a small network as the score."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import branch_of
from boardwork.outline.recognise.attention.core import Core, after
from boardwork.outline.recognise.contraction import Contraction
from boardwork.outline.recognise.product import product
from boardwork.trace.records import Op


def additive_cores(flow: Flow) -> Iterator[Core]:
    """Every softmax over the results of such a network, and the sum that it weighs."""
    for op in flow.ops:
        if op.name == "softmax" and flow.is_data(op.id):
            core = _at(flow, op)
            if core is not None:
                yield core


def _at(flow: Flow, softmax: Op) -> Core | None:
    score, moved = _step(flow, softmax.inputs[0])
    found = product(flow, score)
    if score is None or found is None or found.after != 1:
        return None
    bent, more = _step(flow, found.data)
    if bent is None or bent.name not in ("tanh", "relu"):
        return None
    total, further = _step(flow, bent.inputs[0])
    following = after(flow, softmax)
    if total is None or total.name != "add" or len(flow.data_inputs(total)) != 2 or following is None:
        return None
    return _core(flow, softmax, total, following, frozenset([score.id, bent.id, *moved, *more, *further]))


def _step(flow: Flow, tensor: int) -> tuple[Op | None, tuple[int, ...]]:
    """The operation behind reshapes, and these."""
    origin, passed = flow.origin(tensor)
    return flow.producer(origin.id), passed


def _core(flow: Flow, softmax: Op, total: Op, following: list[int], between: frozenset[int]) -> Core | None:
    """The longer of both terms has one row a key."""
    query, key = sorted(flow.data_inputs(total), key=lambda t: flow.tensors[t].size)
    if any(branch_of(flow, "", t).projection is None for t in (query, key)):
        return None
    last = flow.ops[following[-1]]
    second = Contraction(flow, last)
    shares = {t for i in (softmax.id, *following[:-1]) for t in flow.ops[i].outputs}
    value = second.right if second.left in shares else second.left
    inner = flow.tensors[total.outputs[0]].shape[-1]
    return Core(
        between | {softmax.id, total.id, *following}, last, query, key, value, scale=1.0,
        q_len=second.own(second.left if value == second.right else second.right), k_len=second.inner(), d_k=inner,
        d_v=second.own(value), scores=flow.tensors[softmax.outputs[0]].size, kind="additive",
    )  # fmt: skip
