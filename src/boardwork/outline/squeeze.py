"""Boxes of a picture -> at most so many: neighbours join, the smallest first, so that none is lost."""

from __future__ import annotations

from collections.abc import Callable

from boardwork.outline.blocks import Block

_SIGNS = ("add", "multiply", "subtract", "concat")


def squeeze(boxes: list[Block], most: int, share: Callable[[Block], float]) -> list[Block]:
    """Join neighbours in order of execution until `most` boxes are left; no path leaves such a group and comes back."""
    boxes = list(boxes)
    shares = [share(box) for box in boxes]
    while len(boxes) > 1 and sum(box.role not in _SIGNS for box in boxes) > most:
        first = min(range(len(boxes) - 1), key=lambda i: (shares[i] + shares[i + 1], i))
        boxes[first : first + 2] = [_joined(boxes[first], boxes[first + 1])]
        shares[first : first + 2] = [shares[first] + shares[first + 1]]
    return boxes


def _joined(one: Block, two: Block) -> Block:
    parts = [part for box in (one, two) for part in (box.children if box.kind == "joined" else (box,))]
    path = next((part.path for part in parts if part.path), "")
    names = list(dict.fromkeys(part.label for part in parts if part.role not in _SIGNS))
    label = ", ".join(names[:2]) + (" ..." if len(names) > 2 else "")
    return Block(
        label or parts[0].label, "block", f"{len(parts)} parts", path=path, kind="joined", children=tuple(parts)
    )
