"""Flow -> facts of two inputs that pass the same weights and are compared: a distance, or a difference.

Sources: Bromley 1993; arXiv:1503.03832 section 3.1.
"""

from __future__ import annotations

from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.vectors.distances import twins
from boardwork.trace.records import Op

_COMPARING = {
    "sub": "difference", "cosine_similarity": "cosine", "pairwise_distance": "distance", "cdist": "distance",
    "triplet_margin_loss": "distance",
}  # fmt: skip


def comparisons(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The first comparison of two vectors that the same layers made of two inputs."""
    if len(flow.trace.inputs) < 2:
        return {}
    for op in flow.ops:
        if op.name in _COMPARING and op.id in flow.live and len(op.inputs) > 1 and _compares(flow, op):
            width = flow.tensors[op.inputs[0]].shape[-1]
            shared = {maker.id for maker in flow.makers(op.inputs[0])}
            return {
                "comparison.kind": _COMPARING[op.name],
                "comparison.width": width,
                "comparison.params": flow.parameters(shared),
            }
    return {}


def _compares(flow: Flow, op: Op) -> bool:
    """Both sides are a vector a sample from the same weights, each from an input of its own."""
    first, second = op.inputs[:2]
    if any(len(flow.tensors[t].shape) != 2 for t in (first, second)) or not twins(flow, first, second):
        return False
    inputs = [_inputs(flow, tensor) for tensor in (first, second)]
    return inputs[0].isdisjoint(inputs[1]) and all(inputs)


def _inputs(flow: Flow, tensor: int) -> set[int]:
    """Inputs of the model that a tensor is made of."""
    used = {t for op in flow.makers(tensor) for t in op.inputs}
    return {t for t in used if flow.tensors[t].kind == "input"}
