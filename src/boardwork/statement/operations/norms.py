"""Normalisations that are one call -> their definition as a helper function, and its call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from boardwork.statement.expressions import constant, expression
from boardwork.statement.terms import Term, Value, plain
from boardwork.statement.writing import Writing

_USUAL = 1e-5


def _definition(name: str, weights: Sequence[str], lines: Sequence[str], result: str) -> str:
    """A helper that ends in x times gamma plus beta, as far as they are there."""
    scaled = result + (" * gamma" if "gamma" in weights else "") + (" + beta" if "beta" in weights else "")
    body = [*lines, f"return {scaled}"]
    return f"def {name}({', '.join(['x', *weights])}):\n" + "\n".join(f"    {line}" for line in body)


def _called(writing: Writing, text: str, value: Value, weights: Sequence[Term]) -> list[Value]:
    """The helper on the first tensor: what it does to the last axes does not depend on the order of the others."""
    call = expression(f"{writing.helper(text)}()")
    assert isinstance(call, ast.Call)
    call.args = [value.term.node, *(weight.node for weight in weights)]
    return [Value(writing.scope.term(call, value.term.shape), value.layout)]


def _closed(writing: Writing, value: Value, given: Sequence[object], weights: dict[str, Term], eps: Any) -> list[Value]:
    """torch's call: F.layer_norm(x, (512,), gamma, beta, eps=1e-06)."""
    call = expression(f"F.{writing.op.name}()")
    assert isinstance(call, ast.Call)
    call.args = [value.term.node, *(constant(argument) for argument in given)]
    placed = list(weights) != ["beta"]
    call.args += [weight.node for weight in weights.values() if placed]
    call.keywords = [ast.keyword("bias", weight.node) for weight in weights.values() if not placed]
    if eps not in (None, _USUAL):
        call.keywords.append(ast.keyword("eps", constant(eps)))
    return [Value(writing.scope.term(call, value.term.shape), value.layout)]


def _weights(writing: Writing, names: dict[str, tuple[str, int]]) -> dict[str, Term]:
    """Weights that are given, by the name in the definition, which the argument gets too."""
    found = {name: writing.weight(writing.tensor(slot, place)) for name, (slot, place) in names.items()}
    for name, term in found.items():
        if term is not None and term.tensor >= 0:
            term.wanted = term.wanted or name
    return {name: term for name, term in found.items() if term is not None}


def _axes(count: int) -> str:
    """The last axes, `-1` or `(-2, -1)`."""
    return "-1" if count == 1 else f"({', '.join(str(n) for n in range(-count, 0))})"


def _layer_norm(writing: Writing) -> list[Value]:
    shape = writing.argument("normalized_shape", 1)
    count = len(shape) if isinstance(shape, list) else 1
    weights = _weights(writing, {"gamma": ("weight", 2), "beta": ("bias", 3)})
    value = writing.first()
    value = writing.scope.last_axis(value) if count == 1 else plain(writing.scope.whole(value))
    eps = writing.argument("eps", 4, _USUAL)
    if writing.brief:
        return _closed(writing, value, [value.term.shape[-count:]], weights, eps)
    lines = [
        f"mean = x.mean({_axes(count)}, keepdim=True)",
        f"variance = ((x - mean) ** 2).mean({_axes(count)}, keepdim=True)",
    ]
    text = _definition("layer_norm", list(weights), lines, f"(x - mean) / torch.sqrt(variance + {eps!r})")
    return _called(writing, text, value, list(weights.values()))


def _rms_norm(writing: Writing) -> list[Value]:
    shape = writing.argument("normalized_shape", 1)
    count = len(shape) if isinstance(shape, list) else 1
    weights = _weights(writing, {"gamma": ("weight", 2)})
    value = writing.first()
    value = writing.scope.last_axis(value) if count == 1 else plain(writing.scope.whole(value))
    eps = writing.argument("eps", 3)
    if writing.brief:
        return _closed(writing, value, [value.term.shape[-count:]], weights, eps)
    small = "torch.finfo(x.dtype).eps" if eps is None else repr(eps)
    lines = [f"mean_square = (x ** 2).mean({_axes(count)}, keepdim=True)"]
    text = _definition("rms_norm", list(weights), lines, f"x / torch.sqrt(mean_square + {small})")
    return _called(writing, text, value, list(weights.values()))


