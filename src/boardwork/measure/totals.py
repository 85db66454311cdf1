"""Outline -> facts of the whole model: parameters, multiply-adds, peak of the activations, sizes of its inputs."""

from __future__ import annotations

from typing import Any

from boardwork.measure.examples import everything
from boardwork.measure.memory import activation_peak
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow


def totals(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Tied weights count once; tables made from sizes alone are not counted."""
    parameters = [w for w in flow.trace.weights if w.parameter]
    macs = sum(flow.ops[op].macs for op in outline.root.all())
    total = sum(w.size for w in parameters)
    return {
        "params.total": total,
        **_active(outline, total),
        "params.trainable": sum(w.size for w in parameters if w.trainable),
        "params.bytes": sum(w.bytes for w in parameters),
        "macs.total": macs,
        "flops.total": 2 * macs,
        "activations.peak": activation_peak(flow),
    }


def _active(outline: Outline, total: int) -> dict[str, Any]:
    """All parameters but those of the experts that a token is not sent to."""
    mixtures = [b.facts for b in everything(outline.root) if b.kind == "moe"]
    idle = [(facts["experts"] - facts["top_k"]) * facts["expert_params"] for facts in mixtures]
    return {"params.active": total - sum(idle), **({"moe.alike": len(set(idle)) == 1} if idle else {})}


def inputs(outline: Outline) -> dict[str, Any]:
    return {f"input.{name}": size for name, size in outline.trace.axes.items()}
