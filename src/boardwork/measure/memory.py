"""Flow -> the most bytes of activations that are alive at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from boardwork.outline.flow import Flow


def activation_peak(flow: Flow, storages: Sequence[int] = ()) -> int:
    """Bytes alive during the operation at which they are most: its operands, its results and what later ones read.

    A tensor is freed after its last use; views share their memory, work in place makes none. Inputs are held by who
    calls, outputs by who gets them. Weights, buffers and what a fused operation needs inside do not count, nor
    do tables that the model makes of its weights at the first forward and keeps. `storages`: bytes of each piece of
    memory at other sizes of the input, if those are meant.
    """
    storages = storages or flow.trace.storages
    born, last = _lifetimes(flow)
    change = [0] * (len(flow.ops) + 2)
    for storage, first in born.items():
        change[first] += storages[storage]
        change[last[storage] + 1] -= storages[storage]
    return max(accumulate(change))


def _lifetimes(flow: Flow) -> tuple[dict[int, int], dict[int, int]]:
    """The operation that makes each storage, and the last one that it is needed for."""
    ends = len(flow.ops)
    storage = [tensor.storage for tensor in flow.tensors]
    kept = {t.storage for t in flow.tensors if t.kind in ("parameter", "buffer", "constant")}
    tables = {storage[t] for op in flow.ops if op.id not in flow.fed for t in op.outputs}
    kept |= tables.intersection(flow.trace.kept)
    born = {storage[t]: 0 for _, t in flow.trace.inputs}
    last = {storage[t]: ends for _, t in (*flow.trace.inputs, *flow.trace.outputs)}
    for op in flow.ops:
        for tensor in op.outputs:
            born.setdefault(storage[tensor], op.id)
        for tensor in (*op.inputs, *op.outputs):
            last[storage[tensor]] = max(op.id, last.get(storage[tensor], 0))
    return {place: first for place, first in born.items() if place not in kept and place >= 0}, last
