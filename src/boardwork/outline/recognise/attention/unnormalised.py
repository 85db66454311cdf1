"""Flow -> cores of attention without softmax: (f(Q K^T) * M) V, every query with every key, as retention has it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, ENDS, name_of, written
from boardwork.outline.recognise.attention.branch import branch_of
from boardwork.outline.recognise.attention.core import Core, added
from boardwork.outline.recognise.attention.linear import POINTWISE, over_positions
from boardwork.outline.recognise.attention.on_scores import alpha
from boardwork.outline.recognise.contraction import Contraction, multiplies_activations
from boardwork.outline.recognise.scale import factor
from boardwork.trace.records import Op

BENDS = frozenset(("sigmoid", "relu", "relu6", "tanh", "silu", "gelu", "elu", "softplus", "square", "pow", "abs"))
_ON_SCORES = frozenset(("mul", "div", "add", "sub", "where", "masked_fill")) | BENDS
_TURNS = frozenset(("transpose", "permute", "contiguous", "mT", "T", "t", "swapdims", "unsqueeze", "expand", "view"))
_LONGEST = 12  # operations from one product to the other


def unnormalised_cores(flow: Flow) -> Iterator[Core]:
    """Every product of scores with values where no softmax made shares of the scores.

    Queries, keys and values have projections, and both axes of the scores are positions: a Gram matrix, a bilinear
    form and weights that a network makes have no such scores, or no values.
    """
    for op in flow.ops:
        if flow.is_data(op.id) and multiplies_activations(flow, op):
            core = _from_scores(flow, op)
            if core is not None:
                yield core


def _from_scores(flow: Flow, product: Op) -> Core | None:
    following = _to_values(flow, product)
    if following is None:
        return None
    last, first = flow.ops[following[-1]], Contraction(flow, product)
    second, shares = Contraction(flow, last), flow.ops[following[-2] if following[1:] else product.id].outputs
    weights = second.left if second.left in shares else second.right
    value = second.right if weights == second.left else second.left
    swapped = first.holds(first.left, second.inner_axis(weights)) and not first.holds(first.right, -1)
    query, key = (first.right, first.left) if swapped else (first.left, first.right)
    if _turned(flow, query) == _turned(flow, key) or not _compares_positions(flow, (first, second), query, key, value):
        return None
    between = flow.between({product.id, last.id})
    curves = {op: curve for op in following[:-1] if (curve := _curve(flow, flow.ops[op]))}
    bent = following.index(max(curves)) if curves else len(following)
    before, behind = (prod(factor(flow, flow.ops[op]) for op in ops) for ops in (following[:bent], following[bent:-1]))
    line = {op for op in between if op in following or not flow.is_shape(op)}
    return Core(
        frozenset(between | {product.id, last.id}), last, query, key, value,
        scale=alpha(product) * before,
        q_len=first.own(query), k_len=first.own(key), d_k=first.inner(), d_v=second.own(value),
        scores=flow.tensors[product.outputs[0]].size,
        added=tuple(added(flow, line, [product])),
        kind="unnormalised",
        curve=curves[max(curves)] if curves else "",
        weighed=behind,
        scaled_rows=any(flow.ops[op].name == "sum" for op in between),
    )  # fmt: skip


def _to_values(flow: Flow, op: Op, depth: int = 0) -> list[int] | None:
    """Operations from the scores to their product with values, it included."""
    for user in flow.data_users(op):
        if multiplies_activations(flow, user):
            return [user.id]
        if depth < _LONGEST and (flow.is_shape(user.id) or user.name in _ON_SCORES):
            found = _to_values(flow, user, depth + 1)
            if found is not None:
                return [user.id, *found]
    return None


def _compares_positions(flow: Flow, products: tuple[Contraction, Contraction], *entering: int) -> bool:
    """True when rows and columns of the scores are positions, and features are what queries and keys meet over."""
    first, second = products
    ends = [branch_of(flow, "", t, POINTWISE).projection for t in entering]
    if ends[0] is None or ends[1] is None or ends[2] is None:
        return False
    query, key, value = entering
    features = ((query, first.inner_axis(query), ends[0]), (key, first.inner_axis(key), ends[1]))
    positions = (
        (query, first.own_axis(query), ends[0]),
        (key, first.own_axis(key), ends[1]),
        (value, second.inner_axis(value), ends[2]),
    )
    return all(over_positions(flow, *axis) for axis in positions) and not any(
        over_positions(flow, *axis) for axis in (*features, (value, second.own_axis(value), ends[2]))
    )


def _curve(flow: Flow, op: Op) -> str:
    """The name of an activation that is, or that ends in, this operation."""
    found = written(flow, op) if op.name in ENDS else None
    return found[0] if found is not None else name_of(op) if op.name in ACTIVATIONS else ""


def _turned(flow: Flow, tensor: int) -> int:
    """The tensor before its axes were put into another order."""
    op = flow.producer(tensor)
    while op is not None and op.name in _TURNS:
        tensor = op.inputs[0]
        op = flow.producer(tensor)
    return tensor
