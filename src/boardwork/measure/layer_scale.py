"""Flow -> facts of residual branches that end in a factor per channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor


def layer_scale(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many branches, and the width of the first."""
    norms = {op for block in everything(outline.root) if block.role == "norm" for op in block.ops}
    adds = [op for op in flow.ops if op.name == "add" and op.id in flow.live - _of_cells(outline)]
    found = {t.id: t for op in adds for t in _scales(flow, op, norms)}
    if not found:
        return {}
    widths = [tensor.size for tensor in found.values()]
    return {"layer_scale.count": len(found), "layer_scale.width": widths[0], "layer_scale.params": sum(widths)}


def _of_cells(outline: Outline) -> set[int]:
    """Operations of recurrent blocks: a weight per feature on their state is a peephole, its addition no skip."""
    cells = (block for block in everything(outline.root) if block.kind == "recurrent")
    return {op for block in cells for run in (block, *block.again) for op in run.one()}


def _scales(flow: Flow, add: Op, norms: set[int]) -> Iterator[Tensor]:
    """Parameters with one number a channel that multiply a branch right before it meets its skip."""
    operands = flow.data_inputs(add)
    for branch, skip in (operands, operands[::-1]) if len(operands) == 2 else ():
        last = flow.producer(flow.origin(branch)[0].id)
        if last is None or last.name != "mul" or last.id in norms:
            continue
        weights = [weight for t in last.inputs if _is_per_channel(weight := flow.origin(t)[0])]
        if weights and len(flow.data_inputs(last)) == 1 and _comes_from(flow, last, flow.origin(skip)[0]):
            yield weights[0]


def _is_per_channel(weight: Tensor) -> bool:
    return weight.kind == "parameter" and 1 < weight.size == max(weight.shape)


def _comes_from(flow: Flow, branch: Op, start: Tensor) -> bool:
    """The branch works on the skip: it is no gain beside a bias, and no short way that is weighted itself."""
    data = flow.data_inputs(branch)[0]
    makers = flow.makers(data, since=start.producer)  # nothing that was made before the skip works on it
    return any(start.id == flow.origin(t)[0].id for op in makers for t in op.inputs)