def _batch_norm(writing: Writing) -> list[Value]:
    """With the running statistics, as in evaluation; with those of the batch where a layer keeps none."""
    places: dict[str, tuple[str, int]] = {"gamma": ("weight", 3), "beta": ("bias", 4)}
    kept = {"mean": ("running_mean", 1), "variance": ("running_var", 2)}
    own = writing.argument("training", 5) is True
    weights = _weights(writing, places if own else {**kept, **places})
    rank = len(writing.shape())
    over = tuple(axis for axis in range(rank) if axis != 1)
    return _by_channel(writing, "batch_norm", weights, over if own else (), rank)


def _instance_norm(writing: Writing) -> list[Value]:
    weights = _weights(writing, {"gamma": ("weight", 3), "beta": ("bias", 4)})
    rank = len(writing.shape())
    return _by_channel(writing, "instance_norm", weights, tuple(range(2, rank)), rank)


def _by_channel(writing: Writing, name: str, weights: dict[str, Term], over: tuple[int, ...], rank: int) -> list[Value]:
    """Channels are axis 1. `over`: axes of the statistics, none where they are given."""
    eps = writing.argument("eps", 7, _USUAL)
    listed = len(weights) > 2 and all(term.tensor >= 0 for term in weights.values())
    if writing.brief and listed:
        return _batch_norm_closed(writing, tuple(weights.values()), eps)
    ones = ", ".join(["1"] * (rank - 2))
    lines, names = [], ", ".join(weights)
    if listed:
        lines.append(f"{names} = (w.view(-1, {ones}) for w in norm)" if rank > 2 else f"{names} = norm")
    elif weights and rank > 2:
        lines.append(f"{names} = {', '.join(f'{weight}.view(-1, {ones})' for weight in weights)}")
    if over:
        lines += [
            f"mean = x.mean({over!r}, keepdim=True)",
            f"variance = ((x - mean) ** 2).mean({over!r}, keepdim=True)",
        ]
    text = _definition(name, list(weights), lines, f"(x - mean) / torch.sqrt(variance + {eps!r})")
    value = plain(writing.scope.whole(writing.first()))
    if listed:
        text = text.replace(f"(x, {names})", "(x, norm)", 1)
        return _called(writing, text, value, [writing.scope.listed(tuple(weights.values()), "norm")])
    return _called(writing, text, value, list(weights.values()))


def _batch_norm_closed(writing: Writing, weights: tuple[Term, ...], eps: Any) -> list[Value]:
    """F.batch_norm(x, *norm): mean, variance, gain and bias are in the order in which torch takes them."""
    norm = ast.Starred(writing.scope.listed(weights, "norm").node, ast.Load())
    call = expression("F.batch_norm(x)", x=writing.scope.node(writing.first()))
    assert isinstance(call, ast.Call)
    call.args.append(norm)
    call.keywords = [ast.keyword("eps", constant(eps))] if eps != _USUAL else []
    return [writing.scope.value(call, writing.shape())]


def _group_norm(writing: Writing) -> list[Value]:
    groups: Any = writing.argument("num_groups", 1)
    weights = _weights(writing, {"gamma": ("weight", 2), "beta": ("bias", 3)})
    rank, eps = len(writing.shape()), writing.argument("eps", 4, _USUAL)
    if writing.brief:
        return _closed(writing, plain(writing.scope.whole(writing.first())), [groups], weights, eps)
    lines = [f"groups = x.reshape(x.shape[0], {groups}, -1)"]
    if weights and rank > 2:
        ones = ", ".join(["1"] * (rank - 2))
        lines.append(f"{', '.join(weights)} = {', '.join(f'{weight}.view(-1, {ones})' for weight in weights)}")
    lines += [
        "mean = groups.mean(-1, keepdim=True)",
        "variance = ((groups - mean) ** 2).mean(-1, keepdim=True)",
        f"groups = (groups - mean) / torch.sqrt(variance + {eps!r})",
    ]
    text = _definition("group_norm", list(weights), lines, "groups.reshape(x.shape)")
    return _called(writing, text, plain(writing.scope.whole(writing.first())), list(weights.values()))


NORMS: dict[str, Callable[[Writing], list[Value]]] = {
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
}
