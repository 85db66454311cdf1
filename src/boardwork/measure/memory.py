"""Flow -> the most bytes of activations that are alive at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from boardwork.outline.flow import Flow


class Lifetimes:
    """From which operation to which each piece of memory is alive; the same at every size of the input.

    A tensor is freed after its last use; views share their memory, work in place makes none. Inputs are held by who
    calls, outputs by who gets them. Weights, buffers and what a fused operation needs inside do not count, nor
    do tables that the model makes of its weights at the first forward and keeps.
    """

    def __init__(self, flow: Flow) -> None:
        self._steps = len(flow.ops)
        storage = [tensor.storage for tensor in flow.tensors]
        kept = {t.storage for t in flow.tensors if t.kind in ("parameter", "buffer", "constant")}
        tables = {storage[t] for op in flow.ops if op.id not in flow.fed for t in op.outputs}
        kept |= tables.intersection(flow.trace.kept)
        born = {storage[t]: 0 for _, t in flow.trace.inputs}
        last: dict[int, int] = {}
        for op in flow.trace.ops:  # as called: what only gives its shape is held until then
            for tensor in op.outputs:
                born.setdefault(storage[tensor], op.id)
                last[storage[tensor]] = op.id
            for tensor in op.inputs:
                last[storage[tensor]] = op.id
        last |= {storage[t]: self._steps for _, t in (*flow.trace.inputs, *flow.trace.outputs)}
        lived = ((place, first) for place, first in born.items() if place not in kept and place >= 0)
        self._lived = [(place, first, last[place] + 1) for place, first in lived]

    def peak(self, storages: Sequence[int]) -> int:
        """Bytes alive during the operation at which they are most: its operands, its results and what later ones read.

        `storages`: bytes of each piece of memory.
        """
        change = [0] * (self._steps + 2)
        for place, born, freed in self._lived:
            change[born] += storages[place]
            change[freed] -= storages[place]
        return max(accumulate(change))


@lru_cache(maxsize=1)
def lifetimes(flow: Flow) -> Lifetimes:
    """Of one trace, for its peak and for that at other sizes."""
    return Lifetimes(flow)


def activation_peak(flow: Flow) -> int:
    """The peak at the sizes of the trace."""
    return lifetimes(flow).peak(flow.trace.storages)
