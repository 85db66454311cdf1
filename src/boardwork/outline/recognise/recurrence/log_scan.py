"""Flow -> linear recurrences computed all at once in logarithms: exp(A + logcumsumexp(b - A)), A the running sum.

Source: Heinsen 2023, arXiv:2311.06281; minGRU and minLSTM, arXiv:2410.01201.
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow


def log_scans(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every exponential of a running sum and a running log-sum-exp less that sum."""
    for op in flow.ops:
        if op.name == "exp" and flow.is_data(op.id):
            ops = _recurrence(flow, op.inputs[0])
            if ops:
                width = flow.tensors[op.outputs[0]].shape[-1]
                detail, facts = f"width {width}, all steps at once in logarithms", {"state": width}
                yield [Pattern("log_scan", ops | {op.id}, "Linear recurrence", "recurrent", detail, facts=facts)]


def _recurrence(flow: Flow, tensor: int) -> frozenset[int]:
    total = flow.producer(tensor)
    if total is None or total.name != "add" or len(total.inputs) != 2:
        return frozenset()
    for decay, rest in (total.inputs, total.inputs[::-1]):
        folded, (source, moved) = flow.producer(flow.origin(rest)[0].id), flow.origin(decay)
        running = flow.producer(source.id)
        if folded is None or running is None or (folded.name, running.name) != ("logcumsumexp", "cumsum"):
            continue
        less = flow.producer(folded.inputs[0])
        if less is not None and less.name == "sub" and flow.origin(less.inputs[-1])[0].id == source.id:
            return frozenset({total.id, folded.id, running.id, less.id, *moved, *flow.origin(rest)[1]})
    return frozenset()
