"""Two forwards -> for lengths that windows leave of an axis of the input, the rounding that is exact at every size.

A window of span k that moves by t over floor((n + a)/s) places, padded by p on both sides, leaves
floor((n + a + s(2p - k + t))/(s t)) of them (Dumoulin and Visin, arXiv 1603.07285, relationship 6). A map that is
padded and cut into windows of k places has ceil(n/k) of them, and is k times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from boardwork.trace.records import Op, Tensor, Trace


class Rounding(NamedTuple):
    """`times` floor((axis of the input + `added`) / `divisor`)."""

    axis: str
    added: int
    divisor: int
    times: int = 1

    def at(self, length: int) -> int:
        """Its value for an axis of that length."""
        return self.times * ((length + self.added) // self.divisor)


Lengths = tuple[int, int]  # of one axis in both forwards
_AXES = {f"{window}{n}d": n for window in ("conv", "max_pool", "avg_pool") for n in (1, 2, 3)}
_CUTS = ("view", "reshape", "unflatten")
_SAME_LENGTHS = ("roll", "contiguous", "permute", "transpose", "clone")  # what may come between a pad and the cut


def roundings(
    first: Trace, twin: dict[int, Tensor], sizes: dict[str, int], factors: dict[str, int]
) -> dict[Lengths, Rounding | None]:
    """Under the length at both sizes, None where those do not tell it; `twin`: the second's tensors by the first's ids.

    A pad adds as much at every size, unless its helper adds otherwise at these two, or windows are cut from the result:
    it then adds what those need, and the length between a pad and windows that move has no law.
    """
    lengths = _Both(first, twin)
    found: dict[Lengths, Rounding | None] = {
        (size, size * factors[name]): Rounding(name, 0, 1) for name, size in sizes.items() if factors.get(name, 1) > 1
    }
    padded = dict(_padded(lengths))
    cut = {padded[op.inputs[0]].id for op in first.ops if op.name in _CUTS and op.inputs and op.inputs[0] in padded}
    helpers = {_helper(first, pad) for pad in padded.values() if lengths.vary(pad)}
    fitted = {t: pad for t, pad in padded.items() if pad.id in cut or _helper(first, pad) in helpers}
    for op in first.ops:
        read = _cut if op.name in _CUTS else _moved
        for after, rounding in read(lengths, op, fitted, found):
            size = sizes[rounding.axis] if rounding else 0
            if not rounding or (rounding.at(size), rounding.at(size * factors[rounding.axis])) == after:
                found.setdefault(after, rounding)
    return found


def _padded(both: _Both) -> Iterator[tuple[int, Op]]:
    """Tensors that a pad made, also in another order of their axes, with that pad."""
    made: dict[int, Op] = {}
    for op in both.first.ops:
        pad = op if op.name == "pad" else made.get(op.inputs[0]) if op.inputs and op.name in _SAME_LENGTHS else None
        if pad is not None:
            made[op.outputs[0]] = pad
    yield from made.items()


def _moved(
    both: _Both, op: Op, fitted: dict[int, Op], found: dict[Lengths, Rounding | None]
) -> Iterator[tuple[Lengths, Rounding | None]]:
    """What a pad or windows that move leave of every axis."""
    for axis in _axes(op, both.first):
        before, after = both.of(op.inputs, axis), both.of(op.outputs, axis)
        if before is None or after is None or op.outputs[0] in fitted:
            continue
        step, offset = (1, after[0] - before[0]) if op.name == "pad" else _window(op, axis, both.first)
        if step > 1 and (pad := fitted.get(op.inputs[0])):
            yield before, None
            before, offset = both.of(pad.inputs, axis), step - 1
        rounding = found.get(before) if before is not None else None
        if rounding and rounding.times == 1:
            name, added, divisor, _ = rounding
            yield after, Rounding(name, added + divisor * offset, divisor * step)


def _cut(
    both: _Both, op: Op, fitted: dict[int, Op], found: dict[Lengths, Rounding | None]
) -> Iterator[tuple[Lengths, Rounding | None]]:
    """How many windows of a fixed length a reshape cuts from an axis that was padded for it, and its padded length."""
    pad = fitted.get(op.inputs[0])
    if pad is None:
        return
    before = {both.of(pad.outputs, axis): both.of(pad.inputs, axis) for axis in _axes(pad, both.first)}
    parts = [both.of(op.outputs, axis) for axis in range(-len(both.first.tensors[op.outputs[0]].shape), 0)]
    for left, right in pairwise(part for part in parts if part):
        for places, windows in ((left, right), (right, left)):
            whole = places[0] * windows[0], places[1] * windows[1]
            rounding = found.get(before.get(whole) or (0, 0))
            if places[0] == places[1] and whole[0] != whole[1] and rounding and rounding.times == 1:
                name, added, divisor, _ = rounding
                count = Rounding(name, added + divisor * (places[0] - 1), divisor * places[0])
                yield windows, count
                yield whole, count._replace(times=places[0])


def _axes(op: Op, trace: Trace) -> range:
    """Those along which windows move or a pad adds, counted from the last."""
    if op.name == "pad":
        return range(-len(trace.tensors[op.outputs[0]].shape), 0)
    return range(-_AXES.get(op.name, 0), 0)


def _helper(trace: Trace, pad: Op) -> str:
    """What says how much is added: a named function, or the class of a module."""
    return trace.functions[pad.function].name if pad.function >= 0 else trace.calls[pad.call].cls


class _Both(NamedTuple):
    """Two forwards; `twin`: the second's tensors by the first's ids."""

    first: Trace
    twin: dict[int, Tensor]

    def of(self, ids: tuple[int, ...], axis: int) -> Lengths | None:
        """Lengths of an axis of the first of these tensors, counted from the last."""
        one, two = self.first.tensors[ids[0]], self.twin.get(ids[0])
        if two is None or len(two.shape) != len(one.shape) or len(one.shape) < -axis:
            return None
        return one.shape[axis], two.shape[axis]

    def vary(self, pad: Op) -> bool:
        """True if the two forwards add differently along some axis."""
        lengths = ((self.of(pad.inputs, axis), self.of(pad.outputs, axis)) for axis in _axes(pad, self.first))
        return any(one and two and two[0] - one[0] != two[1] - one[1] for one, two in lengths)


def _window(op: Op, axis: int, trace: Trace) -> tuple[int, int]:
    """The step along one axis, and what is added to its length before it is divided by that."""

    def along(name: str, usual: int) -> int:
        value = op.attrs.get(name)
        value = value[axis] if isinstance(value, list | tuple) and len(value) >= -axis else value
        value = value[0] if isinstance(value, list | tuple) and value else value
        return value if isinstance(value, int) else usual

    pooled = "kernel_size" in op.attrs
    kernel = along("kernel_size", 1) if pooled else trace.tensors[op.inputs[1]].shape[axis]
    span = (kernel - 1) * along("dilation", 1) + 1
    same = (span - 1) // 2 if op.attrs.get("padding") == "same" else 0
    step, padding = along("stride", kernel if pooled else 1), along("padding", same)
    return step, 2 * padding - span + step + (step - 1 if op.attrs.get("ceil_mode") else 0)
