"""Outline -> the number of residual additions in the model."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.links import Links
from boardwork.outline.views.residual import mark


def _additions(flow: Flow, parts: Sequence[Block]) -> int:
    """Additions that a residual branch enters."""
    inner = Links(flow, parts)
    links = mark(flow, inner.boxes, inner.between())
    return len({link.target for link in links if link.kind == "residual" and inner.boxes[link.target].role == "add"})


def residuals(flow: Flow, block: Block) -> int:
    """Residual additions below a block, in every copy."""
    parts = block.children
    if not parts:
        return 0
    shifting = block.kind == "coupling"  # what is added there is the shift
    own = _additions(flow, parts) if not shifting and any(b.role == "add" for b in parts) else 0
    return own + sum(residuals(flow, b) for part in parts for b in (part, *part.copies))
