"""The fused call of attention -> its equation: scores, what hides keys, softmax, the weighted sum of values."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from boardwork.statement.expressions import constant, expression
from boardwork.statement.terms import UnstatedError, Value
from boardwork.statement.writing import Writing


def _attention(writing: Writing) -> list[Value]:
    q, k, v = (writing.tensor(name, n) for n, name in enumerate(("query", "key", "value")))
    if q is None or k is None or v is None:
        raise UnstatedError("scaled_dot_product_attention without queries, keys and values")
    if writing.brief > 1:
        return [_closed(writing, q, k, v)]
    groups = q.shape[-3] // k.shape[-3] if len(q.shape) > 2 and writing.argument("enable_gqa", 7) else 1
    k, v = (_for_every_head(writing, value, groups) for value in (k, v))
    lengths = (*q.shape[:-1], k.shape[-2])
    scores = writing.scope.value(_product(writing, q, k), lengths, "scores", line=True)
    scores = _masked(writing, scores)
    code = expression("torch.softmax(s, dim=-1)", s=writing.scope.node(scores))
    weights = writing.scope.value(code, lengths, "weights", line=True)
    sum_of_values = expression("w @ v", w=writing.scope.node(weights), v=writing.scope.node(v))
    return [writing.scope.value(sum_of_values, writing.shape(), "y")]


def _closed(writing: Writing, q: Value, k: Value, v: Value) -> Value:
    """torch's call, with what it does not do by itself."""
    call = expression("F.scaled_dot_product_attention()")
    assert isinstance(call, ast.Call)
    call.args = [writing.scope.node(value) for value in (q, k, v)]
    mask, scale = writing.tensor("attn_mask", 3), writing.argument("scale", 6)
    told: dict[str, ast.expr] = {}
    if mask is not None and not mask.is_zeros:
        told["attn_mask"] = writing.scope.node(mask)
    if scale is not None and not math.isclose(scale, q.shape[-1] ** -0.5, rel_tol=1e-6):
        told["scale"] = constant(scale)
    for place, name in ((5, "is_causal"), (7, "enable_gqa")):
        if writing.argument(name, place) is True:
            told[name] = constant(True)
    call.keywords = [ast.keyword(name, value) for name, value in told.items()]
    return writing.scope.value(call, writing.shape(), "y")


def _for_every_head(writing: Writing, value: Value, groups: int) -> Value:
    """Keys and values that a group of query heads shares."""
    if groups == 1:
        return value
    shape = (*value.shape[:-3], value.shape[-3] * groups, *value.shape[-2:])
    code = expression("x.repeat_interleave(n, dim=1)", x=writing.scope.node(value), n=constant(groups))
    return writing.scope.value(code, shape)


def _product(writing: Writing, q: Value, k: Value) -> ast.expr:
    nodes = {"q": writing.scope.node(q), "k": writing.scope.node(k)}
    given, width = writing.argument("scale", 6), q.shape[-1]
    if given is None or math.isclose(given, width**-0.5, rel_tol=1e-6):
        return expression(f"q @ k.transpose(-2, -1) / math.sqrt({width})", **nodes)
    if given == 1:
        return expression("q @ k.transpose(-2, -1)", **nodes)
    return expression("q @ k.transpose(-2, -1) * s", s=constant(given), **nodes)


def _masked(writing: Writing, scores: Value) -> Value:
    """Scores with the keys hidden that a query may not see, and with a bias added."""
    node, mask = writing.scope.node(scores), writing.tensor("attn_mask", 3)
    if writing.argument("is_causal", 5) is True:
        return writing.scope.value(_hidden(node, _triangle(writing, scores)), scores.shape, "scores", line=True)
    if mask is None or mask.is_zeros:
        return scores
    tensor = writing.argument("attn_mask", 3).ids[0]
    if writing.flow.tensors[tensor].dtype == "bool":
        code = _hidden(node, writing.scope.node(mask))
    else:
        code = expression("s + m", s=node, m=writing.scope.node(mask))
    return writing.scope.value(code, scores.shape, "scores", line=True)


def _hidden(scores: ast.expr, seen: ast.expr) -> ast.expr:
    return expression("s.masked_fill(~m, -math.inf)", s=scores, m=seen)


def _triangle(writing: Writing, scores: Value) -> ast.expr:
    """True where the key is no later than the query."""
    lengths = [writing.scope.sizes.write(length) for length in scores.shape[-2:]]
    if lengths[0] is None or lengths[1] is None:
        nodes = {"s": writing.scope.node(scores)}
        return expression("torch.ones(s.shape[-2:], dtype=torch.bool).tril()", **nodes)
    nodes = {"q": lengths[0], "k": lengths[1]}
    made = writing.scope.term(
        expression("torch.ones(q, k, dtype=torch.bool).tril()", **nodes), scores.shape[-2:], "seen"
    )
    made.line = True
    return made.node


ATTENTION: dict[str, Callable[[Writing], list[Value]]] = {"scaled_dot_product_attention": _attention}
