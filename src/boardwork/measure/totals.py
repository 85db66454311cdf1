"""Outline -> facts of the whole model: parameters, multiply-adds, sizes of its inputs."""

from __future__ import annotations

from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow


def totals(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Tied weights count once; tables made from sizes alone are not counted."""
    parameters = [w for w in flow.trace.weights if w.parameter]
    macs = sum(flow.ops[op].macs for op in outline.root.all())
    return {
        "params.total": sum(w.size for w in parameters),
        "params.trainable": sum(w.size for w in parameters if w.trainable),
        "params.bytes": sum(w.bytes for w in parameters),
        "macs.total": macs,
        "flops.total": 2 * macs,
    }


def inputs(outline: Outline) -> dict[str, Any]:
    return {f"input.{name}": size for name, size in outline.trace.axes.items()}
