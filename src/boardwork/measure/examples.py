"""An outline -> the blocks of one kind: every one of them, and the one that stands for its kind."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Block, Outline


def everything(block: Block) -> Iterator[Block]:
    """Every block of every copy."""
    yield block
    for child in block.children:
        yield from everything(child)
    for copy in block.copies:
        yield from everything(copy)


def one(outline: Outline, kind: str) -> Block | None:
    """The block that stands for its kind."""
    inside = (b for b in outline.zoom.block.walk() if b.kind == kind)
    return next(inside, None) or next((b for b in outline.root.walk() if b.kind == kind), None)


def count(outline: Outline, kind: str) -> int:
    return sum(b.kind == kind for b in everything(outline.root))
