"""An outline -> the blocks of one kind: every one of them, and the one that stands for its kind."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Block, Outline


def everything(block: Block) -> Iterator[Block]:
    """Every block of every copy."""
    todo = [block]
    while todo:
        block = todo.pop()
        yield block
        todo += reversed((*block.children, *block.copies))


def one(outline: Outline, kind: str) -> Block | None:
    """The block that stands for its kind: in the zoom if there is one, on features rather than across positions."""
    blocks = (b for block in (outline.zoom.block, outline.root) for b in block.walk() if b.kind == kind)
    return min(blocks, key=lambda block: block.facts.get("across", False), default=None)


def count(outline: Outline, kind: str) -> int:
    return sum(b.kind == kind for b in everything(outline.root))
