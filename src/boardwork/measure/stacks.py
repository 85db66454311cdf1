"""Outline -> facts of how attention layers are used: those that read both ways, those that decode, those that cross."""

from __future__ import annotations

from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow


def stacks(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Layers of each use; and how many queries are learned rather than made of the input."""
    layers = [b for b in everything(outline.root) if b.kind == "attention" and not b.facts.get("channels")]
    if not layers:
        return {}
    crossing = [b for b in layers if b.facts["cross"]]
    causal = [b for b in layers if b.facts["causal"] and not b.facts["cross"]]
    found: dict[str, Any] = {
        "stack.encoding": len(layers) - len(crossing) - len(causal),
        "stack.decoding": len(causal),
        "stack.crossing": len(crossing),
    }
    asking = [b for b in layers if _learned(flow, b)]
    return found | ({"queries.learned": asking[0].facts["q_len"]} if asking else {})


def _learned(flow: Flow, block: Block) -> bool:
    """A projection inside works on weights alone: no input has a part in what asks."""
    if block.facts.get("position_products"):
        return False  # it projects a table of positions
    ops = [flow.ops[i] for i in block.one() if flow.ops[i].name == "linear"]
    return any(op.id not in flow.fed for op in ops) and int(block.facts["q_len"]) > 1
