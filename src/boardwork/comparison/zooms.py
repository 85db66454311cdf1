"""Sheets -> the path to open in each, so that the zooms show blocks that stand beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.comparison.align import aligned
from boardwork.sheet import Sheet


def matched(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """The zoom of the first, and of the others the block beside it in the big pictures; their own if there is none."""
    rows = aligned([sheet.big_picture for sheet in sheets])
    nodes = [{node.id: node for node in sheet.big_picture.nodes} for sheet in sheets]
    for row in rows:
        boxes = [held.get(box) for held, box in zip(nodes, row.boxes, strict=True)]
        first = boxes[0]
        if first is not None and first.path and first.path == sheets[0].zoom.path:
            same = [box is not None and bool(box.path) and box.role == first.role for box in boxes]
            found = zip(boxes, same, sheets, strict=True)
            return tuple(box.path if box is not None and fits else sheet.zoom.path for box, fits, sheet in found)
    return tuple(sheet.zoom.path for sheet in sheets)
