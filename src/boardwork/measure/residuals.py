"""Outline -> the number of residual additions in the model."""

from __future__ import annotations

from boardwork.outline.blocks import Block, View
from boardwork.outline.flow import Flow
from boardwork.outline.views.view import view


def _additions(drawn: View) -> int:
    """Additions that a residual branch enters."""
    return len({k.target for k in drawn.links if k.kind == "residual" and drawn.boxes[k.target].role == "add"})


def residuals(flow: Flow, block: Block) -> int:
    """Residual additions below a block, in every copy."""
    parts = block.children
    if not parts:
        return 0
    own = _additions(view(flow, block, parts)) if any(b.role == "add" for b in parts) else 0
    return own + sum(residuals(flow, b) for part in parts for b in (part, *part.copies))
