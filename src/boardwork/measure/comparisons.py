"""Flow -> facts of two inputs that pass the same weights and are compared: a distance, or a difference.

Sources: Bromley 1993; arXiv:1503.03832 section 3.1.
"""

from __future__ import annotations

from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
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
        if op.name in _COMPARING and op.id in flow.live and len(op.inputs) > 1 and _twins(flow, op):
            width = flow.tensors[op.inputs[0]].shape[-1]
            shared = {maker.id for maker in flow.makers(op.inputs[0])}
            return {
                "comparison.kind": _COMPARING[op.name],
                "comparison.width": width,
                "comparison.params": flow.parameters(shared),
            }
    return {}


def _twins(flow: Flow, op: Op) -> bool:
    """Both sides have a vector a sample, the same weights, and an input of their own."""
    first, second = op.inputs[:2]
    if any(len(flow.tensors[t].shape) != 2 for t in (first, second)):
        return False
    weights, inputs = zip(*(_roots(flow, t) for t in (first, second)), strict=True)
    return bool(weights[0]) and weights[0] == weights[1] and inputs[0].isdisjoint(inputs[1]) and all(inputs)


def _roots(flow: Flow, tensor: int) -> tuple[set[int], set[int]]:
    """Parameters and inputs that a tensor is made of."""
    used = {t for op in flow.makers(tensor) for t in op.inputs}
    kinds = {kind: {t for t in used if flow.tensors[t].kind == kind} for kind in ("parameter", "input")}
    return kinds["parameter"], kinds["input"]
