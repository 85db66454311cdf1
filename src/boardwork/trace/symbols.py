"""Two forwards at different sizes -> the tensors of the first with a law for every axis, or its number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from difflib import SequenceMatcher

from boardwork.trace.laws import Laws
from boardwork.trace.records import Op, Tensor, Trace
from boardwork.trace.windows import roundings

# One prime ratio an axis: the ratio of an observed size then tells which axes it depends on.
RATIOS = {"batch": 11, "seq_len": 2, "height": 3, "width": 5, "src_len": 7, "tgt_len": 13, "length": 17, "depth": 19}
_SPARE = (23, 29, 31, 37, 41, 43)


def ratios(axes: dict[str, int]) -> dict[str, int]:
    """A prime for every axis."""
    spare = iter(_SPARE)
    return {name: RATIOS.get(name) or next(spare, 47) for name in axes}


def unify(first: Trace, second: Trace, sizes: dict[str, int], factors: dict[str, int]) -> tuple[Tensor, ...]:
    """The tensors of `first` with symbols, read off the same tensors of `second`; its axes are `factors` times longer.

    Forwards may differ in a few operations (a batch of one is not expanded): those keep their numbers.
    """
    twin = dict(_pairs(first, second))
    laws = Laws(sizes, factors, roundings(first, twin, sizes, factors))
    return tuple(dataclasses.replace(one, symbols=_shape(one, twin.get(one.id), laws)) for one in first.tensors)


def _shape(one: Tensor, two: Tensor | None, laws: Laws) -> tuple[str, ...]:
    if two is None or len(two.shape) != len(one.shape):
        return tuple(map(str, one.shape))
    return tuple(map(laws.of, one.shape, two.shape))


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
