"""Flow -> cores of linear attention: phi(Q) (phi(K)^T V), keys and values first, no softmax over positions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import Branch, branch_of
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.attention.reach import varies
from boardwork.outline.recognise.contraction import Contraction, multiplies_activations
from boardwork.outline.recognise.scale import factor
from boardwork.trace.records import Op

FEATURES = ("elu", "relu", "exp", "softmax", "softplus", "gelu", "silu", "sigmoid", "cos", "sin", "leaky_relu")

POINTWISE = frozenset(FEATURES) - {"cos", "sin", "softmax"}  # of one number; angles may be a rotation's


def features(flow: Flow, branch: Branch, turned: Collection[int] = ()) -> list[Op]:
    """What bends queries or keys on their way from the projection, the rotation apart."""
    return [flow.ops[op] for op in sorted(branch.walk) if op not in turned and flow.ops[op].name in FEATURES]


def linear_cores(flow: Flow) -> Iterator[Core]:
    """Every product with a product of keys and values over positions."""
    for op in flow.ops:
        if flow.is_data(op.id) and multiplies_activations(flow, op):
            for memory in op.inputs[-2:]:
                core = _with_memory(flow, op, memory)
                if core is not None:
                    yield core


def _with_memory(flow: Flow, last: Op, memory: int) -> Core | None:
    """`memory`: what keys and values left behind, one matrix a head."""
    origin, passed = _through_numbers(flow, memory)
    made = flow.producer(origin)
    if made is None or not multiplies_activations(flow, made) or any(flow.ops[i].name == "transpose" for i in passed):
        return None
    first, second = Contraction(flow, made), Contraction(flow, last)
    query = second.left if memory == second.right else second.right
    key = first.left if first.holds(first.left, second.inner_axis(memory)) else first.right
    value = first.right if key == first.left else first.left
    projections = [branch_of(flow, "", t, FEATURES).projection for t in (query, key, value)]
    if projections[0] is None or projections[1] is None or projections[2] is None:
        return None
    over = over_positions(flow, key, first.inner_axis(key), projections[1])
    if not over or over_positions(flow, query, second.inner_axis(query), projections[0]):
        return None
    scale = 1.0
    for index in passed:
        scale *= factor(flow, flow.ops[index])
    column = _ones_column(flow, last)
    ops = {last.id, made.id, *passed} | (column or _shares(flow, last, query, key))
    return Core(
        frozenset(ops), flow.ops[max(ops)], query, key, value, scale=scale,
        q_len=second.own(query), k_len=first.inner(), d_k=second.inner(), d_v=first.own(value) - bool(column), scores=0,
        kind="linear",
    )  # fmt: skip


def over_positions(flow: Flow, tensor: int, axis: int, projection: Op) -> bool:
    """True for an axis that grows with the input; of a model of one size, for one as long as all positions."""
    laws = flow.tensors[projection.outputs[0]].symbols
    if any(not law.isdigit() and law != "batch" for law in laws):
        return varies(flow, tensor, axis)
    shape = flow.tensors[projection.outputs[0]].shape
    positions = prod(shape[2:]) if projection.name.startswith("conv") else prod(shape[1:-1])
    return flow.tensors[tensor].shape[axis] == positions


def _through_numbers(flow: Flow, tensor: int) -> tuple[int, tuple[int, ...]]:
    """Back through reshapes and products with a number."""
    origin, passed = flow.origin(tensor)
    op = flow.producer(origin.id)
    if op is not None and op.name in ("mul", "div") and len(flow.data_inputs(op)) == 1:
        further, more = _through_numbers(flow, flow.data_inputs(op)[0])
        return further, (*passed, op.id, *more)
    return origin.id, passed


def _ones_column(flow: Flow, last: Op) -> set[int]:
    """The division by the last column, where values have a column of ones: the sum over keys."""
    users = flow.data_users(last)
    if len(users) != 2 or any(user.name != "getitem" for user in users):
        return set()
    ends, passed = [], {user.id for user in users}
    for user in users:
        op, moved = flow.skip(user)
        passed |= set(moved)
        if op is not None and op.name == "add" and len(flow.data_inputs(op)) == 1:
            passed.add(op.id)
            op, moved = flow.skip(op)
            passed |= set(moved)
        ends.append(op)
    division = ends[0]
    same = division is not None and division == ends[1] and division.name == "div"
    return {*passed, division.id} if same and division is not None else set()


def _shares(flow: Flow, last: Op, query: int, key: int) -> set[int]:
    """The division by the sum over keys, made from queries and keys alone."""
    following, passed = flow.skip(last)
    if following is None or following.name not in ("mul", "div") or len(flow.data_inputs(following)) < 2:
        return set()
    roots = {flow.origin(query)[0].id, flow.origin(key)[0].id}
    made, todo = set[int](), [t for t in following.inputs if flow.tensors[t].producer not in {last.id, *passed}]
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        if tensor in roots or op is None or op.id in made:
            continue
        if len(made) > 12:
            return set()
        made.add(op.id)
        todo.extend(flow.data_inputs(op))
    meets = {t for op in made for t in flow.ops[op].inputs}
    return {*made, *passed, following.id} if roots & meets else set()
