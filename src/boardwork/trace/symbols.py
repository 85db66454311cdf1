"""Shapes at two sizes -> one expression an axis: `batch`, `height/16`, `batch*heads`, `seq_len+1`, or the number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from difflib import SequenceMatcher
from fractions import Fraction

from boardwork.trace.records import Op, Tensor, Trace

# One prime ratio an axis: the ratio of an observed size then tells which axes it depends on.
RATIOS = {"batch": 11, "seq_len": 2, "height": 3, "width": 5, "src_len": 7, "tgt_len": 13, "length": 17, "depth": 19}
_SPARE = (23, 29, 31, 37, 41, 43)


def ratios(axes: dict[str, int]) -> dict[str, int]:
    """A prime for every axis."""
    spare = iter(_SPARE)
    return {name: RATIOS.get(name) or next(spare, 47) for name in axes}


def explain(first: int, second: int, axes: dict[str, int], primes: dict[str, int]) -> str:
    """The size of an axis in symbols.

    `first` and `second` are its sizes at axes' sizes and at those times `primes`; the simplest law that gives both.
    """
    if first == second:
        return str(first)
    for offset in (0, 1, -1, 2, -2, 3, -3, 4, -4):
        law = _monomial(first - offset, second - offset, axes, primes)
        if law:
            return law if not offset else f"{law}{offset:+d}"
    for name, size in axes.items():
        if second - first == size * (primes[name] - 1):
            return f"{name}{first - size:+d}"
    return str(first)


def _monomial(first: int, second: int, axes: dict[str, int], primes: dict[str, int]) -> str:
    if first <= 0 or second <= 0 or second % first:
        return ""
    ratio, factors, coefficient = second // first, [], Fraction(first)
    for name, prime in primes.items():
        while ratio % prime == 0:
            ratio //= prime
            factors.append(name)
            coefficient /= axes[name]
    if ratio != 1 or not factors or 1 not in (coefficient.numerator, coefficient.denominator):
        return ""
    return _written(factors, coefficient)


def _written(factors: list[str], coefficient: Fraction) -> str:
    if coefficient.denominator > 1:
        root = round(coefficient.denominator ** (1 / len(factors)))
        if len(factors) > 1 and root ** len(factors) == coefficient.denominator:
            return "*".join(f"({name}/{root})" for name in factors)
        return "*".join(factors) + f"/{coefficient.denominator}"
    front = [str(coefficient.numerator)] if coefficient.numerator > 1 else []
    return "*".join(front + factors)


def unify(first: Trace, second: Trace, sizes: dict[str, int], factors: dict[str, int]) -> tuple[Tensor, ...]:
    """The tensors of `first` with symbols, read off the same tensors of `second`; its axes are `factors` times longer.

    Forwards may differ in a few operations (a batch of one is not expanded): those keep their numbers.
    """
    twin = dict(_pairs(first, second))
    return tuple(
        dataclasses.replace(one, symbols=_shape(one, twin.get(one.id), sizes, factors)) for one in first.tensors
    )


def _shape(one: Tensor, two: Tensor | None, sizes: dict[str, int], factors: dict[str, int]) -> tuple[str, ...]:
    if two is None or len(two.shape) != len(one.shape):
        return tuple(map(str, one.shape))
    return tuple(explain(a, b, sizes, factors) for a, b in zip(one.shape, two.shape, strict=True))


def _pairs(first: Trace, second: Trace) -> Iterator[tuple[int, Tensor]]:
    """Ids of the first trace with the same tensors of the second."""
    named = {(t.kind, t.name): t for t in second.tensors if t.name}
    for tensor in first.tensors:
        if tensor.name and (tensor.kind, tensor.name) in named:
            yield tensor.id, named[tensor.kind, tensor.name]
    others = _by_call(second)
    for key, ops in _by_call(first).items():
        for one, two in _matched(ops, others.get(key, [])):
            yield from ((a, second.tensors[b]) for a, b in zip(one.outputs, two.outputs, strict=False))


def _by_call(trace: Trace) -> dict[tuple[str, int], list[Op]]:
    """Operations under (module path, how many runs of it came before)."""
    runs: dict[str, int] = {}
    keys: dict[int, tuple[str, int]] = {}
    for call in trace.calls:
        keys[call.id] = (call.path, runs.get(call.path, 0))
        runs[call.path] = runs.get(call.path, 0) + 1
    found: dict[tuple[str, int], list[Op]] = {}
    for op in trace.ops:
        found.setdefault(keys[op.call], []).append(op)
    return found


def _matched(one: list[Op], two: list[Op]) -> Iterator[tuple[Op, Op]]:
    names = [op.name for op in one], [op.name for op in two]
    if names[0] == names[1]:
        yield from zip(one, two, strict=True)
    elif len(one) * len(two) < 1_000_000:
        for block in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            yield from zip(one[block.a : block.a + block.size], two[block.b : block.b + block.size], strict=True)
